// SPDX-License-Identifier: BSL-1.0
#include "patterns/base/time.hpp"

#include <limits>

#include <catch2/catch.hpp>

using namespace windtunnel;
using namespace std::chrono_literals;

TEST_CASE("saturating_add adds, and stops at never") {
    constexpr time_point t{5s};
    CHECK(saturating_add(t, 2s) == time_point{7s});
    CHECK(saturating_add(t, 0s) == t);
    CHECK(saturating_add(t, duration::max()) == never);
    CHECK(saturating_add(never, 1ns) == never);
    CHECK(saturating_add(never, 0ns) == never);
    CHECK(saturating_add(never - 3ns, 3ns) == never);
    CHECK(saturating_add(never - 3ns, 2ns) == never - 1ns);
    CHECK(saturating_add(time_point{-2s}, 5s) == time_point{3s});
}

TEST_CASE("seconds become the nearest nanosecond") {
    CHECK(from_seconds(0.25) == 250ms);
    CHECK(from_seconds(1e-9) == 1ns);
    CHECK(from_seconds(0.4e-9) == 0ns);
    CHECK(from_seconds(0.6e-9) == 1ns);
    CHECK(from_seconds(-0.6e-9) == -1ns);
    CHECK(from_seconds(0.1) == 100ms);
    CHECK(to_seconds(1500ms) == 1.5);
    CHECK(to_seconds(time_point{250ms}) == 0.25);
}

TEST_CASE("seconds beyond the range of a duration saturate, and NaN is zero") {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    CHECK(from_seconds(1e300) == duration::max());
    CHECK(from_seconds(infinity) == duration::max());
    CHECK(from_seconds(-infinity) == duration::min());
    CHECK(from_seconds(std::numeric_limits<double>::quiet_NaN()) == 0ns);
}
