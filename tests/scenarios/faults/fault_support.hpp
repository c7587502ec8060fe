// SPDX-License-Identifier: BSL-1.0
// A run of 30 s with one fault from 10 s to 20 s: `readers` ask web, which asks pay, 100 times a
// second each.
#pragma once

#include <string>

#include "scenarios/format_support.hpp"
#include "scenarios/src/run.hpp"

namespace windtunnel::scenario {

inline constexpr std::size_t before_fault = 2, during_fault = 3, after_fault = 4;

/// `patch`: a JSON Merge Patch over the scenario; the fault is part of it.
inline run_result run_fault(const std::string& fault, const std::string& patch = "{}") {
    const std::string text = R"j({
      "topology": { "name": "shop", "network": { "latency": "1ms" }, "services": {
        "web": { "workers": 1000, "replicas": 2, "zones": [ "eu", "us" ],
                 "nodes": [ "rack-1", "rack-2" ],
                 "endpoints": { "GET /": { "steps": [ { "call": "pay.POST /charge" } ] } } },
        "pay": { "workers": 10, "replicas": 2, "zones": [ "eu", "us" ],
                 "nodes": [ "rack-1", "rack-3" ],
                 "endpoints": { "POST /charge": { "work": "10ms" }, "GET /other": {} } } } },
      "duration": "30s", "drain": "1s",
      "workload": [ { "name": "readers", "to": "web.GET /", "arrivals": "constant(100/s)",
                      "timeout": "500ms" } ]
    })j";
    const auto base = topology::document::parse(text, "base");
    const auto change = topology::document::parse(patch, "patch");
    const auto with = topology::document::merge(base.root(), change.root());
    const auto faults = topology::document::parse(
        R"({"faults":[{"name":"f","at":"10s","for":"10s",)" + fault + "}]}", "fault");
    const scenario_spec spec =
        parse_scenario(topology::document::merge(with.root(), faults.root()), ".", "shop", {});
    scenario_run run(spec, 1);
    run.run_to_end();
    return run.result();
}

inline tally phase_of(const run_result& r, const std::string& subject, std::size_t phase) {
    return r.of(subject).phases.at(phase);
}
inline double mean_of(const tally& t) {
    return t.good_latency.mean_seconds();
}
inline std::uint64_t failed_as(const tally& t, failure_kind kind) {
    return t.failures.at(static_cast<std::size_t>(kind));
}
/// Nothing went wrong, and took as long as it does.
inline bool unharmed(const run_result& r, std::size_t phase, double seconds = 0.014) {
    const tally t = phase_of(r, "readers", phase);
    return t.failed() == 0 && t.requests > 990 && std::abs(mean_of(t) - seconds) < 1e-9;
}

} // namespace windtunnel::scenario
