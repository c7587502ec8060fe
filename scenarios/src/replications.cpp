// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/replications.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>

#include "scenarios/src/reports/archive.hpp"
#include "scenarios/src/run.hpp"
#include "sim-core/physics/simgrid/isolated.hpp"

namespace windtunnel::scenario {

namespace {

constexpr int slices = 1000; ///< of a run, between which it looks whether to stop
constexpr auto progress_period = std::chrono::milliseconds{100};

/// Results come in any order and are merged in the order of their seeds.
class collector {
  public:
    explicit collector(const replication_options& options)
        : options_(options), results_(static_cast<std::size_t>(options.replications)),
          shares_(results_.size()), events_(results_.size()) {}

    bool stopped() const { return options_.stop != nullptr && options_.stop->load(); }
    std::optional<std::size_t> take() {
        const std::lock_guard lock(mutex_);
        if (next_ == results_.size() || failure_ || stopped())
            return std::nullopt;
        return next_++;
    }
    void tell(std::size_t index, double share, std::uint64_t events) {
        const std::lock_guard lock(mutex_);
        shares_[index] = share;
        events_[index] = events;
    }
    void put(std::size_t index, run_result&& result) {
        const std::lock_guard lock(mutex_);
        shares_[index] = 1;
        results_[index] = std::move(result);
        ++done_;
        for (; merged_ < results_.size() && results_[merged_]; ++merged_)
            merge(*std::exchange(results_[merged_], std::nullopt));
    }
    void fail(std::exception_ptr error) {
        const std::lock_guard lock(mutex_);
        if (!failure_)
            failure_ = std::move(error);
    }
    void worker_left() {
        const std::lock_guard lock(mutex_);
        ++left_;
        changed_.notify_all();
    }

    /// Shows progress until `workers` have left.
    void wait_for(unsigned workers) {
        std::unique_lock lock(mutex_);
        while (!changed_.wait_for(lock, progress_period, [&] { return left_ == workers; }))
            show();
    }
    void show() {
        if (!options_.progress)
            return;
        replication_progress p{.done = done_, .all = options_.replications};
        for (std::size_t i = 0; i < shares_.size(); ++i) {
            p.share += shares_[i] / static_cast<double>(shares_.size());
            p.events += events_[i];
        }
        options_.progress(p);
    }

    /// What is left when the runs before it never began, or were stopped, comes after the gap.
    run_result finish() {
        if (failure_)
            std::rethrow_exception(failure_);
        for (; merged_ < results_.size(); ++merged_)
            if (results_[merged_])
                merge(*results_[merged_]);
        return std::move(*total_);
    }
    bool empty() const {
        return !total_ && std::none_of(results_.begin(), results_.end(),
                                       [](const auto& r) { return r.has_value(); });
    }

  private:
    void merge(const run_result& result) {
        if (total_)
            total_->merge(result);
        else
            total_ = result;
    }

    const replication_options& options_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::optional<run_result>> results_;
    std::vector<double> shares_;
    std::vector<std::uint64_t> events_;
    std::optional<run_result> total_;
    std::exception_ptr failure_;
    std::size_t next_ = 0, merged_ = 0;
    unsigned left_ = 0;
    int done_ = 0;
};

run_result run_one(const scenario_spec& spec, std::uint64_t seed, std::size_t index,
                   collector& results) {
    scenario_run run(spec, seed);
    const duration slice = std::max(duration{1}, run.planned_end() / slices);
    while (!results.stopped() && run.advance_to(run.now() + slice))
        results.tell(index, to_seconds(run.now()) / to_seconds(run.planned_end()), run.events());
    return run.result();
}

/// In a child of its own: SimGrid is one engine to a process.
run_result run_apart(const scenario_spec& spec, std::uint64_t seed) {
    return from_archive(sim::run_isolated([&] {
        scenario_run run(spec, seed);
        run.run_to_end();
        return to_archive(run.result());
    }));
}

void work(const scenario_spec& spec, const replication_options& options, collector& results) {
    while (const auto index = results.take()) {
        try {
            const std::uint64_t seed = options.seed + *index;
            results.put(*index, spec.topology.platform ? run_apart(spec, seed)
                                                       : run_one(spec, seed, *index, results));
        } catch (...) {
            results.fail(std::current_exception());
        }
    }
}

} // namespace

replicated_result run_replications(const scenario_spec& spec, const replication_options& options) {
    collector results(options);
    if (spec.topology.platform) {
        work(spec, options, results); // forks, so no threads
    } else {
        const unsigned workers = std::clamp(
            options.threads, 1U, static_cast<unsigned>(std::max(1, options.replications)));
        std::vector<std::jthread> threads;
        for (unsigned i = 0; i < workers; ++i)
            threads.emplace_back([&] {
                work(spec, options, results);
                results.worker_left();
            });
        results.wait_for(workers);
    }
    replicated_result all;
    if (results.empty()) // stopped before anything began: an empty account of the first
        all.merged = scenario_run(spec, options.seed).result();
    else
        all.merged = results.finish();
    all.seeds = all.merged.seeds;
    all.expectations = check_expectations(spec, all.merged);
    all.verdict = verdict_of(all.expectations, all.merged.status);
    return all;
}

} // namespace windtunnel::scenario
