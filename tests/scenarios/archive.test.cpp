// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/archive.hpp"

#include <catch2/catch.hpp>
#include <limits>
#include <stdexcept>

#include "scenarios/reports/sample.hpp"

namespace windtunnel::scenario {

namespace {

bool same(const tally& a, const tally& b) {
    return a.requests == b.requests && a.failures == b.failures && a.attempts == b.attempts &&
           a.degraded == b.degraded && a.good_latency == b.good_latency &&
           a.failed_latency == b.failed_latency;
}

bool same(const service_levels& a, const service_levels& b) {
    return a.busy == b.busy && a.workers == b.workers && a.in_system == b.in_system &&
           a.in_queue == b.in_queue;
}

/// A result in which no member has its default value, and none that of another.
run_result unusual() {
    run_result r = samples::result(samples::scenario());
    r.variant = "rétry \"v3\"";
    r.seeds = {std::numeric_limits<std::uint64_t>::max(), 0, 1};
    r.status = run_status::aborted;
    r.ended = duration{-1};
    r.window = duration{std::numeric_limits<std::int64_t>::max()};
    auto& t = r.workloads[0].traffic;
    for (std::size_t i = 0; i < t.phases[1].failures.size(); ++i)
        t.phases[1].failures[i] = 100 + i;
    t.windows[1].good_latency_sum = static_cast<sim::wide_integer>(1) << 100;
    t.windows[2].good_latency_sum = -5;
    r.services[1].phases[2] = {duration{1}, {2, 3, 4, 5}, 6, 7, 8, 9, 10, 11, 12};
    r.services[1].in_flight = 13;
    r.policies[0].machines = 14;
    r.telemetry.edges = {{{{{20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30}}}}};
    r.telemetry.services = {{{{{31, 32, 33, 34, 35, 36, 37, 38}}}}};
    r.workloads[0].done = duration{17};
    r.workloads[0].runs_done = 18;
    r.policies[0].phases[1].levels[1] = static_cast<sim::wide_integer>(15) << 70;
    r.policies[0].transitions_left_out = 16;
    t.phases[0].good_latency.record(std::chrono::hours(24 * 365 * 200));
    return r;
}

} // namespace

TEST_CASE("an archived result comes back as the same bytes") {
    const run_result original = unusual();
    const std::string bytes = to_archive(original);
    CHECK(to_archive(from_archive(bytes)) == bytes);
    CHECK(to_archive(original) == bytes);
}

TEST_CASE("an archived result comes back with all its members") {
    const run_result a = unusual(), b = from_archive(to_archive(a));
    CHECK(b.variant == a.variant);
    CHECK(b.seeds == a.seeds);
    CHECK(b.status == run_status::aborted);
    CHECK(b.workloads[0].done == duration{17});
    CHECK(b.workloads[0].runs_done == 18);
    CHECK(b.ended == duration{-1});
    CHECK(b.window == a.window);
    CHECK(b.phases.size() == a.phases.size());
    CHECK(b.phases[3].name() == "during 'slow db'");
    CHECK(b.phases[3].span == a.phases[3].span);
    for (std::size_t i = 0; i < a.phases.size(); ++i)
        CHECK(same(a.workloads[0].traffic.phases[i], b.workloads[0].traffic.phases[i]));
    CHECK(b.workloads[0].traffic.windows[1].good_latency_sum == static_cast<sim::wide_integer>(1)
                                                                    << 100);
    CHECK(b.workloads[0].traffic.windows[2].good_latency_sum == -5);
    CHECK(b.workloads[0].sent == 650);
    CHECK(b.telemetry.edges[0].replicas[0][0].in_vain == 29);
    CHECK(b.telemetry.edges[0].replicas[0][0].way_sum == 30);
    CHECK(b.telemetry.services[0].replicas[0][0].unaccepted == 38);
    CHECK(b.edges[1].caller == "web");
    CHECK(b.edges[1].traffic.phases[1].attempts == 640);
    CHECK(same(b.services[1].phases[2].levels, {2, 3, 4, 5}));
    CHECK(b.services[1].phases[2].wait_sum == 12);
    CHECK(b.services[1].phases[2].waits == 11);
    CHECK(b.services[1].in_flight == 13);
    CHECK(b.policies.size() == 2);
    CHECK(b.policies[0].edge() == "web->db");
    CHECK(b.policies[0].kind == "circuit_breaker");
    CHECK(b.policies[0].machines == 14);
    CHECK(b.policies[0].counters == a.policies[0].counters);
    CHECK(b.policies[0].levels == a.policies[0].levels);
    CHECK(b.policies[0].phases[3].counters == a.policies[0].phases[3].counters);
    CHECK((b.policies[0].phases[1].levels == a.policies[0].phases[1].levels));
    CHECK(b.policies[0].windows.size() == 3);
    CHECK(b.policies[0].transitions.at(0).why == "failure rate 55 % of 20 calls");
    CHECK(b.policies[0].transitions_left_out == 16);
    CHECK(b.activations.at(0).begin == std::chrono::seconds{20});
}

TEST_CASE("an archived result can be merged with one that never left the process") {
    const auto spec = samples::scenario();
    run_result direct = samples::result(spec, 1), archived = direct;
    direct.merge(samples::result(spec, 2));
    archived.merge(from_archive(to_archive(samples::result(spec, 2))));
    CHECK(to_archive(direct) == to_archive(archived));
}

TEST_CASE("part of an archive, or another text, is refused and does no harm") {
    const std::string bytes = to_archive(samples::result(samples::scenario()));
    for (std::size_t length = 0; length < bytes.size(); length += 7)
        CHECK_THROWS_AS(from_archive(bytes.substr(0, length)), std::invalid_argument);
    CHECK_THROWS_AS(from_archive(bytes + "x"), std::invalid_argument);
    CHECK_THROWS_AS(from_archive("{}"), std::invalid_argument);
    for (std::size_t at = 0; at < bytes.size(); at += 3) { // damaged: refused, or another result
        std::string damaged = bytes;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
        try {
            from_archive(damaged);
        } catch (const std::invalid_argument&) {
        }
    }
    CHECK(to_archive(from_archive(bytes)) == bytes);
}

} // namespace windtunnel::scenario
