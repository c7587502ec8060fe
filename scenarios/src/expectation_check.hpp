// SPDX-License-Identifier: BSL-1.0
// Holds an expectation against a result: passed, failed, or not to be told.
// What counts: without a phase the requests and the time after the warm-up; `always` is checked in
// every phase of the result, the whole run with its warm-up included, and must hold in each that
// saw a request. Values that differ by less than one part in 10^9 are equal.
// Too few samples: a percentile q needs 1/(1-q) requests (p99: 100), a share with bound b needs
// 1/b (or 1/(1-b)); with fewer, the answer counts only if no outcome of the missing ones could
// change it. Merged runs: rates and shares are of all, `requests` is the mean of a run.
// Of two replications or more each figure has an interval (see evidence.hpp): it passes where the
// interval is on the right side of the bound, fails where it is on the wrong side, and cannot be
// told where the bound is within it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/src/evidence.hpp"
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
    /// Of `observed`, in which it would be for ever, at the level that it names; of one run none.
    std::optional<sim::interval> interval = {};
};

/// "400 ms to 424 ms at 95 %"; empty where there is none, or of no width.
std::string interval_text(const expectation_result& checked);

/// The result must be one of the scenario that the expectation was read for.
expectation_result check_expectation(const expectation_spec& expectation, const run_result& result);
std::vector<expectation_result> check_expectations(const scenario_spec& scenario,
                                                   const run_result& result);
/// With intervals at `level`; `seen` is of the scenario's expectations, in their order.
std::vector<expectation_result> check_expectations(const scenario_spec& scenario,
                                                   const run_result& result, const evidence& seen,
                                                   double level);

} // namespace windtunnel::scenario
