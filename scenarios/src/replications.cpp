// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/replications.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>

#include "scenarios/src/archive.hpp"
#include "scenarios/src/forked.hpp"
#include "scenarios/src/platform_check.hpp"
#include "scenarios/src/run.hpp"
#include "sim-core/stats/sequential.hpp"

namespace windtunnel::scenario {

namespace {

constexpr auto progress_period = std::chrono::milliseconds{100};

/// Results come in any order and are merged in the order of their seeds.
class collector {
  public:
    collector(const scenario_spec& spec, const replication_options& options)
        : options_(options), expected_(spec.expectations), figures_(options.figures) {}

    const std::atomic<bool>* stop() const { return options_.stop; }
    bool stopped() const { return stop() != nullptr && stop()->load(); }

    /// So many in all from now on. No thread is at work.
    void plan(int replications) {
        results_.resize(static_cast<std::size_t>(replications));
        shares_.resize(results_.size());
        events_.resize(results_.size());
        left_ = 0;
    }
    std::size_t planned() const { return results_.size(); }

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
    /// Of several the first by number, whichever came first in time: it is always among them.
    void fail(std::size_t index, std::exception_ptr error) {
        const std::lock_guard lock(mutex_);
        if (failure_ && failed_ < index)
            return;
        failure_ = std::move(error);
        failed_ = index;
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
    void tell_and_show(std::size_t index, double share, std::uint64_t events) {
        tell(index, share, events);
        const std::lock_guard lock(mutex_);
        show();
    }

    void rethrow_failure() const {
        if (failure_)
            std::rethrow_exception(failure_);
    }

    /// Of those that were merged so far; not when there is none.
    std::vector<expectation_result> checked(const scenario_spec& spec, double level) const {
        return check_expectations(spec, *total_, expected_, level);
    }
    bool whole() const { return total_ && total_->seeds.size() == results_.size(); }

    /// What is left when the runs before it never began, or were stopped, comes after the gap.
    void close_gaps() {
        for (; merged_ < results_.size(); ++merged_)
            if (results_[merged_])
                merge(*std::exchange(results_[merged_], std::nullopt));
    }
    bool empty() const { return !total_; }
    run_result& total() { return *total_; }
    evidence& figures() { return figures_; }

  private:
    void show() {
        if (!options_.progress)
            return;
        replication_progress p{.done = done_, .all = static_cast<int>(results_.size())};
        for (std::size_t i = 0; i < shares_.size(); ++i) {
            p.share += shares_[i] / static_cast<double>(shares_.size());
            p.events += events_[i];
        }
        options_.progress(p);
    }
    void merge(const run_result& result) {
        expected_.add(result);
        figures_.add(result);
        if (total_)
            total_->merge(result);
        else
            total_ = result;
    }

    const replication_options& options_;
    evidence expected_, figures_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::optional<run_result>> results_;
    std::vector<double> shares_;
    std::vector<std::uint64_t> events_;
    std::optional<run_result> total_;
    std::exception_ptr failure_;
    std::size_t failed_ = 0;
    std::size_t next_ = 0, merged_ = 0;
    unsigned left_ = 0;
    int done_ = 0;
};

void run_here(const scenario_spec& spec, std::uint64_t seed, std::size_t index,
              collector& results) {
    results.put(index,
                run_watched(spec, seed, results.stop(), [&](double share, std::uint64_t events) {
                    results.tell(index, share, events);
                }));
}

/// In a child of its own: SimGrid is one engine to a process.
void run_apart(const scenario_spec& spec, std::uint64_t seed, std::size_t index,
               collector& results) {
    const auto in_child = [&](shared_state& state) {
        return to_archive(
            run_watched(spec, seed, &state.stop, [&](double share, std::uint64_t events) {
                state.share = share;
                state.events = events;
            }));
    };
    const auto answer = run_forked(in_child, [&](shared_state& state) {
        state.stop = results.stopped();
        results.tell_and_show(index, state.share, state.events);
    });
    if (answer)
        results.put(index, from_archive(*answer));
}

void work(const scenario_spec& spec, const replication_options& options, collector& results) {
    while (const auto index = results.take()) {
        try {
            const auto run = spec.topology.platform ? run_apart : run_here;
            run(spec, options.seed + *index, *index, results);
        } catch (...) {
            results.fail(*index, std::current_exception());
        }
    }
}

/// Until there are so many, or it was stopped.
void run_up_to(int replications, const scenario_spec& spec, const replication_options& options,
               collector& results) {
    const std::size_t before = results.planned();
    results.plan(replications);
    if (spec.topology.platform) {
        work(spec, options, results); // forks, so no threads
    } else {
        const auto more = static_cast<unsigned>(results.planned() - before);
        const unsigned workers = std::clamp(options.threads, 1U, std::max(1U, more));
        std::vector<std::jthread> threads;
        for (unsigned i = 0; i < workers; ++i)
            threads.emplace_back([&] {
                work(spec, options, results);
                results.worker_left();
            });
        results.wait_for(workers);
    }
    results.rethrow_failure();
}

bool is_inconclusive(const expectation_result& each) {
    return each.status == check_status::inconclusive;
}

/// Whether more replications could say more. How long something takes is told by longer ones alone.
bool is_open(const expectation_result& each) {
    const metric asked = each.expectation.metric;
    return is_inconclusive(each) && asked != metric::recovers_within && asked != metric::done;
}

/// Whether the number of replications is one at which all could be told.
bool run_until_clear(const scenario_spec& spec, const replication_options& options,
                     collector& results) {
    const int first = std::min(sim::sequential_options{}.first, *spec.most_replications);
    const sim::sequential_plan plan(
        {.first = first, .most = *spec.most_replications, .level = spec.confidence});
    for (const int look : plan.looks()) {
        run_up_to(look, spec, options, results);
        if (!results.whole())
            return false;
        const auto checked = results.checked(spec, plan.look_level());
        if (std::any_of(checked.begin(), checked.end(), is_open))
            continue;
        run_up_to(plan.after_clear(look), spec, options, results);
        return true;
    }
    run_up_to(plan.most(), spec, options, results);
    return false;
}

replicated_result run_settled(const scenario_spec& spec, const replication_options& options) {
    collector results(spec, options);
    replicated_result all;
    if (spec.most_replications)
        all.clear = run_until_clear(spec, options, results);
    else
        run_up_to(options.replications, spec, options, results);
    results.close_gaps();
    if (results.empty()) { // stopped before anything began: an empty account of the first
        all.merged = scenario_run(spec, options.seed).result();
        all.merged.status = run_status::aborted;
        all.expectations = check_expectations(spec, all.merged);
    } else {
        if (!results.whole())
            results.total().status = run_status::aborted;
        all.expectations = results.checked(spec, spec.confidence);
        all.merged = std::move(results.total());
        all.figures = std::move(results.figures());
    }
    all.seeds = all.merged.seeds;
    all.verdict = verdict_of(all.expectations, all.merged.status);
    if (all.clear)
        all.clear = *all.clear && all.merged.status != run_status::aborted &&
                    std::none_of(all.expectations.begin(), all.expectations.end(), is_inconclusive);
    return all;
}

} // namespace

replicated_result run_replications(const scenario_spec& spec, const replication_options& options) {
    if (spec.topology.platform)
        check_buildable(spec);
    if (!spec.finds_warmup)
        return run_settled(spec, options);
    const warm_up found = find_warm_up(spec, options);
    auto all = run_settled(with_warm_up(spec, found), options);
    all.settled = found;
    return all;
}

} // namespace windtunnel::scenario
