// SPDX-License-Identifier: BSL-1.0
// A rate limiter, which foretells, against a plain model of it, which lives through every
// nanosecond: it counts tokens, and serves a queue from its head.
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "patterns/resilience/rate_limiter.hpp"

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{1000ns};
using script = std::vector<std::tuple<std::uint8_t, std::uint8_t, std::uint8_t>>;

struct model {
    rate_limiter_options o;
    std::int64_t passed = 0; ///< ns
    std::int64_t level = o.most_at_once() * o.period.count();
    std::deque<std::int64_t> recent{};       ///< one for each permit in the window
    std::deque<std::pair<int, int>> queue{}; ///< who, and its cost
    std::map<int, std::int64_t> given{};     ///< who, and when

    bool fits(int cost) const {
        if (o.kind == rate_limiter_kind::sliding_window)
            return static_cast<int>(recent.size()) + cost <= o.permits;
        return level >= cost * o.period.count();
    }
    void spend(int cost) {
        level -= cost * o.period.count();
        recent.insert(recent.end(), static_cast<std::size_t>(cost), passed);
    }
    void serve() {
        for (; !queue.empty() && fits(queue.front().second); queue.pop_front()) {
            spend(queue.front().second);
            given[queue.front().first] = passed;
        }
    }
    void tick() {
        ++passed;
        const auto period = o.period.count();
        if (!o.refill_at_once)
            level += o.permits;
        else if (passed % period == 0)
            level += o.permits * period;
        level = std::min(level, o.most_at_once() * period);
        while (!recent.empty() && recent.front() + period <= passed)
            recent.pop_front();
        serve();
    }
    /// How long one that came now would wait.
    std::int64_t wait(int cost) const {
        model future = *this;
        future.queue.emplace_back(-1, cost);
        for (future.serve(); !future.given.contains(-1);)
            future.tick();
        return future.given[-1] - passed;
    }
};

struct held {
    held(int my_number, rate_limiter::reservation&& mine)
        : number(my_number), place(std::move(mine)), known(place.ready_at()) {
        place.on_earlier(
            [](void* c) {
                auto& self = *static_cast<held*>(c);
                RC_ASSERT(self.place.ready_at() < self.known);
                self.known = self.place.ready_at();
            },
            this);
    }
    int number;
    rate_limiter::reservation place;
    time_point known; ///< its ready_at, as far as it has been told
};

/// One limiter, its model, and everybody who waits.
struct game {
    rate_limiter_options o;
    rate_limiter limiter{o, start};
    model m{o};
    std::list<held> line{};
    int number = 0;

    time_point now() const { return start + duration{m.passed}; }

    void pass(int ticks) {
        for (int i = 0; i < ticks; ++i)
            m.tick();
    }
    void acquire(int cost) {
        const auto d = limiter.try_acquire(now(), cost);
        const auto wait = m.wait(cost);
        RC_ASSERT(d == (rate_decision{.admitted = wait == 0, .retry_after = duration{wait}}));
        if (d)
            m.spend(cost);
    }
    void reserve(int cost, int max_wait) {
        auto place = limiter.reserve(now(), duration{max_wait}, cost);
        const auto wait = m.wait(cost);
        RC_ASSERT(static_cast<bool>(place) == (wait <= max_wait));
        if (!place)
            return;
        RC_ASSERT(place.ready_at() == now() + duration{wait});
        line.emplace_back(++number, std::move(place));
        m.queue.emplace_back(number, cost);
        m.serve();
    }
    void cancel(std::list<held>::iterator h, bool by_destructor) {
        const bool returned = std::erase_if(m.queue, [&](auto& q) { return q.first == h->number; });
        const auto tell_the_time = limiter.available(now());
        RC_ASSERT(tell_the_time >= 0);
        if (!by_destructor)
            RC_ASSERT(h->place.cancel(now()) == returned);
        line.erase(h);
        m.serve();
    }
    /// Whoever the model has served must have been due just then.
    void collect() {
        for (auto h = line.begin(); h != line.end();) {
            const auto given = m.given.find(h->number);
            RC_ASSERT(h->place.ready_at() == h->known);
            const bool due = h->place.ready_at() <= now();
            RC_ASSERT(due == (given != m.given.end()));
            if (due) {
                RC_ASSERT(h->place.ready_at() == start + duration{given->second});
                h->place.take(now());
            }
            h = due ? line.erase(h) : std::next(h);
        }
    }
    void step(int what, int a, int b) {
        pass(b % 7);
        collect();
        const int cost = 1 + a % std::min(o.most_at_once(), 5);
        if (what < 4)
            acquire(cost);
        else if (what < 10)
            reserve(cost, what == 9 ? 20 : 1000);
        else if (!line.empty())
            cancel(std::next(line.begin(), a % static_cast<int>(line.size())), what == 11);
        collect();
    }
};

rate_limiter_options any_options() {
    rate_limiter_options o;
    o.kind = static_cast<rate_limiter_kind>(*rc::gen::inRange(0, 3));
    o.permits = *rc::gen::inRange(1, 9);
    o.period = duration{*rc::gen::inRange(1, 40)};
    if (o.kind != rate_limiter_kind::sliding_window)
        o.burst = *rc::gen::inRange(0, 12);
    o.refill_at_once = o.kind == rate_limiter_kind::token_bucket && *rc::gen::arbitrary<bool>();
    return o;
}

} // namespace

TEST_CASE("a rate limiter foretells what a queue before a bucket of tokens does") {
    REQUIRE(rc::check([](const script& steps) {
        game g{any_options()};
        for (const auto& [what, a, b] : steps)
            g.step(what % 12, a, b);
    }));
}

TEST_CASE("a token bucket and GCRA decide alike") {
    REQUIRE(rc::check([](const script& steps) {
        auto o = any_options();
        o.kind = rate_limiter_kind::token_bucket;
        o.refill_at_once = false;
        rate_limiter bucket{o, start};
        o.kind = rate_limiter_kind::gcra;
        rate_limiter gcra{o, start};
        auto now = start;
        for (const auto& [what, a, b] : steps) {
            now += duration{b % 16};
            const int cost = 1 + a % 12;
            RC_ASSERT(bucket.try_acquire(now, cost) == gcra.try_acquire(now, cost));
            RC_ASSERT(bucket.available(now) == gcra.available(now));
        }
    }));
}

TEST_CASE("no limiter ever admits more than its burst and its rate, in any span") {
    REQUIRE(rc::check([](const script& steps) {
        auto o = any_options();
        rate_limiter limiter{o, start};
        std::vector<std::pair<std::int64_t, int>> given; // when, cost
        auto now = start;
        for (const auto& [what, a, b] : steps) {
            now += duration{b % 8 == 0 ? b : b % 4};
            const int cost = 1 + a % 4;
            if (limiter.try_acquire(now, cost))
                given.emplace_back((now - start).count(), cost);
        }
        const auto period = o.period.count();
        for (std::size_t i = 0; i < given.size(); ++i) {
            std::int64_t sum = 0;
            for (std::size_t j = i; j < given.size(); ++j) {
                sum += given[j].second;
                const auto from = given[i].first;
                const auto to = given[j].first;
                if (o.kind == rate_limiter_kind::sliding_window)
                    RC_ASSERT(to - from >= period || sum <= o.permits);
                else if (o.refill_at_once)
                    RC_ASSERT(sum <= o.most_at_once() + (to / period - from / period) * o.permits);
                else
                    RC_ASSERT(sum * period <= o.most_at_once() * period + (to - from) * o.permits);
            }
        }
    }));
}
