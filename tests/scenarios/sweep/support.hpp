// SPDX-License-Identifier: BSL-1.0
// A small scenario in a folder of its own: one service that answers 100 requests a second.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "scenarios/format_support.hpp"
#include "scenarios/src/sweep/plan.hpp"
#include "scenarios/src/sweep/point.hpp"

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

class sweep_folder {
  public:
    sweep_folder() {
        std::string name = (std::filesystem::temp_directory_path() / "windtunnel-XXXXXX").string();
        path_ = mkdtemp(name.data());
        write("counter.json", counter);
        write("counter.topology.json", counter_topology);
    }
    ~sweep_folder() { std::filesystem::remove_all(path_); }
    sweep_folder(const sweep_folder&) = delete;
    sweep_folder& operator=(const sweep_folder&) = delete;

    std::string file(const std::string& name) const { return (path_ / name).string(); }
    void write(const std::string& name, const std::string& text) const {
        std::ofstream(path_ / name, std::ios::binary) << text;
    }
    sweep_plan plan(const sweep_options& options) const {
        return sweep_plan(file("counter.json"), options);
    }
    sweep_plan over(const std::vector<std::string>& parameters) const {
        return plan(sweep_options{{}, parameters, {}, false});
    }

  private:
    std::filesystem::path path_;
};

} // namespace windtunnel::scenario
