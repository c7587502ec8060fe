// SPDX-License-Identifier: BSL-1.0
// Requests to gateways, matched to their routes with the route table that a live gateway uses. What
// is asked of a simulated gateway is known before the run, so a request that no route takes is an
// error of the file and no 404 in it.
#pragma once

#include "topologies/src/diagnostic.hpp"
#include "topologies/src/spec.hpp"

namespace windtunnel::topology {

/// Whether the name stands for a request ("gateway.GET /products/42"), and not for an endpoint.
bool is_request(const topology_spec& topology, const endpoint_ref& to);

/// The endpoint of the route that takes the request. Throws input_error at `where` for what no
/// route takes.
endpoint_ref route_of(const topology_spec& topology, const endpoint_ref& request,
                      const request_head& head, const location& where);

/// Lets every call of a gateway lead to the endpoint of its route, and gives routes the sizes of
/// what is behind them.
void resolve_routes(topology_spec& topology, error_collector& errors);

} // namespace windtunnel::topology
