// SPDX-License-Identifier: BSL-1.0
// A balancer whose hosts have priorities: who gets what when some are ill.
#include <numeric>
#include <stdexcept>
#include <vector>

#include <catch2/catch.hpp>

#include "patterns/discovery/balancer_test.hpp"

using namespace windtunnel;
using namespace windtunnel::balancer_test;

namespace {

constexpr int per_level = 20;

/// Twenty hosts a level.
hosts levels(int count) {
    hosts all;
    for (int level = 0; level < count; ++level)
        for (int i = 0; i < per_level; ++i)
            all.push_back({.priority = level});
    return all;
}

load_balancer_options by_priority(balancer_policy policy, double panic_threshold = 50) {
    return {.policy = policy, .overprovisioning_factor = 1.4, .panic_threshold = panic_threshold};
}

void make_ill(load_balancer& b, int level, int well) {
    for (int i = 0; i < per_level; ++i)
        b.set_available(static_cast<host>(level * per_level + i), i < well);
}

int of_level(const std::vector<int>& counts, int level) {
    const auto first = counts.begin() + level * per_level;
    return std::accumulate(first, first + per_level, 0);
}

} // namespace

TEST_CASE("whatever the policy, levels get Envoy's shares, and only those who are well") {
    for (const auto policy : all_policies) {
        CAPTURE(to_string(policy));
        auto b = made(by_priority(policy), levels(3));
        auto counts = picks(b, 200);
        CHECK(of_level(counts, 0) == 200);
        make_ill(b, 0, 5); // 25 %: 35 % of the traffic
        make_ill(b, 1, 5);
        counts = picks(b, 20'000);
        CHECK(of_level(counts, 0) == Approx(7000).margin(300));
        CHECK(of_level(counts, 1) == Approx(7000).margin(300));
        CHECK(of_level(counts, 2) == Approx(6000).margin(300));
        for (int ill = 5; ill < per_level; ++ill)
            CHECK(counts[static_cast<std::size_t>(ill)] == 0);
        CHECK_FALSE(b.panicking());
    }
}

TEST_CASE("in panic all hosts of a level are used, of one that is not only those who are well") {
    auto b = made(by_priority(balancer_policy::random), levels(2));
    make_ill(b, 0, 1);  // 5 %: 7 of 98
    make_ill(b, 1, 13); // 65 %: 91 of 98
    const auto counts = picks(b, 49'000);
    CHECK(of_level(counts, 0) == Approx(3500).margin(250));
    for (int h = 0; h < per_level; ++h)
        CHECK(counts[static_cast<std::size_t>(h)] > 0);
    for (int h = 13; h < per_level; ++h)
        CHECK(counts[static_cast<std::size_t>(per_level + h)] == 0);
    CHECK(b.loads_by_priority().levels[0].panic);
    CHECK_FALSE(b.loads_by_priority().levels[1].panic);
}

TEST_CASE("where all are ill panic uses the first level, and without panic there is nobody") {
    for (const double threshold : {50.0, 0.0}) {
        auto b = made(by_priority(balancer_policy::round_robin, threshold), levels(2));
        make_ill(b, 0, 0);
        make_ill(b, 1, 0);
        if (threshold == 0) {
            CHECK_FALSE(b.pick().has_value());
            continue;
        }
        const auto counts = picks(b, 2 * per_level);
        for (int h = 0; h < per_level; ++h)
            CHECK(counts[static_cast<std::size_t>(h)] == 2); // fair, too
        CHECK(b.panicking());
    }
}

TEST_CASE("who is removed, or not listed, is no host of its level") {
    auto b = made(by_priority(balancer_policy::random), levels(2));
    for (host h = 0; h < 10; ++h) {
        b.set_available(h, false);
        b.set_listed(h, false);
    }
    for (host h = 10; h < 15; ++h)
        b.remove_host(h);
    CHECK(of_level(picks(b, 500), 0) == 500); // the five left are all of their level
    b.set_listed(3, true);
    for (host h = 15; h < 20; ++h)
        b.set_available(h, false);
    CHECK(of_level(picks(b, 500), 0) == 0);
    b.set_available(3, true);
    CHECK(b.loads_by_priority().levels[0].share == Approx(1.4 / 6)); // one of six
}

TEST_CASE("a host that is added joins its level") {
    auto b = made(by_priority(balancer_policy::random), levels(1));
    make_ill(b, 0, 0);
    const host added = b.add_host({.priority = 1});
    CHECK(picks(b, 100)[added] == 100);
}

TEST_CASE("a retry leaves its level rather than go where it has been") {
    hosts two{{.priority = 0}, {.priority = 1}};
    auto b = made(by_priority(balancer_policy::round_robin), two);
    const host tried[] = {0};
    CHECK(b.pick() == host{0});
    CHECK(b.pick(tried) == host{1});
}

TEST_CASE("without a factor priorities do not count") {
    auto b = made({.policy = balancer_policy::random}, levels(2));
    const auto counts = picks(b, 4000);
    CHECK(of_level(counts, 1) == Approx(2000).margin(200));
    CHECK_THROWS_AS(made({}, hosts{{.priority = 128}}), std::invalid_argument);
    CHECK_THROWS_AS(made({}, hosts{{.priority = -1}}), std::invalid_argument);
}
