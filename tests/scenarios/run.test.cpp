// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/run.hpp"

#include <catch2/catch.hpp>
#include <thread>

#include "scenarios/catalogue/support.hpp"
#include "scenarios/format_support.hpp"
#include "scenarios/src/archive.hpp"
#include "sim-core/physics/simgrid/isolated.hpp"

namespace windtunnel::scenario {

using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

/// Two users of an endpoint without work, in a network without latency.
scenario_spec users(const sim::distribution& think, int count = 2) {
    scenario_spec spec = shop_with(R"j({"warmup":"1s","duration":"9s","faults":[],"workload":[
        {"name":"users","to":"cart.GET /a: b","users":{"count":1,"think":"1s"}}]})j");
    spec.workloads[0].arrivals = closed_users{count, think};
    return spec;
}

template <class Advance>
std::string archive_of(const scenario_spec& spec, Advance&& advance) {
    scenario_run run(spec, 1);
    while (advance(run))
        ;
    return to_archive(run.result());
}

} // namespace

TEST_CASE("an instant that does not end is an error that names it and who sends in it") {
    const scenario_spec spec = users(sim::distribution::constant(0ns));
    scenario_run run(spec, 1, {.events_at_once = 1'000'000});
    const std::string message = message_of([&] { run.run_to_end(); });
    CHECK_THAT(message, Contains("time stands still at 0s: 1") && Contains("events happened"));
    CHECK_THAT(message, Contains("\"users\" sent") && Contains("think time"));
}

TEST_CASE("a variant switches off a policy of the topology") {
    const std::string failing = R"j({"duration":"10s","faults":[],
        "topology":{"calls":{"retry":{"initial_backoff":"0s"}},
                    "services":{"pay":{"endpoints":{"POST /charge":{"errors":"100%"}}}}},
        "variants":{"once":{"policies":{"web->pay":{"retry":"off"}}}}})j";
    const auto attempts = [&](const load_options& options) {
        const scenario_spec spec = shop_with(failing, options);
        scenario_run run(spec, 1);
        run.run_to_end();
        const tally calls = run.result().of("web->pay").phases.at(overall_phase);
        return std::pair{calls.attempts, calls.requests};
    };
    const auto [tries, calls] = attempts({});
    CHECK(tries == 3 * calls);
    const auto [single, same] = attempts({.variant = "once"});
    CHECK(single == same);
}

TEST_CASE("many events at one instant are no error where it ends") {
    const scenario_spec spec = users(sim::distribution::constant(1s), 100'000);
    scenario_run run(spec, 1, {.events_at_once = 1'000'000});
    CHECK_FALSE(run.advance_to(1min));
    CHECK(run.requests_over() > 800'000);
}

TEST_CASE("a run is told to stop in the midst of an instant") {
    const scenario_spec spec = users(sim::distribution::constant(0ns));
    std::atomic<bool> stop = false;
    scenario_run run(spec, 1, {.stop = &stop, .events_at_once = ~std::uint64_t{}});
    const std::jthread other([&] {
        std::this_thread::sleep_for(50ms);
        stop = true;
    });
    CHECK(run.advance_to(1min));
    CHECK(run.result().status == run_status::aborted);
    CHECK(run.now() == 0s);
}

TEST_CASE("the pauses of the books change nothing, also at the end of a window and of the run") {
    const scenario_spec spec = users(sim::distribution::constant(1s), 20'000);
    const std::string at_once = archive_of(spec, [](auto& run) { return run.advance_to(1min); });
    CHECK((at_once == archive_of(spec, [](auto& run) { return run.step(); })));
    CHECK((at_once == archive_of(spec, [](auto& run) { return run.advance_to(run.now() + 1s); })));
    CHECK(
        (at_once == archive_of(spec, [](auto& run) { return run.advance_to(run.now() + 700ms); })));
}

TEST_CASE("a run on a platform can be stepped, an instant at a time") {
    const scenario_spec spec = shipped("two-racks", {.warmup = 1s, .length = 3s});
    const auto apart = [&](auto&& advance) {
        return sim::run_isolated([&] { return archive_of(spec, advance); });
    };
    const std::string stepped = apart([](auto& run) { return run.step(); });
    CHECK((stepped == apart([](auto& run) { return run.advance_to(1min); })));
}

} // namespace windtunnel::scenario
