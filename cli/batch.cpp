// SPDX-License-Identifier: BSL-1.0
#include "cli/batch.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "cli/signals.hpp"
#include "topologies/src/diagnostic.hpp"

namespace windtunnel::cli {

namespace {

using scenario::verdict;

class batch {
  public:
    batch(const std::vector<run_job>& jobs, unsigned threads, progress_line& progress)
        : jobs_(jobs), progress_(progress), finished_(jobs.size()), shares_(jobs.size()),
          events_(jobs.size()),
          outer_(std::clamp(threads, 1U,
                            static_cast<unsigned>(std::max<std::size_t>(1, jobs.size())))),
          inner_(std::max(1U, threads / outer_)) {}

    void run(const std::function<void(const run_job&, finished_job&&)>& done) {
        {
            std::vector<std::jthread> threads;
            for (unsigned i = 0; i < outer_; ++i)
                threads.emplace_back([this] { work(); });
            for (std::size_t i = 0; i < jobs_.size() && !forks(i); ++i)
                hand_on(i, done);
        }
        for (std::size_t i = handed_on_; i < jobs_.size(); ++i) {
            if (forks(i) && !stop_asked())
                put(i, run_one(i));
            else if (!finished_[i])
                put(i, std::nullopt);
            hand_on(i, done);
        }
    }

  private:
    using outcome = std::optional<finished_job>; ///< or left out

    bool forks(std::size_t i) const { return jobs_[i].spec.topology.platform.has_value(); }

    std::optional<std::size_t> take() {
        const std::lock_guard lock(mutex_);
        while (next_ < jobs_.size() && forks(next_))
            ++next_;
        return next_ < jobs_.size() ? std::optional(next_++) : std::nullopt;
    }

    void work() {
        while (const auto i = take())
            put(*i, stop_asked() ? std::nullopt : outcome(run_one(*i)));
    }

    void put(std::size_t i, outcome&& o) {
        const std::lock_guard lock(mutex_);
        finished_[i] = std::move(o);
        shares_[i] = 1;
        changed_.notify_all();
    }

    void hand_on(std::size_t i, const std::function<void(const run_job&, finished_job&&)>& done) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return finished_[i].has_value(); });
        outcome o = std::move(*finished_[i]);
        ++handed_on_;
        lock.unlock();
        if (o)
            progress_.without([&] { done(jobs_[i], std::move(*o)); });
    }

    finished_job run_one(std::size_t i) {
        const scenario::scenario_spec& spec = jobs_[i].spec;
        finished_job job;
        try {
            job.result =
                scenario::run_replications(spec, {.seed = spec.seed,
                                                  .replications = spec.replications,
                                                  .threads = inner_,
                                                  .figures = jobs_[i].figures,
                                                  .progress = [&](const auto& p) { tell(i, p); },
                                                  .stop = &stop_asked()});
        } catch (const topology::input_error& error) {
            job.error = error.what();
            job.result.verdict = verdict::invalid;
        } catch (const std::exception& error) {
            job.error = error.what();
            job.result.verdict = verdict::error;
        }
        return job;
    }

    void tell(std::size_t i, const scenario::replication_progress& p) {
        const scenario::scenario_spec& spec = jobs_[i].spec;
        progress_state state{.name = spec.name, .done = p.done, .all = p.all};
        state.planned = to_seconds(spec.warmup + spec.length);
        state.simulated = p.share * state.planned;
        {
            const std::lock_guard lock(mutex_);
            shares_[i] = p.share;
            events_[i] = p.events;
            for (std::size_t j = 0; j < jobs_.size(); ++j) {
                state.share += shares_[j] / static_cast<double>(jobs_.size());
                state.events += events_[j];
            }
        }
        progress_.show(state);
    }

    const std::vector<run_job>& jobs_;
    progress_line& progress_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::optional<outcome>> finished_;
    std::vector<double> shares_;
    std::vector<std::uint64_t> events_;
    std::size_t next_ = 0, handed_on_ = 0;
    unsigned outer_, inner_;
};

} // namespace

void run_jobs(const std::vector<run_job>& jobs, unsigned threads, progress_line& progress,
              const std::function<void(const run_job&, finished_job&&)>& done) {
    batch(jobs, threads, progress).run(done);
}

} // namespace windtunnel::cli
