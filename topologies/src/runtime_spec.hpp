// SPDX-License-Identifier: BSL-1.0
// What the machine and the language's runtime let the processes of a service do.
#pragma once

#include "patterns/base/time.hpp"
#include "sim-core/engine/distribution.hpp"

namespace windtunnel::topology {

/// CPU time of one replica; see sim-core/physics/cpu_quota.hpp.
struct cpu_spec {
    double limit = 1; ///< cores
    duration period = std::chrono::milliseconds{100};
    duration burst{}; ///< CPU time that may be carried over
};

/// Pauses of one replica in which nothing runs.
struct garbage_collection_spec {
    sim::distribution every; ///< from the end of one to the next
    sim::distribution takes;
};

} // namespace windtunnel::topology
