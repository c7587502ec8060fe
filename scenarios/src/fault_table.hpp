// SPDX-License-Identifier: BSL-1.0
// Faults as a scenario says them: what (one key of the kinds), where ("on"), when (at, for, every
// and lasts). One table for the parser, the schema, the reference and the list of faults. Errors:
// input_error.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/src/spec.hpp"
#include "topologies/src/field_table.hpp"

namespace windtunnel::scenario {

/// A kind of fault; `key` is both its key in a file and its name in a list.
struct fault_row {
    std::string_view key, meaning;
    bool on_endpoint, on_edge; ///< a service and one of its instances can have every kind
};

std::span<const fault_row> fault_rows();
std::string_view name_of(const fault_kind& kind);    ///< "latency"
std::string target_text(const fault_target& target); ///< "checkout->payment.POST /charge"

/// "service", "service#0", "service.endpoint" or "caller->callee" ("*" for the caller is any), all
/// of the scenario's topology and workloads. Errors: bad_quantity.
fault_target parse_fault_target(std::string_view text, const scenario_spec& scenario);

/// One element of `faults`. The scenario's topology, workloads, warm-up and length must be known.
fault_spec parse_fault(const topology::node& at, const scenario_spec& scenario);

/// The definitions "fault" and those of its kinds.
std::vector<topology::definition> fault_definitions();

} // namespace windtunnel::scenario
