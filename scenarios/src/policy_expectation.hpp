// SPDX-License-Identifier: BSL-1.0
// Whether an edge has the policies that an expectation of it speaks of.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/src/expectation_metrics.hpp"
#include "scenarios/src/spec.hpp"

namespace windtunnel::scenario {

/// What a policy refuses for: "breaker_open".
std::vector<std::string> refusal_reasons();

/// Why the metric cannot be measured of the subject, which is an edge.
struct policy_complaint {
    std::string message;
    std::string other_subject; ///< the one that is meant; empty: the subject is right
};
/// `reason` of `refused`, else empty.
std::optional<policy_complaint> find_policy_complaint(const metric_row& row,
                                                      const std::string& subject,
                                                      std::string_view reason,
                                                      const scenario_spec& scenario);

} // namespace windtunnel::scenario
