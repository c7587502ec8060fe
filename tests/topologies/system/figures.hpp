// SPDX-License-Identifier: BSL-1.0
// What the policies of a world tell of themselves, by name.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "topologies/src/system/policy_kinds.hpp"
#include "topologies/src/system/policy_readings.hpp"
#include "topologies/system/world.hpp"

namespace windtunnel::topology {

/// Counters, and means of levels up to now, by "edge kind" and name; a service alone is an edge.
struct figures {
    explicit figures(const world& w) {
        const time_point now = w.simulation.now();
        for (const policy_reading& each : policy_readings(*w.running)) {
            policy_figures read;
            each.read(now, read);
            const std::string edge =
                each.callee.empty() ? each.caller : each.caller + "->" + each.callee;
            const std::string of = edge + " " + std::string(each.kind->name) + ": ";
            for (const auto& [name, count] : read.counters())
                counters[of + std::string(name)] += count;
            for (const auto& [name, integral] : read.levels())
                means[of + std::string(name)] =
                    static_cast<double>(integral) / 1e9 / to_seconds(now.time_since_epoch());
        }
    }
    std::map<std::string, std::uint64_t> counters;
    std::map<std::string, double> means;
};

} // namespace windtunnel::topology
