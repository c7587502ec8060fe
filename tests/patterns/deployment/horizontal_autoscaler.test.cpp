// SPDX-License-Identifier: BSL-1.0
#include "patterns/deployment/horizontal_autoscaler.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>
#include <string>
#include <vector>

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{10000s};

/// Without rates and windows: what the metric asks for.
horizontal_autoscaler_options bare(double target) {
    return {.max_replicas = 1000,
            .metric = scaling_metric::average_value,
            .target = target,
            .behavior = {.up = {}, .down = {}}};
}

std::vector<pod_sample> pods(int n, double value) {
    return {static_cast<std::size_t>(n), pod_sample{.value = value}};
}

/// The wish of a new autoscaler.
int wanted(const horizontal_autoscaler_options& options, int current,
           const std::vector<pod_sample>& samples) {
    horizontal_autoscaler a{options};
    return a.decide(current, samples, start).wanted;
}

} // namespace

TEST_CASE("an autoscaler wants ceil(replicas x metric / target), and nothing in the tolerance") {
    const auto [current, metric, expected] = GENERATE(table<int, double, int>({{4, 90, 8},
                                                                               {10, 45, 10},
                                                                               {10, 40, 8},
                                                                               {10, 55, 10},
                                                                               {10, 55.1, 12},
                                                                               {3, 100, 6},
                                                                               {10, 44.9, 9},
                                                                               {1, 500, 10},
                                                                               {1, 0, 0}}));
    CHECK(wanted(bare(50), current, pods(current, metric)) == expected);
}

TEST_CASE("what floating point adds to a whole number is no replica more") {
    CHECK(wanted(bare(1), 10, pods(10, 1.2)) == 12);
    CHECK(wanted(bare(.1), 3, pods(3, .3)) == 9);
}

TEST_CASE("a pod without a figure is idle when going up and busy when going down") {
    auto up = pods(3, 100);
    up.push_back({}); // 300 over 4 at 50: 1.5, and not 2
    CHECK(wanted(bare(50), 4, up) == 6);
    auto down = pods(3, 10);
    down.push_back({}); // 30 + 50 over 4 at 50: .4
    CHECK(wanted(bare(50), 4, down) == 2);
    auto cpu = bare(.5);
    cpu.metric = scaling_metric::cpu_utilization;
    std::vector<pod_sample> busy{{.value = .1}, {.value = .1}, {.value = .1}, {}};
    CHECK(wanted(cpu, 4, busy) == 3); // .3 + 1: at least all that it requested
}

TEST_CASE("a pod that is not ready is idle when going up and left out when going down") {
    auto up = pods(3, 100);
    up.push_back({.pending = true});
    CHECK(wanted(bare(50), 4, up) == 6);
    auto down = pods(3, 25);
    down.push_back({.pending = true});
    CHECK(wanted(bare(50), 4, down) == 2); // ceil(3 * .5)
}

TEST_CASE("a correction that turns the direction round changes nothing") {
    auto samples = pods(2, 60); // 1.2, with two idle ones .6
    samples.push_back({.pending = true});
    samples.push_back({.pending = true});
    horizontal_autoscaler a{bare(50)};
    const auto d = a.decide(4, samples, start);
    CHECK(d.replicas == 4);
    CHECK(d.reason == scaling_reason::in_tolerance);
}

TEST_CASE("pods that go are left out, and without a figure of a ready pod nothing changes") {
    auto samples = pods(2, 100);
    samples.push_back({.terminating = true, .value = 0.});
    CHECK(wanted(bare(50), 2, samples) == 4);
    horizontal_autoscaler a{bare(50)};
    const std::vector<pod_sample> none{{.pending = true}, {}};
    CHECK(a.decide(2, none, start) ==
          horizontal_autoscaler::decision{2, 2, scaling_reason::no_figures});
}

TEST_CASE("the CPU of a pod that is just starting is not believed") {
    auto o = bare(.5);
    o.metric = scaling_metric::cpu_utilization;
    const auto begun = start - 1min;
    // Its figure began before it was ready.
    const pod_sample fresh{.started = begun,
                           .readiness_changed = start - 20s,
                           .value = 10.,
                           .measured = start,
                           .window = 30s};
    std::vector<pod_sample> samples{{.value = .9}, fresh};
    CHECK(wanted(o, 2, samples) == 2); // .9 over 2 at .5 is .9: in the tolerance
    samples[1].readiness_changed = start - 30s;
    CHECK(wanted(o, 2, samples) == 22); // now it counts
    samples[1].ready = false;
    CHECK(wanted(o, 2, samples) == 2);
}

TEST_CASE("long after its start a pod is left out only if it was never ready") {
    auto o = bare(.5);
    o.metric = scaling_metric::cpu_utilization;
    const auto begun = start - 10min;
    std::vector<pod_sample> samples{
        {.value = .9},
        {.ready = false, .started = begun, .readiness_changed = begun + 29s, .value = .9}};
    CHECK(wanted(o, 2, samples) == 2);
    samples[1].readiness_changed = begun + 30s; // it was ready, and is not now
    CHECK(wanted(o, 2, samples) == 4);
}

TEST_CASE("up at most by 4 or 100 % in 15 s, whichever is more") {
    horizontal_autoscaler a{
        {.max_replicas = 1000, .metric = scaling_metric::average_value, .target = 1}};
    CHECK(a.decide(1, pods(1, 1000), start).replicas == 5);
    CHECK(a.decide(5, pods(5, 200), start + 14s).replicas == 5); // the 4 of this period are used up
    CHECK(a.decide(5, pods(5, 200), start + 15s).replicas == 10);
    CHECK(a.decide(10, pods(10, 100), start + 30s).replicas == 20);
}

TEST_CASE("down only as far as all of the last 300 s asked for") {
    horizontal_autoscaler a{
        {.max_replicas = 100, .metric = scaling_metric::average_value, .target = 1}};
    CHECK(a.decide(10, pods(10, 1), start).replicas == 10);
    const auto held = a.decide(10, pods(10, .2), start + 299s);
    CHECK(held == horizontal_autoscaler::decision{10, 2, scaling_reason::stabilized});
    CHECK(a.decide(10, pods(10, .5), start + 300s - 1ns).replicas == 10);
    CHECK(a.decide(10, pods(10, .2), start + 300s).replicas == 5); // the 5 of just before
    CHECK(a.decide(5, pods(5, .2), start + 600s).replicas == 1);
}

TEST_CASE("a direction that is disabled does not change, and the least of the policies may rule") {
    auto o = bare(1);
    o.behavior.down.select = policy_selection::disabled;
    o.behavior.up = {.select = policy_selection::least,
                     .policies = {{.amount = replica_count::number(1), .period = 60s},
                                  {.amount = replica_count::percentage(100)}}};
    horizontal_autoscaler a{o};
    CHECK(a.decide(10, pods(10, .1), start).replicas == 10);
    CHECK(a.decide(10, pods(10, 9), start).replicas == 11);
    CHECK(a.decide(11, pods(11, 9), start + 59s).replicas == 11);
    CHECK(a.decide(11, pods(11, 9), start + 60s).replicas == 12);
}

TEST_CASE("minimum and maximum hold, and a service of 0 replicas is switched off") {
    auto o = bare(1);
    o.min_replicas = 2;
    o.max_replicas = 5;
    horizontal_autoscaler a{o};
    CHECK(a.decide(4, pods(4, 9), start) ==
          horizontal_autoscaler::decision{5, 36, scaling_reason::at_limit});
    CHECK(a.decide(4, pods(4, .01), start).replicas == 2);
    CHECK(a.decide(9, pods(9, 1), start).replicas == 5);
    CHECK(a.decide(1, pods(1, 1), start).replicas == 2);
    CHECK(a.decide(0, {}, start).reason == scaling_reason::switched_off);
}

TEST_CASE("it decides once in a sync period") {
    horizontal_autoscaler a{bare(1), start};
    CHECK(a.next_at() == start + 15s);
    a.decide(1, pods(1, 1), start + 16s);
    CHECK(a.next_at() == start + 31s);
}

TEST_CASE("a horizontal autoscaler refuses options that make no sense") {
    const auto [o, message] = GENERATE(table<horizontal_autoscaler_options, std::string>({
        {{.min_replicas = 0}, "horizontal_autoscaler: min_replicas is 0; it must be at least 1"},
        {{.min_replicas = 5, .max_replicas = 4},
         "horizontal_autoscaler: max_replicas is 4; it must be at least min_replicas"},
        {{.target = 0}, "horizontal_autoscaler: target is 0; it must be above 0"},
        {{.tolerance = 1}, "horizontal_autoscaler: tolerance is 1; it must be from 0 to below 1"},
        {{.behavior = {.up = {.stabilization_window = 2h}}},
         "scale up: stabilization_window is 7200s; it must be from 0 to 1h"},
        {{.behavior = {.down = {.policies = {{.amount = replica_count::number(0)}}}}},
         "scale down: amount is 0; it must be above 0"},
    }));
    CHECK_THROWS_WITH(horizontal_autoscaler{o}, message);
}

TEST_CASE("whatever the figures, it stays in its limits, its rates and the metric's direction") {
    rc::check([] {
        horizontal_autoscaler a{
            {.max_replicas = 50, .metric = scaling_metric::average_value, .target = 1}};
        int current = *rc::gen::inRange(1, 51);
        auto now = start;
        for (int round = 0; round < 30; ++round) {
            now += std::chrono::seconds{*rc::gen::inRange(15, 60)};
            const double value = *rc::gen::inRange(0, 500) / 100.;
            const auto d = a.decide(current, pods(current, value), now);
            RC_ASSERT(d.replicas >= 1 && d.replicas <= 50);
            RC_ASSERT(d.replicas <= current + std::max(4, current));
            RC_ASSERT(value >= .9 || d.replicas <= current);
            RC_ASSERT(value <= 1.1 || d.replicas >= current);
            current = d.replicas;
        }
    });
}
