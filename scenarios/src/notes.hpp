// SPDX-License-Identifier: BSL-1.0
// What a scenario says that is valid and has no effect, so that it is probably not what was meant.
#pragma once

#include <string>
#include <vector>

#include "scenarios/src/spec.hpp"

namespace windtunnel::scenario {

struct note {
    topology::location where; ///< of the call, or of the workload
    std::string message;
};

/// Calls with a cache, coalescing or a hashing balancer that come without a key, in the order of
/// the files.
std::vector<note> notes_on(const scenario_spec& scenario);

} // namespace windtunnel::scenario
