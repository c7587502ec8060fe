// SPDX-License-Identifier: BSL-1.0
// The schema of a service that answers queries, as a file says it. Errors: input_error.
#pragma once

#include <memory>
#include <vector>

#include "topologies/src/field_table.hpp"
#include "topologies/src/graphql_schema.hpp"

namespace windtunnel::topology {

/// The member "graphql" of a service; `calls` says how its resolvers' calls are made where they do
/// not say it themselves.
std::shared_ptr<const graphql_schema> read_graphql(const node& at, const call_step& calls);

/// The schema of the JSON of such a member.
std::vector<definition> graphql_definitions();

} // namespace windtunnel::topology
