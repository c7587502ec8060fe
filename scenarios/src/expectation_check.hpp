// SPDX-License-Identifier: BSL-1.0
// Holds an expectation against a result: passed, failed, or not to be told.
// What counts: without a phase the requests and the time after the warm-up; `always` is checked in
// every phase of the result, the whole run with its warm-up included, and must hold in each that
// saw a request. Values that differ by less than one part in 10^9 are equal.
// Too few samples: a percentile q needs 1/(1-q) requests (p99: 100), a share with bound b needs
// 1/b (or 1/(1-b)); with fewer, the answer counts only if no outcome of the missing ones could
// change it. Merged runs: rates and shares are of all, `requests` is the mean of a run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/src/result.hpp"
#include "scenarios/src/spec.hpp"

namespace windtunnel::scenario {

enum class check_status : std::uint8_t {
    passed,
    failed,
    invalid_baseline, ///< broken before the (first) fault already, where it had to hold
    inconclusive,     ///< no requests, or too few to tell
};
std::string_view to_string(check_status status);

struct expectation_result {
    expectation_spec expectation;
    check_status status = check_status::inconclusive;
    std::optional<double>
        observed;              ///< in the unit of the bound; none: there was nothing to measure
    std::string observed_text; ///< "p99 = 412 ms", "no requests"
    std::string phase;         ///< of `observed`; of `always` the worst one: "during 'f'"
    std::uint64_t samples = 0; ///< requests behind `observed`, where it is about requests
    std::string explanation;   ///< one sentence, why it is so
};

/// The result must be one of the scenario that the expectation was read for.
expectation_result check_expectation(const expectation_spec& expectation, const run_result& result);
std::vector<expectation_result> check_expectations(const scenario_spec& scenario,
                                                   const run_result& result);

} // namespace windtunnel::scenario
