// SPDX-License-Identifier: BSL-1.0
// The verdict of a run, and the exit code that a CI job acts on.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "scenarios/src/expectation_check.hpp"

namespace windtunnel::scenario {

/// In rising precedence: of several the last one counts.
enum class verdict : std::uint8_t {
    passed,           ///< 0: all expectations hold (or there is none)
    inconclusive,     ///< 4: too little was seen to tell
    failed,           ///< 1: an expectation does not hold
    invalid_baseline, ///< 3: one was broken before the fault already
    invalid,          ///< 2: bad input, nothing was simulated
    aborted,          ///< 130 or 143: stopped by a signal
    error,            ///< 70: a bug
};

std::string_view to_string(verdict v); ///< "invalid_baseline"
/// `signal` is what stopped the run: 2 (SIGINT) or 15 (SIGTERM); the code of aborted is 128 +
/// signal.
int exit_code(verdict v, int signal = 2);
verdict verdict_of(check_status status);
verdict worse(verdict a, verdict b);
/// Of a run: aborted if it was, else the worst of its expectations.
verdict verdict_of(const std::vector<expectation_result>& checked, run_status status);

} // namespace windtunnel::scenario
