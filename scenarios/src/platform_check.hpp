// SPDX-License-Identifier: BSL-1.0
// What only SimGrid can say about a platform: whether its file can be read, whether the hosts of
// the placement are there, and whether a route leads to each callee and back. Asked in a child
// process, before anything runs.
#pragma once

#include "scenarios/src/spec.hpp"

namespace windtunnel::scenario {

/// Builds the system of a scenario and throws topology::input_error where that cannot be done, or
/// where its platform is not sound. To be called where no other thread is, if it has a platform.
void check_buildable(const scenario_spec& spec);

} // namespace windtunnel::scenario
