// SPDX-License-Identifier: BSL-1.0
// Laws that hold on every sample path whatever the distributions, so that they need no statistics
// (Denning and Buzen 1978, operational analysis; Stidham 1974 for L = lambda W). Integers
// throughout: equal means equal. What does not hold is added to `violations` as a sentence.
#pragma once

#include <string>
#include <vector>

#include "scenarios/src/result.hpp"
#include "scenarios/src/run.hpp"

namespace windtunnel::validation {

/// Conservation: of each workload sent = good + failed + in flight, of each service
/// arrivals = completed + rejected + abandoned + lost + in flight.
void check_books(const scenario::run_result& result, std::vector<std::string>& violations);

/// Of a run that ended: conservation; where nothing is in flight any more also L = lambda W for
/// each service and for its queue, the utilisation law, and forced flow (what arrives at a service
/// are the tries of those that call it).
void check_sample_path(const scenario::scenario_run& run, std::vector<std::string>& violations);

} // namespace windtunnel::validation
