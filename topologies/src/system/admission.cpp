// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/admission.hpp"

#include "topologies/src/system/admission_readings.hpp"
#include "topologies/src/system/channel.hpp"
#include "topologies/src/system/peers.hpp"
#include "topologies/src/system/process.hpp"
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

admission::machines::machines(system_core& core, const admission_spec& spec, random_stream probes) {
    const time_point now = core.now();
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
    if (spec.server_admission)
        door = std::make_unique<server_door>(core, *spec.server_admission, probes);
}

admission::admission(system_core& core, const admission_spec& spec, const std::string& name)
    : core_(core), spec_(spec), name_(name), present_(made()) {}

std::unique_ptr<admission::machines> admission::made() const {
    return std::make_unique<machines>(
        core_, spec_, core_.environment.stream(name_of_life(name_, ended_.size()) + "/admission"));
}

void admission::restart() {
    past_ = last_figures(policy_readings(*this, ""), core_.now());
    ended_.push_back(std::move(present_));
    present_ = made();
}

admission::~admission() = default;

std::optional<failure> admission::refusal(exchange& x) {
    constexpr std::uint16_t too_many_requests = 429, unavailable = 503;
    if (present_->rate || present_->rate_by_caller)
        if (const rate_decision rate = limited_rate(x); !rate)
            return refused(too_many_requests, rate.retry_after);
    if (present_->shedder && sheds(x, core_.now()))
        return refused(unavailable);
    return refusal_of_work(x);
}

/// Health checks do not go through the door: who has much to do is not ill.
std::optional<failure> admission::refusal_of_work(exchange& x) {
    constexpr std::uint16_t unavailable = 503;
    const bool probe = x.host == peers::nobody;
    if (present_->door != nullptr && !probe)
        return present_->door->arrive(x);
    if (!present_->limit)
        return {};
    x.admitted = present_->limit->try_acquire(core_.now());
    present_->in_use.set(present_->limit->in_flight(), core_.now());
    return x.admitted ? std::optional<failure>{} : refused(unavailable);
}

bool admission::holds_back(const exchange& x) {
    return server_door::holds_back(x);
}

bool admission::sheds(const exchange& x, time_point now) {
    const bool admitted =
        present_->shedder->admit(now, asked_by(x, present_->shedder->options().user_levels));
    present_->admitted_levels.set(present_->shedder->admitted_levels(), now);
    return !admitted;
}

/// A permit is taken of both or of neither: what one refuses takes nothing from the other.
rate_decision admission::limited_rate(const exchange& x) {
    const time_point now = core_.now();
    machines& m = *present_;
    const auto counted = [](rate_decision decision, admission_counts& counts) {
        ++(decision ? counts.admitted : counts.refused);
        return decision;
    };
    if (m.rate && m.rate->available(now) == 0)
        return counted(m.rate->try_acquire(now), m.rate_counts);
    if (m.rate_by_caller)
        if (const rate_decision own =
                counted(m.rate_by_caller->try_acquire(now, x.through.how().edge->caller),
                        m.by_caller_counts);
            !own)
            return own;
    return m.rate ? counted(m.rate->try_acquire(now), m.rate_counts)
                  : rate_decision{.admitted = true};
}

wide_integer admission::rate_permits_over_time(time_point now) const {
    return present_->rate->permits_over_time(now);
}

bool admission::starting(const exchange& x, duration waited, bool last) {
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
        started(x, waited, now);
    return true;
}

/// Who waits at the door queues for the workers, too.
void admission::started(const exchange& x, duration waited, time_point now) {
    present_->shedder->on_start(now, waited + server_door::waited(x));
    present_->admitted_levels.set(present_->shedder->admitted_levels(), now);
}

void admission::entered_at_once(const exchange& x) {
    if (present_->shedder)
        started(x, duration::zero(), core_.now());
}

void admission::ended(exchange& x, const outcome<reply>& result, time_point now) {
    server_door::ended(x, result, now);
    if (!present_->limit)
        return;
    if (x.admitted)
        x.admitted.record(lesson_of(result), now);
    present_->in_use.set(present_->limit->in_flight(), now);
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
