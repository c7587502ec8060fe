// SPDX-License-Identifier: BSL-1.0
// What must hold between the parts of a topology: calls lead to endpoints that exist and end some
// day, a request is not unreasonably large, placed services have routes between them.
#pragma once

#include "topologies/src/document.hpp"
#include "topologies/src/spec.hpp"

namespace windtunnel::topology {

/// Steps that a single request may run at most, over all services, its retries not counted.
inline constexpr double most_steps = 1e6;

/// Throws input_error where the endpoint that the policies' health check asks is none of the
/// callee, which is one of the topology's services.
void check_health_check(const topology_spec& topology, const policies_spec& policies,
                        const std::string& callee, const location& where);

/// Where an object with policies says which endpoint its health check asks; where it stands itself,
/// if it has none.
location health_check_place(const node& policies);

/// Throws input_error with all that is wrong.
void check_topology(const topology_spec& topology);

} // namespace windtunnel::topology
