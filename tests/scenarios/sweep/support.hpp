// SPDX-License-Identifier: BSL-1.0
// A small scenario in a folder of its own: one service that answers 100 requests a second.
#pragma once

#include <string>

#include "scenarios/format_support.hpp"
#include "scenarios/src/sweep/plan.hpp"
#include "scenarios/src/sweep/point.hpp"
#include "support/files.hpp"

namespace windtunnel::scenario {

inline const std::string counter = R"j({
  "topology": "counter.topology.json",
  "warmup": "1s", "duration": "4s", "seed": 3,
  "workload": [ { "name": "users", "to": "counter.ask", "arrivals": "poisson(50/s)",
                  "timeout": "1s", "retry": { "max_attempts": 2 } } ],
  "faults": [ { "name": "slow", "at": "2s", "for": "1s",
                "latency": { "on": "counter", "add": "1ms" } } ],
  "expect": [ "users: p50 < 20ms" ],
  "variants": { "busy": { "expect": [ "users: p50 < 1us" ] } }
})j";
inline const std::string counter_topology = R"j({
  "name": "counter", "services": { "counter": { "workers": 2, "endpoints": {
    "ask": { "work": "exponential(mean=10ms)" } } } }
})j";

/// Without figures.
inline point_result made_point(point_values values, int replications, verdict v,
                               int alone_passed = 0, int alone_failed = 0) {
    point_result p;
    p.values = std::move(values);
    p.replications = p.asked = replications;
    p.verdict = v;
    p.alone_passed = alone_passed;
    p.alone_failed = alone_failed;
    return p;
}

class sweep_folder : public test::scratch_folder {
  public:
    sweep_folder() {
        write("counter.json", counter);
        write("counter.topology.json", counter_topology);
    }

    sweep_plan plan(const sweep_options& options) const {
        return sweep_plan(file("counter.json"), options);
    }
    sweep_plan over(const std::vector<std::string>& parameters) const {
        return plan(sweep_options{{}, parameters, {}, false});
    }
};

} // namespace windtunnel::scenario
