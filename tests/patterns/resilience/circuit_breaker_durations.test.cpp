// SPDX-License-Identifier: BSL-1.0
// How long the calls of a breaker's window took together, and on average: resilience4j's
// SlidingTimeWindowMetricsTest and FixedSizeSlidingWindowMetricsTest, through the breaker.
#include <catch2/catch.hpp>

#include "breaker_test.hpp"

using namespace windtunnel;
using namespace windtunnel::test;
using namespace std::chrono_literals;

namespace {

/// Never trips: metrics_only.
circuit_breaker_options seconds_window(int seconds) {
    return {.slow_call_duration_threshold = 500ms,
            .sliding_window_type = sliding_window_type::time,
            .sliding_window_size = seconds,
            .sliding_window_duration = std::chrono::seconds{seconds},
            .minimum_number_of_calls = 1,
            .initial_state = breaker_state::metrics_only};
}

/// A call that ends at `end` and took so long.
void call(circuit_breaker& b, time_point end, duration took, verdict result) {
    b.try_acquire(end - took).record(result, end);
}

constexpr time_point origin{};

} // namespace

TEST_CASE("resilience4j's time window: three calls took 1200 ms, until the window is over") {
    circuit_breaker b{seconds_window(5), {1, "breaker"}};
    call(b, origin + 100ms, 100ms, verdict::failure);
    CHECK(b.metrics(origin + 100ms).total_duration == 100ms);
    call(b, origin + 200ms, 100ms, verdict::success);
    CHECK(b.metrics(origin + 200ms).total_duration == 200ms);
    call(b, origin + 900ms, 1000ms, verdict::failure);
    const auto check_all = [&](time_point at) {
        const auto seen = b.metrics(at);
        CHECK(seen.buffered == 3);
        CHECK(seen.failed == 2);
        CHECK(seen.slow == 1);
        CHECK(seen.slow_failed == 1);
        CHECK(seen.total_duration == 1200ms);
        CHECK(seen.average_duration == 400ms);
    };
    check_all(origin + 900ms);
    check_all(origin + 4900ms);
    const auto later = b.metrics(origin + 5900ms);
    CHECK(later.buffered == 0);
    CHECK(later.failed == 0);
    CHECK(later.slow == 0);
    CHECK(later.total_duration == 0ms);
    CHECK(later.average_duration == 0ms);
}

TEST_CASE("resilience4j's time window, step by step, ends with 5 calls of 500 ms") {
    struct row {
        duration end;
        char result;
        std::uint32_t calls, good, bad; ///< in the window, this one included
        duration total;
    };
    const auto rows = {
        row{100ms, 'F', 1, 0, 1, 100ms},  row{200ms, 'S', 2, 1, 1, 200ms},
        row{1200ms, 'S', 3, 2, 1, 300ms}, row{2200ms, 'S', 4, 3, 1, 400ms},
        row{3200ms, 'S', 5, 4, 1, 500ms}, row{4200ms, 'F', 6, 4, 2, 600ms},
        row{5200ms, 'S', 5, 4, 1, 500ms}, row{6200ms, 'S', 5, 4, 1, 500ms},
    };
    circuit_breaker b{seconds_window(5), {1, "breaker"}};
    for (const row& r : rows) {
        call(b, origin + r.end, 100ms, breaker_test::meaning(r.result));
        const auto seen = b.metrics(origin + r.end);
        CAPTURE(r.end.count());
        CHECK(seen.buffered == r.calls);
        CHECK(seen.successful == r.good);
        CHECK(seen.failed == r.bad);
        CHECK(seen.total_duration == r.total);
        CHECK(seen.average_duration == 100ms);
    }
}

TEST_CASE("resilience4j's count window: the oldest call's time leaves with it") {
    auto options = count_window(5);
    options.slow_call_duration_threshold = 500ms;
    options.initial_state = breaker_state::metrics_only;
    circuit_breaker b{options, {1, "breaker"}};
    time_point now = origin;
    const auto add = [&](duration took) {
        now += took;
        call(b, now, took, verdict::success);
        return b.metrics(now).total_duration;
    };
    CHECK(add(100ms) == 100ms);
    CHECK(add(200ms) == 300ms);
    CHECK(add(1s) == 1300ms);
    CHECK(add(100ms) == 1400ms);
    CHECK(add(100ms) == 1500ms);
    CHECK(add(100ms) == 1500ms); // the first 100 ms left
    CHECK(add(100ms) == 1400ms); // the 200 ms
    CHECK(add(100ms) == 500ms);  // the second
    CHECK(b.metrics(now).average_duration == 100ms);
}

TEST_CASE("the times of probes are told, too, and a new state begins without any") {
    auto options = count_window(2);
    breaker_test t{options};
    CHECK(t.calls("FF", {}, 30ms));
    CHECK(t.metrics().total_duration == 0ms); // open
    t.now += options.wait_in_open;
    CHECK(t.calls("S", {}, 20ms));
    CHECK(t.metrics().total_duration == 20ms);
    CHECK(t.metrics().average_duration == 20ms);
}
