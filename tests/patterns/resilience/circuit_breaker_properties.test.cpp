// SPDX-License-Identifier: BSL-1.0
// What holds over any interleaving of admissions, ends of every kind, time and acts by hand.
#include <list>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "patterns/resilience/breaker_test.hpp"

using namespace windtunnel;
using namespace windtunnel::test;
using namespace std::chrono_literals;

namespace {

using steps = std::vector<std::pair<std::uint8_t, std::uint16_t>>;

circuit_breaker_options any_options() {
    const auto in = [](int low, int high) { return *rc::gen::inRange(low, high); };
    circuit_breaker_options o;
    o.failure_rate_threshold = in(1, 11) / 10.0;
    o.slow_call_rate_threshold = in(1, 11) / 10.0;
    o.slow_call_duration_threshold = std::chrono::milliseconds{in(1, 500)};
    o.slow_call_pending = in(0, 2) == 1;
    o.sliding_window_type = static_cast<sliding_window_type>(in(0, 2));
    o.sliding_window_size = in(1, 20);
    o.sliding_window_duration = std::chrono::milliseconds{in(20, 2000)};
    o.minimum_number_of_calls = in(1, 10);
    o.permitted_calls_in_half_open = in(1, 6);
    o.wait_in_open = std::chrono::milliseconds{in(1, 300)};
    o.max_wait_in_half_open = std::chrono::milliseconds{in(1, 600)};
    o.state_after_max_wait = in(0, 4) == 0 ? breaker_state::closed : breaker_state::open;
    return o;
}

struct held {
    circuit_breaker::permit permit;
    std::size_t stay; ///< how many transitions there had been
};

/// Plays the steps; after each one calls `check` with the permits held.
struct interleaving {
    breaker_test t;
    std::list<held> permits;
    std::size_t reported_stay = 0;
    std::uint32_t reported = 0; ///< in that stay

    explicit interleaving(const circuit_breaker_options& options) : t(options) {}

    void step(std::uint8_t what, std::uint16_t which) {
        t.now += std::chrono::milliseconds{which % 4 == 0 ? which % 700 : which % 20};
        if (what % 2 == 0)
            return acquire();
        if (what % 64 == 1)
            return by_hand(which);
        if (permits.empty())
            return;
        auto it = permits.begin();
        std::advance(it, which % permits.size());
        end(*it, what);
        permits.erase(it);
    }

    void acquire() {
        if (auto permit = t.breaker.try_acquire(t.now))
            permits.push_back({std::move(permit), t.diary.size()});
    }

    void by_hand(std::uint16_t which) {
        if (which % 4 == 0)
            t.breaker.disable(t.now);
        else if (which % 4 == 1)
            t.breaker.metrics_only(t.now);
        else
            t.breaker.reset(t.now);
    }

    void end(held& one, std::uint8_t what) {
        if (what % 5 == 0)
            one.permit.drop();
        else if (what % 5 == 1)
            one.permit.record(verdict::neutral, t.now);
        else if (what % 5 == 2)
            return; // destroyed
        else
            report(one, what % 5 == 3 ? verdict::success : verdict::failure);
    }

    void report(held& one, verdict result) {
        t.breaker.advance(t.now);
        const bool current = one.stay == t.diary.size();
        one.permit.record(result, t.now);
        if (reported_stay != t.diary.size())
            reported = 0;
        reported_stay = t.diary.size();
        if (current && one.stay == t.diary.size())
            ++reported;
    }

    std::uint32_t out() const {
        std::uint32_t n = 0;
        for (const auto& one : permits)
            n += one.stay == t.diary.size();
        return n;
    }
    std::uint32_t reported_now() const { return reported_stay == t.diary.size() ? reported : 0; }
};

} // namespace

TEST_CASE("half-open never has more permits than it may in one generation") {
    REQUIRE(rc::check([](const steps& script) {
        const auto options = any_options();
        interleaving play{options};
        for (const auto& [what, which] : script) {
            play.step(what, which);
            play.t.breaker.advance(play.t.now);
            const bool probing =
                !play.t.diary.empty() && play.t.diary.back().to == breaker_state::half_open;
            if (probing)
                RC_ASSERT(play.out() + play.reported_now() <=
                          static_cast<std::uint32_t>(options.permitted_calls_in_half_open));
        }
    }));
}

TEST_CASE("R2: permits never leak: when all have ended, every slot can be had again") {
    REQUIRE(rc::check([](const steps& script) {
        const auto options = any_options();
        interleaving play{options};
        for (const auto& [what, which] : script)
            play.step(what, which);
        play.permits.clear();
        play.t.breaker.reset(play.t.now);
        while (play.t.state() != breaker_state::open)
            RC_ASSERT(play.t.calls("F"));
        play.t.now += play.t.breaker.retry_after(play.t.now);
        for (int i = 0; i < options.permitted_calls_in_half_open; ++i)
            play.acquire();
        RC_ASSERT(play.permits.size() ==
                  static_cast<std::size_t>(options.permitted_calls_in_half_open));
        play.acquire();
        RC_ASSERT(play.permits.size() ==
                  static_cast<std::size_t>(options.permitted_calls_in_half_open));
    }));
}

TEST_CASE("R1: late results change nothing but their count") {
    REQUIRE(rc::check([](const steps& script) {
        interleaving play{any_options()};
        for (const auto& [what, which] : script) {
            play.step(what, which);
            play.t.breaker.advance(play.t.now);
            for (auto it = play.permits.begin(); it != play.permits.end();) {
                if (it->stay == play.t.diary.size() || what % 3 != 0) {
                    ++it;
                    continue;
                }
                const auto before = play.t.metrics();
                const auto wait = play.t.breaker.retry_after(play.t.now);
                it->permit.record(verdict::failure, play.t.now);
                const auto after = play.t.metrics();
                RC_ASSERT(after.late_results == before.late_results + 1);
                RC_ASSERT(after.buffered == before.buffered);
                RC_ASSERT(after.failed == before.failed);
                RC_ASSERT(play.t.breaker.retry_after(play.t.now) == wait);
                it = play.permits.erase(it);
            }
        }
    }));
}

TEST_CASE("a breaker always lets somebody through again") {
    REQUIRE(rc::check([](const steps& script) {
        interleaving play{any_options()};
        for (const auto& [what, which] : script)
            play.step(what, which);
        for (int i = 0; i < 100; ++i) { // though every permit out hangs
            if (play.t.breaker.try_acquire(play.t.now))
                return;
            play.t.now += 1s;
        }
        RC_FAIL("refused for ever");
    }));
}

TEST_CASE("the same calls and the same stream lead to the same decisions") {
    REQUIRE(rc::check([](const steps& script) {
        const auto options = any_options();
        interleaving a{options};
        interleaving b{options};
        for (const auto& [what, which] : script) {
            a.step(what, which);
            b.step(what, which);
        }
        RC_ASSERT(a.t.diary.size() == b.t.diary.size());
        for (std::size_t i = 0; i < a.t.diary.size(); ++i)
            RC_ASSERT(a.t.diary[i].at == b.t.diary[i].at && a.t.diary[i].to == b.t.diary[i].to);
    }));
}

namespace {

/// Whether a breaker may go from one state to the other for that reason.
bool is_legal(const breaker_transition& t) {
    using enum breaker_state;
    using enum transition_reason;
    const bool by_rate = t.reason == failure_rate || t.reason == slow_call_rate;
    if (t.from == closed && t.to == open)
        return by_rate;
    if (t.from == open && t.to == half_open)
        return t.reason == wait_over;
    if (t.from == half_open && t.to == open)
        return by_rate || t.reason == half_open_timeout;
    if (t.from == half_open && t.to == closed)
        return t.reason == probes_passed || t.reason == half_open_timeout || t.reason == by_hand;
    return t.reason == by_hand && t.to != half_open && t.to != open;
}

} // namespace

TEST_CASE("resilience4j's transitions: half-open comes after open alone, and each has its reason") {
    REQUIRE(rc::check([](const steps& script) {
        interleaving play{any_options()};
        for (const auto& [what, which] : script)
            play.step(what, which);
        for (const breaker_transition& each : play.t.diary)
            RC_ASSERT(is_legal(each));
    }));
}
