// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/admission.hpp"

#include "topologies/src/system/admission_readings.hpp"
#include "topologies/src/system/channel.hpp"
#include "topologies/src/system/peers.hpp"
#include "topologies/src/system/process.hpp"
#include "topologies/src/system/system_core.hpp"

namespace windtunnel::topology {

namespace {

failure refused(std::uint16_t status, duration retry_after = duration{-1}) {
    return {.kind = failure_kind::overloaded,
            .status = status,
            .not_processed = true,
            .retry_after = retry_after};
}

} // namespace

/// Levels of all machines are parts of the same 65536 ranks, so that all refuse the same users.
admission_request asked_by(const exchange& x, int user_levels) {
    constexpr int ranks = 1 << 16;
    return {.business = x.priority,
            .user = x.user_priority * user_levels / ranks,
            .attempt = x.attempt,
            .health_check = x.host == peers::nobody}; // a probe: no balancer chose it
}

admission::machines::machines(const admission_spec& spec, random_stream probes, time_point now) {
    if (spec.rate_limiter)
        rate.emplace(*spec.rate_limiter, now);
    if (spec.rate_limiter_by_caller)
        rate_by_caller.emplace(keyed_rate_limiter_options{.limit = *spec.rate_limiter_by_caller},
                               now);
    if (spec.priority_shedder) {
        shedder.emplace(*spec.priority_shedder, now);
        admitted_levels.set(shedder->levels(), now);
    }
    if (spec.adaptive_limit)
        limit.emplace(*spec.adaptive_limit, probes, now);
    if (spec.codel)
        codel.emplace(*spec.codel);
    if (spec.adaptive_lifo)
        lifo.emplace(*spec.adaptive_lifo);
}

admission::admission(system_core& core, const admission_spec& spec, const std::string& name)
    : core_(core), spec_(spec), name_(name), present_(made()) {}

std::unique_ptr<admission::machines> admission::made() const {
    return std::make_unique<machines>(
        spec_, core_.environment.stream(name_of_life(name_, ended_.size()) + "/admission"),
        core_.now());
}

void admission::restart() {
    past_ = last_figures(admission_readings(*this, ""), core_.now());
    ended_.push_back(std::move(present_));
    present_ = made();
}

std::optional<failure> admission::refusal(exchange& x) {
    constexpr std::uint16_t too_many_requests = 429, unavailable = 503;
    if (limits_rate()) {
        const rate_decision rate = limited_rate(x);
        ++(rate ? present_->rate_admitted : present_->rate_limited);
        if (!rate)
            return refused(too_many_requests, rate.retry_after);
    }
    const time_point now = core_.now();
    if (present_->shedder && sheds(x, now))
        return refused(unavailable);
    if (present_->limit) {
        x.admitted = present_->limit->try_acquire(now);
        if (!x.admitted)
            return refused(unavailable);
    }
    return {};
}

bool admission::sheds(const exchange& x, time_point now) {
    const bool admitted =
        present_->shedder->admit(now, asked_by(x, present_->shedder->options().user_levels));
    present_->admitted_levels.set(present_->shedder->admitted_levels(), now);
    return !admitted;
}

rate_decision admission::limited_rate(const exchange& x) {
    const time_point now = core_.now();
    rate_decision decision{.admitted = true};
    if (present_->rate_by_caller)
        decision = present_->rate_by_caller->try_acquire(now, x.through.how().edge->caller);
    if (decision && present_->rate)
        decision = present_->rate->try_acquire(now);
    return decision;
}

bool admission::starting(duration waited, bool last) {
    const time_point now = core_.now();
    if (present_->codel) {
        const queue_verdict verdict = present_->codel->on_dequeue(now, waited, last);
        present_->dropping.set(present_->codel->overloaded(), now);
        if (verdict == queue_verdict::drop)
            return false;
    }
    if (present_->lifo && waited == duration::zero())
        (void)pick_by_wait(waited, last); // the queue was not asked: nobody had to wait
    if (present_->shedder)
        started(waited, now);
    return true;
}

void admission::started(duration waited, time_point now) {
    present_->shedder->on_start(now, waited);
    present_->admitted_levels.set(present_->shedder->admitted_levels(), now);
}

void admission::entered_at_once() {
    if (present_->shedder)
        started(duration::zero(), core_.now());
}

void admission::ended(exchange& x, const outcome<reply>& result, time_point now) {
    if (x.admitted)
        x.admitted.record(lesson_of(result), now);
}

admission::pick admission::next(const sim::job& oldest, duration oldest_wait, bool last) {
    if (static_cast<const execution&>(oldest).walking)
        return pick::oldest;
    return pick_by_wait(oldest_wait, last);
}

admission::pick admission::pick_by_wait(duration oldest_wait, bool last) {
    const time_point now = core_.now();
    const queue_pick picked = present_->lifo->next(now, oldest_wait, last);
    present_->newest_first.set(present_->lifo->overloaded(), now);
    switch (picked) {
    case queue_pick::oldest:
        return pick::oldest;
    case queue_pick::newest:
        return pick::newest;
    case queue_pick::drop_oldest:
        break;
    }
    return pick::drop_oldest;
}

} // namespace windtunnel::topology
