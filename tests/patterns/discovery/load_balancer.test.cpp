// SPDX-License-Identifier: BSL-1.0
#include "patterns/discovery/load_balancer.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <vector>

using namespace windtunnel;
using host = load_balancer::host;

namespace {

load_balancer balancer(balancer_policy policy, std::size_t hosts, std::uint64_t seed = 1) {
    return {policy, hosts, random_stream(seed, "balancer")};
}

std::vector<int> picks(load_balancer& b, int times, std::vector<host> avoid = {}) {
    std::vector<int> counts(b.hosts());
    for (int i = 0; i < times; ++i)
        ++counts.at(b.pick(avoid).value());
    return counts;
}

constexpr balancer_policy all_policies[] = {balancer_policy::round_robin, balancer_policy::random,
                                            balancer_policy::least_request,
                                            balancer_policy::power_of_two};

} // namespace

TEST_CASE("a balancer picks nobody when nobody is there or available") {
    for (const auto policy : all_policies) {
        CHECK_FALSE(balancer(policy, 0).pick().has_value());
        auto b = balancer(policy, 2);
        b.set_available(0, false);
        b.set_available(1, false);
        CHECK(b.available() == 0);
        CHECK_FALSE(b.pick().has_value());
    }
}

TEST_CASE("the only host, or the only one available, gets everything") {
    for (const auto policy : all_policies) {
        auto one = balancer(policy, 1);
        CHECK(picks(one, 5) == std::vector<int>{5});
        auto b = balancer(policy, 3);
        b.set_available(0, false);
        b.set_available(2, false);
        CHECK(picks(b, 5) == std::vector<int>{0, 5, 0});
    }
}

TEST_CASE("round robin takes the hosts in turn, from a random one on") {
    std::set<host> firsts;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        auto b = balancer(balancer_policy::round_robin, 4, seed);
        const host first = *b.pick();
        firsts.insert(first);
        for (host i = 1; i < 12; ++i)
            CHECK(*b.pick() == (first + i) % 4);
    }
    CHECK(firsts.size() == 4);
}

TEST_CASE("round robin stays fair among those who are available") {
    auto b = balancer(balancer_policy::round_robin, 4);
    b.set_available(1, false);
    CHECK(picks(b, 30) == std::vector<int>{10, 0, 10, 10});
    b.set_available(1, true);
    CHECK(picks(b, 40) == std::vector<int>{10, 10, 10, 10});
}

TEST_CASE("random picks each host alike") {
    auto b = balancer(balancer_policy::random, 5);
    for (const int n : picks(b, 50'000))
        CHECK(n == Approx(10'000).margin(360)); // four standard deviations
}

TEST_CASE("least request takes the host with the fewest in flight, ties at random") {
    auto b = balancer(balancer_policy::least_request, 4);
    for (const host h : {0U, 0U, 1U, 2U, 2U, 3U})
        b.on_start(h);
    const auto counts = picks(b, 1000);
    CHECK(counts[0] == 0);
    CHECK(counts[2] == 0);
    CHECK(counts[1] == Approx(500).margin(64));
    b.on_end(3);
    CHECK(picks(b, 10) == std::vector<int>{0, 0, 0, 10});
}

TEST_CASE("power of two compares two distinct hosts") {
    // Of two hosts both are always compared, so that the busier one never gets a request.
    auto two = balancer(balancer_policy::power_of_two, 2);
    two.on_start(1);
    CHECK(picks(two, 100) == std::vector<int>{100, 0});
    // The only loaded one of n can win only against itself.
    auto b = balancer(balancer_policy::power_of_two, 10);
    b.on_start(7);
    CHECK(picks(b, 10'000)[7] == 0);
}

TEST_CASE("power of two leaves an idle host among busy ones its share of the pairs") {
    // One idle host of 10 is in 2/10 of the pairs, and wins each of them.
    auto b = balancer(balancer_policy::power_of_two, 10);
    for (host h = 1; h < 10; ++h)
        b.on_start(h);
    const auto counts = picks(b, 50'000);
    CHECK(counts[0] == Approx(10'000).margin(360));
    for (host h = 1; h < 10; ++h)
        CHECK(counts[h] == Approx(40'000.0 / 9).margin(260));
}

TEST_CASE("power of two keeps the fullest of 200 hosts far below random") {
    const auto fullest = [](balancer_policy policy) {
        auto b = balancer(policy, 200);
        for (int i = 0; i < 2000; ++i)
            b.on_start(*b.pick());
        std::uint32_t most = 0;
        for (host h = 0; h < 200; ++h)
            most = std::max(most, b.in_flight(h));
        return most;
    };
    CHECK(fullest(balancer_policy::least_request) == 10);
    CHECK(fullest(balancer_policy::power_of_two) <= 13);
    CHECK(fullest(balancer_policy::random) >= 16);
}

TEST_CASE("hosts to avoid are taken only where no other is available") {
    for (const auto policy : all_policies) {
        auto b = balancer(policy, 4);
        const auto counts = picks(b, 400, {1, 3, 1});
        CHECK(counts[1] + counts[3] == 0);
        CHECK(counts[0] > 0);
        CHECK(counts[2] > 0);
        b.set_available(0, false);
        b.set_available(2, false);
        const auto rest = picks(b, 400, {1, 3});
        CHECK(rest[0] + rest[2] == 0);
        CHECK(rest[1] + rest[3] == 400);
    }
}

TEST_CASE("a host that was not available comes back with what it has in flight") {
    auto b = balancer(balancer_policy::least_request, 2);
    b.on_start(0);
    b.set_available(0, false);
    b.set_available(0, false);
    CHECK_FALSE(b.available(0));
    CHECK(b.in_flight(0) == 1);
    b.set_available(0, true);
    CHECK(b.available() == 2);
    CHECK(*b.pick() == 1);
}

TEST_CASE("a new host is available and empty") {
    auto b = balancer(balancer_policy::least_request, 2);
    b.set_available(0, false);
    b.on_start(1);
    CHECK(b.add_host() == 2);
    CHECK(b.hosts() == 3);
    CHECK(b.available() == 2);
    CHECK(*b.pick() == 2);
}

TEST_CASE("an in-flight token counts from its beginning to its end, once") {
    auto b = balancer(balancer_policy::random, 2);
    {
        auto token = b.begin(1);
        CHECK(b.in_flight(1) == 1);
        auto moved = std::move(token);
        CHECK(b.in_flight(1) == 1);
        moved = b.begin(0);
        CHECK(b.in_flight(1) == 0);
        CHECK(b.in_flight(0) == 1);
        moved.end();
        CHECK(b.in_flight(0) == 0);
    }
    CHECK(b.in_flight(0) == 0);
}

TEST_CASE("the same stream gives the same picks") {
    for (const auto policy : all_policies) {
        auto a = balancer(policy, 7, 3);
        auto b = balancer(policy, 7, 3);
        for (int i = 0; i < 100; ++i)
            CHECK(a.pick() == b.pick());
    }
}

TEST_CASE("balancer policies have names") {
    for (const auto policy : all_policies)
        CHECK(balancer_policy_from(to_string(policy)) == policy);
    CHECK(to_string(balancer_policy::power_of_two) == "power_of_two");
    CHECK_FALSE(balancer_policy_from("magic").has_value());
}
