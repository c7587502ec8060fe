// SPDX-License-Identifier: BSL-1.0
// What a protocol costs the simulation: the chain of services with each, as a ratio to plain
// messages of the same run. Connections are warm after the first requests.
#include <fmt/format.h>

#include "bench/benchmark.hpp"
#include "scenarios/src/loader.hpp"
#include "scenarios/src/run.hpp"
#include "topologies/src/document.hpp"

namespace windtunnel::bench {

namespace {

constexpr std::uint64_t requests = 200'000;
constexpr int rounds = 5;

constexpr const char* chain_with = R"json({{
  "topology": "topologies/chain.json", "duration": "200s", "drain": "60s", "window": "10s",
  "workload": [ {{ "name": "load", "to": "a.GET /", "arrivals": "poisson(2800/s)",
                   "limit": {0} }} ],
  "policies": {{ "*->*": {{ {1} }} }}
}})json";

constexpr const char* modules = R"json({{
  "topology": "topologies/chain.json", "duration": "200s", "drain": "60s", "window": "10s",
  "topology_patch": {{ "services": {{
    "a": {{ "workers": 20 }},
    "b": {{ "in": "a", "workers": null }}, "c": {{ "in": "a", "workers": null }},
    "d": {{ "in": "a", "workers": null }}, "e": {{ "in": "a", "workers": null }} }} }},
  "workload": [ {{ "name": "load", "to": "a.GET /", "arrivals": "poisson(2800/s)",
                   "limit": {0} }} ]
}})json";

double run_text(const std::string& text) {
    const auto file = topology::document::parse(text, "protocols");
    const auto spec = scenario::parse_scenario(file, WINDTUNNEL_SOURCE_DIR, "protocols");
    scenario::scenario_run run(spec, spec.seed);
    run.run_to_end();
    return static_cast<double>(run.requests_over());
}

subject chain_of(const char* name, const std::string& policies) {
    return {name, [policies] {
                return run_text(fmt::format(fmt::runtime(chain_with), requests, policies));
            }};
}

} // namespace

std::vector<measurement> protocols() {
    const std::vector<subject> subjects{
        chain_of("protocols.plain", ""),
        chain_of("protocols.rest", R"("protocol": { "kind": "rest", "max_connections": 100 })"),
        chain_of("protocols.grpc", R"("protocol": "grpc")"),
        chain_of(
            "protocols.graphql",
            R"("protocol": { "kind": "graphql", "max_connections": 100, "query_cost": "0s" })"),
        {"protocols.in_process",
         [] { return run_text(fmt::format(fmt::runtime(modules), requests)); }},
    };
    return time_interleaved(subjects, rounds, "ns/request");
}

} // namespace windtunnel::bench
