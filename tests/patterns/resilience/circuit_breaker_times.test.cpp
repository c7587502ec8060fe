// SPDX-License-Identifier: BSL-1.0
// How long a breaker was in which state, and what its transitions tell.
#include <catch2/catch.hpp>
#include <numeric>
#include <rapidcheck.h>

#include "breaker_test.hpp"

using namespace windtunnel;
using namespace windtunnel::test;
using namespace std::chrono_literals;

namespace {

duration in(const breaker_test& t, breaker_state state) {
    return t.breaker.times(t.now)[static_cast<std::size_t>(state)];
}

duration in_all(const breaker_test& t) {
    const auto times = t.breaker.times(t.now);
    return std::accumulate(times.begin(), times.end(), duration{});
}

/// Open for 5 s after two failures; half-open for 10 s at most.
circuit_breaker_options quick() {
    auto options = count_window(2);
    options.permitted_calls_in_half_open = 2;
    return options;
}

} // namespace

TEST_CASE("a breaker that is only looked at has been closed all the time") {
    breaker_test t(quick());
    t.now += 3s;
    CHECK(in(t, breaker_state::closed) == 3s);
    CHECK(in_all(t) == 3s);
}

TEST_CASE("the time after an open breaker's wait is half-open, though no call has come") {
    breaker_test t(quick());
    t.now += 1s;
    REQUIRE(t.calls("FF"));
    t.now += 4s;
    CHECK(in(t, breaker_state::open) == 4s);
    t.now += 3s;
    CHECK(in(t, breaker_state::open) == 5s);
    CHECK(in(t, breaker_state::half_open) == 2s);
    REQUIRE(t.calls("S"));
    t.now += 1s;
    REQUIRE(t.calls("S"));
    t.now += 1s;
    CHECK(in(t, breaker_state::closed) == 2s);
    CHECK(in(t, breaker_state::open) == 5s);
    CHECK(in(t, breaker_state::half_open) == 3s);
}

TEST_CASE("a half-open state that nobody decides ends when it is due, and is open again") {
    breaker_test t(quick());
    REQUIRE(t.calls("FF"));
    t.now += 5s;
    REQUIRE(t.calls("S")); // one of two probes
    t.now += 12s;
    CHECK(in(t, breaker_state::half_open) == 10s);
    CHECK(in(t, breaker_state::open) == 7s);
    t.now += 4s; // its second wait was over 1 s ago
    CHECK(in(t, breaker_state::half_open) == 11s);
    CHECK(in(t, breaker_state::open) == 10s);
    const auto seen = t.breaker.times(t.now);
    t.breaker.advance(t.now);
    CHECK(t.breaker.times(t.now) == seen);
}

TEST_CASE("what a breaker counts is what it told its observer") {
    breaker_test t(quick());
    REQUIRE(t.calls("FF"));
    t.now += 5s;
    REQUIRE(t.calls("SFr")); // one of two probes failed: the threshold
    t.now += 5s;
    REQUIRE(t.calls("SS"));
    const auto m = t.metrics();
    CHECK(m.opened == 2);
    CHECK(m.half_opened == 2);
    CHECK(m.closed == 1);
    REQUIRE(t.diary.size() == 5);
    CHECK(t.diary[0].calls == 2);
    CHECK(t.diary[0].failed == 2);
    CHECK(t.diary[2].from == breaker_state::half_open);
    CHECK(t.diary[2].calls == 2);
    CHECK(t.diary[2].failed == 1);
}

TEST_CASE("calls that hang are told apart from those that were slow") {
    auto options = quick();
    options.slow_call_pending = true;
    options.slow_call_duration_threshold = 1s;
    options.slow_call_rate_threshold = 0.6;
    breaker_test t(options);
    auto hanging = t.breaker.try_acquire(t.now);
    t.now += 2s;
    REQUIRE(t.calls("S"));
    auto another = t.breaker.try_acquire(t.now);
    t.now += 2s;
    REQUIRE(t.calls("r"));
    REQUIRE(t.diary.size() == 1);
    CHECK(t.diary[0].reason == transition_reason::slow_call_rate);
    CHECK(t.diary[0].slow == 0);
    CHECK(t.diary[0].overdue == 2);
    CHECK(t.diary[0].calls == 1);
}

TEST_CASE("a reset forgets the times, too") {
    breaker_test t(quick());
    REQUIRE(t.calls("FF"));
    t.now += 2s;
    t.breaker.reset(t.now);
    t.now += 1s;
    CHECK(in(t, breaker_state::closed) == 1s);
    CHECK(in_all(t) == 1s);
    CHECK(t.metrics().closed == 0);
}

TEST_CASE(
    "whatever happens, the times in the states are all the time, and never less than before") {
    REQUIRE(rc::check([] {
        auto options = quick();
        options.wait_jitter = 0.3;
        options.wait_multiplier = 2;
        options.max_wait_in_half_open = 2s;
        breaker_test t(options);
        auto before = t.breaker.times(t.now);
        const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 12));
        for (const int step : steps) {
            if (step < 8) {
                if (auto permit = t.breaker.try_acquire(t.now))
                    permit.record(step < 5 ? verdict::failure : verdict::success, t.now);
            } else if (step == 8) {
                t.breaker.force_open(t.now);
            } else if (step == 9) {
                t.breaker.disable(t.now);
            } else {
                t.now += step == 10 ? 700ms : 3s;
            }
            RC_ASSERT(in_all(t) == t.now.time_since_epoch());
            const auto times = t.breaker.times(t.now);
            for (std::size_t s = 0; s < times.size(); ++s)
                RC_ASSERT(times[s] >= before[s]);
            before = times;
        }
    }));
}
