// SPDX-License-Identifier: BSL-1.0
// A registered query, as an endpoint answers it: parsed and checked by patterns/gateway's GraphQL
// against the schema of its service, and turned into the endpoint's steps and the size of its
// answer, which is what was selected. Levels run one after the other, parents before children; what
// the resolvers of one level call is called at once, N+1 or in the batches that a data loader makes
// of the keys. The top fields of a mutation run one after the other. Errors: input_error, at the
// place within the query's text where that can be told.
#pragma once

#include "topologies/src/document.hpp"
#include "topologies/src/graphql_schema.hpp"

namespace windtunnel::topology {

/// Parents that one field may be resolved for, and those of all fields of a query together; what an
/// answer may have. More would be a slip in the schema, and a heavy one.
inline constexpr double most_parents = 10'000, most_resolved = 100'000;
inline constexpr double most_values = 1e7, most_bytes = 1e12;
/// What a worker may have to do for an answer.
inline constexpr duration most_work = std::chrono::hours{1};

/// `at` is the object of the endpoint, which was read; `schema` is its service's, or null. Does
/// nothing where the endpoint has no "query", or the schema no types because it could not be read.
void plan_query(endpoint_spec& endpoint, const node& at, const graphql_schema* schema);

} // namespace windtunnel::topology
