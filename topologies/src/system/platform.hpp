// SPDX-License-Identifier: BSL-1.0
// The processes of a system, placed on the hosts of a SimGrid platform.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sim-core/physics/simgrid/simgrid_network.hpp"
#include "topologies/src/spec.hpp"

namespace windtunnel::topology {

class placed_platform {
  public:
    placed_platform(sim::simulation& simulation, const platform_spec& spec);

    /// Node `node` is the process `number` of the service or workload. Nodes come in ascending
    /// order; a name's processes take its hosts in turn. Throws input_error where it has no place.
    void place(const std::string& name, std::uint32_t number, sim::node_id node);

    /// Makes the network out of what was placed. Throws input_error for an unsound platform.
    sim::simgrid_network& network();

  private:
    sim::simulation& simulation_;
    const platform_spec& spec_;
    sim::simgrid_platform platform_;
    std::unique_ptr<sim::simgrid_network> network_;
};

} // namespace windtunnel::topology
