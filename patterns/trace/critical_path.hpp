// SPDX-License-Identifier: BSL-1.0
// Which spans a trace's length is made of: the chain of those that were waited for, from the end of
// the root backwards (Zhang and others, "CRISP: Critical Path Analysis of Large-Scale Microservice
// Architectures", USENIX ATC 2022). Each instant of the root belongs to exactly one span:
// shortening that one there, and no other, may make the whole shorter. What runs on when its caller
// has gone counts up to then.
#pragma once

#include <cstdint>
#include <vector>

#include "patterns/trace/span.hpp"

namespace windtunnel {

/// A time in which the whole waited for this span, and for none inside of it.
struct path_segment {
    std::uint32_t span = 0; ///< its place in the trace
    time_point begin{}, end{};
    duration length() const { return end - begin; }
};

/// In the order of time, without gaps, from the beginning to the end of the root.
std::vector<path_segment> critical_path(const trace& of);

/// Of each span the time that none of its children covers.
std::vector<duration> self_times(const trace& of);

} // namespace windtunnel
