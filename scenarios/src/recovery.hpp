// SPDX-License-Identifier: BSL-1.0
// When a subject is again as it was before a fault, from its time series.
// Let p, m and g be the share of requests without a good answer, the mean latency of good answers
// and the good answers a second, all by the time of sending, over the whole windows between warm-up
// and fault. Windows taken together are as before when
//   share <= p + 0.01,  latency <= 1.5 m  and  goodput >= 0.9 g,
// each also met by what the worst `block` consecutive windows before the fault had.
// It has recovered at the first window, not begun before the fault's end, from which on the first
// `block` windows together are as before, and so is everything to the horizon together. The
// resolution is one window. Windows whose requests might be answered after the horizon, were they
// as slow as the slowest before the fault, are not judged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "scenarios/src/result.hpp"

namespace windtunnel::scenario {

struct recovery_rules {
    double extra_share = 0.01;
    double latency_factor = 1.5;
    double goodput_factor = 0.9;
    std::size_t block = 3; ///< windows

    void validate() const; ///< throws std::invalid_argument
};

/// Where to look; all from the beginning of the run.
struct recovery_times {
    duration window{};
    duration warmup{};
    duration fault_begin{}, fault_end{};
    duration horizon{};   ///< the end of the run, or the begin of the next fault
    std::size_t runs = 1; ///< replications that the windows hold
};

struct recovery {
    enum class state : std::uint8_t {
        recovered,
        not_recovered,
        no_baseline, ///< before the fault nothing was answered well
        undecided,   ///< too few windows or requests before or after
    } found = state::undecided;
    duration after{};    ///< of recovered: from the fault's end
    duration observed{}; ///< how long after the fault's end was judged
    std::string why;     ///< of the others: what is missing or what is not as before
};

recovery find_recovery(const traffic& subject, const recovery_times& times,
                       const recovery_rules& rules = {});

} // namespace windtunnel::scenario
