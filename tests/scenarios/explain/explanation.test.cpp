// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/explain/explanation.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "scenarios/explain/generated_faults.hpp"
#include "scenarios/src/loader.hpp"
#include "scenarios/src/run.hpp"
#include "support/repository.hpp"
#include "topologies/src/document.hpp"

namespace windtunnel::scenario::explain {

namespace {

run_result run_of(const scenario_spec& spec, std::uint64_t seed) {
    scenario_run run(spec, seed);
    run.run_to_end();
    return run.result();
}

explanation explanation_of(const scenario_spec& spec) {
    return explain_run(stripped(run_of(spec, spec.seed)));
}

scenario_spec catalogue(const std::string& file, const std::string& variant = "") {
    return load_scenario(test::in_repository("scenarios/" + file), {.variant = variant});
}

/// web (8 workers) calls store (4 workers of 10 ms: 400/s).
scenario_spec two_tiers(const std::string& rest) {
    const std::string text = R"j({
      "topology": { "name": "tiers", "services": {
        "web": { "workers": 8, "endpoints": { "GET /": { "work": "2ms", "steps": [
          { "call": "store.GET /item", "timeout": "500ms" } ] } } },
        "store": { "workers": 4, "endpoints": {
          "GET /item": { "work": "exponential(mean=10ms)" } } } },
        "network": { "latency": "0.5ms" } },
      "warmup": "10s", "duration": "80s", )j" +
                             rest + "}";
    return parse_scenario(topology::document::parse(text, "tiers.json"), ".", "tiers");
}

constexpr const char* steady_load =
    R"j("workload": [ { "name": "readers", "to": "web.GET /", "arrivals": "poisson(200/s)" } ])j";

} // namespace

TEST_CASE("a quiet run is told to be quiet") {
    int claims = 0;
    for (int topology = 0; topology < generated_topologies; ++topology)
        for (std::uint64_t seed = 501; seed <= 525; ++seed)
            claims +=
                explain_run(run_of(quiet_scenario(topology), seed)).found == finding::quiet ? 0 : 1;
    CHECK(claims == 0);
}

TEST_CASE("quiet scenarios of the catalogue are told to be quiet") {
    for (const char* file : {"hedging-cuts-the-tail.json", "stale-loads-herd.json",
                             "chatty-rest-or-one-query.json", "gateway-cache.json"}) {
        INFO(file);
        CHECK(explanation_of(catalogue(file)).found == finding::quiet);
    }
}

TEST_CASE("a fault that changes nothing has no effect, and is not made up") {
    auto spec = catalogue("rollout-breaks-a-reader.json", "both names");
    const explanation e = explanation_of(spec);
    CHECK(e.found == finding::quiet);
    CHECK(e.origin() == nullptr);
}

TEST_CASE("a disturbance that no workload notices is named, and has no effect") {
    // One of three instances is down, its caller tries another one.
    const explanation e = explanation_of(catalogue("registry-outage-empties-lists.json", "5 s"));
    REQUIRE(e.origin() != nullptr);
    CHECK(e.origin()->what == cause::registry);
    CHECK(e.found == finding::no_effect);
    CHECK(e.effects.empty());
}

TEST_CASE("where more is asked for than can be done, the load is the cause") {
    const explanation e = explanation_of(two_tiers(
        R"j("workload": [ { "name": "readers", "to": "web.GET /",
            "arrivals": "spike(base=200/s, peak=800/s, at=40s, for=20s)" } ])j"));
    REQUIRE(e.origin() != nullptr);
    CHECK(e.found == finding::overload);
    CHECK(e.origin()->what == cause::load);
    CHECK(e.origin()->where.service == "readers");
    CHECK(e.at(e.origin()->when.begin) == std::chrono::seconds{40});
    REQUIRE(e.saturated);
    CHECK(e.saturated->where.service == "store");
}

TEST_CASE("a load that grows step by step until it is too much is overload, too") {
    const explanation e = explanation_of(two_tiers(
        R"j("workload": [ { "name": "readers", "to": "web.GET /",
            "arrivals": "ramp(from=100/s, to=700/s, over=80s)" } ])j"));
    CHECK(e.found == finding::overload);
}

TEST_CASE("a system that is overloaded from the beginning to the end is told to be") {
    const explanation e = explanation_of(two_tiers(
        R"j("workload": [ { "name": "readers", "to": "web.GET /",
            "arrivals": "poisson(700/s)" } ])j"));
    CHECK(e.found == finding::overload);
    REQUIRE(e.saturated);
    CHECK(e.saturated->where.service == "store");
}

TEST_CASE("a load that grows and is borne is nothing to tell of") {
    const explanation e = explanation_of(two_tiers(
        R"j("workload": [ { "name": "readers", "to": "web.GET /",
            "arrivals": "spike(base=100/s, peak=200/s, at=40s, for=20s)" } ])j"));
    CHECK(e.found == finding::quiet);
}

TEST_CASE("a retry storm that outlives its trigger is metastable") {
    const explanation e = explanation_of(catalogue("retry-storm.json"));
    REQUIRE(e.origin() != nullptr);
    CHECK(e.origin()->what == cause::pause);
    CHECK(e.origin()->where.service == "database");
    CHECK(e.after == aftermath::metastable);
    CHECK(e.good_before > 0.99);
    CHECK(e.good_after < 0.1);
    REQUIRE_FALSE(e.amplified.empty());
    CHECK(e.amplified.front().tries_during > 1.9);
    CHECK(e.amplified.front().in_vain > e.amplified.front().answered / 2);
    const auto retry = std::find_if(e.acts.begin(), e.acts.end(),
                                    [](const policy_act& a) { return a.role == act_role::feeds; });
    REQUIRE(retry != e.acts.end());
    CHECK(retry->kind == "retry");
}

TEST_CASE("the same outage without the loop is recovered from") {
    for (const char* variant : {"no retry", "breaker", "expired work dropped", "100/s"}) {
        INFO(variant);
        const explanation e = explanation_of(catalogue("retry-storm.json", variant));
        CHECK(e.after == aftermath::recovered);
        CHECK(e.recovered_after.has_value());
    }
}

TEST_CASE("an explanation is of telemetry alone: the fault list changes nothing") {
    const run_result with = run_of(catalogue("retry-storm.json"), 1);
    const explanation a = explain_run(with), b = explain_run(stripped(with));
    CHECK(a.origin()->where == b.origin()->where);
    CHECK(a.origin()->when.begin == b.origin()->when.begin);
    CHECK(a.effects.size() == b.effects.size());
}

TEST_CASE("an instance that hangs is found although health checks take it out at once") {
    const explanation e = explanation_of(catalogue("health-check-finds-hung.json"));
    REQUIRE(e.origin() != nullptr);
    CHECK(e.origin()->what == cause::pause);
    CHECK(e.origin()->where.text() == "api#0");
}

TEST_CASE("a service whose requests wait for a timer when the way to it becomes slow is not hung") {
    const explanation e = explanation_of(catalogue("breaker-frees-threads.json"));
    REQUIRE(e.origin() != nullptr);
    CHECK((e.origin()->what == cause::network || e.origin()->what == cause::loss));
    CHECK(e.origin()->where.service == "payment");
}

TEST_CASE("a failure spreads from the callee to its callers") {
    const explanation e =
        explanation_of(two_tiers(std::string(steady_load) +
                                 R"j(, "faults": [ { "name": "f", "at": "40s", "for": "20s",
                             "crash": { "on": "store" } } ])j"));
    REQUIRE(e.effects.size() >= 4);
    CHECK(e.found == finding::failure);
    CHECK(e.effects.back().name == "readers");
    CHECK(e.radius.endpoints == 2);
    CHECK(e.radius.endpoints_hit == 2);
    CHECK(e.radius.requests_failed > 3000);
    CHECK(e.after == aftermath::recovered);
}

TEST_CASE("a run of a few windows is too short to be explained") {
    CHECK(explanation_of(two_tiers(std::string(steady_load) + R"j(, "window": "20s")j")).found ==
          finding::too_short);
    CHECK(explain_run(run_result{}).found == finding::no_telemetry);
}

} // namespace windtunnel::scenario::explain
