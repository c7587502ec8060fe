// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/sweep/run_points.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "scenarios/src/platform_check.hpp"
#include "scenarios/src/replications.hpp"
#include "scenarios/src/run.hpp"
#include "scenarios/src/sweep/open_point.hpp"
#include "topologies/src/diagnostic.hpp"

namespace windtunnel::scenario {

namespace {

constexpr auto sweep_progress_period = std::chrono::milliseconds{100};

/// Replications of points in their order, whose shares and events are counted.
class pool {
  public:
    pool(const sweep_plan& plan, std::span<const point_job> jobs, const pool_options& options,
         const std::function<void(std::size_t, point_result&&)>& done)
        : plan_(plan), jobs_(jobs), options_(options), done_(done), points_(jobs.size()) {
        for (const point_job& each : jobs)
            runs_ += static_cast<std::size_t>(tasks_of(each));
    }

    void run() {
        const auto workers = static_cast<unsigned>(
            std::clamp<std::size_t>(runs_, 1, std::max(1U, options_.threads)));
        running_.resize(workers);
        {
            std::vector<std::jthread> threads;
            for (unsigned i = 0; i < workers; ++i)
                threads.emplace_back([this, i] { work(i); });
            std::unique_lock lock(mutex_);
            while (
                !changed_.wait_for(lock, sweep_progress_period, [&] { return left_ == workers; }))
                show();
        }
        for (std::size_t i = 0; i < jobs_.size() && !stopped() && !failure_; ++i)
            if (jobs_[i].forks)
                run_apart(i);
        if (failure_)
            std::rethrow_exception(failure_);
    }

  private:
    struct task {
        std::size_t point;
        int replication;
    };
    /// Of a worker's run.
    struct running {
        double share = 0;
        std::uint64_t events = 0;
    };

    static int tasks_of(const point_job& job) { return job.as_one ? 1 : job.replications; }
    bool stopped() const { return options_.stop != nullptr && options_.stop->load(); }

    std::optional<task> take() {
        const std::lock_guard lock(mutex_);
        while (next_.point < jobs_.size() &&
               (jobs_[next_.point].forks || next_.replication >= tasks_of(jobs_[next_.point])))
            next_ = {next_.point + 1, 0};
        if (next_.point == jobs_.size() || stopped() || failure_)
            return {};
        if (!points_[next_.point])
            points_[next_.point] = std::make_shared<open_point>(plan_, jobs_[next_.point]);
        return task{next_.point, next_.replication++};
    }

    void work(unsigned worker) {
        while (const auto t = take()) {
            try {
                run_one(*t, worker);
            } catch (...) {
                const std::lock_guard lock(mutex_);
                if (!failure_)
                    failure_ = std::current_exception();
            }
        }
        const std::lock_guard lock(mutex_);
        ++left_;
        changed_.notify_all();
    }

    std::shared_ptr<open_point> point(std::size_t index) {
        const std::lock_guard lock(mutex_);
        return points_[index];
    }

    void run_one(const task& t, unsigned worker) {
        const auto at = point(t.point);
        const auto tell = [&](double share, std::uint64_t events) {
            const std::lock_guard lock(mutex_);
            running_[worker] = {share, events};
        };
        if (jobs_[t.point].as_one)
            at->run_as_one(options_.stop, tell);
        else
            at->run(t.replication, options_.stop, tell);

        std::unique_lock lock(mutex_);
        events_ += std::exchange(running_[worker], {}).events;
        ++runs_done_;
        if (!points_[t.point] || !at->complete()) // of the last two only one hands it on
            return;
        points_[t.point] = nullptr;
        lock.unlock();
        hand_on(t.point, *at);
    }

    void hand_on(std::size_t index, open_point& at) {
        if (auto result = at.result()) {
            const std::lock_guard lock(done_mutex_);
            done_(index, std::move(*result));
        }
    }

    /// Each replication in a child of its own; no thread is there.
    void run_apart(std::size_t index) {
        open_point at(plan_, jobs_[index]);
        at.run_as_one(options_.stop, [&](double share, std::uint64_t events) {
            running_[0] = {share, events};
            show();
        });
        events_ += std::exchange(running_[0], {}).events;
        ++runs_done_;

        if (at.complete())
            hand_on(index, at);
    }

    void show() const {
        if (!options_.progress)
            return;
        pool_progress p{0, runs_done_, runs_, events_};
        double share = static_cast<double>(runs_done_);
        for (const running& each : running_) {
            share += each.share;
            p.events += each.events;
        }
        p.share = runs_ == 0 ? 1 : share / static_cast<double>(runs_);
        options_.progress(p);
    }

    const sweep_plan& plan_;
    std::span<const point_job> jobs_;
    const pool_options& options_;
    const std::function<void(std::size_t, point_result&&)>& done_;
    std::mutex mutex_, done_mutex_;
    std::condition_variable changed_;
    std::vector<std::shared_ptr<open_point>> points_; ///< those that are under way
    std::vector<running> running_;                    ///< of each worker
    std::exception_ptr failure_;
    task next_{0, 0};
    std::size_t runs_ = 0, runs_done_ = 0;
    std::uint64_t events_ = 0;
    unsigned left_ = 0;
};

/// What is wrong with several points is said once.
class complaints {
  public:
    void add(const topology::input_error& error) {
        const std::lock_guard lock(mutex_);
        for (const topology::diagnostic& each : error.diagnostics())
            if (said_.insert(each.text()).second)
                errors_.add(each);
    }
    void finish() { errors_.finish(); }

  private:
    std::mutex mutex_;
    std::set<std::string> said_;
    topology::error_collector errors_;
};

void check_point(const sweep_plan& plan, point_job& job) {
    const scenario_spec spec = plan.scenario_at(job.values);
    for (const std::string& each : plan.metrics())
        parse_metric(each, spec);
    job.forks = spec.topology.platform.has_value();
    job.as_one = spec.most_replications || spec.finds_warmup || job.forks;
    if (job.replications == 0)
        job.replications = spec.most_replications.value_or(spec.replications);

    if (!job.forks) // that forks, and is asked for again when it runs
        check_buildable(spec);
}

} // namespace

void check_points(const sweep_plan& plan, std::span<point_job> jobs, unsigned threads) {
    complaints all;
    std::atomic<std::size_t> next{0};
    {
        std::vector<std::jthread> workers;
        for (unsigned i = 0; i < std::max(1U, threads); ++i)
            workers.emplace_back([&] {
                for (std::size_t index = next++; index < jobs.size(); index = next++) {
                    try {
                        check_point(plan, jobs[index]);
                    } catch (const topology::input_error& error) {
                        all.add(error);
                    }
                }
            });
    }
    all.finish();
}

void run_points(const sweep_plan& plan, std::span<const point_job> jobs,
                const pool_options& options,
                const std::function<void(std::size_t, point_result&&)>& done) {
    pool(plan, jobs, options, done).run();
}

} // namespace windtunnel::scenario
