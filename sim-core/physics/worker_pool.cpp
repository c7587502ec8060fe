// SPDX-License-Identifier: BSL-1.0
#include "sim-core/physics/worker_pool.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

#include "patterns/base/assert.hpp"
#include "sim-core/engine/simulation.hpp"

namespace windtunnel::sim {

namespace {

constexpr std::array<std::string_view, 5> discipline_names = {
    "fifo", "lifo", "priority", "preemptive_priority", "processor_sharing"};

} // namespace

std::string_view to_string(queue_discipline discipline) {
    return discipline_names[static_cast<std::size_t>(discipline)];
}

std::optional<queue_discipline> queue_discipline_from(std::string_view name) {
    const auto found = std::find(discipline_names.begin(), discipline_names.end(), name);
    if (found == discipline_names.end())
        return {};
    return static_cast<queue_discipline>(found - discipline_names.begin());
}

void worker_pool_options::validate() const {
    constexpr std::size_t most = 0x7fffffff;
    if (workers < 1 || workers > most)
        throw std::invalid_argument("workers: " + std::to_string(workers) +
                                    "; must be from 1 to 2147483647");
    if (order != nullptr && discipline != queue_discipline::fifo)
        throw std::invalid_argument("order: it decides in place of fifo, not of " +
                                    std::string(to_string(discipline)));
}

pool_totals operator-(const pool_totals& later, const pool_totals& earlier) {
    pool_totals window = later;
    window.at = time_point{} + (later.at - earlier.at);
    for (const auto count : {&pool_totals::arrivals, &pool_totals::started, &pool_totals::completed,
                             &pool_totals::rejected, &pool_totals::abandoned, &pool_totals::dropped,
                             &pool_totals::lost, &pool_totals::cancelled, &pool_totals::waits})
        window.*count -= earlier.*count;
    for (const auto integral :
         {&pool_totals::wait_ns, &pool_totals::working_ns, &pool_totals::occupied_ns,
          &pool_totals::in_system_ns, &pool_totals::in_queue_ns})
        window.*integral -= earlier.*integral;
    return window;
}

job::~job() {
    if (pool_ != nullptr)
        pool_->job_destroyed(*this);
}

void job::timer_fired(timer& t) {
    job& j = static_cast<job&>(t);
    j.pool_->job_timer_fired(j);
}

worker_pool::worker_pool(simulation& simulation, const worker_pool_options& options)
    : simulation_(simulation), workers_((options.validate(), options.workers)),
      limit_(std::numeric_limits<std::size_t>::max()), discipline_(options.discipline),
      order_(options.order), timer_(*this) {
    if (options.capacity && *options.capacity < limit_ - workers_)
        limit_ = workers_ + *options.capacity;
}

worker_pool::~worker_pool() {
    clear();
}

std::int64_t worker_pool::ticks() const {
    return simulation_.now().time_since_epoch().count();
}

void worker_pool::count_service() {
    const std::int64_t t = ticks();
    occupied_.set(std::min(in_service_, workers_), t);
    working_.set(paused() ? 0 : std::min(active_, workers_), t);
}

pool_totals worker_pool::totals() const {
    const std::int64_t t = ticks();
    pool_totals result = totals_;
    result.at = simulation_.now();
    result.in_system_ns = in_system_.until(t);
    result.in_queue_ns = in_queue_.until(t);
    result.occupied_ns = occupied_.until(t);
    result.working_ns = working_.until(t);
    return result;
}

// ---- the queue --------------------------------------------------------------------------------

bool worker_pool::submit(job& j, duration demand) {
    WINDTUNNEL_ASSERT(demand >= duration::zero());
    j.remaining_ = demand.count();
    j.holds_ = false;
    return enter(j);
}

bool worker_pool::acquire(job& j) {
    WINDTUNNEL_ASSERT(j.events_->granted != nullptr);
    j.remaining_ = 0;
    j.holds_ = true;
    return enter(j);
}

bool worker_pool::enter(job& j) {
    WINDTUNNEL_ASSERT(j.pool_ == nullptr);
    ++totals_.arrivals;
    if (in_system_.count() >= limit_) {
        ++totals_.rejected;
        return false;
    }
    j.pool_ = this;
    j.sequence_ = next_sequence_++;
    j.waited_ = 0;
    j.started_ = false;
    in_system_.up(ticks());
    if (in_queue_.count() == 0 && has_room() && !paused()) {
        ++totals_.waits;
        start(j);
    } else {
        enqueue(j);
        if (preempts())
            settle();
    }
    return true;
}

void worker_pool::enqueue(job& j) {
    j.state_ = job::state::waiting;
    j.waited_ = simulation_.now().time_since_epoch().count() - j.waited_;
    in_queue_.up(ticks());
    if (has_priorities())
        waiting_heap_.push({j.priority, j.sequence_}, j);
    else
        waiting_list_.push_back(j);
    if (!j.started_ && j.patience != never)
        simulation_.arm(j, std::max(j.patience, simulation_.now()), timer_class::deadline);
}

void worker_pool::leave_queue(job& j) {
    if (j.armed())
        simulation_.disarm(j);
    if (has_priorities())
        waiting_heap_.remove(j);
    else
        waiting_list_.remove(j);
    in_queue_.down(ticks());
    j.waited_ = simulation_.now().time_since_epoch().count() - j.waited_;
    if (!j.started_) {
        ++totals_.waits;
        totals_.wait_ns += j.waited_;
    }
}

job& worker_pool::next_waiting() const {
    if (has_priorities())
        return waiting_heap_.top();
    return discipline_ == queue_discipline::lifo ? *waiting_list_.last() : *waiting_list_.first();
}

bool worker_pool::waiting_is_more_important() const {
    if (!preempts() || running_heap_.empty())
        return false;
    const bool finishes_now = running_heap_.top().due() <= simulation_.now();
    return !finishes_now && waiting_heap_.top_key().rank > -running_heap_.top_key().rank;
}

/// Whoever can start does, and then those who left are told, one by one. Callbacks that come here
/// again leave the rest to the outermost loop, so that the stack does not grow with the queue.
void worker_pool::settle() {
    if (settling_)
        return;
    settling_ = true;
    for (;;) {
        if (start_one())
            continue;
        job* const j = next_leaving();
        if (j == nullptr)
            break;
        j->events_->ended(*j, j->end_);
    }
    settling_ = false;
}

/// Lets one job start, or makes room for one. False: nobody can start now.
bool worker_pool::start_one() {
    if (in_queue_.count() == 0 || paused())
        return false;
    if (has_room()) {
        if (job* const j = order_ == nullptr ? &next_waiting() : asked_for()) {
            leave_queue(*j);
            start(*j);
        }
        return true;
    }
    if (!waiting_is_more_important())
        return false;
    preempt(running_heap_.top());
    return true;
}

/// Whom the order wants next; nullptr: it dropped somebody instead.
job* worker_pool::asked_for() {
    job& oldest = *waiting_list_.first();
    const duration waited{ticks() - oldest.waited_};
    switch (order_->next(oldest, waited, in_queue_.count() == 1)) {
    case queue_order::pick::oldest:
        return &oldest;
    case queue_order::pick::newest:
        return waiting_list_.last();
    case queue_order::pick::drop_oldest:
        break;
    }
    drop_waiting(oldest);
    return nullptr;
}

void worker_pool::drop_waiting(job& j) {
    leave_queue(j);
    ++totals_.dropped;
    leave(j, job_end::dropped);
}

// ---- the ways out -----------------------------------------------------------------------------

void worker_pool::abandon(job& j) {
    leave_queue(j);
    forget(j);
    ++totals_.abandoned;
    j.events_->ended(j, job_end::abandoned);
}

void worker_pool::forget(job& j) {
    j.state_ = job::state::outside;
    j.pool_ = nullptr;
    in_system_.down(ticks());
}

/// Out of the queue or out of service.
void worker_pool::withdraw(job& j) {
    if (j.state_ == job::state::waiting) {
        leave_queue(j);
        return;
    }
    if (j.state_ != job::state::holding)
        end_work(j);
    leave_service(j);
}

void worker_pool::cancel(job& j) {
    if (j.pool_ == nullptr)
        return;
    WINDTUNNEL_ASSERT(j.pool_ == this);
    if (j.state_ == job::state::leaving) {
        leaving_list_.remove(j);
        j.state_ = job::state::outside;
        j.pool_ = nullptr;
        return;
    }
    withdraw(j);
    forget(j);
    ++totals_.cancelled;
    settle();
}

/// Nobody is called from a destructor.
void worker_pool::job_destroyed(job& j) {
    const bool was_settling = std::exchange(settling_, true);
    cancel(j);
    settling_ = was_settling;
    if (in_queue_.count() > 0 && has_room() && !paused() && !timer_.armed())
        simulation_.arm(timer_, simulation_.now());
}

/// Out of the pool, to be told by settle().
void worker_pool::leave(job& j, job_end end) {
    in_system_.down(ticks());
    j.state_ = job::state::leaving;
    j.end_ = end;
    leaving_list_.push_back(j);
}

job* worker_pool::next_leaving() {
    job* const j = leaving_list_.first();
    if (j != nullptr) {
        leaving_list_.remove(*j);
        j->state_ = job::state::outside;
        j->pool_ = nullptr;
    }
    return j;
}

void worker_pool::evict(job& j) {
    withdraw(j);
    leave(j, job_end::lost);
}

void worker_pool::evict_all(std::uint64_t& count) {
    count += in_system_.count();
    while (in_service_ > 0) // those who share may be worked off when others leave
        evict(worked_list_.empty() ? *service_list_.first() : *worked_list_.first());
    while (in_queue_.count() > 0)
        evict(next_waiting());
}

void worker_pool::crash() {
    evict_all(totals_.lost);
    settle();
}

void worker_pool::clear() {
    evict_all(totals_.cancelled);
    while (next_leaving() != nullptr) {
    }
    simulation_.disarm(timer_);
}

// ---- standing still and being slow ------------------------------------------------------------

void worker_pool::pause() {
    if (!paused()) {
        if (shares())
            advance_sharing();
        else
            for (job* j = service_list_.first(); j != nullptr; j = job_list::after(*j))
                stop(*j);
        simulation_.disarm(timer_);
    }
    ++pauses_;
    count_service();
}

void worker_pool::resume() {
    WINDTUNNEL_ASSERT(paused());
    if (shares())
        advance_sharing();
    if (--pauses_ > 0)
        return;
    count_service();
    if (shares())
        arm_sharing();
    else
        for (job* j = service_list_.first(); j != nullptr; j = job_list::after(*j))
            if (j->state_ == job::state::working)
                run(*j);
    settle();
}

void worker_pool::set_speed(double factor) {
    WINDTUNNEL_ASSERT(factor > 0 && std::isfinite(factor));
    if (factor == speed_)
        return;
    if (shares())
        advance_sharing();
    else
        for (job* j = service_list_.first(); j != nullptr; j = job_list::after(*j))
            stop(*j);
    speed_ = factor;
    if (shares())
        arm_sharing();
    else if (!paused())
        for (job* j = service_list_.first(); j != nullptr; j = job_list::after(*j))
            if (j->state_ == job::state::working)
                run(*j);
}

} // namespace windtunnel::sim
