// SPDX-License-Identifier: BSL-1.0
// Topology files: reading one, and the schema and reference page of their format. A topology that
// was loaded is sound in itself: names resolve, calls end, policies do not contradict each other.
// Errors: input_error, with everything that is wrong, as far as it could be read.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "topologies/src/document.hpp"
#include "topologies/src/field_table.hpp"
#include "topologies/src/spec.hpp"

namespace windtunnel::topology {

topology_spec load_topology(const std::filesystem::path& path);

/// A topology that stands in a document; files that it names are relative to `folder`.
topology_spec parse_topology(const node& at, const std::filesystem::path& folder);

/// A workload, as a topology sees it: whom it calls.
struct client_calls {
    std::string name;
    std::vector<endpoint_ref> calls;
};

/// Links and placements may name workloads, which a topology does not know: once they are known,
/// complains about names that are neither a service nor one of `workloads`, and about workloads
/// that a platform does not place, or not where a route leads to those they call.
void check_clients(const topology_spec& topology, const std::vector<client_calls>& workloads);

/// All definitions of the format, "topology" first, quantities last.
std::vector<definition> topology_definitions();
/// JSON Schema, draft 7: the content of topologies/schema/topology.schema.json.
std::string topology_schema();
/// The reference part of docs/topology.md.
std::string topology_reference_markdown();

} // namespace windtunnel::topology
