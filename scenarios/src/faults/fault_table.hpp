// SPDX-License-Identifier: BSL-1.0
// Faults as a scenario says them: what (one key of the kinds), where ("on"), on how many of them
// ("pick"), when (at, for, every and lasts, after, ramp). One table for the parser, the schema, the
// reference, the list of faults and the window. Errors: input_error.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/src/spec.hpp"
#include "topologies/src/field_table.hpp"

namespace windtunnel::scenario {

/// Where a kind of fault can happen; a sum of these.
namespace fault_place {
inline constexpr unsigned instances = 1; ///< of a service, a version, a zone, a node; or one
inline constexpr unsigned endpoint = 2;
inline constexpr unsigned edge = 4;
inline constexpr unsigned workload = 8;
inline constexpr unsigned nowhere = 16; ///< it has no target: there is one registry
inline constexpr unsigned requests = instances | endpoint | edge;
inline constexpr unsigned messages = instances | edge;
} // namespace fault_place

/// A kind of fault; `key` is both its key in a file and its name in a list.
struct fault_row {
    std::string_view key, meaning;
    unsigned places;
    bool grows; ///< it has a strength, which `ramp` lets grow
    topology::definition fields;
    std::function<void(const topology::node&, const scenario_spec&, fault_target&, fault_kind&)>
        read;
};

std::span<const fault_row> fault_rows(); ///< in the order of fault_kind
const fault_row& row_of(const fault_kind& kind);
std::string_view name_of(const fault_kind& kind); ///< "latency"
std::string places_text(unsigned places);         ///< "a service, an instance or an edge"

/// One element of `faults`. The scenario's topology, workloads, warm-up, length and the faults
/// before it must be known.
fault_spec parse_fault(const topology::node& at, const scenario_spec& scenario);

/// The definitions "fault" and those of its kinds.
std::vector<topology::definition> fault_definitions();

} // namespace windtunnel::scenario
