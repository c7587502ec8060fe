// SPDX-License-Identifier: BSL-1.0
#include "patterns/discovery/zone_routing.hpp"

#include <catch2/catch.hpp>
#include <vector>

using namespace windtunnel;

namespace {

std::vector<int> routes(std::vector<zone_load> zones, int times, std::uint32_t own = 0) {
    random_stream random(7, "zones");
    std::vector<int> counts(zones.size());
    for (int i = 0; i < times; ++i)
        ++counts.at(route_by_zone(zones, own, random));
    return counts;
}

} // namespace

TEST_CASE("where the own zone has hosts enough for its callers all stays, without a draw") {
    random_stream random(7, "zones");
    const random_stream untouched = random;
    const std::vector<zone_load> even{{.callers = 3, .available = 5},
                                      {.callers = 3, .available = 5}};
    const std::vector<zone_load> rich{{.callers = 3, .available = 9},
                                      {.callers = 3, .available = 5}};
    for (int i = 0; i < 10; ++i) {
        CHECK(route_by_zone(even, 0, random) == 0);
        CHECK(route_by_zone(rich, 0, random) == 0);
    }
    CHECK(random() == random_stream(untouched)());
}

TEST_CASE("what the own zone has no hosts for goes where hosts are to spare") {
    // Half of the callers, a quarter of the hosts: half of it stays. The other zones have 1/4 and
    // 1/2 of the hosts for 1/4 of the callers each: only the last has any to spare.
    const auto counts = routes({{2, 2}, {1, 2}, {1, 4}}, 40'000);
    CHECK(counts[0] == Approx(20'000).margin(400));
    CHECK(counts[1] == 0);
    CHECK(counts[2] == Approx(20'000).margin(400));
}

TEST_CASE("the rest is shared in proportion to what is to spare") {
    // Shares of the callers .6 .2 .2, of the hosts .3 .3 .4: to spare .1 and .2.
    const auto counts = routes({{6, 3}, {2, 3}, {2, 4}}, 60'000);
    CHECK(counts[0] == Approx(30'000).margin(500));
    CHECK(counts[1] == Approx(10'000).margin(400));
    CHECK(counts[2] == Approx(20'000).margin(500));
}

TEST_CASE("with every caller following the rule each host gets the same") {
    const std::vector<zone_load> zones{{5, 2}, {1, 3}, {2, 5}};
    std::vector<double> load(3);
    for (std::uint32_t own = 0; own < 3; ++own) {
        const auto counts = routes(zones, 80'000, own);
        for (std::size_t z = 0; z < 3; ++z)
            load[z] += static_cast<double>(zones[own].callers) * counts[z] / 80'000;
    }
    for (std::size_t z = 0; z < 3; ++z)
        CHECK(load[z] / zones[z].available == Approx(8.0 / 10).epsilon(0.02));
}

TEST_CASE("a zone without callers keeps what it is asked for") {
    CHECK(routes({{0, 1}, {4, 9}}, 100)[0] == 100);
    CHECK(routes({{0, 1}}, 100)[0] == 100);
}

TEST_CASE("shares of the largest systems are exact") {
    const auto counts = routes({{0xfffffffe, 0x7ffffffe}, {1, 1}}, 100);
    CHECK(counts[0] >= 99);
}

TEST_CASE("a router counts who is available, and knows no zone but those opened") {
    random_stream random(7, "zones");
    zone_router router(0);
    for (const int zone : {0, 0, 2, 2})
        router.append(zone);
    host_set* own = router.route(random);
    REQUIRE(own != nullptr);
    CHECK(own->available() == 2);
    CHECK(own->available(1));
    CHECK_FALSE(own->available(3));
    router.set_available(0, false);
    router.set_available(1, false);
    CHECK(router.route(random) == nullptr);
    router.set_available(1, true);
    int stays = 0; // 1/2 of the callers, 1/3 of the hosts
    for (int i = 0; i < 9000; ++i)
        stays += router.route(random)->available(1);
    CHECK(stays == Approx(6000).margin(180));
    router.set_callers(std::vector<std::uint32_t>{1, 0, 3});
    for (int i = 0; i < 10; ++i)
        CHECK(router.route(random)->available(1)); // 1/4 of the callers, 1/3 of the hosts
}
