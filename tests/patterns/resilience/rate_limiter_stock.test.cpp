// SPDX-License-Identifier: BSL-1.0
// How many permits a rate limiter has over time: against sums by hand, and against what it says
// itself when it is asked at each instant.
#include "patterns/resilience/rate_limiter.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <cstdlib>
#include <vector>

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

constexpr time_point at(duration d) {
    return time_point{} + d;
}

double permit_seconds(rate_limiter& l, duration until) {
    return static_cast<double>(l.permits_over_time(at(until))) / 1e9;
}

/// Takes so many, which must be there.
void take(rate_limiter& l, duration when, int cost) {
    REQUIRE(l.try_acquire(at(when), cost));
}

} // namespace

TEST_CASE("a bucket that nobody asks is full all the time") {
    rate_limiter l({.permits = 10, .period = 1s, .burst = 20});
    CHECK(permit_seconds(l, 0s) == 0);
    CHECK(permit_seconds(l, 5s) == 100);
}

TEST_CASE("a bucket fills evenly to the top after a burst, whatever its kind") {
    const auto kind = GENERATE(rate_limiter_kind::token_bucket, rate_limiter_kind::gcra);
    rate_limiter l({.kind = kind, .permits = 10, .period = 1s, .burst = 20});
    take(l, 1s, 20);
    CHECK(permit_seconds(l, 1s) == 20);
    CHECK(permit_seconds(l, 2s) == Approx(20 + 5));
    CHECK(permit_seconds(l, 3s) == Approx(20 + 20));
    CHECK(permit_seconds(l, 4s) == Approx(20 + 20 + 20));
    take(l, 4s, 10);
    CHECK(permit_seconds(l, 5s) == Approx(60 + 15));
}

TEST_CASE("a bucket that is refilled at once rises in stairs") {
    rate_limiter l({.permits = 10, .period = 1s, .burst = 25, .refill_at_once = true});
    take(l, 500ms, 25);
    CHECK(permit_seconds(l, 1s) == Approx(12.5));
    CHECK(permit_seconds(l, 2s) == Approx(12.5 + 10));
    CHECK(permit_seconds(l, 3s) == Approx(12.5 + 10 + 20));
    CHECK(permit_seconds(l, 3500ms) == Approx(12.5 + 10 + 20 + 12.5));
    CHECK(permit_seconds(l, 10s) == Approx(12.5 + 10 + 20 + 7 * 25));
}

TEST_CASE("a sliding window has each permit back a period after it was given") {
    rate_limiter l({.kind = rate_limiter_kind::sliding_window, .permits = 10, .period = 1s});
    take(l, 1s, 10);
    take(l, 2s, 4);
    CHECK(permit_seconds(l, 2s) == 10);
    CHECK(permit_seconds(l, 2500ms) == 13);
    CHECK(permit_seconds(l, 4s) == 10 + 6 + 10);
}

TEST_CASE("what was promised is there until it is due") {
    rate_limiter l({.permits = 10, .period = 1s, .burst = 10});
    take(l, 0s, 10);
    auto turn = l.reserve(at(0s), 1s, 10);
    REQUIRE(turn);
    CHECK(permit_seconds(l, 1s) == Approx(5));
    CHECK(permit_seconds(l, 2s) == Approx(10));
}

TEST_CASE("made anew, it goes on counting with all its permits") {
    const auto kind = GENERATE(rate_limiter_kind::token_bucket, rate_limiter_kind::gcra,
                               rate_limiter_kind::sliding_window);
    rate_limiter l({.kind = kind, .permits = 10, .period = 10s});
    take(l, 1s, 10);
    l.reset();
    CHECK(permit_seconds(l, 3s) == 30);
}

TEST_CASE("permits over time are what it has at each instant, and asking changes nothing") {
    rc::check([] {
        const auto kind =
            *rc::gen::element(rate_limiter_kind::token_bucket, rate_limiter_kind::gcra,
                              rate_limiter_kind::sliding_window);
        const bool stairs = kind == rate_limiter_kind::token_bucket && *rc::gen::arbitrary<bool>();
        const int permits = *rc::gen::inRange(1, 8);
        const rate_limiter_options options{.kind = kind,
                                           .permits = permits,
                                           .period = duration{*rc::gen::inRange(4, 40)},
                                           .refill_at_once = stairs};
        rate_limiter asked(options), left_alone(options);
        const auto costs = *rc::gen::container<std::vector<int>>(60, rc::gen::inRange(0, 4));
        std::int64_t sum = 0;
        time_point now{};
        for (const int cost : costs) {
            if (cost > 0) {
                const bool given{asked.try_acquire(now, cost)};
                RC_ASSERT(given == bool{left_alone.try_acquire(now, cost)});
            }
            (void)asked.permits_over_time(now);
            sum += asked.available(now);
            now += 1ns;
        }
        const wide_integer exact = left_alone.permits_over_time(now);
        RC_ASSERT((asked.permits_over_time(now) == exact));
        // Whole permits at the beginning of each ns are at most one and a ns's refill too few.
        const auto off = static_cast<std::int64_t>(exact) - sum;
        RC_ASSERT(off >= -2);
        RC_ASSERT(off <= static_cast<std::int64_t>(costs.size()) * 3 + 2);
    });
}
