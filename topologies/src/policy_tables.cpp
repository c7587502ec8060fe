// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/policy_tables.hpp"

#include <utility>

namespace windtunnel::topology {

const field_table<retry_options>& retry_table() {
    using o = retry_options;
    static const auto table =
        field_table<o>("retry", "When and how often a failed call is tried again.")
            .with("max_attempts", &o::max_attempts, count_kind(1, 1000),
                  {.help = "Attempts, the first one included.", .fallback = "3"})
            .with("initial_backoff", &o::initial_backoff, duration_kind(zero::allowed),
                  {.help = "Before the second attempt; `0s`: retry at once.", .fallback = "50ms"})
            .with("max_backoff", &o::max_backoff, duration_kind(zero::allowed),
                  {.help = "No backoff is longer, before jitter.", .fallback = "1s"})
            .with("backoff_multiplier", &o::backoff_multiplier, number_kind(1, 1e9),
                  {.help = "Of the exponential backoff.", .fallback = "2"})
            .with("backoff", &o::backoff,
                  enum_kind<backoff_kind>({{"constant", backoff_kind::constant},
                                           {"linear", backoff_kind::linear},
                                           {"exponential", backoff_kind::exponential}}),
                  {.help = "How the backoff grows.", .fallback = "exponential"})
            .with("jitter", &o::jitter,
                  enum_kind<jitter_kind>({{"none", jitter_kind::none},
                                          {"full", jitter_kind::full},
                                          {"equal", jitter_kind::equal},
                                          {"decorrelated", jitter_kind::decorrelated},
                                          {"proportional", jitter_kind::proportional},
                                          {"additive", jitter_kind::additive},
                                          {"decorrelated_aws", jitter_kind::decorrelated_aws},
                                          {"decorrelated_v2", jitter_kind::decorrelated_v2}}),
                  {.help = "How the backoff is spread.", .fallback = "full"})
            .with("jitter_factor", &o::jitter_factor, share_kind(),
                  {.help = "Of proportional and additive jitter.", .fallback = "20%"})
            .with("overloaded_backoff", &o::overloaded_backoff, duration_kind(zero::allowed),
                  {.help = "In place of initial_backoff after a refusal for overload; `0s`: the "
                           "same.",
                   .fallback = "0s"})
            .with("retry_after_slack", &o::retry_after_slack,
                  duration_or("exact", duration{-1}, zero::allowed),
                  {.help = "A time that the answer asks for counts from the backoff to so much "
                           "more; `exact`: it counts as it is.",
                   .fallback = "exact"})
            .with("backs_off_without_budget", &o::backs_off_without_budget, boolean_kind(),
                  {.help = "Whether it waits the backoff where the budget refuses, before it gives "
                           "up.",
                   .fallback = "false"})
            .with("retry_errors", &o::retry_errors, boolean_kind(),
                  {.help = "Whether an error answer is worth another attempt.", .fallback = "true"})
            .with("retry_overloaded", &o::retry_overloaded, boolean_kind(),
                  {.help = "Whether a refusal for overload is.", .fallback = "true"})
            .with("retry_unreachable", &o::retry_unreachable, boolean_kind(),
                  {.help = "Whether a refused or broken connection is.", .fallback = "true"})
            .with("retry_timeouts", &o::retry_timeouts, boolean_kind(),
                  {.help = "Whether an attempt that timed out is.", .fallback = "true"})
            .with("retry_rejections", &o::retry_rejections, boolean_kind(),
                  {.help = "Whether a refusal by the own policies is; never one that lasts longer "
                           "than max_backoff.",
                   .fallback = "true"})
            .with("transparent_retry", &o::transparent_retry, boolean_kind(),
                  {.help = "One more attempt, at once and for free, for what was certainly not "
                           "processed.",
                   .fallback = "false"});
    return table;
}

const field_table<retry_budget_options>& retry_budget_table() {
    using o = retry_budget_options;
    using kind = retry_budget_kind;
    static const auto table =
        field_table<o>("retry_budget", "How many retries and hedges the caller may make of all its "
                                       "calls of this edge together.")
            .with("kind", &o::kind,
                  enum_kind<kind>({{"ratio", kind::ratio},
                                   {"grpc_tokens", kind::grpc_tokens},
                                   {"concurrent", kind::concurrent},
                                   {"cost", kind::cost}}),
                  {.help = "`ratio` as Finagle, `grpc_tokens` as gRPC's throttling (A6), "
                           "`concurrent` as Envoy, `cost` as the AWS SDKs.",
                   .fallback = "ratio"})
            .with("ratio", &o::ratio, number_kind(0, 1000),
                  {.help = "Of `ratio` and `concurrent`: retries for each request.",
                   .fallback = "0.2"})
            .with("min_per_second", &o::min_per_second, number_kind(0, 1e6),
                  {.help = "Of `ratio`: retries a second that are allowed whatever the load.",
                   .fallback = "10"})
            .with("ttl", &o::ttl, duration_kind(),
                  {.help = "Of `ratio`: how long a request counts.", .fallback = "10s"})
            .with("deposit_on", &o::deposit_on,
                  enum_kind<budget_deposit>(
                      {{"request", budget_deposit::request}, {"success", budget_deposit::success}}),
                  {.help = "Of `ratio`: what a deposit is for.", .fallback = "request"})
            .with("max_tokens", &o::max_tokens, number_kind(0, 1000),
                  {.help = "Of `grpc_tokens`; retries stop at half of it.", .fallback = "100"})
            .with("token_ratio", &o::token_ratio, number_kind(0, 1000),
                  {.help = "Of `grpc_tokens`: what a success gives back.", .fallback = "0.1"})
            .with("min_concurrency", &o::min_concurrency, count_kind(0),
                  {.help = "Of `concurrent`: retries at once whatever the load.", .fallback = "3"})
            .with("capacity", &o::capacity, count_kind(0),
                  {.help = "Of `cost`: what there is at first.", .fallback = "500"})
            .with("retry_cost", &o::retry_cost, count_kind(1),
                  {.help = "Of `cost`: what a retry takes.", .fallback = "5"})
            .with("timeout_cost", &o::timeout_cost, count_kind(1),
                  {.help = "Of `cost`: what a retry after a timeout takes.", .fallback = "10"})
            .with("success_refund", &o::success_refund, count_kind(0),
                  {.help = "Of `cost`: what a first attempt's success gives.", .fallback = "1"});
    return table;
}

const field_table<hedge_options>& hedge_table() {
    using o = hedge_options;
    static const auto table =
        field_table<o>("hedge",
                       "Asks again while an answer is awaited, and takes what comes first. "
                       "A retry_budget rations it.")
            .with("max_attempts", &o::max_attempts, count_kind(1, o::most_attempts),
                  {.help = "At once, the first one included.", .fallback = "2"})
            .with("delay",
                  [](o& hedge) -> duration& {
                      hedge.delay_from = hedge_delay::fixed; // unless the next field says another
                      return hedge.delay;
                  },
                  duration_kind(zero::allowed),
                  {.help = "A further attempt after so long, `0s`: all at once; makes it `fixed`.",
                   .fallback = "2s"})
            .with("delay_from", &o::delay_from,
                  enum_kind<hedge_delay>(
                      {{"observed", hedge_delay::observed}, {"fixed", hedge_delay::fixed}}),
                  {.help =
                       "When a further attempt is made: after a quantile of the latencies seen, "
                       "or `delay`.",
                   .fallback = "observed"})
            .with("quantile", &o::quantile, share_kind(),
                  {.help = "Of `observed`; so much less than 100 % is the extra load.",
                   .fallback = "95%"})
            .with("min_delay", &o::min_delay, duration_kind(zero::allowed),
                  {.help = "Of `observed`: never sooner.", .fallback = "1ms"})
            .with("min_samples", &o::min_samples, count_kind(1),
                  {.help = "Of `observed`: no hedge before so many answers.", .fallback = "100"})
            .with("window", &o::window, duration_kind(),
                  {.help = "Of `observed`: what was seen in the last one or two of these.",
                   .fallback = "30s"})
            .with("hedge_errors", &o::hedge_errors, boolean_kind(),
                  {.help = "Whether an error answer starts the next attempt, or ends the call.",
                   .fallback = "true"})
            .with("hedge_overloaded", &o::hedge_overloaded, boolean_kind(),
                  {.help = "Whether a refusal for overload does.", .fallback = "true"})
            .with("hedge_unreachable", &o::hedge_unreachable, boolean_kind(),
                  {.help = "Whether a refused or broken connection does.", .fallback = "true"})
            .with("hedge_timeouts", &o::hedge_timeouts, boolean_kind(),
                  {.help = "Whether an attempt that timed out does.", .fallback = "true"})
            .with("hedge_rejections", &o::hedge_rejections, boolean_kind(),
                  {.help = "Whether a refusal by a policy inside does.", .fallback = "true"});
    return table;
}

const field_table<fallback_spec>& fallback_table() {
    using o = fallback_options;
    const auto on = [](auto member) {
        return [member](fallback_spec & f) -> auto& {
            return f.options.*member;
        };
    };
    static const auto table =
        field_table<fallback_spec>("fallback",
                                   "A degraded answer, at once, in place of a failure that it "
                                   "handles.")
            .with("on_errors", on(&o::on_errors), boolean_kind(),
                  {.help = "Whether error answers are handled, but for the next.",
                   .fallback = "true"})
            .with("on_client_errors", on(&o::on_client_errors), boolean_kind(),
                  {.help = "Whether statuses 400 to 499 are.", .fallback = "false"})
            .with("on_overloaded", on(&o::on_overloaded), boolean_kind(),
                  {.help = "Whether refusals for overload are.", .fallback = "true"})
            .with("on_unreachable", on(&o::on_unreachable), boolean_kind(),
                  {.help = "Whether refused and broken connections are.", .fallback = "true"})
            .with("on_timeouts", on(&o::on_timeouts), boolean_kind(),
                  {.help = "Whether attempts that timed out are.", .fallback = "true"})
            .with("on_deadline", on(&o::on_deadline), boolean_kind(),
                  {.help = "Whether calls that took too long are.", .fallback = "true"})
            .with("on_rejections", on(&o::on_rejections), boolean_kind(),
                  {.help = "Whether refusals by the own policies are.", .fallback = "true"})
            .with("response_size", &fallback_spec::response_size, size_kind(),
                  {.help = "Of the answer.", .fallback = "0B"});
    return table;
}

const field_table<response_cache_options>& cache_table() {
    using o = response_cache_options;
    static const auto table =
        field_table<o>("cache", "Answers by key, kept by each caller's replica for an endpoint. "
                                "Requests without a key pass through; only good answers that are "
                                "not degraded are kept.")
            .with("capacity", &o::capacity, count_kind(1, 1 << 24),
                  {.help = "Answers; the least recently used leaves first.", .fallback = "1000"})
            .with("ttl", &o::ttl, duration_kind(), {.help = "Time to live.", .fallback = "60s"})
            .with("ttl_jitter", &o::ttl_jitter, share_kind(),
                  {.help = "By up to this share shorter, so that not all end together.",
                   .fallback = "10%"})
            .with("sliding", &o::sliding, boolean_kind(),
                  {.help = "Whether each use starts the time to live anew.", .fallback = "false"})
            .with("stale_while_revalidate", &o::stale_while_revalidate,
                  duration_kind(zero::allowed),
                  {.help = "For so long after its time an answer is given out, while one call "
                           "fetches the next.",
                   .fallback = "0s"})
            .with("stale_if_error", &o::stale_if_error, duration_kind(zero::allowed),
                  {.help = "For so long after its time an answer stands in for a failure.",
                   .fallback = "0s"})
            .with("negative_ttl", &o::negative_ttl, duration_kind(zero::allowed),
                  {.help = "How long a failure is remembered, and answered.", .fallback = "0s"});
    return table;
}

const field_table<coalescing_options>& coalescing_table() {
    using o = coalescing_options;
    static const auto table =
        field_table<o>("coalescing",
                       "Calls of a caller's replica for the same key at the same time "
                       "wait for one call to the endpoint.")
            .with("max_age", &o::max_age, duration_kind(),
                  {.help = "Nobody joins a call that has been under way for so long.",
                   .fallback = "5s"});
    return table;
}

std::vector<definition> policy_definitions() {
    return {retry_table().describe(),           retry_budget_table().describe(),
            circuit_breaker_table().describe(), bulkhead_table().describe(),
            rate_limiter_table().describe(),    hedge_table().describe(),
            adaptive_limit_table().describe(),  throttle_table().describe(),
            fallback_table().describe(),        cache_table().describe(),
            coalescing_table().describe()};
}

} // namespace windtunnel::topology
