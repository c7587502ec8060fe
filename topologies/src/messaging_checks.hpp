// SPDX-License-Identifier: BSL-1.0
// What must hold between brokers and who uses them: messages go to queues and topics and come from
// them, options fit what they are options of, replicas suffice.
#pragma once

#include "topologies/src/diagnostic.hpp"
#include "topologies/src/spec.hpp"

namespace windtunnel::topology {

void check_messaging(const topology_spec& topology, error_collector& errors);

/// A call to `to`, or a step that publishes there.
void check_publishing(const call_step& call, const endpoint_spec& to, error_collector& errors);

} // namespace windtunnel::topology
