// SPDX-License-Identifier: BSL-1.0
// What the failures of a host cost, weighed by how long they took: brpc's circuit breaker. An
// error that takes long costs more than one that is quick, to a multiple of what a success takes on
// average. In a window of n requests
//   a success: average += (1 - s) * (took - average), cost *= s, to 0 below min_cost;
//   a failure: cost += min(took, max_failed_latency_multiple * average);
//   too much:  cost > average * n * percent * (1 + epsilon), with s = epsilon^(1 / n);
//   before n requests: as many failures as n * percent, and one more.
// Whole nanoseconds. Two windows look at the same requests, and either is enough.
#pragma once

#include <cstdint>

#include "patterns/base/time.hpp"

namespace windtunnel {

/// Defaults are brpc's, but for the enforcement: it is off.
struct error_cost_ejection {
    int short_window = 1500;         ///< requests, 1 to 1000000
    double short_error_percent = 10; ///< of what the window's successes would cost, below 100
    int long_window = 3000;          ///< requests, 1 to 1000000
    double long_error_percent = 5;   ///< the same
    duration min_cost = std::chrono::microseconds{500}; ///< less is nothing
    double max_failed_latency_multiple = 2;             ///< of the average, to 1000
    double epsilon = 0.02; ///< what is left of a window's beginning at its end; 0.001 to 0.5
    duration base_ejection_time{}; ///< of hosts found so; 0: the detector's
    double enforcement = 0;        ///< per cent
    friend bool operator==(const error_cost_ejection&, const error_cost_ejection&) = default;
};

class error_cost {
  public:
    /// False where the host has cost too much.
    bool on_result(const error_cost_ejection& options, bool failed, duration took);
    /// The host is back: nothing is held against it. What a success takes is known still, by a
    /// window that was full.
    void reset(const error_cost_ejection& options);

  private:
    struct window {
        bool count(const error_cost_ejection& options, int size, double percent, bool failed,
                   std::int64_t took);
        void reset(int size);

        std::int64_t average = 0, cost = 0; ///< ns
        std::int32_t seen = 0;              ///< requests, to the size
        std::int32_t failed = 0;            ///< of those
    };
    window short_, long_;
};

} // namespace windtunnel
