// SPDX-License-Identifier: BSL-1.0
// What a run's own instruments saw, window by window: each edge's tries by replica of the callee,
// and each replica's hands. It is what a live system can measure of itself (traces, process and
// pool metrics), and holds nothing of what a scenario did to it. Counted when it happens; levels
// are exact integrals over time in nanoseconds; merging is adding. Windows are whole ones, each
// run_result::window long, from the beginning of the run.
#pragma once

#include <cstdint>
#include <vector>

#include "sim-core/stats/wide_integer.hpp"

namespace windtunnel::scenario {

/// Tries of one edge to one replica, in one window.
struct try_window {
    std::uint64_t sent = 0;    ///< they set out
    std::uint64_t arrived = 0; ///< at the replica
    std::uint64_t answered = 0, good = 0;
    std::uint64_t gave_up = 0;     ///< their callers did not wait any longer
    std::uint64_t unreachable = 0; ///< refused by the machine, or the connection broke
    std::uint64_t refused = 0;     ///< by the replica: too busy, too late, or not let in
    std::uint64_t unreadable = 0;  ///< answers without what the caller reads
    std::uint64_t own_errors = 0;  ///< the replica answered an error that no call of its own made
    std::uint64_t in_vain = 0;     ///< answers for callers who had left
    sim::wide_integer way_sum = 0; ///< of those that arrived: from leaving to there, nanoseconds
    void merge(const try_window& other);
};

/// One replica, in one window.
struct replica_window {
    std::uint64_t over = 0;        ///< requests that ended here, in whatever way
    std::uint64_t jobs = 0;        ///< that its workers have ended
    sim::wide_integer up = 0;      ///< nanoseconds; of merged runs their sum
    sim::wide_integer working = 0; ///< workers that execute work; while paused none does
    sim::wide_integer free = 0;    ///< workers that nobody has; none is while requests wait
    sim::wide_integer in_queue = 0;
    sim::wide_integer in_hand = 0;    ///< requests that do not wait for a call of their own
    sim::wide_integer unaccepted = 0; ///< of those: a broker keeps who publishes waiting
    void merge(const replica_window& other);
};

struct edge_telemetry {
    std::vector<std::vector<try_window>> replicas; ///< of the callee; each its windows
    void merge(const edge_telemetry& other);
};

struct service_telemetry {
    std::vector<std::vector<replica_window>> replicas;
    void merge(const service_telemetry& other);
};

/// Empty: none was kept.
struct telemetry {
    std::vector<edge_telemetry> edges;       ///< as run_result::edges
    std::vector<service_telemetry> services; ///< as run_result::services
    void merge(const telemetry& other);
};

} // namespace windtunnel::scenario
