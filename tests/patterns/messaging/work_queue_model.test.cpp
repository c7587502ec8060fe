// SPDX-License-Identifier: BSL-1.0
// A work queue against a plain model of it: one list of all messages, searched from end to end.
#include <algorithm>
#include <optional>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "patterns/messaging/work_queue.hpp"
#include "work_queue_test.hpp"

using namespace windtunnel;
using namespace windtunnel::test;
using namespace std::chrono_literals;

namespace {

struct entry {
    std::uint64_t tag, key;
    int priority;
    time_point expires;
    int deliveries = 0;
    std::uint64_t delivery = 0; ///< 0: ready
    time_point deadline = never;
};

struct model {
    work_queue_options options;
    std::vector<entry> all; ///< as published
    tags gone;              ///< expired, dropped or delivered too often, in that order
    std::uint64_t delivery = 0;

    bool blocked(std::uint64_t key) const {
        return options.fifo_groups && key != 0 &&
               std::any_of(all.begin(), all.end(),
                           [key](const entry& e) { return e.key == key && e.delivery != 0; });
    }
    std::vector<entry>::iterator next() {
        auto best = all.end();
        for (auto e = all.begin(); e != all.end(); ++e)
            if (e->delivery == 0 && !blocked(e->key) &&
                (best == all.end() || e->priority > best->priority))
                best = e;
        return best;
    }
    std::vector<entry>::iterator in_hand(std::uint64_t number) {
        return std::find_if(all.begin(), all.end(), [number](const entry& e) {
            return number != 0 && e.delivery == number;
        });
    }
    std::size_t ready() const {
        return static_cast<std::size_t>(
            std::count_if(all.begin(), all.end(), [](const entry& e) { return e.delivery == 0; }));
    }

    void leave(std::vector<entry>::iterator e) {
        gone.push_back(e->tag);
        all.erase(e);
    }
    void give_back(std::vector<entry>::iterator e) {
        e->delivery = 0;
        e->deadline = never;
        if (options.max_deliveries > 0 && e->deliveries >= options.max_deliveries)
            leave(e);
    }
    void advance(time_point now) {
        for (;;) {
            auto due = std::min_element(all.begin(), all.end(), [](const auto& a, const auto& b) {
                return std::pair{a.deadline, a.delivery} < std::pair{b.deadline, b.delivery};
            });
            if (due == all.end() || due->deadline > now)
                break;
            give_back(due);
        }
        for (auto e = next(); e != all.end() && e->expires <= now; e = next())
            leave(e);
    }
    void publish(const queue_message& m, time_point now) {
        advance(now);
        all.push_back({m.tag, m.key, std::min<int>(m.priority, options.max_priority),
                       saturating_add(now, m.ttl)});
        while (options.max_length > 0 && ready() > static_cast<std::size_t>(options.max_length))
            leave(next());
    }
    /// What is delivered, if anything.
    std::optional<entry> receive(time_point now) {
        advance(now);
        const auto e = next();
        if (e == all.end())
            return {};
        e->delivery = ++delivery;
        ++e->deliveries;
        if (options.visibility_timeout > 0s)
            e->deadline = now + options.visibility_timeout;
        return *e;
    }
};

/// The queue and its model, told the same.
struct pair_of_queues {
    work_queue q;
    model m;
    std::vector<delivery_tag> out;
    std::uint64_t tag = 0;
    time_point now = start;

    explicit pair_of_queues(const work_queue_options& o) : q(o), m{o, {}, {}, 0} {}

    void publish(int which) {
        auto message = of_group(static_cast<std::uint64_t>(which % 4), ++tag);
        message.priority = static_cast<std::uint8_t>(which / 4 % 4);
        message.ttl = which % 5 == 0 ? duration{which * 50ms} : duration::max();
        m.publish(message, now);
        q.publish(message, now);
    }
    void receive() {
        const auto expected = m.receive(now);
        const auto found = q.receive(now);
        RC_ASSERT(found.has_value() == expected.has_value());
        if (!found)
            return;
        RC_ASSERT(found->what->tag == expected->tag);
        RC_ASSERT(found->tag.number == expected->delivery);
        RC_ASSERT(found->what->deliveries == static_cast<std::uint32_t>(expected->deliveries));
        RC_ASSERT(found->deadline == expected->deadline);
        out.push_back(found->tag);
    }
    void settle(const delivery_tag& d, bool ack) {
        m.advance(now);
        const auto e = m.in_hand(d.number);
        const bool known = e != m.all.end();
        if (known && ack)
            m.all.erase(e);
        else if (known)
            m.give_back(e);
        RC_ASSERT((ack ? q.ack(d, now) : q.nack(d, nack_action::requeue, now)) == known);
    }
    void extend(const delivery_tag& d, duration by) {
        m.advance(now);
        const auto e = m.in_hand(d.number);
        const auto result = q.extend(d, by, now);
        RC_ASSERT((result == extend_result::stale) == (e == m.all.end()));
        if (result == extend_result::extended && by == 0s)
            m.give_back(e);
        else if (result == extend_result::extended)
            e->deadline = now + by;
    }
    void crash() {
        m.advance(now);
        for (std::uint64_t number = 1; number <= m.delivery; ++number)
            if (const auto e = m.in_hand(number); e != m.all.end())
                m.give_back(e);
        q.crash(now);
    }

    void step(int what, int which) {
        if (what < 5)
            publish(which);
        else if (what < 9)
            receive();
        else if (what < 13 && !out.empty())
            settle(out[static_cast<std::size_t>(which) % out.size()], what < 11);
        else if (what == 13 && !out.empty())
            extend(out[static_cast<std::size_t>(which) % out.size()], which / 8 * 200ms);
        else if (what == 14)
            now += duration{which * 20ms};
        else if (what == 15 && which % 8 == 0)
            crash();
    }
    void compare() {
        RC_ASSERT(q.ready() == m.ready());
        RC_ASSERT(q.unacked() == m.all.size() - m.ready());
        const auto dropped = tags_of(q.take_dropped());
        RC_ASSERT(
            std::is_permutation(dropped.begin(), dropped.end(), m.gone.begin(), m.gone.end()));
        m.gone.clear();
        const auto next = m.next();
        auto due = next == m.all.end() ? never : next->expires;
        for (const auto& e : m.all)
            due = std::min(due, e.deadline);
        RC_ASSERT(q.next_event() == due);
    }
};

work_queue_options model_options() {
    work_queue_options o{.keep_dropped = true};
    o.visibility_timeout = *rc::gen::element(0s, 3s);
    o.max_visibility = 10s;
    o.max_deliveries = *rc::gen::element(0, 3);
    o.fifo_groups = *rc::gen::element(false, true);
    o.max_priority = o.fifo_groups ? 0 : *rc::gen::element(0, 2);
    o.max_length = o.fifo_groups ? 0 : *rc::gen::element(0, 4);
    return o;
}

} // namespace

TEST_CASE("a work queue agrees with a list that is searched from end to end") {
    REQUIRE(rc::check([](const std::vector<std::pair<std::uint8_t, std::uint8_t>>& script) {
        pair_of_queues both{model_options()};
        for (const auto& [what, which] : script) {
            both.step(what % 16, which);
            both.compare();
        }
    }));
}
