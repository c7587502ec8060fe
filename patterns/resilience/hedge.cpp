// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/hedge.hpp"

#include <algorithm>
#include <array>

#include "patterns/base/assert.hpp"
#include "patterns/resilience/option_check.hpp"
#include "patterns/resilience/retry.hpp"

namespace windtunnel {

namespace {

constexpr std::array<std::string_view, 2> delay_names{"fixed", "observed"};
constexpr std::array<std::string_view, 3> action_names{"launch", "wait", "fail"};
constexpr std::array<std::string_view, 4> result_names{"answer", "fail", "go_on", "ignore"};

/// What is worth a retry is worth a hedge: one table for both.
bool is_fatal(const hedge_options& options, const failure& f) {
    const retry_options same{.retry_errors = options.hedge_errors,
                             .retry_overloaded = options.hedge_overloaded,
                             .retry_unreachable = options.hedge_unreachable,
                             .retry_timeouts = options.hedge_timeouts};
    return !is_local_rejection(f.kind) && !retryable(same, f);
}

const hedge_options& validated(const hedge_options& options) {
    options.validate();
    return options;
}

} // namespace

std::string_view to_string(hedge_delay kind) {
    return delay_names.at(static_cast<std::size_t>(kind));
}

std::string_view to_string(hedge_action action) {
    return action_names.at(static_cast<std::size_t>(action));
}

std::string_view to_string(hedge_result result) {
    return result_names.at(static_cast<std::size_t>(result));
}

void hedge_options::validate() const {
    constexpr option_check check{"hedge"};
    check(max_attempts >= 1 && max_attempts <= most_attempts, "max_attempts", max_attempts,
          "be from 1 to 10: it includes the first attempt");
    check(quantile > 0 && quantile < 1, "quantile", quantile, "be above 0 and below 1");
    check(min_delay >= duration::zero(), "min_delay", min_delay, "not be negative");
    check(min_samples >= 1, "min_samples", min_samples, "be at least 1");
    check(window > duration::zero(), "window", window, "be above 0");
}

hedge::hedge(const hedge_options& options, time_point now)
    : options_(validated(options)),
      latencies_({.window = options.window, .min_samples = options.min_samples}, now) {}

hedge_state hedge::begin(bool idempotent, time_point deadline, time_point now) {
    ++metrics_.calls;
    return {*this, idempotent, deadline, now};
}

std::optional<duration> hedge::delay(time_point now) {
    if (options_.delay_from == hedge_delay::fixed)
        return options_.delay;
    refresh(now);
    return quantile_ ? std::max(*quantile_, options_.min_delay) : quantile_;
}

std::optional<duration> hedge::median(time_point now) {
    refresh(now);
    return median_;
}

void hedge::record(duration latency, time_point now) {
    latencies_.record(latency, now);
    ++new_;
}

void hedge::record_censored(duration at_least, time_point now) {
    latencies_.record_censored(at_least, now);
    ++new_;
}

void hedge::refresh(time_point now) {
    if (new_ < enough_ && now < refresh_at_)
        return;
    quantile_ = latencies_.quantile(options_.quantile, now);
    median_ = latencies_.quantile(0.5, now);
    new_ = 0;
    const auto seen = latencies_.observed(now) + latencies_.censored(now);
    enough_ = median_ ? 1 + seen / 32 : 1;
    refresh_at_ = saturating_add(now, options_.window / 8);
}

hedge_state::hedge_state(hedge& owner, bool idempotent, time_point deadline, time_point now)
    : owner_(&owner), deadline_(deadline), next_at_(now),
      delay_(owner.delay(now).value_or(duration{-1})),
      median_(owner.median(now).value_or(duration::zero())),
      limit_(idempotent ? owner.options().max_attempts : 1) {}

hedge_step hedge_state::next(time_point now) {
    WINDTUNNEL_ASSERT(!ended_);
    const bool first = launched_ == 0;
    if (!first && !may_launch(std::max(now, next_at_))) {
        if (in_flight_ != 0)
            return {.action = hedge_action::wait};
        ended_ = true;
        return {.action = hedge_action::fail};
    }
    if (!first && now < next_at_)
        return {.action = hedge_action::wait, .until = next_at_};
    ++launched_;
    owner_->metrics_.hedges += !first;
    launched_at(launched_) = now;
    in_flight_ |= bit(launched_);
    next_at_ = delay_ < duration::zero() ? never : saturating_add(now, delay_);
    return {.action = hedge_action::launch, .attempt = launched_};
}

hedge_result hedge_state::on_success(int attempt, time_point now) {
    if (ended_)
        return hedge_result::ignore;
    WINDTUNNEL_ASSERT(in_flight(attempt));
    in_flight_ &= ~bit(attempt);
    owner_->record(now - launched_at(attempt), now);
    owner_->metrics_.won += attempt > 1;
    end(now);
    return hedge_result::answer;
}

/// A failure's latency says nothing of how long answers take, but a timeout's does: longer.
hedge_result hedge_state::on_failure(int attempt, const failure& f, time_point now) {
    if (ended_)
        return hedge_result::ignore;
    WINDTUNNEL_ASSERT(in_flight(attempt));
    in_flight_ &= ~bit(attempt);
    if (f.kind == failure_kind::timed_out)
        owner_->record_censored(now - launched_at(attempt), now);
    if (is_fatal(owner_->options(), f)) {
        last_ = f;
        end(now);
        return hedge_result::fail;
    }
    keep(f);
    if (f.no_retry || (is_local_rejection(f.kind) && !owner_->options().hedge_rejections))
        limit_ = launched_;
    if (f.retry_after >= duration::zero())
        not_before_ = std::max(not_before_, saturating_add(now, f.retry_after));
    next_at_ = std::max(now, not_before_);
    return go_on_or_fail(now);
}

hedge_result hedge_state::on_refused(int attempt, time_point now) {
    WINDTUNNEL_ASSERT(!ended_ && attempt > 1 && attempt == launched_ && in_flight(attempt));
    in_flight_ &= ~bit(attempt);
    limit_ = --launched_;
    --owner_->metrics_.hedges;
    ++owner_->metrics_.refused;
    return go_on_or_fail(now);
}

void hedge_state::abandon(time_point now) {
    if (!ended_)
        end(now);
}

bool hedge_state::may_launch(time_point at) const {
    if (launched_ >= limit_ || at == never)
        return false;
    return deadline_ == never || (at < deadline_ && saturating_add(at, median_) <= deadline_);
}

hedge_result hedge_state::go_on_or_fail(time_point now) {
    if (in_flight_ != 0 || may_launch(std::max(now, next_at_)))
        return hedge_result::go_on;
    end(now);
    return hedge_result::fail;
}

/// What the other side said is worth more than what a policy on our side refused after it.
void hedge_state::keep(const failure& f) {
    if (!failed_ || !is_local_rejection(f.kind) || is_local_rejection(last_.kind))
        last_ = f;
    failed_ = true;
}

void hedge_state::end(time_point now) {
    ended_ = true;
    for (int attempt = 1; attempt <= launched_; ++attempt)
        if (in_flight(attempt))
            owner_->record_censored(now - launched_at(attempt), now);
    in_flight_ = 0;
}

} // namespace windtunnel
