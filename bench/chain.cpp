// SPDX-License-Identifier: BSL-1.0
#include "bench/chain.hpp"

#include <fmt/format.h>

#include "bench/benchmark.hpp"
#include "bench/chain_limit.hpp"
#include "scenarios/src/loader.hpp"
#include "scenarios/src/run.hpp"
#include "topologies/src/document.hpp"

namespace windtunnel::bench {

namespace {

constexpr std::uint64_t requests = 200'000;
constexpr int rounds = 7;

constexpr const char* without_policies = R"json({{
  "topology": "topologies/chain.json", "duration": "{0}s", "drain": "60s", "window": "10s",
  "workload": [ {{ "name": "load", "to": "a.GET /", "arrivals": "poisson(2800/s)",
                   "limit": {1} }} ]
}})json";

constexpr const char* with_policies = R"json({{
  "topology": "topologies/chain.json", "duration": "{0}s", "drain": "60s", "window": "10s",
  "workload": [ {{ "name": "load", "to": "a.GET /", "arrivals": "poisson(2800/s)",
                   "limit": {1} }} ],
  "policies": {{ "*->*": {{
    "total_timeout": "2s", "timeout": "1s",
    "retry": {{ "max_attempts": 3, "initial_backoff": "10ms" }}, "retry_budget": {{ }},
    "circuit_breaker": {{ "sliding_window_type": "count", "sliding_window_size": 100 }},
    "bulkhead": {{ "max_concurrent": 1000 }} }} }}
}})json";

double run_scenario(bool policies) {
    const auto spec = chain_scenario(requests, policies);
    scenario::scenario_run run(spec, spec.seed);
    run.run_to_end();
    return static_cast<double>(run.requests_over());
}

} // namespace

scenario::scenario_spec chain_scenario(std::uint64_t count, bool policies) {
    const auto seconds = count / 2800 * 2 + 1;
    const std::string text =
        fmt::format(fmt::runtime(policies ? with_policies : without_policies), seconds, count);
    const auto file = topology::document::parse(text, "chain");
    return scenario::parse_scenario(file, WINDTUNNEL_SOURCE_DIR, "chain");
}

std::vector<measurement> chain() {
    const std::vector<subject> subjects{
        {"chain.limit",
         [] { return static_cast<double>(run_chain_limit({}, requests, 1).requests); }},
        {"chain.bare", [] { return run_scenario(false); }},
        {"chain.full", [] { return run_scenario(true); }},
    };
    return time_interleaved(subjects, rounds, "ns/request");
}

} // namespace windtunnel::bench
