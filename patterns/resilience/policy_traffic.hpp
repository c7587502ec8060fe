// SPDX-License-Identifier: BSL-1.0
// What one policy of a pipeline did to the calls that came to it, since the pipeline was made. The
// driver counts, each attempt once, whatever the policy; what a policy knows of itself (states,
// limits) it tells in its own metrics. Invariant, of whoever asked to be let in: asked = admitted +
// refused + expired + gave_up + waiting.level(). Calls that are destroyed under way stay under way.
#pragma once

#include <cstdint>

#include "patterns/base/level_over_time.hpp"

namespace windtunnel {

struct policy_traffic {
    // Breakers, bulkheads, limiters, throttles:
    std::uint64_t admitted = 0;
    std::uint64_t refused = 0; ///< turned away at once
    // Bulkheads and rate limiters with room to wait:
    std::uint64_t waited = 0;  ///< had to wait, however that ended
    std::uint64_t expired = 0; ///< turned away when the wait had lasted too long
    std::uint64_t gave_up = 0; ///< cancelled, or their deadline struck, before they were let in
    level_over_time waiting;
    // Bulkheads and adaptive limits:
    level_over_time in_use; ///< permits
    // Retries:
    std::uint64_t retries = 0;
    std::uint64_t exhausted = 0;      ///< calls that failed with their last attempt
    std::uint64_t budget_refused = 0; ///< retries that the budget did not allow
    // Fallbacks and timeouts:
    std::uint64_t fallbacks = 0; ///< answers given in place of a failure
    std::uint64_t cut = 0;       ///< calls (of a timeout an attempt: attempts) cut short
};

} // namespace windtunnel
