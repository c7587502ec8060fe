// SPDX-License-Identifier: BSL-1.0
// A figure of a run, and what it should be: a claim, understood. Most are metrics that a scenario's
// `expect` may name; some that theory speaks of are taken from the result, or from looks at the
// run, instead (see `own_figures` in the source).
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "scenarios/src/spec.hpp"
#include "validation/engine/observation.hpp"
#include "validation/engine/table.hpp"

namespace windtunnel::validation {

struct figure {
    double expected = 0; ///< in seconds, a share, per second, or a number
    std::function<std::optional<double>(const observation&)> of;
};

/// Throws std::invalid_argument.
figure figure_of(const claim& c, const scenario::scenario_spec& spec);

} // namespace windtunnel::validation
