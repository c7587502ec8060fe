// SPDX-License-Identifier: BSL-1.0
#include "patterns/base/level_over_time.hpp"

#include <catch2/catch.hpp>

using namespace windtunnel;
using namespace std::chrono_literals;

TEST_CASE("a level's integral is the sum of each level times how long it lasted") {
    level_over_time calls;
    calls.add(2, time_point{10ns});
    CHECK((calls.integral(time_point{10ns}) == 0));
    calls.add(3, time_point{14ns});
    CHECK((calls.integral(time_point{14ns}) == 8));
    calls.add(-5, time_point{20ns});
    CHECK(calls.level() == 0);
    CHECK((calls.integral(time_point{20ns}) == 38));
    CHECK((calls.integral(time_point{1h}) == 38));
}

TEST_CASE("a level that is set counts from then on, and setting it again changes nothing") {
    level_over_time limit(4, time_point{100ns});
    limit.set(4, time_point{103ns});
    limit.set(10, time_point{105ns});
    CHECK(limit.level() == 10);
    CHECK((limit.integral(time_point{107ns}) == 40));
}

TEST_CASE("integrals are exact beyond 64 bits") {
    constexpr std::int64_t high = 1'000'000'000'000;
    level_over_time level;
    level.set(high, time_point{});
    const time_point late{std::chrono::hours{24 * 365 * 100}};
    level.set(7, late);
    const auto before = level.integral(late + 1s);
    CHECK((before == wide_integer{high} * late.time_since_epoch().count() + 7'000'000'000));
    CHECK((level.integral(late + 3s) - before == 14'000'000'000));
}

TEST_CASE("a level below zero has an integral below zero") {
    level_over_time debt;
    debt.set(-3, time_point{10ns});
    CHECK((debt.integral(time_point{14ns}) == -12));
}
