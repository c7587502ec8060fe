// SPDX-License-Identifier: BSL-1.0
// The workers of one replica and the queue before them. Invariants: never more than `workers` jobs
// are in service (processor sharing: any number, which share the workers), and arrivals = completed
// + rejected + abandoned + dropped + lost + cancelled + those inside. Times are integer
// nanoseconds. Callbacks may submit, cancel, pause and crash; the pool must outlive them. It dies
// before the simulation; jobs may die before or after it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "patterns/base/time.hpp"
#include "patterns/base/timer.hpp"
#include "sim-core/physics/job.hpp"
#include "sim-core/physics/job_queue.hpp"
#include "sim-core/stats/wide_integer.hpp"

namespace windtunnel::sim {

class simulation;

enum class queue_discipline : std::uint8_t {
    fifo,
    lifo,
    priority,            ///< larger first, FIFO within; what runs is never interrupted
    preemptive_priority, ///< preemptive-resume: takes the worker of the least important that works
    processor_sharing,   ///< nobody waits: n jobs on c workers work at the rate min(1, c/n) each
};

/// The name in files and messages: "preemptive_priority".
std::string_view to_string(queue_discipline discipline);
std::optional<queue_discipline> queue_discipline_from(std::string_view name);

/// Decides, in place of a discipline, whom a free worker takes up. It must not touch the pool.
class queue_order {
  public:
    enum class pick : std::uint8_t {
        oldest,      ///< who came first
        newest,      ///< who came last
        drop_oldest, ///< who came first ends as `dropped`, and the question is put again
    };
    virtual ~queue_order() = default;
    /// Asked when a worker is free and somebody waits: `oldest`, who came first, for `oldest_wait`;
    /// `last`: it is the only one. A job may be part of work that has begun; only its owner knows
    /// that, so it is for the order not to drop such a one.
    virtual pick next(const job& oldest, duration oldest_wait, bool last) = 0;
};

struct worker_pool_options {
    std::size_t workers = 1;
    queue_discipline discipline = queue_discipline::fifo;
    /// Jobs that may wait; absent: unbounded. A job is refused when workers + capacity jobs are
    /// inside, whatever its priority. With processor sharing: jobs beyond the workers.
    std::optional<std::size_t> capacity{};
    /// With `fifo` alone: decides in its place. It outlives the pool.
    queue_order* order = nullptr;

    void validate() const; ///< throws std::invalid_argument
};

/// Counts, and integrals over time in job x nanoseconds, since the pool began: exact, however many
/// jobs for however long. Two snapshots are subtracted for a window.
struct pool_totals {
    time_point at{};
    std::uint64_t arrivals = 0; ///< every `submit` and `acquire`, refused ones too
    std::uint64_t started = 0;  ///< taken up and not dropped; once a job
    std::uint64_t completed = 0, rejected = 0;
    std::uint64_t abandoned = 0, dropped = 0, lost = 0, cancelled = 0;
    /// First waits that ended, also at once, and also by leaving (abandoned, dropped, lost,
    /// cancelled), and their sum. The later waits of the preempted show in `in_queue_ns` only.
    std::uint64_t waits = 0;
    wide_integer wait_ns = 0;
    wide_integer working_ns = 0;  ///< workers that execute work; while paused none does
    wide_integer occupied_ns = 0; ///< workers that are not free: working, paused or held
    wide_integer in_system_ns = 0, in_queue_ns = 0;

    /// The window between two snapshots; `at` is its length after the epoch.
    friend pool_totals operator-(const pool_totals& later, const pool_totals& earlier);
};

class worker_pool {
  public:
    /// Throws std::invalid_argument for invalid options.
    worker_pool(simulation& simulation, const worker_pool_options& options);
    worker_pool(const worker_pool&) = delete;
    worker_pool& operator=(const worker_pool&) = delete;
    ~worker_pool(); ///< as clear()

    /// Waits for a worker, works `demand` off, ends. False: refused, nothing will be called.
    bool submit(job& j, duration demand);

    /// Waits for a worker and keeps it until `release`. False: refused. The worker is occupied from
    /// the grant to the release, and works during `work` alone. Only work is preempted; a job that
    /// holds and does not work is not. With processor sharing it takes no share.
    bool acquire(job& j);
    void work(job& j, duration demand); ///< `j` holds; `worked` follows, also for a demand of zero
    void release(job& j);               ///< `j` holds and does not work; counts as completed

    /// Takes the job out at once, wherever it is, and its worker takes up the next one before this
    /// returns (from a callback: right after it). A job whose end is still to be told hears nothing
    /// more. Outside: nothing happens.
    void cancel(job& j);

    /// Everything stands still with its remaining work and the queue kept; arrivals queue up;
    /// patience runs on. Pauses are counted: as many resumes end them.
    void pause();
    void resume();

    /// Everything inside ends as `lost`: those in service in the order of their start, then the
    /// queue. The pool is empty and open when the first of them is told, which is before this
    /// returns, or right after the callback that called it.
    void crash();

    /// As if all inside were cancelled, but without a call to anybody: for the end of a simulation.
    void clear();

    /// Work takes 1/factor as long from now on, running work too (rounded to 1 ns a change).
    /// The factor is finite and above zero.
    void set_speed(double factor);

    std::size_t workers() const { return workers_; }
    std::size_t in_system() const { return in_system_.count(); }
    std::size_t in_queue() const { return in_queue_.count(); }
    std::size_t working() const { return working_.count(); }
    std::size_t occupied() const { return occupied_.count(); }
    bool paused() const { return pauses_ > 0; }
    double speed() const { return speed_; }
    pool_totals totals() const; ///< as of now

  private:
    friend class job;

    /// A number over time; its integral up to t is sum + count x t.
    class integral {
      public:
        std::size_t count() const { return count_; }
        wide_integer until(std::int64_t t) const { return sum_ + wide_integer{count_} * t; }
        void up(std::int64_t t) { ++count_, sum_ -= t; }
        void down(std::int64_t t) { --count_, sum_ += t; }
        void set(std::size_t count, std::int64_t t) {
            if (count == count_)
                return;
            const auto fewer = static_cast<std::int64_t>(count_) - static_cast<std::int64_t>(count);
            sum_ += wide_integer{fewer} * t; // one multiplication, of 64 bits by 64
            count_ = count;
        }

      private:
        std::size_t count_ = 0;
        wide_integer sum_ = 0;
    };

    struct pool_timer : timer {
        explicit pool_timer(worker_pool& p) : timer(&worker_pool::timer_fired), pool(p) {}
        worker_pool& pool;
    };

    bool shares() const { return discipline_ == queue_discipline::processor_sharing; }
    bool preempts() const { return discipline_ == queue_discipline::preemptive_priority; }
    bool has_priorities() const { return preempts() || discipline_ == queue_discipline::priority; }
    bool has_room() const { return in_service_ < workers_ || shares(); }
    std::int64_t ticks() const;
    void count_service();

    // The queue.
    bool enter(job& j);
    void enqueue(job& j);
    void leave_queue(job& j);
    job& next_waiting() const;
    bool waiting_is_more_important() const;
    bool start_one();
    job* asked_for();
    void drop_waiting(job& j);
    void settle();

    // Service.
    void start(job& j);
    bool take_up(job& j);
    void begin_work(job& j);
    void end_work(job& j);
    void leave_service(job& j);
    void preempt(job& j);
    void finish(job& j);
    void run(job& j);
    void stop(job& j);
    duration time_for(std::int64_t work) const;
    std::int64_t work_in(duration time) const;

    // The ways out.
    void abandon(job& j);
    void forget(job& j);
    void withdraw(job& j);
    void job_destroyed(job& j);
    void evict_all(std::uint64_t& count);
    void evict(job& j);
    void leave(job& j, job_end end);
    job* next_leaving();

    // Processor sharing.
    double sharing_rate() const;
    double time_to_next_finish() const;
    void share(job& j);
    void unshare(job& j);
    void advance_sharing();
    void arm_sharing();
    void tell_worked();

    static void timer_fired(timer& t);
    void job_timer_fired(job& j);

    simulation& simulation_;
    std::size_t workers_;
    std::size_t limit_; ///< of jobs inside
    queue_discipline discipline_;
    queue_order* order_;
    bool settling_ = false;
    bool telling_ = false;
    int pauses_ = 0;
    double speed_ = 1;
    std::uint64_t next_sequence_ = 0;

    job_list waiting_list_; ///< FIFO, LIFO, and processor sharing while paused
    job_list service_list_; ///< whoever has a worker, in the order of their start
    std::size_t in_service_ = 0;
    std::size_t active_ = 0; ///< of them those that work, or would if they were not paused
    integral in_system_, in_queue_, occupied_, working_;
    pool_totals totals_; ///< its counts; the integrals are those above

    job_heap waiting_heap_; ///< the priorities: the most important first
    job_heap running_heap_; ///< preemptive: of those that work the least important first
    sharing_heap sharing_heap_;
    attained_service attained_; ///< the service that a job got which was there all the time
    time_point attained_at_{};
    job_list worked_list_;  ///< sharing and worked off, to be told at this instant
    job_list leaving_list_; ///< out already, to be told at this instant
    pool_timer timer_;      ///< the next finish of those that share; else "see who can start"
};

} // namespace windtunnel::sim
