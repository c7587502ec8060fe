// SPDX-License-Identifier: BSL-1.0
// How a call enters and leaves its policies, one after the other.
#include "patterns/resilience/pipeline_call.hpp"

#include <algorithm>
#include <boost/mp11/algorithm.hpp>

#include "patterns/resilience/classification.hpp"

namespace windtunnel {

using action = pipeline_call::action;

namespace {

/// std::visit by a switch, which the compiler sees through: this is on every call's way, twice.
template <class F>
decltype(auto) dispatch(const policy& p, F&& f) {
    return boost::mp11::mp_with_index<std::variant_size_v<policy>>(
        p.index(), [&](auto place) -> decltype(auto) { return f(*std::get_if<place>(&p)); });
}

} // namespace

/// A loop, not a recursion: a retry without back-off before an open breaker may turn very often.
action pipeline_call::go(bool inwards, time_point now) {
    for (;; inwards = !inwards)
        if (const auto next = inwards ? go_in(now) : go_out(now))
            return *next;
}

/// From policy level_ on inwards. Nothing: it turned back at policy level_, which was not entered.
std::optional<action> pipeline_call::go_in(time_point now) {
    left_ = false;
    for (; level_ < policies_.size(); ++level_) {
        const step next = dispatch(policies_[level_], [&](const auto& p) { return enter(p, now); });
        if (next == step::turn)
            return std::nullopt;
        if (next == step::suspend)
            return turn_ ? action::wait_for_turn : action::wait_for_permit;
    }
    if (now >= deadline_) {
        cut_short();
        return std::nullopt;
    }
    left_ = true;
    ++attempts_;
    if (watched())
        tell({.what = pipeline_event::kind::attempt_started}, now);
    return action::operate;
}

/// From the policy outside of level_ on outwards. Nothing: a retry goes in again.
std::optional<action> pipeline_call::go_out(time_point now) {
    while (level_ > 0) {
        --level_;
        const step next = dispatch(policies_[level_], [&](const auto& p) { return leave(p, now); });
        if (next == step::suspend)
            return action::sleep;
        if (next == step::turn) {
            ++level_;
            return std::nullopt;
        }
        holding_ = static_cast<std::uint8_t>(level_);
    }
    if (seen_as_cut()) // by the context's own deadline
        failure_.kind = kind_of_cut();
    if (watched())
        tell({.what = pipeline_event::kind::ended, .ok = ok_, .why = failure_}, now);
    return action::finish;
}

pipeline_call::step pipeline_call::enter(const timeout& p, time_point now) {
    keep(outer_deadline{deadline_, deadline_owner_});
    const duration limit = p.total >= duration::zero() ? p.total : p.per_attempt;
    const time_point own = saturating_add(now, limit);
    if (own < deadline_) {
        deadline_ = own;
        deadline_owner_ = static_cast<int>(level_);
    }
    return step::onwards;
}

pipeline_call::step pipeline_call::enter(const retry& p, time_point now) {
    keep(retries_.size());
    retrying& own = retries_.emplace_back();
    attempt_ = 1;
    if (p.budget != nullptr)
        own.whole = p.budget->begin(now);
    return step::onwards;
}

pipeline_call::step pipeline_call::enter(circuit_breaker* p, time_point now) {
    auto permit = p->try_acquire(now);
    if (!permit)
        return refuse({.kind = failure_kind::breaker_open,
                       .not_processed = true,
                       .retry_after = p->retry_after(now)},
                      now);
    keep(std::move(permit));
    return admit();
}

pipeline_call::step pipeline_call::enter(windtunnel::bulkhead* p, time_point now) {
    if (auto permit = p->try_acquire()) {
        keep(std::move(permit));
        traffic().in_use.add(1, now);
        return admit();
    }
    if (p->queued() >= p->options().max_queue)
        return refuse({.kind = failure_kind::bulkhead_full, .not_processed = true}, now);
    if (now >= deadline_) {
        ++traffic().gave_up;
        return cut_short();
    }
    wait_deadline_ = std::min(deadline_, saturating_add(now, p->options().max_wait));
    return start_waiting(now);
}

pipeline_call::step pipeline_call::enter(const hedging&, time_point) {
    report_bug("a hedging inside of a call", __FILE__, __LINE__);
}

pipeline_call::step pipeline_call::leave(const hedging&, time_point) {
    report_bug("a hedging inside of a call", __FILE__, __LINE__);
}

/// Who would have its turn only when its time is over is refused now.
pipeline_call::step pipeline_call::enter(rate_limiter* p, time_point now) {
    const rate_decision now_or_later = p->try_acquire(now);
    if (now_or_later)
        return admit();
    const failure refused{.kind = failure_kind::rate_limited,
                          .not_processed = true,
                          .retry_after =
                              now_or_later.impossible() ? duration{-1} : now_or_later.retry_after};
    if (p->options().max_wait == duration::zero())
        return refuse(refused, now);
    auto turn = p->reserve(now, p->options().max_wait);
    if (!turn || turn.ready_at() >= deadline_)
        return refuse(refused, now);
    turn_ = std::make_unique<rate_limiter::reservation>(std::move(turn));
    return start_waiting(now);
}

pipeline_call::step pipeline_call::enter(adaptive_limiter* p, time_point now) {
    auto permit = p->try_acquire(now);
    if (!permit)
        return refuse({.kind = failure_kind::limit_reached, .not_processed = true}, now);
    keep(std::move(permit));
    traffic().in_use.add(1, now);
    return admit();
}

pipeline_call::step pipeline_call::enter(client_throttle* p, time_point now) {
    if (!p->admit(now, random_.uniform()))
        return refuse({.kind = failure_kind::throttled, .not_processed = true}, now);
    return admit();
}

pipeline_call::step pipeline_call::leave(adaptive_limiter*, time_point now) {
    traffic().in_use.add(-1, now);
    auto permit = give_back(kept_[level_].limiter);
    if (thrown_ || !left_ || fell_back_ != nullptr)
        permit.drop();
    else if (ok_)
        permit.record(limit_lesson::latency, now);
    else
        permit.record(lesson_of(failure_), now);
    return step::onwards;
}

/// An error that the backend answered with was accepted; only refusing and not answering count.
pipeline_call::step pipeline_call::leave(client_throttle* p, time_point now) {
    const bool error = !ok_ && !thrown_ && failure_.kind == failure_kind::error;
    p->on_outcome(now, error ? verdict::success : seen_of_backend());
    return step::onwards;
}

pipeline_call::step pipeline_call::leave(const fallback& p, time_point now) {
    if (ok_ || thrown_ || cancelled_ || seen_as_cut() || !handles(p.options, failure_))
        return step::onwards;
    ok_ = true;
    fell_back_ = &p;
    ++traffic().fallbacks;
    if (watched())
        tell({.what = pipeline_event::kind::fell_back, .why = failure_}, now);
    return step::onwards;
}

/// The deadline in force has passed. Policies inside of its owner see a cancellation.
pipeline_call::step pipeline_call::cut_short() {
    ok_ = false;
    failure_ = {.kind = failure_kind::cancelled, .not_processed = !left_};
    cut_owner_ = deadline_owner_;
    return step::turn;
}

pipeline_call::step pipeline_call::admit() {
    ++traffic().admitted;
    return step::onwards;
}

pipeline_call::step pipeline_call::start_waiting(time_point now) {
    ++traffic().waited;
    traffic().waiting.add(1, now);
    if (watched())
        tell({.what = pipeline_event::kind::waiting}, now);
    return step::suspend;
}

pipeline_call::step pipeline_call::refuse(const failure& why, time_point now) {
    ++traffic().refused;
    return turn_back(why, now);
}

pipeline_call::step pipeline_call::turn_back(const failure& why, time_point now) {
    ok_ = false;
    failure_ = why;
    if (watched())
        tell({.what = pipeline_event::kind::rejected, .why = why}, now);
    return step::turn;
}

pipeline_call::step pipeline_call::leave(const timeout&, time_point) {
    const auto& outer = kept_[level_].deadline;
    deadline_ = outer.deadline;
    deadline_owner_ = outer.owner;
    if (cut_owner_ == static_cast<int>(level_)) {
        failure_.kind = kind_of_cut();
        cut_owner_ = no_cut;
        ++traffic().cut;
    }
    return step::onwards;
}

pipeline_call::step pipeline_call::leave(circuit_breaker*, time_point now) {
    auto permit = give_back(kept_[level_].breaker);
    permit.record(seen_of_backend(), now); // neutral drops it
    return step::onwards;
}

/// The answer of a fallback inside says nothing about the backend: it was made here.
verdict pipeline_call::seen_of_backend() const {
    if (fell_back_ != nullptr)
        return verdict::neutral;
    return ok_ ? verdict::success : thrown_ ? verdict::failure : classify(failure_);
}

pipeline_call::step pipeline_call::leave(windtunnel::bulkhead*, time_point now) {
    traffic().in_use.add(-1, now);
    give_back(kept_[level_].bulkhead).release();
    return step::onwards;
}

pipeline_call::step pipeline_call::leave(const retry& p, time_point now) {
    auto& own = retries_[kept_[level_].retry];
    if (p.budget != nullptr && left_)
        p.budget->on_outcome(ok_ ? seen_of_backend() : budget_verdict(p.options, failure_), now,
                             own.again.paid());
    own.again.end();
    const step next = ok_ ? step::onwards : try_again(p, own, now);
    if (next == step::onwards)
        retries_.pop_back(); // ends its slots
    return next;
}

pipeline_call::step pipeline_call::try_again(const retry& p, retrying& own, time_point now) {
    if (left_ && !seen_as_cut())
        own.last_real = failure_;
    if (cancelled_ || seen_as_cut()) {
        give_up(own, cancelled_ ? stop_reason::cancelled : stop_reason::deadline, false, now);
        return step::onwards;
    }
    const auto decision = own.state.next(p.options, failure_, idempotent_, now, deadline_, random_);
    if (!decision.retry) {
        traffic().exhausted += decision.why == stop_reason::attempts;
        give_up(own, decision.why, false, now);
        return step::onwards;
    }
    if (p.budget != nullptr && !decision.transparent) {
        own.again = p.budget->withdraw(now, failure_.kind);
        if (!own.again) {
            ++traffic().budget_refused;
            delay_ = decision.delay;
            ends_after_sleep_ = p.options.backs_off_without_budget && delay_ > duration::zero();
            if (ends_after_sleep_)
                return step::suspend;
            give_up(own, stop_reason::none, true, now);
            return step::onwards;
        }
    }
    ++traffic().retries;
    attempt_ = static_cast<std::uint32_t>(own.state.attempt());
    delay_ = decision.delay;
    if (watched())
        tell({.what = pipeline_event::kind::retrying, .why = failure_, .delay = delay_}, now);
    return delay_ > duration::zero() ? step::suspend : step::turn;
}

/// The last real failure is the answer, not the rejection that stopped the attempt after it.
void pipeline_call::give_up(const retrying& own, stop_reason why, bool no_budget, time_point now) {
    if (is_local_rejection(failure_.kind) && own.last_real)
        failure_ = *own.last_real;
    if (watched())
        tell({.what = pipeline_event::kind::gave_up,
              .why = failure_,
              .stop = why,
              .budget_exhausted = no_budget},
             now);
}

failure_kind pipeline_call::kind_of_cut() const {
    if (cut_owner_ == nobody)
        return failure_kind::deadline_exceeded;
    const auto& owner = std::get<timeout>(policies_[static_cast<std::size_t>(cut_owner_)]);
    return owner.total >= duration::zero() ? failure_kind::deadline_exceeded
                                           : failure_kind::timed_out;
}

} // namespace windtunnel
