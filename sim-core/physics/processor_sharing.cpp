// SPDX-License-Identifier: BSL-1.0
// Processor sharing by attained service: all who share get the same service, so one number says how
// much a job got that was there all the time; a job that enters finishes when that number has grown
// by its demand. An event costs O(log n). The model is the exact fluid one: between two nanoseconds
// those who finish make room for the others at their very instant; only the news of it waits for
// the next whole nanosecond.
#include <algorithm>
#include <cmath>
#include <limits>

#include "sim-core/engine/simulation.hpp"
#include "sim-core/physics/worker_pool.hpp"

namespace windtunnel::sim {

namespace {

/// In ns: what the rounding of many divisions may come to. A finish that lies less than this after
/// a whole nanosecond is told at it.
constexpr double tolerance = 0x1.0p-10;

} // namespace

double worker_pool::sharing_rate() const {
    const auto jobs = static_cast<double>(sharing_heap_.size());
    return speed_ * std::min(1.0, static_cast<double>(workers_) / jobs);
}

double worker_pool::time_to_next_finish() const {
    return std::max(0.0, sharing_heap_.top_key().finish.since(attained_)) / sharing_rate();
}

void worker_pool::advance_sharing() {
    const time_point now = simulation_.now();
    auto left = static_cast<double>((now - attained_at_).count());
    attained_at_ = now;
    if (paused())
        return;
    while (!sharing_heap_.empty()) {
        const double need = time_to_next_finish();
        if (need > left + tolerance) {
            attained_.add(left * sharing_rate());
            return;
        }
        left = std::max(0.0, left - need);
        attained_ = sharing_heap_.top_key().finish;
        job& j = sharing_heap_.top();
        sharing_heap_.remove(j);
        service_list_.remove(j);
        worked_list_.push_back(j);
        j.state_ = job::state::worked;
    }
}

void worker_pool::share(job& j) {
    advance_sharing();
    constexpr auto last = std::numeric_limits<std::int64_t>::max();
    attained_service finish = attained_;
    finish.whole += std::min(j.remaining_, last - finish.whole);
    sharing_heap_.push({finish, j.sequence_}, j);
    arm_sharing();
}

/// Leaves those who share for the list of those in service, worked off or not.
void worker_pool::unshare(job& j) {
    advance_sharing();
    if (j.state_ == job::state::worked) {
        worked_list_.remove(j);
        service_list_.push_back(j);
    } else {
        sharing_heap_.remove(j);
    }
    arm_sharing();
}

void worker_pool::arm_sharing() {
    if (telling_)
        return; // it is done when all are told
    simulation_.disarm(timer_);
    if (paused())
        return;
    if (!worked_list_.empty()) {
        simulation_.arm(timer_, simulation_.now());
    } else if (!sharing_heap_.empty()) {
        const double wait = std::ceil(std::max(0.0, time_to_next_finish() - tolerance));
        const duration rounded =
            wait >= 9.2e18 ? duration::max() : duration{static_cast<std::int64_t>(wait)};
        simulation_.arm(timer_, saturating_add(simulation_.now(), rounded));
    }
}

void worker_pool::tell_worked() {
    telling_ = true;
    advance_sharing();
    while (!worked_list_.empty() && !paused())
        finish(*worked_list_.first());
    telling_ = false;
    arm_sharing();
}

} // namespace windtunnel::sim
