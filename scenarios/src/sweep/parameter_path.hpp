// SPDX-License-Identifier: BSL-1.0
// What a parameter's name means in a scenario. In this order:
//   a path as overrides have it: "/faults/0/for", "workload.readers.arrivals.rate",
//     "topology.services.db.workers" (the topology's values stand below "topology")
//   "load", "readers.load": the rate of a workload's arrivals
//   the end of one path only: "retry.max_attempts", "db.workers", "arrivals.peak"
//   the end of an object's path, and below it what is not in the file yet: "db.queue.capacity"
// Errors: input_error at `origin`, with the paths that a name could mean, or the nearest name.
#pragma once

#include <string>

#include "topologies/src/document.hpp"

namespace windtunnel::scenario {

/// The JSON pointer to what `name` means in `whole`, a scenario with its topology in it (see
/// effective_scenario). `origin` stands for a file's name in messages: "-P load=1/s".
std::string resolve_parameter(const topology::document& whole, const std::string& name,
                              const std::string& origin);

} // namespace windtunnel::scenario
