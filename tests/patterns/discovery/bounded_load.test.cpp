// SPDX-License-Identifier: BSL-1.0
#include "patterns/discovery/bounded_load.hpp"

#include <catch2/catch.hpp>
#include <limits>

using namespace windtunnel;

TEST_CASE("a host has room up to its share of the load times the factor, rounded up") {
    struct row {
        std::uint32_t in_flight, weight;
        std::uint64_t total, total_weight;
        int factor;
        bool room;
    };
    const row rows[] = {
        {0, 1, 0, 10, 100, true},    // ceil(1/10) = 1: anybody may have the first
        {1, 1, 1, 10, 100, false},   // and nobody a second
        {1, 1, 9, 10, 100, false},   // ceil(10/10) = 1
        {1, 1, 10, 10, 100, true},   // ceil(11/10) = 2
        {12, 1, 99, 10, 125, true},  // ceil(12.5) = 13
        {13, 1, 99, 10, 125, false}, //
        {24, 2, 99, 10, 125, true},  // ceil(25) = 25: the 25th
        {25, 2, 99, 10, 125, false}, //
        {3, 1, 3, 1, 100, true},     // alone
    };
    for (const auto& r : rows)
        CHECK(has_room(r.in_flight, r.weight, r.total, r.total_weight, r.factor) == r.room);
}

TEST_CASE("the bound does not overflow") {
    constexpr auto most = std::numeric_limits<std::uint32_t>::max();
    constexpr auto total = std::uint64_t{most} << 31;
    CHECK(has_room(most, 1'000'000, total, 1'000'000, 10'000));
    CHECK_FALSE(has_room(most, 1, total, std::uint64_t{1'000'000} << 31, 10'000));
}
