// SPDX-License-Identifier: BSL-1.0
// The steps of an endpoint as a file says them. Errors: input_error.
#pragma once

#include <vector>

#include "topologies/src/field_table.hpp"
#include "topologies/src/spec.hpp"

namespace windtunnel::topology {

/// An array of steps; `calls` says how its calls are made where they do not say it themselves.
steps_spec read_steps(const node& at, const call_step& calls);

/// The definitions of the steps, of a branch and of each kind of step.
std::vector<definition> step_definitions();

} // namespace windtunnel::topology
