// SPDX-License-Identifier: BSL-1.0
// A point of a sweep that is being run: its replications, which several threads may run, merged in
// the order of their seeds as they come. What a run throws ends the point: bad input that only
// running it finds (an instant that does not end), or a bug.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "scenarios/src/evidence.hpp"
#include "scenarios/src/result.hpp"
#include "scenarios/src/run.hpp"
#include "scenarios/src/sweep/run_points.hpp"

namespace windtunnel::scenario {

struct expectation_result;
struct replicated_result;

class open_point {
  public:
    /// Both must outlive it.
    open_point(const sweep_plan& plan, const point_job& job);

    void run(int replication, const std::atomic<bool>* stop, const tell_progress& progress);
    /// All replications, from this thread: see point_job::as_one.
    void run_as_one(const std::atomic<bool>* stop, const tell_progress& progress);

    /// Whether every replication is over.
    bool complete() const;
    /// Nothing where one was stopped. To be called once, when it is complete.
    std::optional<point_result> result();

  private:
    struct reading {
        scenario_spec spec;
        scenario_spec measured; ///< nothing but the metrics, as expectations
    };
    /// By the first thread that needs it.
    const reading& read();
    template <class Run>
    void guarded(int first, int replications, Run&& run);
    void put(int replication, run_result&& run);
    void merge(const run_result& run);
    void take(replicated_result&& whole);
    void add_figures(const std::vector<expectation_result>& expectations, const run_result& merged,
                     const evidence& metrics);

    const sweep_plan& plan_;
    const point_job& job_;
    std::once_flag once_;
    std::optional<reading> read_;

    mutable std::mutex mutex_;
    std::vector<std::optional<run_result>> waiting_; ///< for those with earlier seeds
    std::size_t merged_ = 0;
    std::optional<run_result> total_;
    evidence expected_, metrics_;
    point_result result_;
    int over_ = 0;
    std::optional<int> failed_; ///< the first replication that did, by number
    bool stopped_ = false;
};

} // namespace windtunnel::scenario
