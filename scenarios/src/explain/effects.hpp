// SPDX-License-Identifier: BSL-1.0
// What others noticed: the workloads, endpoints and edges whose requests fail more often or take
// longer than usual since the first symptom; how many tries edges make of a call, and what was
// answered to nobody. Requests count in the window in which they were sent, so an effect can begin
// a window before its cause.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/src/explain/instruments.hpp"
#include "scenarios/src/explain/symptom.hpp"

namespace windtunnel::scenario::explain {

struct effect {
    enum class subject : std::uint8_t { workload, endpoint, edge } of{};
    std::string name;             ///< "readers", "web.GET /", "web->pay.POST /charge"
    std::string caller, service;  ///< of an edge; an endpoint's service
    std::optional<change> failed; ///< share of requests
    std::optional<change> slow;   ///< mean latency of good answers, seconds
    window_range when;
    bool goes_on = false;
    bool of_users = false; ///< a workload, or an endpoint that one calls
};

/// In the order of time, edges nearer to the origin first among those of one window.
std::vector<effect> find_effects(const instruments& of, const symptom& origin);

/// Counts of all windows from the first symptom to the last effect, and what was usual.
struct amplification {
    std::string edge;
    double tries_before = 0, tries_during = 0; ///< for each call
    std::uint64_t answered = 0, in_vain = 0;   ///< answers in it, of them for callers who had left
};
/// Those that make a tenth more tries, or answer a tenth in vain; the largest first.
std::vector<amplification> find_amplification(const instruments& of, const window_range& during);

struct blast_radius {
    std::size_t endpoints = 0, endpoints_hit = 0;
    std::uint64_t requests = 0, requests_failed = 0; ///< of workloads, in the time of the effects
    double failed_before = 0;                        ///< share
};
blast_radius find_blast_radius(const instruments& of, const std::vector<effect>& effects,
                               const window_range& during);

/// The share of what workloads sent in the windows that was answered well.
double good_share(const instruments& of, const window_range& range);

} // namespace windtunnel::scenario::explain
