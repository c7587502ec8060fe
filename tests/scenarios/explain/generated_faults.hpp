// SPDX-License-Identifier: BSL-1.0
// Runs with one fault of a random kind at a random place and time, on four topologies of the
// catalogue, and whether an explanation of what their instruments saw names that fault first. Only
// the generator knows the fault. What nobody could measure is not asked for: a place gets at least
// `least_rate` requests a second, and a run whose telemetry is that of its quiet twin (same seed,
// no fault) had no effect and is drawn again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/src/explain/explanation.hpp"
#include "scenarios/src/spec.hpp"

namespace windtunnel::scenario::explain {

struct generated_run {
    std::string topology, kind, target; ///< "payment#0"
    std::uint64_t seed = 0;
    scenario_spec spec; ///< with the fault
    run_result quiet;   ///< of the same seed
    run_result result;  ///< what instruments saw, with nothing of what was done: see stripped
};

inline constexpr int generated_topologies = 4;
inline constexpr double least_rate = 2;

/// A topology under its load, without faults: 5 s of warm-up and 50 s.
scenario_spec quiet_scenario(int topology);

/// `count` runs on a topology, with seeds from `first_seed` on.
std::vector<generated_run> generate(int topology, std::uint64_t first_seed, int count);

/// Without the fault's name, its activation and its phases.
run_result stripped(run_result result);

struct judgement {
    bool right = false;
    std::string said; ///< "slow_work at payment#0"
};
/// Right cause at the right place: the very tries, or replicas, that the fault was on.
judgement judge(const generated_run& run, const explanation& found);

/// Runs them all; the share that is right, and a line for each that is not.
struct score {
    int runs = 0, right = 0;
    std::string wrong, by_kind;
};
score score_of(std::uint64_t first_seed, int runs_for_each_topology);

} // namespace windtunnel::scenario::explain
