// SPDX-License-Identifier: BSL-1.0
// Which policy saved a run, or killed it: the scenario again, on the same seeds and arrivals, with
// one policy off at a time. A policy is one kind before the calls of one service by one caller, or
// at the door of a service; what cannot be off (balancers, protocols, discovery) stays.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "scenarios/src/result.hpp"
#include "scenarios/src/spec.hpp"

namespace windtunnel::scenario::explain {

struct ablated {
    std::string where; ///< "web->db", "web"
    std::string kind;  ///< "circuit_breaker"
    scenario_spec spec;
};
std::vector<ablated> ablations(const scenario_spec& scenario, const run_result& result);

struct ablation_effect {
    enum class verdict : std::uint8_t { no_difference, saved, killed } what{};
    std::string where, kind;
    double good_with = 0, good_without = 0;       ///< share of what was sent from `from` on
    double latency_with = 0, latency_without = 0; ///< mean of good answers, seconds
};
std::string_view to_string(ablation_effect::verdict what); ///< "no_difference"

/// Saved: without it at least `clear_share` of the requests more had no good answer, or as many
/// had one and took 1.5 times as long; killed: the other way round.
inline constexpr double clear_share = 0.01;
ablation_effect compare_ablated(const ablated& off, const run_result& with,
                                const run_result& without, duration from);

} // namespace windtunnel::scenario::explain
