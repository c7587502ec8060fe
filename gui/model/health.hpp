// SPDX-License-Identifier: BSL-1.0
// How a service is doing, from what was seen of it in the last second, and why. The worst sign
// counts: down, paused, failing, strained, healthy. Limits are of the view alone and judge nothing:
// what must hold is what the scenario expects.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace windtunnel::gui {

enum class health : std::uint8_t {
    idle, ///< no requests
    healthy,
    strained,
    failing, ///< a good part of what is asked of it fails
    paused,  ///< no instance proceeds
    down,    ///< no instance is up
};
std::string_view to_string(health h);

struct health_signs {
    int replicas = 1, down = 0, paused = 0;
    double arrivals = 0, answers = 0; ///< in the last second
    double in_flight = 0;             ///< now
    double error_share = 0;           ///< of its answers
    double failed_share = 0; ///< of the calls to it, as its callers see it; local refusals left out
    double degraded_share = 0;
    double utilisation = 0; ///< of its workers
    double queue = 0;       ///< requests that wait now
    double workers = 1;     ///< of all its instances
};

struct health_limits {
    double failing_share = 0.10, strained_share = 0.01;
    double strained_utilisation = 0.85;
    double strained_queue = 2;    ///< waiting requests for each worker
    double strained_silence = 10; ///< requests in flight while none was answered
};

struct diagnosis {
    health state = health::idle;
    std::string reason; ///< one short sentence; empty where there is nothing to say
};

diagnosis diagnose(const health_signs& signs, const health_limits& limits = {});

} // namespace windtunnel::gui
