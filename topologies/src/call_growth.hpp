// SPDX-License-Identifier: BSL-1.0
// Whether calls that lead back to their endpoint die out: a call must lead to less than one more of
// itself on average, or a single request grows without end.
#pragma once

#include "topologies/src/call_graph.hpp"
#include "topologies/src/diagnostic.hpp"

namespace windtunnel::topology {

/// Adds an error, at one of its calls, for a cycle that grows.
void check_growth(const call_graph& graph, error_collector& errors);

} // namespace windtunnel::topology
