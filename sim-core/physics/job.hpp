// SPDX-License-Identifier: BSL-1.0
// One piece of work for the workers of a pool: a node that its owner embeds, so that queueing and
// working allocate nothing. Its kind is a constant table of functions, one table for all jobs
// alike; none of them is called from inside `submit`, `work` or `cancel` of the very same job,
// except `starting`, `granted` and the `ended` of a job that `starting` refused: those may be.
#pragma once

#include <cstdint>

#include "patterns/base/time.hpp"
#include "patterns/base/timer.hpp"

namespace windtunnel::sim {

class job;
class worker_pool;

enum class job_end : std::uint8_t {
    done,      ///< its demand was worked off
    abandoned, ///< its patience ended while it waited
    dropped,   ///< `starting` said no, or the order of the queue did
    lost,      ///< the pool crashed
};

/// What a kind of job does when something happens to it. `ended` is never null; `granted` and
/// `worked` are needed for jobs that `acquire`.
struct job_events {
    /// A worker takes the job up for the first time; false: it is dropped, the worker goes on. It
    /// says so instead of cancelling its own job, and it does not crash or clear the pool.
    bool (*starting)(job&) = nullptr;
    /// After `acquire`: the worker is the job's.
    void (*granted)(job&) = nullptr;
    /// After `work`: the demand was worked off, the job still holds its worker.
    void (*worked)(job&) = nullptr;
    /// The job is out of the pool and may be submitted again or destroyed. Not called for what the
    /// owner did himself: `release`, `cancel`, or a refused `submit`.
    void (*ended)(job&, job_end) = nullptr;
};

struct job_links {
    job* next = nullptr;
    job* previous = nullptr;
};

/// Destroyed inside a pool it leaves it; its worker takes the next job at the same instant, but not
/// from inside the destructor.
class job : private timer {
  public:
    explicit job(const job_events& events) : timer(&job::timer_fired), events_(&events) {}
    ~job();

    /// Set both before `submit` or `acquire`.
    std::int32_t priority = 0;   ///< larger is more important
    time_point patience = never; ///< leaves the queue then, unless it has been taken up before

    /// From a successful `submit` or `acquire` until its end is told, or it was released or
    /// cancelled.
    bool inside() const { return pool_ != nullptr; }
    /// How long the job was queued, with all its preemptions; meaningful once it was taken up.
    duration waited() const { return duration{waited_}; }

  private:
    friend class worker_pool;
    friend struct job_node;
    enum class state : std::uint8_t {
        outside,
        waiting, ///< in the queue; preempted when `started_`
        working, ///< on a worker, or sharing them
        holding, ///< keeps a worker and does nothing with it
        worked,  ///< processor sharing: worked off, to be told at this instant
        leaving, ///< out of the pool's books, its end to be told at this instant
    };
    static void timer_fired(timer& t);

    job_links links_; ///< in one of the pool's lists
    const job_events* events_;
    worker_pool* pool_ = nullptr;
    std::int64_t remaining_ = 0; ///< ns of work at speed 1; out of date while it progresses
    std::int64_t waited_ = 0;    ///< ns in the queue; while waiting: now minus this
    std::uint64_t sequence_ = 0; ///< order of arrival
    std::uint32_t place_ = 0;    ///< in one of the pool's heaps
    state state_ = state::outside;
    bool started_ = false;
    bool holds_ = false;          ///< came by `acquire`
    job_end end_ = job_end::done; ///< while leaving
};

} // namespace windtunnel::sim
