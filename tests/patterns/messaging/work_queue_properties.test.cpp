// SPDX-License-Identifier: BSL-1.0
// A work queue through random interleavings of all that can happen to it, against what its header
// promises and against plain books of who has which message.
#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "patterns/messaging/work_queue.hpp"
#include "work_queue_test.hpp"

using namespace windtunnel;
using namespace windtunnel::test;
using namespace std::chrono_literals;

namespace {

using script = std::vector<std::pair<std::uint8_t, std::uint8_t>>;

/// One queue, its consumers, and the deliveries that are out, good or stale.
struct game {
    work_queue q;
    time_point now = start;
    std::uint64_t last_tag = 0;
    std::map<std::uint64_t, queue_consumer_options> hands; ///< by the consumer's number
    std::vector<consumer_id> consumers;
    std::vector<queue_delivery> out;

    explicit game(const work_queue_options& options) : q(options, "game") {}

    void publish(int which) {
        queue_message m;
        m.tag = ++last_tag;
        m.key = static_cast<std::uint64_t>(which % 4);
        m.body.size = static_cast<std::uint64_t>(which % 7);
        m.priority = static_cast<std::uint8_t>(which % 3);
        m.durable = which % 5 != 0;
        m.ttl = which % 11 == 0 ? duration{which * 100ms} : duration::max();
        m.deduplication_id = static_cast<std::uint64_t>(which % 6);
        q.publish(std::move(m), now);
    }

    void note(const std::optional<queue_delivery>& d) {
        if (!d)
            return;
        for (const auto& other : out)
            RC_ASSERT(other.tag.number < d->tag.number);
        RC_ASSERT(d->what->redelivered == (d->what->deliveries > 1));
        out.push_back(*d);
    }

    void ack(const queue_delivery& d) {
        const auto before = q.metrics();
        const bool good = q.ack(d.tag, now);
        RC_ASSERT(q.metrics().acked == before.acked + good);
        RC_ASSERT(q.metrics().stale_acks == before.stale_acks + !good);
    }

    void subscribe(int which) {
        const queue_consumer_options options{.prefetch = which % 4, .priority = which % 3};
        consumers.push_back(q.subscribe(options));
        hands[consumers.back().number] = options;
    }

    void step(int what, int which) {
        const auto some = [which](auto& list) {
            return list.begin() + which % static_cast<int>(list.size());
        };
        if (what < 5)
            publish(which);
        else if (what < 8)
            note(q.next_delivery(now));
        else if (what < 9)
            note(q.receive(now));
        else if (what < 12 && !out.empty())
            ack(*some(out));
        else if (what == 12 && !out.empty())
            q.nack(some(out)->tag, which % 2 == 0 ? nack_action::requeue : nack_action::dead_letter,
                   now);
        else if (what == 13 && !out.empty())
            q.extend(some(out)->tag, which * 100ms, now);
        else if (what == 14)
            q.advance(now += duration{which * 50ms});
        else if (what == 15)
            subscribe(which);
        else if (what == 16 && !consumers.empty())
            leave(some(consumers));
        else if (what == 17 && !out.empty())
            q.ack_up_to(some(out)->tag, now);
        else if (what == 18 && which % 8 == 0)
            q.crash(now);
    }

    void leave(std::vector<consumer_id>::iterator who) {
        q.unsubscribe(*who, now);
        consumers.erase(who);
    }

    void check() {
        RC_ASSERT(conserves(q));
        int in_hands = 0;
        for (const auto& c : consumers) {
            const int has = q.unacked(c);
            in_hands += has;
            RC_ASSERT(hands[c.number].prefetch == 0 || has <= hands[c.number].prefetch);
        }
        RC_ASSERT(static_cast<std::size_t>(in_hands) <= q.unacked());
        RC_ASSERT(q.bytes() >= q.ready_bytes());
        RC_ASSERT(q.ready() + q.unacked() > 0 || (q.bytes() == 0 && q.next_event() == never));
    }
};

work_queue_options any_options() {
    constexpr auto often = [](auto plain, auto other) { return rc::gen::element(plain, other); };
    work_queue_options o;
    o.visibility_timeout = *often(0s, 3s);
    o.max_visibility = 10s;
    o.max_deliveries = *often(0, 3);
    o.message_ttl = *rc::gen::element<duration>(duration::max(), 8s);
    o.fifo_groups = *often(false, true);
    o.max_priority = o.fifo_groups ? 0 : *often(0, 2);
    o.max_length = *often(0, 4);
    o.max_bytes = *rc::gen::element<std::int64_t>(0, 12);
    o.deduplication_window = *often(0s, 2s);
    o.max_unacked = *often(0, 5);
    if (*often(false, true))
        o.dead_letter = dead_letter_all;
    if (o.max_length > 0 || o.max_bytes > 0)
        o.overflow = o.fifo_groups || *often(false, true) ? queue_overflow::reject_publish
                                                          : queue_overflow::drop_head;
    o.durability = *rc::gen::element(queue_durability::transient, queue_durability::by_message,
                                     queue_durability::always);
    return o;
}

/// Acknowledges all that is left, and says what came out. Whoever is too slow has been so.
tags finish(work_queue& q, time_point& now) {
    now += 1h;
    q.advance(now);
    q.crash(now); // hands without a limit
    return drain(q, now);
}

} // namespace

TEST_CASE("no message is lost or made by whatever happens, and nobody has more than its prefetch") {
    REQUIRE(rc::check([](const script& all) {
        game g{any_options()};
        for (const auto& [what, which] : all) {
            g.step(what % 19, which);
            g.check();
        }
        finish(g.q, g.now);
        g.check();
        RC_ASSERT(g.q.ready() + g.q.unacked() == 0);
        RC_ASSERT(g.q.take_dead_letters().size() ==
                  g.q.metrics().all_dead_lettered() + g.q.metrics().rejected_dead_lettered);
    }));
}

TEST_CASE("at least once: without bounds each message is there until it is acknowledged, once") {
    REQUIRE(rc::check([](const script& all) {
        game g{{.visibility_timeout = 3s}};
        std::set<std::uint64_t> published;
        tags settled;
        for (const auto& [what, which] : all) {
            const int step = what % 19;
            if (step < 5) {
                g.q.publish(tagged(++g.last_tag), g.now);
                published.insert(g.last_tag);
            } else if (step < 12 && step >= 9 && !g.out.empty()) {
                const auto& d = g.out[which % g.out.size()];
                const auto tag = d.what->tag; // what stands there now, if the receipt is stale
                if (g.q.ack(d.tag, g.now))
                    settled.push_back(tag);
            } else if (step != 17 && (step != 12 || which % 2 == 0)) {
                g.step(step, which);
            }
        }
        const auto rest = finish(g.q, g.now);
        settled.insert(settled.end(), rest.begin(), rest.end());
        std::sort(settled.begin(), settled.end());
        RC_ASSERT(settled == tags(published.begin(), published.end()));
    }));
}

TEST_CASE("within a group messages are settled in the order of publishing, through redeliveries") {
    REQUIRE(rc::check([](const script& all) {
        game g{{.visibility_timeout = 3s, .fifo_groups = true}};
        std::map<std::uint64_t, tags> published, settled; // by group
        const auto settle = [&](const queue_delivery& d) {
            const auto key = d.what->key;
            const auto tag = d.what->tag;
            if (g.q.ack(d.tag, g.now))
                settled[key].push_back(tag);
        };
        for (const auto& [what, which] : all) {
            const int step = what % 19;
            if (step < 5) {
                const std::uint64_t key = 1 + which % 3U;
                g.q.publish(of_group(key, ++g.last_tag), g.now);
                published[key].push_back(g.last_tag);
            } else if (step >= 9 && step < 12 && !g.out.empty()) {
                settle(g.out[which % g.out.size()]);
            } else if (step != 17 && (step != 12 || which % 2 == 0)) {
                g.step(step, which);
            }
            RC_ASSERT(g.q.unacked() <= published.size());
        }
        g.q.advance(g.now += 1h);
        while (const auto d = g.q.receive(g.now))
            settle(*d);
        RC_ASSERT(settled == published);
    }));
}

TEST_CASE("a queue that came back in any order delivers as it was published") {
    REQUIRE(rc::check([](const std::vector<std::uint8_t>& order) {
        work_queue q{{}};
        tags all;
        for (std::uint64_t i = 0; i < 20; ++i)
            all.push_back(i);
        test::publish(q, all);
        auto out = q.receive(20, start);
        for (const auto which : order) {
            if (out.empty())
                break;
            const auto d = out.begin() + which % static_cast<std::ptrdiff_t>(out.size());
            q.nack(d->tag, nack_action::requeue, start);
            out.erase(d);
        }
        for (const auto& d : out)
            q.nack(d.tag, nack_action::requeue, start);
        RC_ASSERT(drain(q) == all);
    }));
}

TEST_CASE("of each id one is accepted in any window") {
    REQUIRE(rc::check([](const script& all) {
        work_queue q{{.deduplication_window = 5s}};
        std::map<std::uint64_t, time_point> accepted;
        time_point now = start;
        for (const auto& [id, step] : all) {
            now += duration{step % 4 * 500ms};
            auto m = tagged(0);
            m.deduplication_id = 1 + id % 5U;
            const auto before = accepted.find(m.deduplication_id);
            const bool known = before != accepted.end() && now - before->second < 5s;
            const auto status = q.publish(m, now).status;
            RC_ASSERT((status == publish_status::duplicate) == known);
            if (!known)
                accepted[m.deduplication_id] = now;
            if (step % 3 == 0)
                drain(q, now);
        }
    }));
}
