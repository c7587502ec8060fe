// SPDX-License-Identifier: BSL-1.0
// What must hold between the versions of services and who reads their answers.
#pragma once

#include "topologies/src/diagnostic.hpp"
#include "topologies/src/spec.hpp"

namespace windtunnel::topology {

/// That replicas run versions that there are.
void check_versions(const topology_spec& topology, error_collector& errors);

/// That what the call reads is in some version of the endpoint's answers.
void check_reads(const call_step& call, const endpoint_spec& to, error_collector& errors);

} // namespace windtunnel::topology
