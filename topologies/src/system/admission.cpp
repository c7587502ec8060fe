// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/admission.hpp"

#include "topologies/src/system/channel.hpp"
#include "topologies/src/system/peers.hpp"
#include "topologies/src/system/server_door.hpp"
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
    if (spec.server_admission)
        door_ = std::make_unique<server_door>(core, *spec.server_admission,
                                              core.environment.stream(name + "/admission"));
}

admission::~admission() = default;

std::optional<failure> admission::refusal(exchange& x) {
    constexpr std::uint16_t too_many_requests = 429, unavailable = 503;
    if (rate_ || rate_by_caller_)
        if (const rate_decision rate = limited_rate(x); !rate)
            return refused(too_many_requests, rate.retry_after);
    if (shedder_ && sheds(x, core_.now()))
        return refused(unavailable);
    return refusal_of_work(x);
}

/// Health checks do not go through the door: who has much to do is not ill.
std::optional<failure> admission::refusal_of_work(exchange& x) {
    constexpr std::uint16_t unavailable = 503;
    const bool probe = x.host == peers::nobody;
    if (door_ != nullptr && !probe)
        return door_->arrive(x);
    if (!limit_)
        return {};
    x.admitted = limit_->try_acquire(core_.now());
    in_use_.set(limit_->in_flight(), core_.now());
    return x.admitted ? std::optional<failure>{} : refused(unavailable);
}

bool admission::holds_back(const exchange& x) {
    return server_door::holds_back(x);
}

bool admission::sheds(const exchange& x, time_point now) {
    const bool admitted = shedder_->admit(now, asked_by(x, shedder_->options().user_levels));
    admitted_levels_.set(shedder_->admitted_levels(), now);
    return !admitted;
}

/// A permit is taken of both or of neither: what one refuses takes nothing from the other.
rate_decision admission::limited_rate(const exchange& x) {
    const time_point now = core_.now();
    const auto counted = [](rate_decision decision, admission_counts& counts) {
        ++(decision ? counts.admitted : counts.refused);
        return decision;
    };
    if (rate_ && rate_->available(now) == 0)
        return counted(rate_->try_acquire(now), rate_counts_);
    if (rate_by_caller_)
        if (const rate_decision own = counted(
                rate_by_caller_->try_acquire(now, x.through.how().edge->caller), by_caller_counts_);
            !own)
            return own;
    return rate_ ? counted(rate_->try_acquire(now), rate_counts_) : rate_decision{.admitted = true};
}

wide_integer admission::rate_permits_over_time(time_point now) const {
    return rate_->permits_over_time(now);
}

bool admission::starting(const exchange& x, duration waited, bool last) {
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
        started(x, waited, now);
    return true;
}

/// Who waits at the door queues for the workers, too.
void admission::started(const exchange& x, duration waited, time_point now) {
    shedder_->on_start(now, waited + server_door::waited(x));
    admitted_levels_.set(shedder_->admitted_levels(), now);
}

void admission::entered_at_once(const exchange& x) {
    if (shedder_)
        started(x, duration::zero(), core_.now());
}

void admission::ended(exchange& x, const outcome<reply>& result, time_point now) {
    if (door_ != nullptr)
        door_->ended(x, result, now);
    if (!limit_)
        return;
    if (x.admitted)
        x.admitted.record(lesson_of(result), now);
    in_use_.set(limit_->in_flight(), now);
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
