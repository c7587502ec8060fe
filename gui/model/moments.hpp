// SPDX-License-Identifier: BSL-1.0
// What happened in a run that is worth going to: faults that came and went, and breakers (or
// whatever else has states) that went from one to another.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/src/result.hpp"

namespace windtunnel::gui {

struct moment {
    enum class kind : std::uint8_t { fault_begins, fault_ends, transition };
    duration at{};
    kind what{};
    std::string text; ///< "web->pay: circuit breaker of web#0 closed to open"
};

/// So far, by time. A fault that is still on has no end.
std::vector<moment> moments_of(const scenario::run_result& so_far);

/// The first later than `now`, or with `step` -1 the last before it; nullptr where there is none.
const moment* next_moment(const std::vector<moment>& all, duration now, int step);

} // namespace windtunnel::gui
