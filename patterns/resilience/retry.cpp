// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/retry.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace {

constexpr std::array<std::string_view, 7> reason_names{
    "none", "cancelled", "pushback", "not_retryable", "not_idempotent", "attempts", "deadline"};

/// x^n by squaring: the same bytes with every C library, and fast for any n. May be infinite.
double power(double x, int n) {
    double result = 1;
    for (; n > 0; n /= 2, x *= x)
        if (n % 2 == 1)
            result *= x;
    return result;
}

/// The backoff in seconds, capped, without jitter.
double plain_backoff(const retry_options& options, int retry) {
    const double initial = to_seconds(options.initial_backoff);
    double factor = 1;
    if (options.backoff == backoff_kind::linear)
        factor = retry;
    else if (options.backoff == backoff_kind::exponential)
        factor = std::min(power(options.backoff_multiplier, retry - 1),
                          std::numeric_limits<double>::max()); // 0 * infinity is not a delay
    return std::min(initial * factor, to_seconds(options.max_backoff));
}

double decorrelated(const retry_options& options, duration previous, double u) {
    const double initial = to_seconds(options.initial_backoff);
    const double last = std::max(to_seconds(previous), initial);
    const double cap = to_seconds(options.max_backoff);
    if (options.jitter == jitter_kind::decorrelated_aws)
        return std::min(cap, initial + u * (3 * last - initial));
    return initial + u * (std::min(3 * last, cap) - initial);
}

/// What the delays up to this one add up to, without a cap.
duration decorrelated_v2_sum(const retry_options& options, int retry, double u) {
    const double t = retry - 1 + u;
    const double factor = std::min(std::exp2(t), std::numeric_limits<double>::max());
    return from_seconds(to_seconds(options.initial_backoff) / 1.4 * factor *
                        std::tanh(2 * std::sqrt(t)));
}

duration decorrelated_v2(const retry_options& options, int retry, duration before, double u) {
    const duration sum = decorrelated_v2_sum(options, retry, u);
    return sum == duration::max() ? options.max_backoff
                                  : std::min(sum - before, options.max_backoff);
}

bool is_certainly_unprocessed(const failure& f) {
    return f.not_processed || f.kind == failure_kind::unavailable || is_local_rejection(f.kind);
}

/// A policy of our own says that it will refuse for longer than any backoff would wait.
bool asks_for_patience(const retry_options& options, const failure& last) {
    return is_local_rejection(last.kind) && last.retry_after > options.max_backoff;
}

bool is_callers_doing(failure_kind kind) {
    return kind == failure_kind::cancelled || kind == failure_kind::shut_down;
}

} // namespace

std::string_view to_string(backoff_kind kind) {
    constexpr std::array<std::string_view, 3> names{"constant", "linear", "exponential"};
    return names.at(static_cast<std::size_t>(kind));
}

std::string_view to_string(jitter_kind kind) {
    constexpr std::array<std::string_view, 8> names{"none",
                                                    "full",
                                                    "equal",
                                                    "decorrelated",
                                                    "proportional",
                                                    "additive",
                                                    "decorrelated_aws",
                                                    "decorrelated_v2"};
    return names.at(static_cast<std::size_t>(kind));
}

std::string_view to_string(stop_reason reason) {
    return reason_names.at(static_cast<std::size_t>(reason));
}

void retry_options::validate() const {
    constexpr option_check check{"retry"};
    check(max_attempts >= 1, "max_attempts", max_attempts,
          "be at least 1: it includes the first attempt");
    check(initial_backoff >= duration::zero(), "initial_backoff", initial_backoff,
          "not be negative");
    check(max_backoff >= initial_backoff, "max_backoff", max_backoff,
          "be at least initial_backoff");
    check(backoff_multiplier >= 1 && backoff_multiplier <= 1e9, "backoff_multiplier",
          backoff_multiplier, "be from 1 to 1e9");
    check(jitter_factor >= 0 && jitter_factor <= 1, "jitter_factor", jitter_factor,
          "be from 0 to 1");
    check(overloaded_backoff >= duration::zero() && overloaded_backoff <= max_backoff,
          "overloaded_backoff", overloaded_backoff, "be from 0s to max_backoff");
}

bool retryable(const retry_options& options, const failure& last) {
    switch (last.kind) {
    case failure_kind::error:
        return options.retry_errors && !is_clients_error(last);
    case failure_kind::overloaded:
        return options.retry_overloaded;
    case failure_kind::unavailable:
    case failure_kind::connection_lost:
        return options.retry_unreachable;
    case failure_kind::timed_out:
        return options.retry_timeouts;
    case failure_kind::breaker_open:
    case failure_kind::bulkhead_full:
    case failure_kind::bulkhead_timeout:
    case failure_kind::rate_limited:
    case failure_kind::limit_reached:
    case failure_kind::throttled:
        return options.retry_rejections;
    case failure_kind::contract_broken: // the same answer would come again
    case failure_kind::deadline_exceeded:
    case failure_kind::cancelled:
    case failure_kind::shut_down:
        break;
    }
    return false;
}

verdict budget_verdict(const retry_options& options, const failure& last) {
    const bool counts =
        !is_local_rejection(last.kind) && (last.no_retry || retryable(options, last));
    return counts && !is_callers_doing(last.kind) ? verdict::failure : verdict::neutral;
}

duration backoff_delay(const retry_options& options, int retry, duration previous, double u) {
    const double plain = plain_backoff(options, retry);
    switch (options.jitter) {
    case jitter_kind::none:
        break;
    case jitter_kind::full:
        return from_seconds(plain * u);
    case jitter_kind::equal:
        return from_seconds(plain / 2 * (1 + u));
    case jitter_kind::decorrelated:
    case jitter_kind::decorrelated_aws:
        return from_seconds(decorrelated(options, previous, u));
    case jitter_kind::decorrelated_v2:
        return decorrelated_v2(options, retry, previous, u);
    case jitter_kind::proportional:
        return from_seconds(plain * (1 - options.jitter_factor + 2 * options.jitter_factor * u));
    case jitter_kind::additive:
        return from_seconds(plain * (1 + options.jitter_factor * u));
    }
    return from_seconds(plain);
}

retry_decision retry_state::next(const retry_options& options, const failure& last, bool idempotent,
                                 time_point now, time_point deadline, random_stream& stream) {
    const auto why = obstacle(options, last, idempotent);
    const bool in_time = deadline == never || now < deadline;
    if (options.transparent_retry && !transparent_used_ && in_time &&
        is_certainly_unprocessed(last) && !is_local_rejection(last.kind) &&
        (why == stop_reason::none || why == stop_reason::attempts)) {
        transparent_used_ = true;
        return {.retry = true, .transparent = true};
    }
    if (why != stop_reason::none)
        return {.why = why};
    const auto delay = next_delay(options, last, stream);
    if (deadline != never && saturating_add(now, delay) >= deadline)
        return {.why = stop_reason::deadline};
    ++attempt_;
    return {.retry = true, .delay = delay};
}

stop_reason retry_state::obstacle(const retry_options& options, const failure& last,
                                  bool idempotent) const {
    if (is_callers_doing(last.kind))
        return stop_reason::cancelled;
    if (last.kind == failure_kind::deadline_exceeded)
        return stop_reason::deadline;
    if (last.no_retry)
        return stop_reason::pushback;
    if (!retryable(options, last) || asks_for_patience(options, last))
        return stop_reason::not_retryable;
    if (!idempotent && !is_certainly_unprocessed(last))
        return stop_reason::not_idempotent;
    return attempt_ < options.max_attempts ? stop_reason::none : stop_reason::attempts;
}

duration retry_state::next_delay(const retry_options& options, const failure& last,
                                 random_stream& stream) {
    const bool told = last.retry_after >= duration::zero();
    if (told && options.retry_after_slack < duration::zero()) {
        step_ = 0;
        previous_ = {};
        return last.retry_after;
    }
    duration delay{};
    if (last.kind == failure_kind::overloaded && options.overloaded_backoff > duration::zero()) {
        retry_options gentler = options;
        gentler.initial_backoff = options.overloaded_backoff;
        delay = next_backoff(gentler, stream);
    } else {
        delay = next_backoff(options, stream);
    }
    if (!told || last.retry_after <= delay)
        return delay;
    return delay + std::min(last.retry_after - delay, options.retry_after_slack);
}

duration retry_state::next_backoff(const retry_options& options, random_stream& stream) {
    ++step_;
    const double u = options.jitter == jitter_kind::none ? 0 : stream.uniform();
    const duration delay = backoff_delay(options, step_, previous_, u);
    previous_ = options.jitter == jitter_kind::decorrelated_v2
                    ? decorrelated_v2_sum(options, step_, u)
                    : delay;
    return delay;
}

} // namespace windtunnel
