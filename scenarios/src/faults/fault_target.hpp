// SPDX-License-Identifier: BSL-1.0
// Where a fault happens, as text:
//   payment                     all instances of a service
//   payment#0                   one of them
//   payment@v2                  those that run a version when the fault begins
//   zone:eu, node:rack-1        all that are there, of every service
//   payment@zone:eu             those of one service
//   payment.POST /charge        an endpoint
//   checkout->payment           an edge; *-> is any caller
//   readers                     a workload
// Errors: bad_quantity, with what there is.
#pragma once

#include <string>
#include <string_view>

#include "scenarios/src/spec.hpp"
#include "topologies/src/field_table.hpp"

namespace windtunnel::scenario {

/// All but a workload.
fault_target parse_fault_target(std::string_view text, const scenario_spec& scenario);
fault_target parse_fault_workload(std::string_view text, const scenario_spec& scenario);
std::string target_text(const fault_target& target); ///< "checkout->payment.POST /charge"

/// The name of the machine of a replica; empty: it has none.
const std::string& machine_of(const topology::topology_spec& topology,
                              const topology::service_spec& service, std::size_t number);
/// Whether the target names this replica; of a version: where it runs that one.
bool names_replica(const fault_target& target, const topology::topology_spec& topology,
                   const topology::service_spec& service, std::size_t number);

topology::definition target_definition();

} // namespace windtunnel::scenario
