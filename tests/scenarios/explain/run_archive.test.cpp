// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/run_archive.hpp"

#include <catch2/catch.hpp>
#include <stdexcept>

#include "scenarios/explain/generated_faults.hpp"
#include "scenarios/src/archive.hpp"
#include "scenarios/src/run.hpp"

namespace windtunnel::scenario {

namespace {

archived_run some_run() {
    const scenario_spec spec = explain::quiet_scenario(2);
    scenario_run run(spec, 1);
    run.advance_to(std::chrono::seconds{12});
    return {
        run.result(), {{"a < 1", "a", "a = 2", "overall", "too much", false}}, "a.json", "run a"};
}

} // namespace

TEST_CASE("archived runs come back with all that they hold") {
    const archived_run a = some_run();
    const std::string bytes = to_run_archive({a, a});
    CHECK(is_run_archive(bytes));
    const auto back = from_run_archive(bytes);
    REQUIRE(back.size() == 2);
    CHECK(to_archive(back[1].result) == to_archive(a.result));
    CHECK(back[0].file == "a.json");
    CHECK(back[0].reproduce == "run a");
    REQUIRE(back[0].expectations.size() == 1);
    CHECK(back[0].expectations[0].observed == "a = 2");
    CHECK_FALSE(back[0].expectations[0].holds);
    CHECK(to_run_archive(back) == bytes);
}

TEST_CASE("what is no archive of runs, or half of one, is refused") {
    const std::string bytes = to_run_archive({some_run()});
    CHECK_THROWS_AS(from_run_archive("{}"), std::invalid_argument);
    CHECK_THROWS_AS(from_run_archive("windtunnel runs 99\n"), std::invalid_argument);
    CHECK_THROWS_AS(from_run_archive(bytes.substr(0, bytes.size() / 2)), std::invalid_argument);
    CHECK_FALSE(is_run_archive("{}"));
}

TEST_CASE("telemetry of a run is that of its requests, and merging adds it") {
    const run_result r = some_run().result;
    std::uint64_t sent = 0, good = 0, arrived = 0;
    REQUIRE(r.telemetry.edges.size() == r.edges.size());
    for (std::size_t e = 0; e < r.edges.size(); ++e)
        if (r.edges[e].caller == "buyers")
            for (const auto& windows : r.telemetry.edges[e].replicas) {
                CHECK(windows.size() == 12);
                for (const try_window& w : windows) {
                    sent += w.sent;
                    arrived += w.arrived;
                    good += w.good;
                }
            }
    CHECK(sent == r.workloads[0].sent);
    CHECK(arrived <= sent);
    CHECK(good == r.workloads[0].traffic.phases[whole_phase].good());
    telemetry twice = r.telemetry;
    twice.merge(r.telemetry);
    CHECK(twice.services[0].replicas[0][3].over == 2 * r.telemetry.services[0].replicas[0][3].over);
    CHECK(twice.services[0].replicas[0][3].up == 2 * sim::wide_integer{1'000'000'000});
}

} // namespace windtunnel::scenario
