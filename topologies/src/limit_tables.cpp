// SPDX-License-Identifier: BSL-1.0
// Of the policies those that let a call through or refuse it.
#include <utility>

#include "topologies/src/policy_tables.hpp"

namespace windtunnel::topology {

namespace {

field_table<circuit_breaker_options> with_window(field_table<circuit_breaker_options> table) {
    using o = circuit_breaker_options;
    return std::move(table)
        .with("sliding_window_type", &o::sliding_window_type,
              enum_kind<sliding_window_type>(
                  {{"count", sliding_window_type::count}, {"time", sliding_window_type::time}}),
              {.help = "Whether it looks at the last calls or at the last seconds.",
               .fallback = "time"})
        .with("sliding_window_size", &o::sliding_window_size, count_kind(1, 1'000'000),
              {.help = "Calls of a count window, buckets of a time window.", .fallback = "10"})
        .with("sliding_window_duration", &o::sliding_window_duration, duration_kind(),
              {.help = "Of a time window.", .fallback = "10s"})
        .with("minimum_number_of_calls", &o::minimum_number_of_calls, count_kind(1),
              {.help = "No decision with fewer calls in the window.", .fallback = "20"});
}

field_table<circuit_breaker_options> with_waits(field_table<circuit_breaker_options> table) {
    using o = circuit_breaker_options;
    return std::move(table)
        .with("wait_in_open", &o::wait_in_open, duration_kind(),
              {.help = "How long it stays open the first time.", .fallback = "5s"})
        .with("max_wait_in_open", &o::max_wait_in_open, duration_kind(),
              {.help = "The longest wait, before jitter.", .fallback = "60s"})
        .with("wait_multiplier", &o::wait_multiplier, number_kind(1, 1e6),
              {.help = "By which each reopening waits longer.", .fallback = "2"})
        .with("wait_jitter", &o::wait_jitter, share_kind(),
              {.help = "By which each wait varies, either way.", .fallback = "20%"})
        .with("permitted_calls_in_half_open", &o::permitted_calls_in_half_open, count_kind(1),
              {.help = "Calls that are let through to see.", .fallback = "5"})
        .with("successes_to_close", &o::successes_to_close, count_kind(0),
              {.help = "Of those, how many close it; 0: the rates decide.", .fallback = "0"})
        .with("max_wait_in_half_open", &o::max_wait_in_half_open, duration_kind(zero::allowed),
              {.help = "By then half-open ends, decided or not.", .fallback = "10s"})
        .with("state_after_max_wait", &o::state_after_max_wait,
              enum_kind<breaker_state>(
                  {{"open", breaker_state::open}, {"closed", breaker_state::closed}}),
              {.help = "Where half-open ends when it was not decided.", .fallback = "open"})
        .with("automatic_half_open", &o::automatic_half_open, boolean_kind(),
              {.help = "Half-open is seen to begin when the wait is over, not with the next call.",
               .fallback = "false"})
        .with("initial_state", &o::initial_state,
              enum_kind<breaker_state>({{"closed", breaker_state::closed},
                                        {"open", breaker_state::open},
                                        {"forced_open", breaker_state::forced_open},
                                        {"disabled", breaker_state::disabled},
                                        {"metrics_only", breaker_state::metrics_only}}),
              {.help = "In what state it begins.", .fallback = "closed"});
}

} // namespace

const field_table<circuit_breaker_options>& circuit_breaker_table() {
    using o = circuit_breaker_options;
    static const auto table = with_waits(with_window(
        field_table<o>("circuit_breaker",
                       "Refuses calls while too many fail or are slow; one for each caller's "
                       "replica and edge.")
            .with("failure_rate_threshold", &o::failure_rate_threshold, share_kind(),
                  {.help = "Opens at this share of failed calls.", .fallback = "50%"})
            .with("slow_call_rate_threshold", &o::slow_call_rate_threshold, share_kind(),
                  {.help = "Opens at this share of slow calls.", .fallback = "60%"})
            .with("slow_call_duration_threshold", &o::slow_call_duration_threshold,
                  duration_or("off", duration::max()),
                  {.help = "A call that takes longer is slow; `off`: none is.", .fallback = "2s"})
            .with(
                "slow_call_pending", &o::slow_call_pending, boolean_kind(),
                {.help = "Whether calls under way count as slow already.", .fallback = "false"})));
    return table;
}

const field_table<bulkhead_options>& bulkhead_table() {
    using o = bulkhead_options;
    static const auto table =
        field_table<o>("bulkhead", "How many calls of this edge a caller's replica makes at once.")
            .with("max_concurrent", &o::max_concurrent, count_kind(1),
                  {.help = "Calls at once.", .fallback = "25"})
            .with("max_queue", &o::max_queue, count_kind(0),
                  {.help = "Calls that wait for their turn; 0: refuse at once.", .fallback = "0"})
            .with("max_wait", &o::max_wait, duration_kind(zero::allowed),
                  {.help = "The longest wait; needed where calls wait.", .fallback = "0s"});
    return table;
}

const field_table<rate_limiter_options>& rate_limiter_table() {
    using o = rate_limiter_options;
    using kind = rate_limiter_kind;
    static const auto table =
        field_table<o>("rate_limiter", "How fast a caller's replica makes calls of this edge.")
            .with("kind", &o::kind,
                  enum_kind<kind>({{"token_bucket", kind::token_bucket},
                                   {"gcra", kind::gcra},
                                   {"sliding_window", kind::sliding_window}}),
                  {.help = "`gcra` spreads permits evenly, `sliding_window` bounds every window.",
                   .fallback = "token_bucket"})
            .with("permits", &o::permits, count_kind(1, 1'000'000'000),
                  {.help = "Calls a period.", .fallback = "100"})
            .with("period", &o::period, duration_kind(), {.help = "", .fallback = "1s"})
            .with(
                "burst", &o::burst, count_kind(0, 1'000'000'000),
                {.help = "Calls at one instant at most; 0: as many as `permits`.", .fallback = "0"})
            .with("refill_at_once", &o::refill_at_once, boolean_kind(),
                  {.help = "Of `token_bucket`: all permits of a period come at its end.",
                   .fallback = "false"})
            .with("max_wait", &o::max_wait, duration_kind(zero::allowed),
                  {.help = "How long a call waits for its permit; `0s`: it is refused.",
                   .fallback = "0s"});
    return table;
}

namespace {

field_table<concurrency_limit_options> with_algorithms(field_table<concurrency_limit_options> t) {
    using o = concurrency_limit_options;
    return std::move(t)
        .with("backoff_ratio", &o::backoff_ratio, number_kind(0.5, 1),
              {.help = "Of `aimd`: by which a drop shrinks it.", .fallback = "0.9"})
        .with("timeout", &o::timeout, duration_kind(),
              {.help = "Of `aimd`: what takes longer counts as dropped.", .fallback = "5s"})
        .with("alpha", &o::alpha, count_kind(1), {.help = "Of `vegas`.", .fallback = "3"})
        .with("beta", &o::beta, count_kind(1), {.help = "Of `vegas`.", .fallback = "6"})
        .with("vegas_smoothing", &o::vegas_smoothing, number_kind(0, 1),
              {.help = "Of `vegas`; 1: none.", .fallback = "1"})
        .with("vegas_decrease_ratio", &o::vegas_decrease_ratio, number_kind(0, 1),
              {.help = "Of `vegas`: shrinks to this share; 0: step by step.", .fallback = "0"})
        .with("probe_multiplier", &o::probe_multiplier, count_kind(1),
              {.help = "Of `vegas`: how seldom the least latency is measured anew.",
               .fallback = "30"})
        .with("rtt_tolerance", &o::rtt_tolerance, number_kind(1, 100),
              {.help = "Of `gradient2`: so much longer is no reason to shrink.", .fallback = "1.5"})
        .with("gradient_smoothing", &o::gradient_smoothing, number_kind(0, 1),
              {.help = "Of `gradient2`; 1: none.", .fallback = "0.2"})
        .with("queue_size", &o::queue_size, count_kind(1),
              {.help = "Of `gradient2`: what it grows by.", .fallback = "4"})
        .with("long_window", &o::long_window, count_kind(1),
              {.help = "Of `gradient2`: samples of the long run.", .fallback = "600"})
        .with("min_rtt_interval", &o::min_rtt_interval, duration_kind(),
              {.help = "Of `gradient`: from one measurement with few at once to the next.",
               .fallback = "60s"})
        .with("min_rtt_requests", &o::min_rtt_requests, count_kind(1),
              {.help = "Of `gradient`: calls of a measurement.", .fallback = "50"})
        .with(
            "min_rtt_jitter", &o::min_rtt_jitter, share_kind(),
            {.help = "Of `gradient`: by which the interval is longer at most.", .fallback = "15%"})
        .with(
            "min_rtt_buffer", &o::min_rtt_buffer, number_kind(0, 100),
            {.help = "Of `gradient`: so much longer is no reason to shrink.", .fallback = "0.25"});
}

} // namespace

const field_table<concurrency_limit_options>& adaptive_limit_table() {
    using o = concurrency_limit_options;
    using kind = concurrency_limit_kind;
    using sampling = limit_sampling;
    static const auto table = with_algorithms(
        field_table<o>("adaptive_limit", "How many calls of this edge a caller's replica makes at "
                                         "once, learnt from their latencies.")
            .with("kind", &o::kind,
                  enum_kind<kind>({{"gradient2", kind::gradient2},
                                   {"gradient", kind::gradient},
                                   {"vegas", kind::vegas},
                                   {"aimd", kind::aimd}}),
                  {.help = "How it learns.", .fallback = "gradient2"})
            .with("initial_limit", &o::initial_limit, count_kind(1, 1'000'000),
                  {.help = "Calls at once to begin with.", .fallback = "20"})
            .with("min_limit", &o::min_limit, count_kind(1, 1'000'000),
                  {.help = "Never fewer.", .fallback = "4"})
            .with("max_limit", &o::max_limit, count_kind(1, 1'000'000),
                  {.help = "Never more.", .fallback = "200"})
            .with("sampling", &o::sampling,
                  enum_kind<sampling>({{"mean", sampling::mean},
                                       {"each", sampling::each},
                                       {"percentile", sampling::percentile}}),
                  {.help = "What it sees: the mean of a window, every latency, or a percentile.",
                   .fallback = "mean"})
            .with("min_window", &o::min_window, duration_kind(),
                  {.help = "Of the windows.", .fallback = "1s"})
            .with("max_window", &o::max_window, duration_kind(),
                  {.help = "Of the windows.", .fallback = "1s"})
            .with("window_size", &o::window_size, count_kind(1),
                  {.help = "A window holds so many samples at least.", .fallback = "10"})
            .with("min_rtt", &o::min_rtt, duration_kind(zero::allowed),
                  {.help = "Windows leave out what is shorter.", .fallback = "100us"})
            .with("percentile", &o::percentile, share_kind(),
                  {.help = "Of `percentile`.", .fallback = "50%"}));
    return table;
}

const field_table<client_throttle_options>& throttle_table() {
    using o = client_throttle_options;
    using kind = client_throttle_kind;
    static const auto table =
        field_table<o>("throttle", "Holds calls back at random while the backend refuses much.")
            .with("kind", &o::kind,
                  enum_kind<kind>(
                      {{"sre", kind::sre}, {"admission_control", kind::admission_control}}),
                  {.help = "The SRE book's formula, or Envoy's admission control.",
                   .fallback = "sre"})
            .with("window", &o::window, duration_kind(zero::allowed),
                  {.help = "`0s`: as the source has it, 2m (`sre`) or 30s.", .fallback = "0s"})
            .with(
                "k", &o::k, number_kind(1, 1e6),
                {.help = "Of `sre`: sends up to so many times what is accepted.", .fallback = "2"})
            .with("sr_threshold", &o::sr_threshold, share_kind(),
                  {.help = "Of `admission_control`: the success rate below which it refuses.",
                   .fallback = "95%"})
            .with("aggression", &o::aggression, number_kind(1, 100),
                  {.help = "Of `admission_control`: more refuses more.", .fallback = "1"})
            .with("rps_threshold", &o::rps_threshold, number_kind(0, 1e9),
                  {.help = "Of `admission_control`: calls a second below which it never refuses.",
                   .fallback = "0"})
            .with("max_rejection_probability", &o::max_rejection_probability, share_kind(),
                  {.help = "Of `admission_control`.", .fallback = "80%"});
    return table;
}

} // namespace windtunnel::topology
