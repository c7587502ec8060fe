// SPDX-License-Identifier: BSL-1.0
#include "patterns/deployment/disruption_budget.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>
#include <string>

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{100s};
using count = replica_count;

} // namespace

TEST_CASE("percentages of a disruption budget are rounded up in both forms") {
    const auto [options, expected, desired] = GENERATE(table<disruption_budget_options, int, int>({
        {{.min_available = count::percentage(50)}, 7, 4},
        {{.max_unavailable = count::percentage(50)}, 7, 3},
        {{.min_available = count::number(2)}, 7, 2},
        {{.max_unavailable = count::number(9)}, 7, 0},
    }));
    CHECK(disruption_budget{options}.desired_healthy(expected) == desired);
}

TEST_CASE("an eviction counts from its permission on, until the replica is seen to go") {
    disruption_budget b{{.min_available = count::number(2)}};
    CHECK(b.allowed(4, 4, start) == 2);
    CHECK(b.evict(1, true, 4, 4, start));
    CHECK(b.evict(1, true, 4, 4, start)); // asked again: it may, and counts once
    CHECK(b.allowed(4, 4, start) == 1);
    CHECK(b.evict(2, true, 4, 4, start));
    CHECK_FALSE(b.evict(3, true, 4, 4, start));
    b.gone(1); // three healthy ones now
    CHECK_FALSE(b.evict(3, true, 4, 3, start));
    CHECK(b.evict(3, true, 4, 4, start)); // it has a successor
}

TEST_CASE("an eviction that does not happen is forgotten at exactly two minutes") {
    disruption_budget b{{.max_unavailable = count::number(1)}};
    CHECK(b.evict(1, true, 3, 3, start));
    CHECK_FALSE(b.evict(2, true, 3, 3, start + 2min - 1ns));
    CHECK(b.evict(2, true, 3, 3, start + 2min));
}

TEST_CASE("one that is not ready may go when enough others are, or always") {
    disruption_budget b{{.min_available = count::number(2)}};
    CHECK(b.evict(9, false, 3, 2, start));
    CHECK_FALSE(b.evict(9, false, 3, 1, start));
    disruption_budget any{
        {.min_available = count::number(2), .unhealthy = unhealthy_eviction::always_allow}};
    CHECK(any.evict(9, false, 3, 1, start));
    CHECK_FALSE(any.evict(1, true, 3, 2, start));
}

TEST_CASE("accidents use the budget up") {
    const disruption_budget b{{.max_unavailable = count::number(2)}};
    CHECK(b.allowed(5, 5, start) == 2);
    CHECK(b.allowed(5, 4, start) == 1);
    CHECK(b.allowed(5, 2, start) == 0);
    CHECK(b.allowed(0, 0, start) == 0);
}

TEST_CASE("a disruption budget refuses options that make no sense") {
    const auto [o, message] = GENERATE(table<disruption_budget_options, std::string>({
        {disruption_budget_options{},
         "disruption_budget: min_available is absent; it must be given where max_unavailable "
         "is not, and only then"},
        {{.min_available = count::number(1), .max_unavailable = count::number(1)},
         "disruption_budget: min_available is given; it must be given where max_unavailable is "
         "not, and only then"},
        {{.min_available = count::percentage(101)},
         "disruption_budget: min_available is 101; it must be at most 100 per cent"},
    }));
    CHECK_THROWS_WITH(disruption_budget{o}, message);
}

TEST_CASE("evictions alone never leave fewer healthy ones than the budget says") {
    rc::check([] {
        const int expected = *rc::gen::inRange(1, 30);
        const count value{*rc::gen::inRange(0, 100), *rc::gen::arbitrary<bool>()};
        const bool form = *rc::gen::arbitrary<bool>();
        disruption_budget b{form ? disruption_budget_options{.min_available = value}
                                 : disruption_budget_options{.max_unavailable = value}};
        int healthy = expected;
        for (std::uint64_t id = 0; id < 60; ++id) {
            if (b.evict(id, true, expected, healthy, start)) {
                b.gone(id);
                --healthy;
            }
            RC_ASSERT(healthy >= std::min(b.desired_healthy(expected), expected));
        }
    });
}
