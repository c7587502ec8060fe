// SPDX-License-Identifier: BSL-1.0
// Parts of gRPC's service config that have a file of their own. Internal to import/.
#pragma once

#include "topologies/src/import/draft.hpp"

namespace windtunnel::topology {

/// The server that a channel's service config is about, which the config does not name.
drafted_edge& edge_to_server(const node& at, import_draft& draft);

/// loadBalancingConfig: the first policy of the list that is known (A24).
void read_grpc_balancers(const node& at, import_draft& draft);
/// loadBalancingPolicy: the older form, a name.
void read_grpc_balancer_name(const node& at, import_draft& draft);

} // namespace windtunnel::topology
