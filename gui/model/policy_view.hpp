// SPDX-License-Identifier: BSL-1.0
// What the policies of one kind did in the last moments, in the words of the text report.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/src/result.hpp"

namespace windtunnel::gui {

struct policy_view {
    std::string kind; ///< "circuit_breaker"
    std::uint64_t admitted = 0, refused = 0;
    std::string refusals; ///< "41", "12: 8 bulkhead_full, 4 bulkhead_timeout"; empty: none
    std::string doings;   ///< the rest: "open 40.0 %, 3 retries"; empty: nothing
};

/// The one that refused most, or none did.
struct refusal_view {
    std::string kind;
    double share = 0; ///< of what came to all of them or got past them, what they refused
};

/// Of a result's policies those of the edge ("web->db") or of a service's admission ("web"), with
/// what they did from `earlier` to `later`, which hold the same ones in the same order.
std::vector<policy_view> policies_of(const std::string& edge,
                                     const std::vector<scenario::policy_result>& earlier,
                                     const std::vector<scenario::policy_result>& later);

/// By all of them.
std::uint64_t refused_by(const std::vector<policy_view>& policies);
/// `passed`: how many got past all of them.
refusal_view refusal_of(const std::vector<policy_view>& policies, std::uint64_t passed);

/// The policy with the tally of the whole run alone.
scenario::policy_result whole_run_of(const scenario::policy_result& policy);

} // namespace windtunnel::gui
