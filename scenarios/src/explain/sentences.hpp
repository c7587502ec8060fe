// SPDX-License-Identifier: BSL-1.0
// An explanation in sentences, each with the figures that it rests on and the moment and place that
// it is about. The order is: what was found, where it began, how it spread, how far, what fed and
// stopped it, when it was noticed and over, and the first expectation that did not hold.
#pragma once

#include <string>
#include <vector>

#include "scenarios/src/explain/explanation.hpp"
#include "scenarios/src/explain/violation.hpp"

namespace windtunnel::scenario::explain {

struct sentence {
    std::string about; ///< "origin", "spread", "radius", "amplification", "policy", ...
    std::string text;
    duration at{};     ///< the moment; of what has none the beginning of the failure
    std::string place; ///< "payment#0"; empty: the run as a whole
};

inline constexpr std::size_t most_of_a_kind = 8; ///< edges, policies; the rest is counted

std::vector<sentence> sentences(const explanation& of,
                                const std::optional<violation>& violated = {});

} // namespace windtunnel::scenario::explain
