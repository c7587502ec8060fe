// SPDX-License-Identifier: BSL-1.0
// The traces that a run kept, and how many there were. Merging replications adds the counts and
// keeps as many traces as one run does: the slowest of each window, and of the others the first, in
// the order of the seeds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "patterns/trace/span.hpp"

namespace windtunnel::scenario {

/// Who begins traces: a workload, or a service that drops the context of those it is given.
struct trace_origin {
    std::string name;
    std::uint64_t begun = 0; ///< recorded or not
};

struct kept_trace {
    std::uint64_t seed = 0; ///< the run it was in
    trace what;             ///< subjects are places in run_result::endpoints
};

/// What is kept of each origin, as trace_options.
struct trace_bounds {
    std::uint32_t slowest = 0, errors = 0, sample = 0;
    duration window{1};
};

struct trace_result {
    trace_bounds bounds;
    std::uint32_t services = 0;        ///< so many origins are services; the others are workloads
    std::vector<trace_origin> origins; ///< trace::origin is a place in it
    std::uint64_t recorded = 0;
    std::uint64_t crowded = 0;    ///< not recorded: there was no room
    std::uint64_t under_way = 0;  ///< recorded, and not over when the run was: never kept
    std::uint64_t broken = 0;     ///< recorded, and not one tree with all that was done
    std::uint64_t lost_calls = 0; ///< of recorded requests: calls that carried no context
    std::uint64_t detached = 0;   ///< the same: that carried the trace alone
    std::vector<kept_trace> kept; ///< in the order in which they were over, run after run

    std::uint64_t begun() const;
    void merge(const trace_result& other);
};

} // namespace windtunnel::scenario
