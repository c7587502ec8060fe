// SPDX-License-Identifier: BSL-1.0
// The first expectation, in the file's order, that does not hold, and the slowest traces of the
// workloads that it is about (of all, where it is about no workload).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scenarios/src/result.hpp"

namespace windtunnel::scenario {
struct expectation_result;
}

namespace windtunnel::scenario::explain {

/// What a saved run keeps of an expectation.
struct told_expectation {
    std::string text, subject, observed, phase, why;
    bool holds = true; ///< or could not be told
};
std::vector<told_expectation> told(const std::vector<expectation_result>& checked);

struct slow_trace {
    std::string id;
    std::string origin;
    duration begin{}, length{};
    std::uint64_t seed = 0;
};

struct violation {
    told_expectation expectation;
    std::vector<slow_trace> slowest; ///< at most three
};
std::optional<violation> first_violation(const std::vector<told_expectation>& all,
                                         const run_result& result);

} // namespace windtunnel::scenario::explain
