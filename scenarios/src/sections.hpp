// SPDX-License-Identifier: BSL-1.0
// The lists of a scenario file, read into the scenario one after the other: what later ones name
// (services, workloads, faults, the length of the run) must be there. Errors: input_error, with all
// that is wrong in the list.
#pragma once

#include "scenarios/src/spec.hpp"
#include "topologies/src/document.hpp"

namespace windtunnel::scenario {

void read_workloads(scenario_spec& scenario, const topology::node& at);
void read_faults(scenario_spec& scenario, const topology::node& at);
void read_policies(scenario_spec& scenario, const topology::node& at);
void read_expectations(scenario_spec& scenario, const topology::node& at);
/// Their names.
void read_variants(scenario_spec& scenario, const topology::node& at);

} // namespace windtunnel::scenario
