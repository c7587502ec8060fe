// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/admission.hpp"

#include "topologies/src/system/channel.hpp"
#include "topologies/src/system/system_core.hpp"

namespace windtunnel::topology {

namespace {

failure refused(std::uint16_t status, duration retry_after = duration{-1}) {
    return {.kind = failure_kind::overloaded,
            .status = status,
            .not_processed = true,
            .retry_after = retry_after};
}

/// Levels of all machines are parts of the same 65536 ranks, so that all refuse the same users.
admission_request asked_by(const exchange& x, int user_levels) {
    constexpr int ranks = 1 << 16;
    return {.business = x.priority,
            .user = x.user_priority * user_levels / ranks,
            .attempt = x.attempt};
}

} // namespace

admission::admission(system_core& core, const admission_spec& spec, const std::string& name)
    : core_(core) {
    const time_point now = core.now();
    if (spec.rate_limiter)
        rate_.emplace(*spec.rate_limiter, now);
    if (spec.rate_limiter_by_caller)
        rate_by_caller_.emplace(keyed_rate_limiter_options{.limit = *spec.rate_limiter_by_caller},
                                now);
    if (spec.priority_shedder)
        shedder_.emplace(*spec.priority_shedder, now);
    if (spec.adaptive_limit)
        limit_.emplace(*spec.adaptive_limit, core.environment.stream(name + "/admission"));
    if (spec.codel)
        codel_.emplace(*spec.codel);
    if (spec.adaptive_lifo)
        lifo_.emplace(*spec.adaptive_lifo);
}

std::optional<failure> admission::refusal(exchange& x) {
    constexpr std::uint16_t too_many_requests = 429, unavailable = 503;
    if (const rate_decision rate = limited_rate(x); !rate) {
        ++rate_limited_;
        return refused(too_many_requests, rate.retry_after);
    }
    const time_point now = core_.now();
    if (shedder_ && !shedder_->admit(now, asked_by(x, shedder_->options().user_levels)))
        return refused(unavailable);
    if (limit_) {
        x.admitted = limit_->try_acquire(now);
        if (!x.admitted)
            return refused(unavailable);
    }
    return {};
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
    if (codel_ && codel_->on_dequeue(now, waited, last) == queue_verdict::drop)
        return false;
    if (lifo_ && waited == duration::zero())
        (void)lifo_->next(now, waited, last); // the queue was not asked: nobody had to wait
    if (shedder_)
        shedder_->on_start(now, waited);
    return true;
}

void admission::entered_at_once() {
    if (shedder_)
        shedder_->on_start(core_.now(), duration::zero());
}

void admission::ended(exchange& x, const outcome<reply>& result, time_point now) {
    if (x.admitted)
        x.admitted.record(lesson_of(result), now);
}

admission::pick admission::next(duration oldest_wait, bool last) {
    switch (lifo_->next(core_.now(), oldest_wait, last)) {
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
