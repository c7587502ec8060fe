// SPDX-License-Identifier: BSL-1.0
// Expectations of policies: the figures that are named after their kind, and whether the subject
// has the policies that one speaks of.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "scenarios/src/expectation_metrics.hpp"
#include "scenarios/src/spec.hpp"

namespace windtunnel::scenario {

/// Why something of policies cannot be measured of the subject.
struct policy_complaint {
    std::string message;
    std::string suggestion = {};    ///< for what was found there
    std::string other_subject = {}; ///< the one that is meant; empty: the subject is right
};

/// Whether the name is written as a figure of a kind: "cache.fresh", "mean codel.dropping".
bool is_policy_figure(std::string_view name);
/// Reads it into metric, policy and figure of an expectation whose subject is known.
std::optional<policy_complaint> read_policy_figure(std::string_view name, expectation_spec& into);

/// Of an expectation whose subject and metric are known.
std::optional<policy_complaint> find_policy_complaint(const expectation_spec& expectation,
                                                      const scenario_spec& scenario);

} // namespace windtunnel::scenario
