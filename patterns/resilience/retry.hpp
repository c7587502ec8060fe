// SPDX-License-Identifier: BSL-1.0
// Whether to try again, and after how long. Pure decisions: the driver sleeps, asks the budget and
// returns the last real failure when this says stop. Formulas, with B the initial backoff, C the
// cap and n the number of the retry (1 is the second attempt):
//   v = min(C, B | B*n | B*multiplier^(n-1)); none v, full v*u, equal v/2*(1+u),
//   proportional v*(1-f+2*f*u) (gRPC A6, with f 0.2), additive v*(1+f*u) (never before the backoff;
//   with f 0.1 up to 10 % later), decorrelated B + u*(min(C, 3*previous) - B),
//   decorrelated_aws min(C, B + u*(3*previous - B)); decorrelated_v2: with t = n-1+u the delays up
//   to this one add up to B/1.4 * 2^t * tanh(2*sqrt(t)), each at most C (Polly's second jitter).
// The cap comes before the jitter, so that draws do not collapse onto it (but for decorrelated_aws,
// which is as published): a proportional or additive delay may exceed the cap by the factor. Delays
// saturate, whatever the number of the retry.
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "patterns/base/outcome.hpp"
#include "patterns/base/random_stream.hpp"
#include "patterns/base/time.hpp"
#include "patterns/resilience/classification.hpp"

namespace windtunnel {

enum class backoff_kind : std::uint8_t { constant, linear, exponential };

enum class jitter_kind : std::uint8_t {
    none,
    full,             ///< anything up to the backoff; AWS, "Exponential backoff and jitter" (2015)
    equal,            ///< the upper half of it
    decorrelated,     ///< from the previous delay (same source); kind and multiplier do not matter
    proportional,     ///< the backoff, plus or minus jitter_factor of it
    additive,         ///< the backoff, plus up to jitter_factor of it
    decorrelated_aws, ///< decorrelated, capped after the draw as AWS publishes it: at the cap most
                      ///< delays are the cap
    decorrelated_v2,  ///< smooth over a fleet: no two times are likelier than others between them;
                      ///< Polly, exponential whatever the kind, doubling
};
std::string_view to_string(backoff_kind kind);
std::string_view to_string(jitter_kind kind);

struct retry_options {
    int max_attempts = 3;                                     ///< including the first, at least 1
    duration initial_backoff = std::chrono::milliseconds{50}; ///< zero: retry at once
    duration max_backoff = std::chrono::seconds{1};
    double backoff_multiplier = 2; ///< of the exponential, at least 1
    backoff_kind backoff = backoff_kind::exponential;
    jitter_kind jitter = jitter_kind::full;
    double jitter_factor = 0.2; ///< of proportional and additive jitter, 0 to 1
    /// In place of initial_backoff after an overload (429, 503); zero: the same. AWS: 1 s
    duration overloaded_backoff{};
    /// Negative: a failure's retry_after is exact. Else it counts from the backoff to so much more,
    /// so that the other side can neither hurry nor park a client. AWS: 5 s
    duration retry_after_slack{-1};
    /// Where the budget refuses, waits the backoff before it gives up, so that a caller that asks
    /// in a loop (a long poll) does not spin. AWS
    bool backs_off_without_budget = false;

    // What is worth another attempt. Never: what the caller cancelled, the overall deadline, a
    // shutdown, a pushback, a client's error (status 400 to 499, but for 408, 425 and 429): after a
    // conflict (409) or a failed precondition (412) the same request fails again. Whoever reads
    // anew retries the whole of it.
    bool retry_errors = true;      ///< error
    bool retry_overloaded = true;  ///< overloaded
    bool retry_unreachable = true; ///< unavailable, connection_lost
    bool retry_timeouts = true;    ///< timed_out
    bool retry_rejections = true;  ///< what a policy on our own side refused
    /// A failure that was certainly not processed is retried once a call, at once, and counts
    /// neither as an attempt nor against the budget (gRPC A6, transparent retries).
    bool transparent_retry = false;

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;

    friend bool operator==(const retry_options&, const retry_options&) = default;
};
static_assert(std::is_aggregate_v<retry_options> && std::is_trivially_copyable_v<retry_options>);

enum class stop_reason : std::uint8_t {
    none,           ///< it goes on
    cancelled,      ///< by the caller, or a shutdown
    pushback,       ///< the other side said: do not
    not_retryable,  ///< another attempt would not help
    not_idempotent, ///< it may have been processed, and a repeat is not safe
    attempts,       ///< there were max_attempts
    deadline,       ///< the next attempt would start at or after the deadline
};
std::string_view to_string(stop_reason reason);

struct retry_decision {
    bool retry = false;
    duration delay{}; ///< before the next attempt
    stop_reason why = stop_reason::none;
    bool transparent = false; ///< does not need the budget's leave
};

/// Whether the options hold another attempt to be worthwhile, whatever idempotency and deadline.
bool retryable(const retry_options& options, const failure& last);

/// What to tell a retry_budget of an attempt: a failure only where it is retryable or pushed back
/// and came from the other side (A6); the rest is neutral.
verdict budget_verdict(const retry_options& options, const failure& last);

/// The delay before retry number `retry` (from 1); `previous` is the delay before (decorrelated
/// jitter; zero: none yet), for decorrelated_v2 what those before would add up to without a cap;
/// u is in [0, 1).
duration backoff_delay(const retry_options& options, int retry, duration previous, double u);

/// One call's way through its attempts. A value; it starts in the first attempt.
class retry_state {
  public:
    /// The attempt that runs, or failed last; the first is 1. Transparent retries do not count.
    int attempt() const { return attempt_; }

    /// The current attempt failed with `last`. When the answer is to retry, the next attempt counts
    /// as begun. A failure's retry_after beats the backoff, which then starts over (or is held to
    /// retry_after_slack around it); where a policy of our own would refuse for longer than
    /// max_backoff it stops. The stream is drawn from at most once.
    retry_decision next(const retry_options& options, const failure& last, bool idempotent,
                        time_point now, time_point deadline, random_stream& stream);

  private:
    stop_reason obstacle(const retry_options& options, const failure& last, bool idempotent) const;
    duration next_delay(const retry_options& options, const failure& last, random_stream& stream);
    duration next_backoff(const retry_options& options, random_stream& stream);

    duration previous_{}; ///< as backoff_delay takes it; zero at the start of a sequence
    int attempt_ = 1;
    int step_ = 0; ///< retries since the sequence started
    bool transparent_used_ = false;
};
static_assert(std::is_trivially_copyable_v<retry_state> && sizeof(retry_state) <= 32);

} // namespace windtunnel
