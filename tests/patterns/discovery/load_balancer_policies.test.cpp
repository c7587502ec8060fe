// SPDX-License-Identifier: BSL-1.0
// What every policy does, and those that need more than a count: weights, latencies, stale loads.
#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include <catch2/catch.hpp>

#include "patterns/discovery/balancer_test.hpp"

using namespace windtunnel;
using namespace windtunnel::balancer_test;
using namespace std::chrono_literals;

TEST_CASE("every policy copes with none, one and two hosts, and keeps to who is available") {
    for (const auto policy : all_policies) {
        CHECK_FALSE(made({.policy = policy}, 0).pick().has_value());
        auto one = made({.policy = policy}, 1);
        CHECK(picks(one, 5) == std::vector<int>{5});
        auto b = made({.policy = policy}, 2);
        const auto both = picks(b, 200);
        CHECK(both[0] > 0);
        CHECK(both[1] > 0);
        b.set_available(0, false);
        CHECK(picks(b, 20) == std::vector<int>{0, 20});
        b.set_available(1, false);
        CHECK_FALSE(b.pick().has_value());
        b.set_available(0, true);
        CHECK(picks(b, 20) == std::vector<int>{20, 0});
        CHECK(to_string(b.policy()) == to_string(policy));
        CHECK(balancer_policy_from(to_string(policy)) == policy);
    }
}

TEST_CASE("with every policy hosts to avoid are taken only where no other is available") {
    const std::vector<host> avoid{1, 3, 1};
    for (const auto policy : all_policies) {
        auto b = made({.policy = policy}, 4);
        auto counts = picks(b, 400, {.avoid = avoid});
        CHECK(counts[1] + counts[3] == 0);
        CHECK(std::min(counts[0], counts[2]) > 0);
        b.set_available(0, false);
        b.set_available(2, false);
        counts = picks(b, 400, {.avoid = avoid});
        CHECK(counts[0] + counts[2] == 0);
        CHECK(std::min(counts[1], counts[3]) > 0);
    }
}

TEST_CASE("a removed host gets nothing, and ends what it has in flight") {
    for (const auto policy : all_policies) {
        auto b = made({.policy = policy}, 3);
        b.on_start(1);
        b.remove_host(1);
        b.remove_host(1);
        CHECK(b.weight(1) == 0);
        CHECK(b.available() == 2);
        CHECK(picks(b, 300)[1] == 0);
        b.on_end(1);
        CHECK(b.in_flight(1) == 0);
        CHECK(b.add_host() == 3);
        CHECK(picks(b, 300)[3] > 0);
    }
}

TEST_CASE("the same stream gives the same picks with every policy") {
    for (const auto policy : all_policies) {
        auto a = made({.policy = policy, .slow_start_window = 1s}, 7, 3);
        auto b = made({.policy = policy, .slow_start_window = 1s}, 7, 3);
        a.set_available(2, false);
        b.set_available(2, false);
        a.set_available(2, true, at(1ms));
        b.set_available(2, true, at(1ms));
        for (int i = 0; i < 100; ++i)
            CHECK(a.pick({.now = at(i * 1ms)}) == b.pick({.now = at(i * 1ms)}));
    }
}

TEST_CASE("what is drawn for two choices stays what it is: results of old seeds depend on it") {
    auto b = made({.policy = balancer_policy::power_of_two}, 7);
    random_stream same(1, "balancer");
    for (int i = 0; i < 100; ++i) {
        const auto first = static_cast<host>(same.below(7));
        same.below(6);
        CHECK(*b.pick() == first); // all are idle: the first wins a tie
    }
}

TEST_CASE("of d choices an idle host is found as often as it is among d of n") {
    for (int d = 1; d <= 10; ++d) {
        auto b = made({.choices = d}, 10);
        for (host h = 1; h < 10; ++h)
            b.on_start(h);
        CHECK(picks(b, 20'000)[0] == Approx(2000 * d).margin(290));
    }
}

TEST_CASE("more choices than hosts look at all of them, each tie at random") {
    auto b = made({.choices = 10}, 3);
    b.on_start(1);
    const auto counts = picks(b, 1000);
    CHECK(counts[1] == 0);
    CHECK(counts[0] == Approx(500).margin(64));
}

TEST_CASE("weighted round robin gives each its share, from a random place in the cycle on") {
    std::map<std::vector<host>, int> starts;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        auto b = made({.policy = balancer_policy::weighted_round_robin},
                      {{.weight = 5}, {.weight = 1}, {.weight = 1}}, seed);
        std::vector<host> cycle;
        for (int i = 0; i < 7; ++i)
            cycle.push_back(*b.pick());
        ++starts[cycle];
        CHECK(std::count(cycle.begin(), cycle.end(), 0U) == 5);
        CHECK(picks(b, 70) == std::vector<int>{50, 10, 10});
    }
    CHECK(starts.size() == 7);
}

TEST_CASE("a changed weight counts from then on") {
    auto b = made({.policy = balancer_policy::weighted_round_robin}, 2);
    CHECK(picks(b, 10) == std::vector<int>{5, 5});
    b.set_weight(1, 4);
    CHECK(b.weight(1) == 4);
    const auto counts = picks(b, 100);
    CHECK(counts[1] == Approx(80).margin(1));
}

TEST_CASE("least request fills hosts in proportion to their weights") {
    auto b = made({.policy = balancer_policy::least_request},
                  {{.weight = 1}, {.weight = 2}, {.weight = 5}});
    for (int i = 0; i < 80; ++i)
        b.on_start(*b.pick());
    CHECK(b.in_flight(0) == 10);
    CHECK(b.in_flight(1) == 20);
    CHECK(b.in_flight(2) == 50);
}

TEST_CASE("power of two compares loads by weight") {
    auto b = made({}, {{.weight = 1}, {.weight = 3}});
    b.on_start(1); // (1 + 1) / 3 against 1 / 1
    CHECK(picks(b, 50) == std::vector<int>{0, 50});
    b.on_start(1); // equal: at random
    const auto counts = picks(b, 1000);
    CHECK(counts[0] == Approx(500).margin(64));
    b.on_start(1);
    CHECK(picks(b, 50) == std::vector<int>{50, 0});
}

TEST_CASE("a refreshed load is what was in flight at the last refresh") {
    load_balancer b({.policy = balancer_policy::least_request,
                     .load = load_source::refreshed,
                     .load_refresh = 10ms},
                    2, {}, at(5ms));
    b.on_start(0, at(6ms));
    CHECK(b.load(0) == 0);
    const auto counts = picks(b, 1000, {.now = at(15ms) - 1ns});
    CHECK(counts[0] == Approx(500).margin(64)); // both look idle
    CHECK(picks(b, 10, {.now = at(15ms)}) == std::vector<int>{0, 10});
    CHECK(b.load(0) == 1);
    b.on_end(0, at(24ms), 18ms, verdict::success);
    CHECK(b.load(0) == 1);
    b.on_start(1, at(25ms)); // the refresh of that instant comes before
    CHECK(b.load(0) == 0);
    CHECK(b.load(1) == 0);
    CHECK(b.pick({.now = at(1s)}).has_value());
    CHECK(b.load(1) == 1);
    b.on_end(1, at(1004ms), 1ms, verdict::success); // refreshed at 5 ms after each tenth
    CHECK(b.load(1) == 1);
    CHECK(b.pick({.now = at(1005ms)}).has_value());
    CHECK(b.load(1) == 0);
}

TEST_CASE("a refreshed load copes with the end of time") {
    load_balancer b({.load = load_source::refreshed, .load_refresh = duration::max()}, 2, {},
                    at(5ms));
    CHECK(b.pick({.now = never}).has_value());
    CHECK(b.pick({.now = never}).has_value());
}

TEST_CASE("all who look at one old snapshot go to the same host") {
    load_balancer b({.policy = balancer_policy::least_request,
                     .load = load_source::refreshed,
                     .load_refresh = 1s},
                    3, {});
    for (const host h : {0U, 0U, 1U, 1U, 2U})
        b.on_start(h, at(0s));
    for (int i = 0; i < 100; ++i)
        b.on_start(b.pick({.now = at(1s)}).value());
    CHECK(b.in_flight(2) == 101);
}

TEST_CASE("a reported load is what the host said last, not what is in flight") {
    auto b = made({.policy = balancer_policy::least_request, .load = load_source::reported}, 3);
    b.report_load(0, 7);
    b.report_load(1, 0xffffffff);
    b.report_load(2, 8);
    b.on_start(0);
    CHECK(picks(b, 10) == std::vector<int>{10, 0, 0});
    b.report_load(0, 9);
    CHECK(picks(b, 10) == std::vector<int>{0, 0, 10});
    CHECK(b.add_host() == 3);
    CHECK(picks(b, 10) == std::vector<int>{0, 0, 0, 10});
}

TEST_CASE("peak ewma prefers the host with the lower latency times requests in flight") {
    auto b = made({.policy = balancer_policy::peak_ewma}, 2);
    answer(b, 0, at(0s), 10ms);
    answer(b, 1, at(0s), 25ms);
    CHECK(picks(b, 20) == std::vector<int>{20, 0});
    b.on_start(0); // 20 ms against 25 ms
    CHECK(picks(b, 20) == std::vector<int>{20, 0});
    b.on_start(0); // 30 ms
    CHECK(picks(b, 20) == std::vector<int>{0, 20});
}

TEST_CASE("peak ewma at equal cost takes either") {
    auto b = made({.policy = balancer_policy::peak_ewma}, 2);
    answer(b, 0, at(0s), 10ms);
    answer(b, 1, at(0s), 20ms);
    b.on_start(0);
    CHECK(picks(b, 1000)[0] == Approx(500).margin(64));
}

TEST_CASE("a host that fails fast is no black hole to peak ewma") {
    auto b = made({.policy = balancer_policy::peak_ewma}, 2);
    answer(b, 0, at(0s), 50ms);
    answer(b, 1, at(0s), 1ms, verdict::failure);
    CHECK(b.expected_latency(1) == 5s);
    CHECK(picks(b, 20, {.now = at(1s)}) == std::vector<int>{20, 0});
    answer(b, 1, at(1s), 30s, verdict::failure); // it asked for 30 s
    CHECK(b.expected_latency(1) == 30s);
}

TEST_CASE("a neutral end teaches peak ewma nothing") {
    auto b = made({.policy = balancer_policy::peak_ewma}, 1);
    answer(b, 0, at(0s), 10ms);
    answer(b, 0, at(0s), 10s, verdict::neutral);
    b.on_start(0);
    b.on_end(0);
    CHECK(b.expected_latency(0) == 10ms);
}

TEST_CASE("a penalty is forgiven with time") {
    auto b = made({.policy = balancer_policy::peak_ewma}, 1);
    answer(b, 0, at(0s), 1ms, verdict::failure);
    CHECK(b.pick({.now = at(10s)}).has_value());
    CHECK(to_seconds(b.expected_latency(0)) == Approx(5 * std::exp(-1.0)));
    CHECK(b.pick({.now = at(9s)}).has_value()); // time does not go back
    CHECK(to_seconds(b.expected_latency(0)) == Approx(5 * std::exp(-1.0)));
}

TEST_CASE("a host without history is tried once, and does not attract all before it answers") {
    auto b = made({.policy = balancer_policy::peak_ewma}, 1);
    answer(b, 0, at(0s), 20ms);
    const host fresh = b.add_host({}, at(0s));
    CHECK(b.expected_latency(fresh) == 10ms);
    CHECK(picks(b, 20) == std::vector<int>{0, 20});
    b.on_start(fresh);
    CHECK(picks(b, 20) == std::vector<int>{20, 0}); // 5 s until it answers
    b.on_end(fresh, at(0s), 4ms, verdict::success);
    CHECK(b.expected_latency(fresh) == 4ms);
    CHECK(picks(b, 20) == std::vector<int>{0, 20});
}

TEST_CASE("what a host without history is taken for decays, so that it is tried among fast ones") {
    auto b = made({.policy = balancer_policy::peak_ewma}, 1);
    const host fresh = b.add_host({}, at(0s));
    answer(b, 0, at(1s), 1ms);
    CHECK(picks(b, 20, {.now = at(1s)}) == std::vector<int>{20, 0});
    answer(b, 0, at(30s), 1ms); // 10 ms * e^-3 is about 0.5 ms
    CHECK(b.pick({.now = at(30s)}) == fresh);
}

TEST_CASE("peak ewma divides the cost by the weight") {
    auto b = made({.policy = balancer_policy::peak_ewma}, {{.weight = 1}, {.weight = 4}});
    answer(b, 0, at(0s), 10ms);
    answer(b, 1, at(0s), 39ms);
    CHECK(picks(b, 20) == std::vector<int>{0, 20});
}

TEST_CASE("an in-flight token passes on how the request ended") {
    auto b = made({.policy = balancer_policy::peak_ewma}, 1);
    auto token = b.begin(0);
    token.end(at(1s), 30ms, verdict::success);
    CHECK(b.in_flight(0) == 0);
    CHECK(b.expected_latency(0) == 30ms);
    token.end(at(2s), 90ms, verdict::success); // has ended
    CHECK(b.expected_latency(0) == 30ms);
}
