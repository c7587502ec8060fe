// SPDX-License-Identifier: BSL-1.0
// What policies did about a failure: those whose figures rose with it, whether they stop or feed
// it, and which of them noticed it first.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/src/explain/instruments.hpp"

namespace windtunnel::scenario::explain {

enum class act_role : std::uint8_t {
    feeds,  ///< makes more tries
    stops,  ///< refuses, answers in its place, takes a bad host out
    bounds, ///< ends a wait, whatever becomes of it
};

struct policy_act {
    std::string where;  ///< "web->db", "web"
    std::string kind;   ///< "circuit_breaker"
    std::string figure; ///< "breaker_open"
    act_role role{};
    std::uint64_t count = 0; ///< in the time of the failure
    double before = 0;       ///< a second, before it
    double during = 0;       ///< a second
    std::size_t first = 0;   ///< window in which it rose
};

/// Three times as often as before, and ten times at least; the most frequent first.
std::vector<policy_act> find_acts(const instruments& of, const window_range& during);

/// The first change of a policy's state, or the first act that stops or bounds, since it began.
struct detection {
    duration at{};
    std::string by; ///< "the circuit_breaker of web#0 before db went to open: failure rate ..."
};
std::optional<detection> find_detection(const instruments& of, const window_range& during,
                                        const std::vector<policy_act>& acts);

} // namespace windtunnel::scenario::explain
