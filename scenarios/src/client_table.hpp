// SPDX-License-Identifier: BSL-1.0
// One element of a scenario's `workload`: who asks, what, how often, and how its calls are made.
// The fields of the calls are those of a topology's call options. Errors: input_error.
#pragma once

#include <vector>

#include "scenarios/src/spec.hpp"
#include "topologies/src/field_table.hpp"

namespace windtunnel::scenario {

/// The scenario's topology, warm-up and length must be known.
workload_spec parse_workload(const topology::node& at, const scenario_spec& scenario);

/// The definitions "workload", "target_share", "users" and "arrivals".
std::vector<topology::definition> workload_definitions();

} // namespace windtunnel::scenario
