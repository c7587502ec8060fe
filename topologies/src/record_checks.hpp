// SPDX-License-Identifier: BSL-1.0
// What must hold of the records of a topology: steps read and write records of their own service,
// and a conditional write can come after a read of the same record. A request carries the version
// of the record that was read or written last on its behalf; so do its calls, and so does an answer
// whose endpoint, or what that called, has read or written one.
#pragma once

#include "topologies/src/diagnostic.hpp"
#include "topologies/src/spec.hpp"

namespace windtunnel::topology {

/// Calls that lead nowhere are passed over.
void check_records(const topology_spec& topology, error_collector& errors);

} // namespace windtunnel::topology
