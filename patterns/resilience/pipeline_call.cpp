// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/pipeline_call.hpp"

#include <stdexcept>

#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

using action = pipeline_call::action;

void timeout::validate() const {
    const bool whole = total >= duration::zero(), each = per_attempt >= duration::zero();
    if (whole && each)
        throw std::invalid_argument("timeout: total is " + to_text(total) + " and per_attempt is " +
                                    to_text(per_attempt) +
                                    "; it must be one of them: a pipeline "
                                    "takes two timeouts");
    if (!whole && !each)
        throw std::invalid_argument("timeout: neither total nor per_attempt is set; it must be one "
                                    "of them, to 0s or more");
}

std::string_view to_string(pipeline_event::kind kind) {
    constexpr std::array<std::string_view, 10> names{
        "attempt_started", "attempt_ended", "rejected", "waiting",   "retrying",
        "gave_up",         "fell_back",     "ended",    "cache_hit", "joined"};
    return names.at(static_cast<std::size_t>(kind));
}

pipeline_call::pipeline_call(std::span<const policy> policies, std::size_t first,
                             const call_context& context, random_stream& random,
                             pipeline_audience& audience, policy_traffic* traffic)
    : policies_(policies), first_(first), random_(random), audience_(audience), traffic_(traffic),
      deadline_(context.deadline), earlier_attempts_(context.attempt - 1),
      recording_(context.trace.recording), span_(context.trace.span),
      idempotent_(context.idempotent) {}

pipeline_call::~pipeline_call() {
    while (holding_ > 0) {
        kept& last = kept_[--holding_];
        const policy& of = policies_[holding_];
        if (std::holds_alternative<circuit_breaker*>(of))
            std::destroy_at(&last.breaker);
        else if (std::holds_alternative<windtunnel::bulkhead*>(of))
            std::destroy_at(&last.bulkhead);
        else if (std::holds_alternative<adaptive_limiter*>(of))
            std::destroy_at(&last.limiter);
    }
}

void pipeline_call::prepare(call_context& context) const {
    context.deadline = deadline_;
    context.attempt = earlier_attempts_ + attempt_;
}

action pipeline_call::begin(time_point now) {
    return go(true, now);
}

action pipeline_call::on_result(const failure* failed, cut_by cut, time_point now) {
    ok_ = failed == nullptr;
    if (failed != nullptr)
        failure_ = *failed;
    if (cut == cut_by::caller)
        caller_gave_up();
    // Also where the other side, which was told the deadline, was the first to see it strike.
    const bool struck = failure_.kind == failure_kind::cancelled
                            ? cut == cut_by::deadline
                            : failure_.kind == failure_kind::deadline_exceeded && now >= deadline_;
    if (!ok_ && struck)
        cut_owner_ = deadline_owner_;
    if (watched())
        tell_how_it_ended(cut, now);
    return go(false, now);
}

action pipeline_call::on_cancelled(action pending, time_point now) {
    caller_gave_up();
    const failure cancelled{.kind = failure_kind::cancelled, .not_processed = true};
    if (pending == action::operate)
        return on_result(&cancelled, cut_by::caller, now);
    if (pending == action::wait_for_turn)
        return on_turn(turn_wait::cancelled, now);
    return pending == action::sleep ? on_slept(false, now) : on_permit(permit_wait::cancelled, now);
}

action pipeline_call::on_exception(time_point now) {
    thrown_ = true;
    const failure as_failure{.kind = failure_kind::error, .no_retry = true};
    return on_result(&as_failure, cut_by::nobody, now);
}

action pipeline_call::on_slept(bool elapsed, time_point now) {
    if (std::exchange(ends_after_sleep_, false) && elapsed) {
        give_up(retries_.back(), stop_reason::none, true, now);
        retries_.pop_back();
        return go(false, now);
    }
    if (elapsed) {
        ++level_;
        return go(true, now);
    }
    caller_gave_up();
    ok_ = false;
    failure_ = {.kind = failure_kind::cancelled};
    retries_.pop_back(); // the one that slept
    return go(false, now);
}

action pipeline_call::on_permit(permit_wait how, time_point now) {
    traffic().waiting.add(-1, now);
    if (how == permit_wait::granted) {
        traffic().in_use.add(1, now);
        admit();
        ++level_;
        return go(true, now);
    }
    ok_ = false;
    failure_ = {.kind = failure_kind::cancelled};
    if (how == permit_wait::expired && wait_deadline_ != deadline_) {
        ++traffic().expired;
        turn_back({.kind = failure_kind::bulkhead_timeout, .not_processed = true}, now);
        return go(false, now);
    }
    ++traffic().gave_up;
    if (how == permit_wait::cancelled)
        caller_gave_up();
    else
        cut_short();
    return go(false, now);
}

action pipeline_call::on_turn(turn_wait how, time_point now) {
    traffic().waiting.add(-1, now);
    if (how == turn_wait::come) {
        turn_->take(now);
        turn_.reset();
        admit();
        ++level_;
        return go(true, now);
    }
    turn_.reset(); // those behind move up
    ++traffic().gave_up;
    caller_gave_up();
    ok_ = false;
    failure_ = {.kind = failure_kind::cancelled};
    return go(false, now);
}

void pipeline_call::tell_how_it_ended(cut_by cut, time_point now) const {
    failure seen = failure_;
    if (seen_as_cut())
        seen.kind = kind_of_cut();
    tell({.what = pipeline_event::kind::attempt_ended,
          .ok = ok_,
          .why = seen,
          .late = ok_ && cut == cut_by::deadline},
         now);
}

void pipeline_call::tell(pipeline_event event, time_point now) const {
    event.at = now;
    event.attempt = attempt_;
    event.policy = first_ + level_;
    event.earlier = earlier_attempts_;
    event.recording = recording_;
    event.span = span_;
    try {
        if (recorded())
            audience_.recorded->on_event(event);
        if (audience_.observer != nullptr)
            audience_.observer->on_event(event);
    } catch (...) {
        ++audience_.errors;
    }
}

} // namespace windtunnel
