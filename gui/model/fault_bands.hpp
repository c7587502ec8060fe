// SPDX-License-Identifier: BSL-1.0
// When faults are on, for the axes of time: as planned, and as it really was so far.
#pragma once

#include <string>
#include <vector>

#include "scenarios/src/result.hpp"
#include "scenarios/src/spec.hpp"

namespace windtunnel::gui {

struct fault_band {
    std::string fault;
    std::size_t number = 0; ///< of the fault in the file
    duration begin{}, end{};
    bool planned = false; ///< still to come, or one that comes and goes: the time it may be in
};

/// Planned bands first, each in the order of the file. `end` is the end of the run.
std::vector<fault_band> fault_bands(const scenario::scenario_spec& spec,
                                    const scenario::run_result& so_far, duration end);

} // namespace windtunnel::gui
