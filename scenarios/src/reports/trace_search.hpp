// SPDX-License-Identifier: BSL-1.0
// Which trace somebody wants to see, and where it is among those that were kept.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "scenarios/src/result.hpp"
#include "scenarios/src/spec.hpp"

namespace windtunnel::scenario {

struct trace_wish {
    enum class kind : std::uint8_t {
        slowest, ///< of all workloads
        failed,  ///< the first that failed
        id,
    } what = kind::slowest;
    std::string digits; ///< of an id: its first ones, lower case
};

/// "SLOWEST", "FAILED", or 4 to 32 hexadecimal digits; in either case. Throws
/// std::invalid_argument, which says what was expected.
trace_wish parse_trace_wish(std::string_view text);

/// Makes the scenario record traces, if it does not, and keep those that have the id.
void ask_for(const trace_wish& wish, scenario_spec& scenario);

struct found_trace {
    const kept_trace* trace = nullptr;
    std::string problem; ///< why there is none
};
found_trace find_trace(const trace_wish& wish, const run_result& result);

} // namespace windtunnel::scenario
