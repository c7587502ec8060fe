// SPDX-License-Identifier: BSL-1.0
// Runs points of a sweep on a pool of threads, which share the points' replications: no thread is
// idle while a replication is left (of a point whose number of replications, or warm-up, is yet to
// be found: while a point is left). Results do not depend on the number of threads, the order in
// which they come does. Points on a SimGrid platform fork, so they run when no thread does.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "scenarios/src/sweep/point.hpp"

namespace windtunnel::scenario {

/// A point to be run.
struct point_job {
    point_values values;
    int replications = 0; ///< 0: as many as its scenario says; of "auto" at most so many

    // Filled in by check_points:
    bool forks = false;
    bool as_one = false; ///< one thread runs all of it: its replications or warm-up are to be found
};

struct pool_progress {
    double share = 0;                    ///< of all, 0 to 1
    std::size_t runs_done = 0, runs = 0; ///< replications of all points
    std::uint64_t events = 0;            ///< simulated so far
};

struct pool_options {
    unsigned threads = 1;
    /// Called a few times a second from the calling thread. May be empty.
    std::function<void(const pool_progress&)> progress;
    /// When it becomes true, points that are under way are given up. May be nullptr.
    const std::atomic<bool>* stop = nullptr;
};

/// Reads the scenario of each point and builds its system. Throws topology::input_error with all
/// that is wrong with them, each complaint once.
void check_points(const sweep_plan& plan, std::span<point_job> jobs, unsigned threads);

/// Calls `done` with a job's index for each point that was run to its end: from any thread, one at
/// a time.
void run_points(const sweep_plan& plan, std::span<const point_job> jobs,
                const pool_options& options,
                const std::function<void(std::size_t, point_result&&)>& done);

} // namespace windtunnel::scenario
