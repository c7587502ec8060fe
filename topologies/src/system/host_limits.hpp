// SPDX-License-Identifier: BSL-1.0
// What the machine and the runtime of one process do to its workers: a CPU quota, garbage
// collection. A process without either has none of these.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim-core/physics/cpu_quota.hpp"
#include "sim-core/physics/stalls.hpp"
#include "topologies/src/spec.hpp"
#include "topologies/src/system/policy_readings.hpp"

namespace windtunnel::topology {

class system_core;

class host_limits {
  public:
    /// Of replica `number`; its quota's periods and those of the others are not in step.
    host_limits(system_core& core, const service_spec& of, std::uint32_t number,
                sim::worker_pool& workers);

    const service_spec& spec() const { return spec_; }
    const std::optional<sim::cpu_quota>& cpu() const { return cpu_; }
    const std::optional<sim::stalls>& garbage_collection() const { return collection_; }

  private:
    const service_spec& spec_;
    std::optional<sim::cpu_quota> cpu_;
    std::optional<sim::stalls> collection_;
};

/// nullptr: nothing limits it.
std::unique_ptr<host_limits> limits_of(system_core& core, const service_spec& of,
                                       std::uint32_t number, sim::worker_pool& workers);

std::vector<policy_reading> policy_readings(const host_limits& own);

// Each needs the kind to be on.
void read_cpu(const host_limits& of, policy_figures& out);
void read_garbage_collection(const host_limits& of, policy_figures& out);

} // namespace windtunnel::topology
