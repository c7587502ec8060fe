// SPDX-License-Identifier: BSL-1.0
// The published test vectors of other circuit breakers, as tables of ours. Where ours decides
// otherwise on purpose, the test says so.
#include <catch2/catch.hpp>

#include "patterns/resilience/breaker_test.hpp"

using namespace windtunnel;
using namespace windtunnel::test;
using namespace std::chrono_literals;

TEST_CASE("gobreaker's default: six failures in a row") {
    auto options = count_window(6, 1.0);
    options.wait_in_open = options.max_wait_in_open = 60s;
    options.permitted_calls_in_half_open = 1;
    breaker_test t{options};
    CHECK(t.calls("FFFFF"));
    CHECK(t.state() == breaker_state::closed);
    CHECK(t.calls("S")); // starts the row anew
    CHECK(t.calls("FFFFF"));
    CHECK(t.state() == breaker_state::closed);
    CHECK(t.calls("F"));
    CHECK(t.state() == breaker_state::open);
    CHECK(t.metrics().buffered == 0);

    t.now += 60s - 1ms;
    CHECK(t.state() == breaker_state::open);
    CHECK(t.calls("r"));
    t.now += 1ms; // gobreaker waits a nanosecond longer; ours is half-open at exactly the instant
    CHECK(t.state() == breaker_state::half_open);
    CHECK(t.calls("F"));
    CHECK(t.state() == breaker_state::open);
    t.now += 60s + 1ns;
    CHECK(t.state() == breaker_state::half_open);
    CHECK(t.calls("S"));
    CHECK(t.state() == breaker_state::closed);
    CHECK(t.metrics().buffered == 0);
}

namespace {

/// A window of 30 s that is cleared as a whole, three calls needed, three permits.
circuit_breaker_options custom(double threshold) {
    return {.failure_rate_threshold = threshold,
            .sliding_window_size = 1,
            .sliding_window_duration = 30s,
            .minimum_number_of_calls = 3,
            .wait_in_open = 90s,
            .max_wait_in_open = 90s,
            .wait_jitter = 0,
            .permitted_calls_in_half_open = 3};
}

} // namespace

TEST_CASE("gobreaker's custom: excluded calls, a window that is cleared, a ratio that trips") {
    breaker_test t{custom(0.6)};
    for (int i = 0; i < 5; ++i)
        CHECK(t.calls("SFn"));
    CHECK(t.state() == breaker_state::closed);
    CHECK(t.metrics().successful == 5);
    CHECK(t.metrics().failed == 5);
    CHECK(t.metrics().neutral == 5);
    CHECK(t.metrics().buffered == 10);
    t.now += 30s;
    CHECK(t.metrics().buffered == 0);
    CHECK(t.calls("FSF")); // two of three
    CHECK(t.state() == breaker_state::open);
}

TEST_CASE("gobreaker's custom: half-open, where excluded calls take no capacity") {
    breaker_test t{
        custom(0.3)}; // so that one failure of three opens, and only three successes close
    CHECK(t.calls("FSF"));
    t.now += 90s;
    CHECK(t.calls("nnnn"));
    CHECK(t.state() == breaker_state::half_open);
    CHECK(t.calls("F"));
    CHECK(t.state() == breaker_state::open);

    t.now += 90s;
    CHECK(t.calls("SS"));
    CHECK(t.state() == breaker_state::half_open);
    auto third = t.breaker.try_acquire(t.now);
    CHECK(third);
    CHECK(t.calls("r"));
    third.record(verdict::success, t.now);
    CHECK(t.state() == breaker_state::closed);
}

TEST_CASE("gobreaker's rolling window: ten buckets of 3 s") {
    breaker_test t{{.failure_rate_threshold = 0.6,
                    .sliding_window_size = 10,
                    .sliding_window_duration = 30s,
                    .minimum_number_of_calls = 3}};
    CHECK(t.calls("SFnSFnSFnSFnSFn")); // the excluded do not count, though gobreaker shows them
    for (int bucket = 1; bucket <= 9; ++bucket) {
        t.now += 3s;
        CHECK(t.calls(bucket == 9 ? "S" : bucket <= 2 ? "SFn" : "SF"));
    }
    CHECK(t.metrics().successful == 14);
    CHECK(t.metrics().failed == 13);
    t.now += 3s;
    CHECK(t.metrics().successful == 9);
    CHECK(t.metrics().failed == 8);
    CHECK(t.metrics().buffered == 17);
    CHECK(t.calls("FFFFF")); // 13 of 22
    CHECK(t.state() == breaker_state::closed);
    CHECK(t.calls("F")); // 14 of 23
    CHECK(t.state() == breaker_state::open);
}

TEST_CASE("gobreaker's custom: half-open at its own ratio, where ours waits for the rest") {
    breaker_test t{custom(0.6)}; // gobreaker reopens at the first failure
    CHECK(t.calls("FSF"));
    t.now += 90s;
    CHECK(t.calls("F"));
    CHECK(t.state() == breaker_state::half_open);
    CHECK(t.calls("F"));
    CHECK(t.state() == breaker_state::open);
}

TEST_CASE("gobreaker's generation: a success that began in an interval before") {
    breaker_test t{custom(0.6)};
    t.now += 29s;
    CHECK(t.calls("S"));
    auto early = t.breaker.try_acquire(t.now);
    t.now += 1s + 500ms;
    CHECK(t.metrics().buffered == 0);
    early.record(verdict::success, t.now); // gobreaker: of an old interval; ours: a call that ended
    CHECK(t.metrics().buffered == 1);
    CHECK(t.metrics().late_results == 0);
}

TEST_CASE("a success from before a breaker opened does not count after") {
    breaker_test t{count_window(2)};
    auto early = t.breaker.try_acquire(t.now);
    CHECK(t.calls("FF"));
    early.record(verdict::success, t.now);
    CHECK(t.state() == breaker_state::open);
    CHECK(t.metrics().late_results == 1);
}

TEST_CASE("failsafe-go's ratios: half-open decides as soon as the outcome is inevitable") {
    const auto [permits, threshold, letters, expected] =
        GENERATE(table<int, double, std::string_view, breaker_state>({
            {3, 0.6, "FSS", breaker_state::closed}, // two of three must be good
            {3, 0.6, "FF", breaker_state::open},
            {3, 0.6, "SS", breaker_state::closed},
            {3, 0.6, "SF", breaker_state::half_open},
            {3, 0.6, "SFF", breaker_state::open},
            {4, 0.5, "FF", breaker_state::open}, // three of four
            {4, 0.5, "SSS", breaker_state::closed},
            {4, 0.5, "FSS", breaker_state::half_open},
            {4, 0.5, "FSSS", breaker_state::closed},
            {4, 0.5, "SFSF", breaker_state::open},
            {3, 0.6, "FSF", breaker_state::open},
            {4, 0.5, "SFS", breaker_state::half_open},
            {4, 0.5, "SFSS", breaker_state::closed},
            {4, 0.5, "SSF", breaker_state::half_open},  // one more may still fail
            {4, 0.75, "SFF", breaker_state::half_open}, // two of four
            {4, 0.75, "SFFF", breaker_state::open},
            {3, 0.3, "SS", breaker_state::half_open}, // all three
            {3, 0.3, "SSS", breaker_state::closed},
            {3, 0.3, "SF", breaker_state::open},
            {3, 0.3, "F", breaker_state::open},
        }));
    CAPTURE(permits, threshold, letters);
    auto options = count_window(10, threshold);
    options.permitted_calls_in_half_open = permits;
    options.initial_state = breaker_state::open;
    breaker_test t{options};
    t.now += options.wait_in_open;
    CHECK(t.calls(letters));
    CHECK(t.state() == expected);
}

TEST_CASE("failsafe-go's success threshold overrides the failure threshold in half-open") {
    const auto [permits, successes, letters, expected] =
        GENERATE(table<int, int, std::string_view, breaker_state>({
            {3, 2, "SS", breaker_state::closed},
            {3, 2, "FSS", breaker_state::closed},
            {3, 2, "SF", breaker_state::half_open},
            {3, 2, "FF", breaker_state::open},
            {4, 3, "SSS", breaker_state::closed},
            {4, 3, "FSS", breaker_state::half_open},
            {4, 3, "FSSS", breaker_state::closed},
            {4, 3, "FF", breaker_state::open},
            {4, 4, "F", breaker_state::open},
            {1, 1, "S", breaker_state::closed},
        }));
    CAPTURE(permits, successes, letters);
    auto options = count_window(10, 0.01); // by the rate alone, one failure opens
    options.permitted_calls_in_half_open = permits;
    options.successes_to_close = successes;
    options.initial_state = breaker_state::open;
    breaker_test t{options};
    t.now += options.wait_in_open;
    CHECK(t.calls(letters));
    CHECK(t.state() == expected);
}

TEST_CASE("resilience4j's slow calls: two of five") {
    auto options = count_window(5, 1);
    options.slow_call_duration_threshold = 4s;
    options.slow_call_rate_threshold = 0.41;
    breaker_test t{options};
    CHECK(t.calls("sfSSS", 10s, 100ms));
    CHECK(t.metrics().total_duration == 20'300ms);
    CHECK(t.metrics().average_duration == 4060ms);
    CHECK(t.metrics().slow_call_rate == 0.4);
    CHECK(t.metrics().slow == 2);
    CHECK(t.metrics().slow_failed == 1);
    CHECK(t.metrics().failed == 1);
    CHECK(t.metrics().successful == 4);
    CHECK(t.state() == breaker_state::closed);
}

TEST_CASE("brpc's isolation: it doubles with each reopening, is capped, and starts over") {
    auto options = count_window(1);
    options.wait_in_open = 100ms;
    options.max_wait_in_open = 500ms;
    options.wait_multiplier = 2;
    options.permitted_calls_in_half_open = 1;
    breaker_test t{options};
    for (const duration wait : {100ms, 200ms, 400ms, 500ms, 500ms}) {
        CHECK(t.calls("Fr"));
        CHECK(t.breaker.retry_after(t.now) == wait);
        t.now += wait;
    }
    CHECK(t.calls("S"));
    CHECK(t.state() == breaker_state::closed);
    CHECK(t.calls("F"));
    CHECK(t.breaker.retry_after(t.now) == 100ms);
}

TEST_CASE("Hystrix's single test: one call after the sleep window, no second beside it") {
    auto options = count_window(20);
    options.permitted_calls_in_half_open = 1;
    options.initial_state = breaker_state::open;
    breaker_test t{options};
    t.now += 5s;
    auto single = t.breaker.try_acquire(t.now);
    CHECK(single);
    CHECK(t.calls("rr"));
    single.record(verdict::success, t.now);
    CHECK(t.calls("S"));
}

TEST_CASE("Hystrix's busy circuit: calls refused meanwhile do not keep it open") {
    auto options = count_window(3);
    options.permitted_calls_in_half_open = 1;
    breaker_test t{options};
    CHECK(t.calls("FFF"));
    for (int i = 0; i < 49; ++i) {
        t.now += 100ms;
        CHECK(t.calls("rr"));
    }
    t.now += 100ms; // 5 s after it opened
    CHECK(t.calls("SS"));
    CHECK(t.state() == breaker_state::closed);
}

TEST_CASE("Hystrix's low volume: nothing trips below the minimum") {
    breaker_test t{{.minimum_number_of_calls = 20}};
    CHECK(t.calls("FFFFFFFFFFFFFFFFFFF"));
    CHECK(t.state() == breaker_state::closed);
    CHECK(t.metrics().failure_rate == -1);
    CHECK(t.calls("F"));
    CHECK(t.state() == breaker_state::open);
}

TEST_CASE("Polly's break duration: beyond the range of time it is for ever") {
    auto options = count_window(1);
    options.wait_in_open = options.max_wait_in_open = duration::max();
    breaker_test t{options};
    t.now += 1s;
    CHECK(t.calls("F"));
    t.now = never - 1ns;
    CHECK(t.calls("r"));
}
