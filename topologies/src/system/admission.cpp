// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/admission.hpp"

#include "topologies/src/system/channel.hpp"
#include "topologies/src/system/peers.hpp"
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

admission::admission(system_core& core, const admission_spec& spec, const std::string& name)
    : core_(core), tells_(spec.tells_callers) {
    const time_point now = core.now();
    if (spec.rate_limiter)
        rate_.emplace(*spec.rate_limiter, now);
    if (spec.rate_limiter_by_caller)
        rate_by_caller_.emplace(keyed_rate_limiter_options{.limit = *spec.rate_limiter_by_caller},
                                now);
    if (spec.priority_shedder) {
        shedder_.emplace(*spec.priority_shedder, now);
        admitted_levels_.set(shedder_->levels(), now);
    }
    if (spec.adaptive_limit)
        limit_.emplace(*spec.adaptive_limit, core.environment.stream(name + "/admission"));
    if (spec.codel)
        codel_.emplace(*spec.codel);
    if (spec.adaptive_lifo)
        lifo_.emplace(*spec.adaptive_lifo);
}

std::optional<failure> admission::refusal(exchange& x) {
    constexpr std::uint16_t too_many_requests = 429, unavailable = 503;
    if (limits_rate()) {
        const rate_decision rate = limited_rate(x);
        ++(rate ? rate_admitted_ : rate_limited_);
        if (!rate)
            return refused(too_many_requests, rate.retry_after);
    }
    const time_point now = core_.now();
    if (shedder_ && sheds(x, now))
        return refused(unavailable);
    if (limit_) {
        x.admitted = limit_->try_acquire(now);
        if (!x.admitted)
            return refused(unavailable);
    }
    return {};
}

bool admission::sheds(const exchange& x, time_point now) {
    const bool admitted = shedder_->admit(now, asked_by(x, shedder_->options().user_levels));
    admitted_levels_.set(shedder_->admitted_levels(), now);
    return !admitted;
}

rate_decision admission::limited_rate(const exchange& x) {
    const time_point now = core_.now();
    rate_decision decision{.admitted = true};
    if (rate_by_caller_)
        decision = rate_by_caller_->try_acquire(now, x.through.how().edge->caller);
    if (decision && rate_)
        decision = rate_->try_acquire(now);
    return decision;
}

bool admission::starting(duration waited, bool last) {
    const time_point now = core_.now();
    if (codel_) {
        const queue_verdict verdict = codel_->on_dequeue(now, waited, last);
        dropping_.set(codel_->overloaded(), now);
        if (verdict == queue_verdict::drop)
            return false;
    }
    if (lifo_ && waited == duration::zero())
        (void)next(waited, last); // the queue was not asked: nobody had to wait
    if (shedder_)
        started(waited, now);
    return true;
}

void admission::started(duration waited, time_point now) {
    shedder_->on_start(now, waited);
    admitted_levels_.set(shedder_->admitted_levels(), now);
}

void admission::entered_at_once() {
    if (shedder_)
        started(duration::zero(), core_.now());
}

void admission::ended(exchange& x, const outcome<reply>& result, time_point now) {
    if (x.admitted)
        x.admitted.record(lesson_of(result), now);
}

admission::pick admission::next(duration oldest_wait, bool last) {
    const time_point now = core_.now();
    const queue_pick picked = lifo_->next(now, oldest_wait, last);
    newest_first_.set(lifo_->overloaded(), now);
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
