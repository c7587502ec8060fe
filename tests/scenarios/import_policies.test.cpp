// SPDX-License-Identifier: BSL-1.0
// Imported policies in a scenario: what is written loads, and acts as its product would.
#include "topologies/src/import/policies.hpp"

#include <catch2/catch.hpp>

#include "scenarios/format_support.hpp"
#include "scenarios/src/run.hpp"
#include "support/repository.hpp"

namespace windtunnel::scenario {

namespace {

const auto folder = test::in_repository("tests/data/import/");

/// Names of the configurations, and of the shop's services.
topology::import_options for_the_shop(const std::string& caller) {
    return {.format = {},
            .caller = caller,
            .names = {{"backendA", "pay"},
                      {"backendB", "cart"},
                      {"backendC", "web"},
                      {"payment", "pay"},
                      {"shop.Payment/Charge", "pay.POST /charge"},
                      {"shop.Stock", "cart"},
                      {"catalog", "cart"},
                      {"cart", "pay"},
                      {"reviews.prod.svc.cluster.local", "pay"},
                      {"outbound|9080||reviews.default.svc.cluster.local", "cart"},
                      {"ratings", "cart"},
                      {"reviews", "pay"},
                      {"details", "cart"},
                      {"cache", "cart"}}};
}

scenario_spec shop_with_policies(const topology::imported_policies& imported,
                                 const std::string& patch = "{}") {
    const auto base = topology::document::parse(shop, "shop.json");
    const auto change = topology::document::parse(patch, "patch");
    const auto changed = topology::document::merge(base.root(), change.root());
    const auto whole =
        topology::document::with(changed.root(), "policies", imported.policies.root());
    return parse_scenario(whole, ".", "shop");
}

} // namespace

TEST_CASE("imported policies load in a scenario as they are written, and run") {
    const std::string name =
        GENERATE(as<std::string>{}, "resilience4j.yml", "resilience4j-relaxed.yml", "grpc.json",
                 "envoy.yaml", "envoy-dump.json", "istio.yaml", "istio-mesh.yaml");
    INFO(name);
    const auto imported = topology::import_policies({folder / name}, for_the_shop("*"));
    REQUIRE_FALSE(imported.edges.empty());
    const scenario_spec spec =
        shop_with_policies(imported, R"j({"warmup":"0s","duration":"1s","faults":[]})j");
    CHECK(spec.policies.size() == imported.edges.size());
    scenario_run run(spec, 1);
    run.run_to_end();
    CHECK(run.result().of("web->pay").phases.at(0).requests > 0);
}

TEST_CASE("an imported breaker opens, waits and probes as its configuration says") {
    // Of the last 10 calls, 5 at least and half of them failed; open for 5 s; 3 calls to see.
    const auto imported = topology::import_policies(
        {folder / "resilience4j.yml"},
        {.format = {},
         .caller = "readers",
         .names = {{"backendA", "pay"}, {"backendB", "cart"}, {"backendC", "web"}}});
    const topology::node* policies = imported.policies.root().find("readers->pay");
    REQUIRE(policies != nullptr);
    const auto only_the_breaker =
        topology::document::parse(R"({"policies":{"readers->pay":{"circuit_breaker":)" +
                                      policies->find("circuit_breaker")->text() + "}}}",
                                  "imported");
    // A call each 100 ms, each of which fails in a millisecond or two.
    const auto always_failing = topology::document::parse(
        R"j({"warmup":"0s","duration":"20s","faults":[],
             "topology":{"services":{"pay":{"endpoints":{"POST /charge":{"errors":"100%"}}}}},
             "workload":[{"name":"readers","to":"pay.POST /charge",
                          "arrivals":"constant(10/s)"}]})j",
        "patch");
    const scenario_spec spec = shop_with(
        topology::document::merge(only_the_breaker.root(), always_failing.root()).root().text());
    scenario_run run(spec, 1);
    run.run_to_end();
    const tally calls = run.result().of("readers->pay").phases.at(0);
    const auto failed_with = [&](failure_kind kind) {
        return calls.failures.at(static_cast<std::size_t>(kind));
    };
    // 5 calls open it, and three waits of 5 s end within 20 s. Of 3 probes two that fail decide:
    // the third cannot bring the rate below a half.
    CHECK(failed_with(failure_kind::error) == 5 + 3 * 2);
    CHECK(failed_with(failure_kind::breaker_open) == calls.requests - 11);
    CHECK(calls.attempts == 11);
    CHECK(calls.requests == 200);
}

} // namespace windtunnel::scenario
