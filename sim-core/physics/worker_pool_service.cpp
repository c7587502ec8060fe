// SPDX-License-Identifier: BSL-1.0
// Whoever has a worker: taken up, working, preempted, done.
#include <cmath>

#include "patterns/base/assert.hpp"
#include "sim-core/engine/simulation.hpp"
#include "sim-core/physics/worker_pool.hpp"

namespace windtunnel::sim {

namespace {

duration rounded(double ns) {
    return ns >= 9.2e18 ? duration::max() : duration{std::llround(ns)};
}

} // namespace

void worker_pool::start(job& j) {
    j.state_ = job::state::holding;
    service_list_.push_back(j);
    ++in_service_;
    const bool resumes = j.started_;
    if (!resumes && !take_up(j))
        return;
    if (resumes || !j.holds_) {
        begin_work(j);
    } else {
        count_service();
        j.events_->granted(j);
    }
}

/// False: the job said no, and is gone.
bool worker_pool::take_up(job& j) {
    if (j.events_->starting != nullptr) {
        count_service();
        if (!j.events_->starting(j)) {
            ++totals_.dropped;
            leave_service(j);
            leave(j, job_end::dropped);
            settle();
            return false;
        }
    }
    j.started_ = true;
    ++totals_.started;
    return true;
}

void worker_pool::work(job& j, duration demand) {
    WINDTUNNEL_ASSERT(j.pool_ == this && j.state_ == job::state::holding && j.started_);
    WINDTUNNEL_ASSERT(demand >= duration::zero() && j.events_->worked != nullptr);
    j.remaining_ = demand.count();
    begin_work(j);
    if (preempts())
        settle();
}

void worker_pool::release(job& j) {
    WINDTUNNEL_ASSERT(j.pool_ == this && j.state_ == job::state::holding && j.started_);
    leave_service(j);
    forget(j);
    ++totals_.completed;
    settle();
}

void worker_pool::begin_work(job& j) {
    j.state_ = job::state::working;
    ++active_;
    count_service();
    if (shares()) {
        share(j);
        return;
    }
    if (preempts())
        running_heap_.push({-std::int64_t{j.priority}, ~j.sequence_}, j);
    if (!paused())
        run(j);
}

void worker_pool::end_work(job& j) {
    if (shares())
        unshare(j);
    else
        stop(j);
    if (preempts())
        running_heap_.remove(j);
    --active_;
    j.state_ = job::state::holding;
}

void worker_pool::leave_service(job& j) {
    service_list_.remove(j);
    --in_service_;
    count_service();
}

void worker_pool::preempt(job& j) {
    end_work(j);
    leave_service(j);
    enqueue(j);
}

/// The job has worked off what it wanted.
void worker_pool::finish(job& j) {
    end_work(j);
    if (j.holds_) {
        count_service();
        j.events_->worked(j);
        return;
    }
    leave_service(j);
    ++totals_.completed;
    if (in_queue_.count() > 0) {
        leave(j, job_end::done);
        settle();
    } else {
        forget(j);
        j.events_->ended(j, job_end::done);
    }
}

void worker_pool::run(job& j) {
    simulation_.arm(j, saturating_add(simulation_.now(), time_for(j.remaining_)));
}

void worker_pool::stop(job& j) {
    if (!j.armed())
        return;
    if (j.due() != never) // else centuries of it are left, and as good as nothing is done
        j.remaining_ = work_in(j.due() - simulation_.now());
    simulation_.disarm(j);
}

duration worker_pool::time_for(std::int64_t work) const {
    return speed_ == 1 ? duration{work} : rounded(static_cast<double>(work) / speed_);
}

std::int64_t worker_pool::work_in(duration time) const {
    return speed_ == 1 ? time.count() : rounded(static_cast<double>(time.count()) * speed_).count();
}

void worker_pool::timer_fired(timer& t) {
    worker_pool& pool = static_cast<pool_timer&>(t).pool;
    if (pool.shares())
        pool.tell_worked();
    else
        pool.settle();
}

void worker_pool::job_timer_fired(job& j) {
    if (j.state_ == job::state::waiting)
        abandon(j);
    else
        finish(j);
}

} // namespace windtunnel::sim
