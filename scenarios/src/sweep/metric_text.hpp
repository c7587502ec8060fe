// SPDX-License-Identifier: BSL-1.0
// Figures of a run as a user asks for them: an expectation without its comparison, such as
// "readers: p99 of failed during 'slow db'" or "readers: recovers after 'outage'".
#pragma once

#include <string>
#include <vector>

#include "scenarios/src/expectation_metrics.hpp"
#include "scenarios/src/spec.hpp"

namespace windtunnel::scenario {

struct metric_wish {
    std::string text;          ///< as it was written
    expectation_spec measured; ///< whose bound means nothing
    unit_kind unit{};
};

/// Throws topology::input_error at "--metric".
metric_wish parse_metric(const std::string& text, const scenario_spec& scenario);

/// p50, p99, errors and goodput of the first workload.
std::vector<std::string> usual_metrics(const scenario_spec& scenario);

} // namespace windtunnel::scenario
