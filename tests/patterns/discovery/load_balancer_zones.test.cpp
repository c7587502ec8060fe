// SPDX-License-Identifier: BSL-1.0
// Which hosts a policy gets to see: those of the own zone, and new ones only now and then.
#include <algorithm>
#include <vector>

#include <catch2/catch.hpp>

#include "patterns/discovery/balancer_test.hpp"

using namespace windtunnel;
using namespace windtunnel::balancer_test;
using namespace std::chrono_literals;

TEST_CASE("requests stay in the own zone as long as it has hosts enough") {
    hosts six;
    for (const int zone : {0, 0, 1, 1, 2, 2})
        six.push_back({.zone = zone});
    for (const auto policy : all_policies) {
        auto b = made({.policy = policy, .zone = 1}, six);
        auto counts = picks(b, 300);
        CHECK(counts[2] + counts[3] == 300);
        CHECK(std::min(counts[2], counts[3]) > 0);
        b.set_available(2, false); // 1/3 of the callers, 1/5 of the hosts: 3/5 stays
        counts = picks(b, 3000);
        CHECK(counts[2] == 0);
        CHECK(counts[3] == Approx(1800).margin(110));
        b.set_available(3, false); // nothing left: all alike
        counts = picks(b, 1000);
        CHECK(counts[2] + counts[3] == 0);
        CHECK(counts[0] + counts[1] ==
              Approx(500).margin(policy == balancer_policy::ring_hash ? 120 : 66));
    }
}

TEST_CASE("in a small cluster zones do not count") {
    hosts some(6);
    some[0].zone = 1;
    load_balancer_options options{.policy = balancer_policy::random, .zone = 1};
    options.min_cluster_size = 7;
    auto b = made(options, some);
    CHECK(picks(b, 600)[0] == Approx(100).margin(40));
    b.add_host({.zone = 1}); // now 7: half of the callers, 2/7 of the hosts, 4/7 of it stays
    auto counts = picks(b, 7000);
    CHECK(counts[0] + counts[6] == Approx(4000).margin(170));
    b.remove_host(3); // 6 again
    CHECK(picks(b, 600)[0] == Approx(100).margin(40));
}

TEST_CASE("a share of the requests may be routed by zone") {
    hosts some(6);
    some[0].zone = some[1].zone = some[2].zone = 1;
    auto b = made({.policy = balancer_policy::random, .zone = 1, .zone_routing = 0.5}, some);
    const auto counts = picks(b, 8000);
    CHECK(counts[0] + counts[1] + counts[2] == Approx(6000).margin(160));
}

TEST_CASE("the callers of each zone decide how much has to leave") {
    hosts some(6);
    some[0].zone = some[1].zone = some[2].zone = 1;
    auto b = made({.policy = balancer_policy::random, .zone = 1}, some);
    b.set_callers(std::vector<std::uint32_t>{1, 3}); // 3/4 of the callers, half of the hosts
    const auto counts = picks(b, 6000);
    CHECK(counts[0] + counts[1] + counts[2] == Approx(4000).margin(150));
}

TEST_CASE("a retry leaves its zone rather than go where it has been") {
    hosts some(6);
    some[0].zone = some[1].zone = 1;
    some[2].zone = some[3].zone = 2;
    const std::vector<host> avoid{0, 1};
    for (const auto policy : all_policies) {
        auto b = made({.policy = policy, .zone = 1}, some);
        const auto counts = picks(b, 100, {.avoid = avoid});
        CHECK(counts[0] + counts[1] == 0);
        const std::vector<host> all{0, 1, 2, 3, 4, 5};
        const auto rest = picks(b, 100, {.avoid = all});
        CHECK(rest[0] + rest[1] == 100);
    }
}

TEST_CASE("round robin is fair within the zone") {
    hosts some(6);
    some[1].zone = some[4].zone = 1;
    auto b = made({.policy = balancer_policy::round_robin, .zone = 1}, some);
    b.set_callers(std::vector<std::uint32_t>{2, 1});
    CHECK(picks(b, 100) == std::vector<int>{0, 50, 0, 0, 50, 0});
    int first_is_4 = 0; // clients do not march in step
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        auto other = made({.policy = balancer_policy::round_robin, .zone = 1}, some, seed);
        other.set_callers(std::vector<std::uint32_t>{2, 1});
        first_is_4 += *other.pick() == 4;
    }
    CHECK(first_is_4 > 15);
    CHECK(first_is_4 < 45);
}

TEST_CASE("a host that is added or comes back starts slowly, the first ones do not") {
    for (const auto policy : {balancer_policy::round_robin, balancer_policy::random,
                              balancer_policy::least_request, balancer_policy::power_of_two,
                              balancer_policy::weighted_round_robin, balancer_policy::peak_ewma}) {
        auto b = made({.policy = policy, .slow_start_window = 10s}, 9);
        const auto share_of = [&b](host h, time_point now) {
            for (host every = 0; every < b.hosts(); ++every)
                if (b.available(every))
                    answer(b, every, now, 1s); // equals, to peak_ewma
            return picks(b, 10'000, {.now = now})[h] / 10'000.0;
        };
        CHECK(share_of(0, at(0s)) == Approx(1.0 / 9).margin(0.013));
        const host added = b.add_host({}, at(5s));
        CHECK(share_of(added, at(5s)) == Approx(0.01).margin(0.012)); // never less than 10 %
        CHECK(share_of(added, at(10s)) == Approx(0.05).margin(0.015));
        CHECK(share_of(added, at(15s)) == Approx(0.1).margin(0.013));
        b.set_available(2, false, at(20s));
        b.set_available(2, true, at(20s));
        CHECK(share_of(2, at(20s)) == Approx(0.01).margin(0.012));
        CHECK(share_of(2, at(30s)) == Approx(0.1).margin(0.013));
    }
}
