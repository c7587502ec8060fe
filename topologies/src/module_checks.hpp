// SPDX-License-Identifier: BSL-1.0
// Modules: services in the process of another one.
#pragma once

#include "topologies/src/diagnostic.hpp"
#include "topologies/src/spec.hpp"

namespace windtunnel::topology {

/// Gives modules what their process has: its replicas, zones, and what its workers do while they
/// wait. Adds errors where a module says something else, or there is no such process.
void join_modules(topology_spec& topology, error_collector& errors);

} // namespace windtunnel::topology
