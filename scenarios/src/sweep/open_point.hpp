// SPDX-License-Identifier: BSL-1.0
// A point of a sweep that is being run: its replications, which several threads may run, merged in
// the order of their seeds as they come. What a run throws ends the point: bad input that only
// running it finds (an instant that does not end), or a bug.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/src/result.hpp"
#include "scenarios/src/sweep/point.hpp"

namespace windtunnel::scenario {

class open_point {
  public:
    using tell = std::function<void(double share, std::uint64_t events)>;

    open_point(const sweep_plan& plan, point_values values, int replications);

    void run(int replication, const std::atomic<bool>* stop, const tell& progress);
    /// The same in a child process, where no other thread is.
    void run_apart(int replication, const std::atomic<bool>* stop, const tell& progress);

    /// Whether every replication is over.
    bool complete() const;
    /// Nothing where one was stopped. To be called once, when it is complete.
    std::optional<point_result> result();

  private:
    const scenario_spec& spec();
    template <class Simulate>
    void guarded(int replication, Simulate&& simulate);
    void put(int replication, run_result&& run);
    void merge(const run_result& run);

    const sweep_plan& plan_;
    point_values values_;
    int replications_;
    std::once_flag read_;
    std::optional<scenario_spec> spec_;

    mutable std::mutex mutex_;
    std::vector<std::optional<run_result>> waiting_; ///< for those with earlier seeds
    std::size_t merged_ = 0;
    std::optional<run_result> total_;
    int over_ = 0, alone_passed_ = 0, alone_failed_ = 0;
    bool stopped_ = false;
    std::string error_;
    verdict failure_ = verdict::passed;
};

} // namespace windtunnel::scenario
