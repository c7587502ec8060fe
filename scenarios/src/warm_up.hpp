// SPDX-License-Identifier: BSL-1.0
// How long a scenario takes to settle, found by pilot runs: without faults, with random numbers of
// their own, from an empty system. MSER-5 (sim-core/stats/truncation.hpp) looks at two series of
// all pilots together, the requests in the system and the latency of what was answered, and the
// later of the two truncations is the warm-up. Pilots are as long as the scenario, twice and four
// times as long where those before seem not to settle.
#pragma once

#include <string>

#include "patterns/base/time.hpp"
#include "scenarios/src/spec.hpp"

namespace windtunnel::scenario {

struct replication_options;

struct warm_up {
    duration length{};
    int pilots = 0;
    duration pilot_length{};
    std::string decided_by =
        {}; ///< "the requests in the system", "the latency"; empty: length is 0
};

/// Throws topology::input_error, at the scenario's `warmup`, where the system still warms up at the
/// middle of the longest pilots: it takes longer than that, or it never settles, such as under a
/// load that it cannot bear.
warm_up find_warm_up(const scenario_spec& spec, const replication_options& options);

/// The scenario with that warm-up. Throws topology::input_error for a fault that begins within it.
scenario_spec with_warm_up(const scenario_spec& spec, const warm_up& found);

} // namespace windtunnel::scenario
