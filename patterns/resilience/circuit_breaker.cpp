// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/circuit_breaker.hpp"

#include <algorithm>

#include "patterns/base/assert.hpp"

namespace windtunnel {

namespace {

/// Divided, not multiplied: a quotient that equals a decimal threshold rounds to the same double.
double share(std::uint32_t part, std::uint32_t whole) {
    return static_cast<double>(part) / static_cast<double>(whole);
}

double rate_or_unknown(std::uint32_t part, std::uint32_t whole, std::uint32_t needed) {
    return whole < needed ? -1 : share(part, whole);
}

/// Most windows hold nothing bad, and no rate is computed for them: thresholds are above 0.
bool reaches(std::uint32_t part, std::uint32_t whole, std::uint32_t needed, double threshold) {
    return part > 0 && whole >= needed && share(part, whole) >= threshold;
}

const circuit_breaker_options& validated(const circuit_breaker_options& options) {
    options.validate();
    return options;
}

} // namespace

circuit_breaker::circuit_breaker(const circuit_breaker_options& options, random_stream jitter,
                                 time_point now)
    : options_(validated(options)), since_(now),
      window_(options.sliding_window_type, static_cast<std::uint32_t>(options.sliding_window_size),
              options.sliding_window_duration, now),
      pending_(options.slow_call_duration_threshold, now), jitter_(jitter) {
    base_wait_ = to_seconds(options.wait_in_open);
    jitter_draw_ = jitter_.uniform();
    enter(options.initial_state, now);
}

circuit_breaker::~circuit_breaker() {
    WINDTUNNEL_ASSERT(outstanding_ == 0);
}

circuit_breaker::permit circuit_breaker::try_acquire_unusual(time_point now) {
    advance(now);
    if (state_ == breaker_state::open && now >= until_)
        transition(breaker_state::half_open, transition_reason::wait_over, now);
    if (options_.slow_call_pending)
        judge(now);
    switch (state_) { // afresh: an observer may have changed it
    case breaker_state::open:
        return refuse();
    case breaker_state::forced_open:
        return {};
    case breaker_state::half_open:
        if (in_flight_ + probes_.calls >= permitted())
            return refuse();
        begin_half_open(now);
        break;
    case breaker_state::closed:
    case breaker_state::disabled:
    case breaker_state::metrics_only:
        break;
    }
    if (options_.slow_call_pending)
        pending_.started(now);
    return admit(now);
}

void circuit_breaker::begin_half_open(time_point now) {
    if (until_ != never)
        return;
    until_ = saturating_add(now, options_.max_wait_in_half_open);
    reschedule();
}

circuit_breaker::permit circuit_breaker::refuse() {
    ++totals_.not_permitted;
    return {};
}

void circuit_breaker::permit::record(verdict result, time_point now) {
    WINDTUNNEL_ASSERT(breaker_ != nullptr);
    std::exchange(breaker_, nullptr)->record(*this, result, now);
}

void circuit_breaker::permit::drop() noexcept {
    if (breaker_ != nullptr)
        std::exchange(breaker_, nullptr)->forget(*this);
}

void circuit_breaker::record(const permit& ended, verdict result, time_point now) {
    if (result == verdict::neutral)
        return forget(ended);
    advance(now);
    --outstanding_;
    if (ended.generation_ != generation_) {
        ++totals_.late_results;
        return;
    }
    --in_flight_;
    if (options_.slow_call_pending)
        pending_.ended(ended.admitted_at_);
    if (state_ == breaker_state::disabled)
        return;
    const bool failed = result == verdict::failure;
    const duration took = now - ended.admitted_at_;
    const bool slow = took > options_.slow_call_duration_threshold;
    if (state_ == breaker_state::half_open)
        add_probe(failed, slow, took);
    else
        window_.add(failed, slow, now, took);
    judge(now);
}

void circuit_breaker::add_probe(bool failed, bool slow, duration took) {
    probes_.add(failed, slow);
    probes_took_ += std::min(took, duration::max() - probes_took_);
}

void circuit_breaker::forget(const permit& ended) noexcept {
    --outstanding_;
    if (ended.generation_ != generation_)
        return;
    --in_flight_;
    if (options_.slow_call_pending)
        pending_.ended(ended.admitted_at_);
    if (state_ != breaker_state::disabled)
        ++totals_.neutral;
}

void circuit_breaker::judge(time_point now) {
    const std::uint32_t overdue = options_.slow_call_pending ? pending_.overdue(now) : 0;
    if (state_ == breaker_state::half_open)
        return judge_probes(probes_, overdue, now);
    if (state_ != breaker_state::closed)
        return;
    const auto seen = window_.counts(now);
    const auto needed = needed_calls();
    if (reaches(seen.failed, seen.calls, needed, options_.failure_rate_threshold))
        transition(breaker_state::open, transition_reason::failure_rate, now);
    else if (reaches(seen.slow + overdue, seen.calls + overdue, needed,
                     options_.slow_call_rate_threshold))
        transition(breaker_state::open, transition_reason::slow_call_rate, now);
}

/// As soon as no result of the calls still to come could change the decision, it is taken.
void circuit_breaker::judge_probes(const call_counts& seen, std::uint32_t overdue, time_point now) {
    if (options_.successes_to_close > 0)
        return judge_successes(seen, now);
    const auto needed = needed_calls();
    const auto to_come = needed - std::min(needed, seen.calls);
    const auto slow = seen.slow + std::min(overdue, to_come);
    if (share(seen.failed, needed) >= options_.failure_rate_threshold)
        transition(breaker_state::open, transition_reason::failure_rate, now);
    else if (share(slow, needed) >= options_.slow_call_rate_threshold)
        transition(breaker_state::open, transition_reason::slow_call_rate, now);
    else if (share(seen.failed + to_come, needed) < options_.failure_rate_threshold &&
             share(seen.slow + to_come, needed) < options_.slow_call_rate_threshold)
        transition(breaker_state::closed, transition_reason::probes_passed, now);
}

void circuit_breaker::judge_successes(const call_counts& seen, time_point now) {
    const auto wanted = static_cast<std::uint32_t>(options_.successes_to_close);
    const auto good = seen.calls - seen.failed;
    if (good >= wanted)
        transition(breaker_state::closed, transition_reason::probes_passed, now);
    else if (good + permitted() - seen.calls < wanted)
        transition(breaker_state::open, transition_reason::failure_rate, now);
}

void circuit_breaker::advance(time_point now) {
    if (state_ == breaker_state::half_open && now >= until_)
        transition(options_.state_after_max_wait, transition_reason::half_open_timeout, until_);
    if (state_ == breaker_state::open && options_.automatic_half_open && now >= until_)
        transition(breaker_state::half_open, transition_reason::wait_over, until_);
}

time_point circuit_breaker::next_transition() const {
    if (state_ == breaker_state::half_open ||
        (state_ == breaker_state::open && options_.automatic_half_open))
        return until_;
    return never;
}

breaker_state circuit_breaker::state(time_point now) const {
    auto state = state_;
    auto until = until_;
    if (state == breaker_state::half_open && now >= until) {
        state = options_.state_after_max_wait;
        until = saturating_add(until, next_wait());
    }
    return state == breaker_state::open && now >= until ? breaker_state::half_open : state;
}

duration circuit_breaker::retry_after(time_point now) const {
    switch (state(now)) {
    case breaker_state::open:
        return (state_ == breaker_state::open ? until_ : saturating_add(until_, next_wait())) - now;
    case breaker_state::forced_open:
        return duration{-1};
    case breaker_state::half_open:
        if (state_ == breaker_state::half_open && now < until_ &&
            in_flight_ + probes_.calls >= permitted())
            return duration{-1};
        break;
    case breaker_state::closed:
    case breaker_state::disabled:
    case breaker_state::metrics_only:
        break;
    }
    return duration::zero();
}

circuit_breaker_metrics circuit_breaker::metrics(time_point now) const {
    auto result = totals_;
    const auto seen = counts(now);
    const auto needed = needed_calls();
    result.failure_rate = rate_or_unknown(seen.failed, seen.calls, needed);
    result.slow_call_rate = rate_or_unknown(seen.slow, seen.calls, needed);
    result.buffered = seen.calls;
    result.failed = seen.failed;
    result.successful = seen.calls - seen.failed;
    result.slow = seen.slow;
    result.slow_failed = seen.slow_failed;
    result.total_duration =
        state_ == breaker_state::half_open ? probes_took_ : window_.total_duration(now);
    if (seen.calls > 0)
        result.average_duration = result.total_duration / seen.calls;
    return result;
}

breaker_times circuit_breaker::times(time_point now) const {
    auto all = times_;
    add_stay(all, now);
    return all;
}

/// As state(now), step by step.
void circuit_breaker::add_stay(breaker_times& to, time_point now) const {
    auto state = state_;
    auto from = since_, until = until_;
    const auto stay = [&](time_point end) {
        to[static_cast<std::size_t>(state)] += end - from;
        from = end;
    };
    if (state == breaker_state::half_open && now >= until) {
        stay(until);
        state = options_.state_after_max_wait;
        until = saturating_add(until, next_wait());
    }
    if (state == breaker_state::open && now >= until) {
        stay(until);
        state = breaker_state::half_open;
    }
    stay(now);
}

void circuit_breaker::reset(time_point now) {
    advance(now);
    totals_ = {};
    times_ = {};
    since_ = now;
    if (state_ == breaker_state::closed)
        enter(breaker_state::closed, now);
    else
        transition(breaker_state::closed, transition_reason::by_hand, now);
}

void circuit_breaker::go_by_hand(breaker_state to, time_point now) {
    advance(now);
    if (state_ != to)
        transition(to, transition_reason::by_hand, now);
}

void circuit_breaker::observe(observer function, void* context) {
    observer_ = function;
    observer_context_ = context;
}

void circuit_breaker::keep_on_time(schedule function, void* context) {
    schedule_ = function;
    schedule_context_ = context;
    reschedule();
}

void circuit_breaker::reschedule() {
    if (schedule_ != nullptr)
        schedule_(schedule_context_, next_transition());
}

void circuit_breaker::transition(breaker_state to, transition_reason reason, time_point at) {
    const auto seen = metrics(at);
    const bool counts_overdue =
        options_.slow_call_pending && reason == transition_reason::slow_call_rate;
    const breaker_transition event{.from = state_,
                                   .to = to,
                                   .reason = reason,
                                   .at = at,
                                   .failure_rate = seen.failure_rate,
                                   .slow_call_rate = seen.slow_call_rate,
                                   .calls = seen.buffered,
                                   .failed = seen.failed,
                                   .slow = seen.slow,
                                   .overdue = counts_overdue ? pending_.overdue(at) : 0};
    enter(to, at);
    totals_.half_opened += to == breaker_state::half_open;
    totals_.closed += to == breaker_state::closed && reason != transition_reason::by_hand;
    notify(event);
}

void circuit_breaker::enter(breaker_state to, time_point at) {
    add_stay(times_, at);
    since_ = at;
    state_ = to;
    ++generation_;
    in_flight_ = 0;
    probes_ = {};
    probes_took_ = {};
    window_.clear(at);
    pending_.clear(at);
    if (to == breaker_state::open) {
        ++totals_.opened;
        until_ = saturating_add(at, next_wait());
        base_wait_ =
            std::min(base_wait_ * options_.wait_multiplier, to_seconds(options_.max_wait_in_open));
        jitter_draw_ = jitter_.uniform();
    } else if (to == breaker_state::half_open) {
        until_ = never;
    } else {
        base_wait_ = to_seconds(options_.wait_in_open);
    }
    reschedule();
}

/// The last act of every operation that changes the state, so that the observer may do anything.
void circuit_breaker::notify(const breaker_transition& event) {
    if (observer_ == nullptr)
        return;
    try {
        observer_(observer_context_, event);
    } catch (...) {
        ++totals_.observer_errors;
    }
}

call_counts circuit_breaker::counts(time_point now) const {
    return state_ == breaker_state::half_open ? probes_ : window_.counts(now);
}

std::uint32_t circuit_breaker::needed_calls() const {
    auto needed = options_.minimum_number_of_calls;
    if (state_ == breaker_state::half_open)
        needed = std::min(needed, options_.permitted_calls_in_half_open);
    else if (options_.sliding_window_type == sliding_window_type::count)
        needed = std::min(needed, options_.sliding_window_size);
    return static_cast<std::uint32_t>(needed);
}

std::uint32_t circuit_breaker::permitted() const {
    return static_cast<std::uint32_t>(options_.permitted_calls_in_half_open);
}

duration circuit_breaker::next_wait() const {
    const double factor = 1 - options_.wait_jitter + 2 * options_.wait_jitter * jitter_draw_;
    return from_seconds(base_wait_ * factor);
}

} // namespace windtunnel
