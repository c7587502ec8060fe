// SPDX-License-Identifier: BSL-1.0
// Where two runs of one seed part: both are simulated side by side, and what happens in them
// (requests that arrive and end, calls that end, policies that change their state) is compared
// event by event. Until then they were the same run, so this is where a difference begins.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "patterns/base/time.hpp"
#include "scenarios/src/spec.hpp"

namespace windtunnel::scenario {

struct divergence {
    duration at{};           ///< of the earlier of the two events, from the beginning of the run
    std::uint64_t alike = 0; ///< events before it, the same in both
    /// "at 12.3 s a call checkout->payment.POST /charge is over: timed_out, after 300 ms, 1 try";
    /// empty: nothing more happens in this run.
    std::string before = {}, after = {};
};

/// Nothing where the runs are the same to the end, or `stop` became true. Not for topologies with a
/// platform, of which a process can run only one. Throws what scenario_run does.
std::optional<divergence> find_divergence(const scenario_spec& before, const scenario_spec& after,
                                          std::uint64_t seed,
                                          const std::atomic<bool>* stop = nullptr);

} // namespace windtunnel::scenario
