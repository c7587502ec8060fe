// SPDX-License-Identifier: BSL-1.0
// Every policy refuses options that make no sense when it is made: one table over all option
// aggregates. Each message names the policy, the option, its value and the rule.
#include <array>
#include <catch2/catch.hpp>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "patterns/base/quantile_estimate.hpp"
#include "patterns/discovery/load_balancer.hpp"
#include "patterns/discovery/outlier_detector.hpp"
#include "patterns/discovery/registry.hpp"
#include "patterns/gateway/data_loader.hpp"
#include "patterns/gateway/mirror_policy.hpp"
#include "patterns/health/health_check.hpp"
#include "patterns/health/probes.hpp"
#include "patterns/resilience/adaptive_lifo.hpp"
#include "patterns/resilience/adaptive_limiter.hpp"
#include "patterns/resilience/admission_queue.hpp"
#include "patterns/resilience/bulkhead.hpp"
#include "patterns/resilience/circuit_breaker.hpp"
#include "patterns/resilience/client_throttle.hpp"
#include "patterns/resilience/coalescing.hpp"
#include "patterns/resilience/codel.hpp"
#include "patterns/resilience/hedge.hpp"
#include "patterns/resilience/keyed_rate_limiter.hpp"
#include "patterns/resilience/pipeline.hpp"
#include "patterns/resilience/presets.hpp"
#include "patterns/resilience/priority_shedder.hpp"
#include "patterns/resilience/rate_limiter.hpp"
#include "patterns/resilience/read_through.hpp"
#include "patterns/resilience/response_cache.hpp"
#include "patterns/resilience/retry.hpp"
#include "patterns/resilience/retry_budget.hpp"
#include "patterns/resilience/server_admission.hpp"

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinite = std::numeric_limits<double>::infinity();

// ---- making the thing that the options are of -------------------------------------------------

template <class Machine, class... More>
auto makes(More... more) {
    return [more...](const auto& options) { Machine made(options, more...); };
}

void make(const circuit_breaker_options& o) {
    makes<circuit_breaker>(random_stream{})(o);
}
void make(const retry_options& o) {
    const pipeline made{retry{o}};
}
void make(const timeout& o) {
    const pipeline made{o};
}
void make(const fallback_options& o) {
    const pipeline made{fallback{o, {}}};
}
void make(const retry_budget_options& o) {
    makes<retry_budget>()(o);
}
void make(const bulkhead_options& o) {
    makes<bulkhead>()(o);
}
void make(const rate_limiter_options& o) {
    makes<rate_limiter>()(o);
}
void make(const keyed_rate_limiter_options& o) {
    makes<keyed_rate_limiter>()(o);
}
void make(const hedge_options& o) {
    makes<hedge>()(o);
}
void make(const concurrency_limit_options& o) {
    makes<adaptive_limiter>()(o);
}
void make(const client_throttle_options& o) {
    makes<client_throttle>()(o);
}
void make(const codel_options& o) {
    makes<codel>()(o);
}
void make(const adaptive_lifo_options& o) {
    makes<adaptive_lifo>()(o);
}
void make(const priority_shedder_options& o) {
    makes<priority_shedder>()(o);
}
void make(const response_cache_options& o) {
    makes<response_cache<std::string, int>>()(o);
}
void make(const coalescing_options& o) {
    makes<coalescing<std::string, int>>()(o);
}
void make(const standard_client_options& o) {
    makes<standard_client>()(o);
}
void make(const admission_queue_options& o) {
    makes<admission_queue>()(o);
}
void make(const server_admission_options& o) {
    makes<server_admission>()(o);
}
void make(const read_through_options& o) {
    makes<read_through<std::string, int>>()(o);
}
void make(const load_balancer_options& o) {
    makes<load_balancer>(std::size_t{3}, random_stream{})(o);
}
void make(const outlier_detector_options& o) {
    makes<outlier_detector>(std::size_t{3}, random_stream{}, time_point{})(o);
}
void make(const registry_options& o) {
    makes<registry>()(o);
}
void make(const registry_view_options& o) {
    makes<registry_view>()(o);
}
void make(const health_check_options& o) {
    makes<health_check>(random_stream{}, time_point{})(o);
}
void make(const container_probe_options& o) {
    makes<container_probes>()(o);
}
void make(const quantile_estimate_options& o) {
    makes<quantile_estimate>()(o);
}

void make(const data_loader_options& o) {
    makes<data_loader<int, int>>()(o);
}
void make(const mirror_options& o) {
    makes<mirror_policy>()(o);
}

// ---- the table --------------------------------------------------------------------------------

struct row {
    std::function<void()> construct;
    std::string message;
};

/// The defaults with one option spoilt, or several that contradict each other.
template <class Options>
row bad(void (*spoil)(Options&), std::string message) {
    return {[spoil] {
                Options options;
                spoil(options);
                make(options);
            },
            std::move(message)};
}

std::vector<row> breakers() {
    using o = circuit_breaker_options;
    return {
        bad<o>([](o& x) { x.failure_rate_threshold = 1.5; },
               "circuit_breaker: failure_rate_threshold is 1.5; it must be above 0 and at most 1"),
        bad<o>([](o& x) { x.failure_rate_threshold = 0; },
               "circuit_breaker: failure_rate_threshold is 0; it must be above 0 and at most 1"),
        bad<o>([](o& x) { x.failure_rate_threshold = not_a_number; },
               "circuit_breaker: failure_rate_threshold is nan; it must be above 0 and at most 1"),
        bad<o>(
            [](o& x) { x.slow_call_rate_threshold = -0.1; },
            "circuit_breaker: slow_call_rate_threshold is -0.1; it must be above 0 and at most 1"),
        bad<o>([](o& x) { x.slow_call_duration_threshold = 0s; },
               "circuit_breaker: slow_call_duration_threshold is 0s; it must be above 0"),
        bad<o>([](o& x) { x.sliding_window_size = 0; },
               "circuit_breaker: sliding_window_size is 0; it must be from 1 to 1000000"),
        bad<o>([](o& x) { x.sliding_window_size = 1'000'001; },
               "circuit_breaker: sliding_window_size is 1000001; it must be from 1 to 1000000"),
        bad<o>([](o& x) { x.sliding_window_duration = 0s; },
               "circuit_breaker: sliding_window_duration is 0s; it must be above 0, with at least "
               "1ns for each of its buckets"),
        bad<o>([](o& x) { x.sliding_window_duration = 9ns; },
               "circuit_breaker: sliding_window_duration is 9ns; it must be above 0, with at least "
               "1ns for each of its buckets"),
        bad<o>([](o& x) { x.minimum_number_of_calls = 0; },
               "circuit_breaker: minimum_number_of_calls is 0; it must be at least 1"),
        bad<o>([](o& x) { x.wait_in_open = -250ms; },
               "circuit_breaker: wait_in_open is -250ms; it must be above 0"),
        bad<o>([](o& x) { x.wait_in_open = -90s; }, // gobreaker takes its default then
               "circuit_breaker: wait_in_open is -90s; it must be above 0"),
        bad<o>([](o& x) { x.sliding_window_duration = -30s; },
               "circuit_breaker: sliding_window_duration is -30s; it must be above 0, with at "
               "least 1ns for each of its buckets"),
        bad<o>([](o& x) { x.successes_to_close = 6; },
               "circuit_breaker: successes_to_close is 6; it must be from 0 to "
               "permitted_calls_in_half_open"),
        bad<o>([](o& x) { x.max_wait_in_open = 4999ms; },
               "circuit_breaker: max_wait_in_open is 4999ms; it must be at least wait_in_open"),
        bad<o>([](o& x) { x.wait_multiplier = 0.5; },
               "circuit_breaker: wait_multiplier is 0.5; it must be from 1 to 1e9"),
        bad<o>([](o& x) { x.wait_multiplier = infinite; },
               "circuit_breaker: wait_multiplier is inf; it must be from 1 to 1e9"),
        bad<o>([](o& x) { x.wait_jitter = 1; },
               "circuit_breaker: wait_jitter is 1; it must be at least 0 and below 1"),
        bad<o>([](o& x) { x.permitted_calls_in_half_open = 0; },
               "circuit_breaker: permitted_calls_in_half_open is 0; it must be at least 1"),
        bad<o>([](o& x) { x.max_wait_in_half_open = 0s; },
               "circuit_breaker: max_wait_in_half_open is 0s; it must be above 0: half-open needs "
               "an end"),
        bad<o>([](o& x) { x.state_after_max_wait = breaker_state::disabled; },
               "circuit_breaker: state_after_max_wait is disabled; it must be open or closed"),
        bad<o>([](o& x) { x.initial_state = breaker_state::half_open; },
               "circuit_breaker: initial_state is half_open; it must not be half_open, which "
               "starts with a call"),
    };
}

std::vector<row> retries_and_timeouts() {
    using o = retry_options;
    return {
        bad<o>([](o& x) { x.max_attempts = 0; },
               "retry: max_attempts is 0; it must be at least 1: it includes the first attempt"),
        bad<o>([](o& x) { x.initial_backoff = -1ns; },
               "retry: initial_backoff is -1ns; it must not be negative"),
        bad<o>([](o& x) { x.max_backoff = 49ms; },
               "retry: max_backoff is 49ms; it must be at least initial_backoff"),
        bad<o>([](o& x) { x.backoff_multiplier = 0.99; },
               "retry: backoff_multiplier is 0.99; it must be from 1 to 1e9"),
        bad<o>([](o& x) { x.backoff_multiplier = not_a_number; },
               "retry: backoff_multiplier is nan; it must be from 1 to 1e9"),
        bad<o>([](o& x) { x.backoff_multiplier = infinite; },
               "retry: backoff_multiplier is inf; it must be from 1 to 1e9"),
        bad<o>([](o& x) { x.jitter_factor = 1.1; },
               "retry: jitter_factor is 1.1; it must be from 0 to 1"),
        bad<o>([](o& x) { x.overloaded_backoff = 2s; },
               "retry: overloaded_backoff is 2s; it must be from 0s to max_backoff"),
        bad<timeout>([](timeout&) {},
                     "timeout: neither total nor per_attempt is set; it must be one of them, to 0s "
                     "or more"),
        bad<timeout>([](timeout& x) { x.total = -5s; },
                     "timeout: neither total nor per_attempt is set; it must be one of them, to 0s "
                     "or more"),
        bad<timeout>([](timeout& x) { x = {.total = 1s, .per_attempt = 300ms}; },
                     "timeout: total is 1s and per_attempt is 300ms; it must be one of them: a "
                     "pipeline takes two timeouts"),
        bad<fallback_options>([](fallback_options& x) { x = {0, 0, 0, 0, 0, 0, 0}; },
                              "fallback: every on_ option is false; it must be true for one of "
                              "them at least"),
    };
}

std::vector<row> budgets() {
    using o = retry_budget_options;
    return {
        bad<o>([](o& x) { x.ratio = -0.1; },
               "retry_budget: ratio is -0.1; it must be from 0 to 1000"),
        bad<o>([](o& x) { x.ratio = infinite; },
               "retry_budget: ratio is inf; it must be from 0 to 1000"),
        bad<o>([](o& x) { x.min_per_second = not_a_number; },
               "retry_budget: min_per_second is nan; it must be from 0 to 1e6"),
        bad<o>([](o& x) { x.ttl = 999ms; },
               "retry_budget: ttl is 999ms; it must be from 1s to 60s"),
        bad<o>([](o& x) { x.ttl = 61s; }, "retry_budget: ttl is 61s; it must be from 1s to 60s"),
        bad<o>([](o& x) { x.max_tokens = 0; },
               "retry_budget: max_tokens is 0; it must be above 0 and at most 1000"),
        bad<o>([](o& x) { x.max_tokens = 1001; },
               "retry_budget: max_tokens is 1001; it must be above 0 and at most 1000"),
        bad<o>([](o& x) { x.token_ratio = 0.0001; },
               "retry_budget: token_ratio is 1e-04; it must be at least 0.001 and at most 1000"),
        bad<o>([](o& x) { x.min_concurrency = -1; },
               "retry_budget: min_concurrency is -1; it must be from 0 to 1e9"),
        bad<o>([](o& x) { x.retry_cost = 0; },
               "retry_budget: retry_cost is 0; it must be from 1 to 1e9"),
    };
}

std::vector<row> compartments_and_rates() {
    using o = bulkhead_options;
    using r = rate_limiter_options;
    using k = keyed_rate_limiter_options;
    return {
        bad<o>([](o& x) { x.max_concurrent = 0; },
               "bulkhead: max_concurrent is 0; it must be at least 1"),
        bad<o>([](o& x) { x.max_queue = -1; }, "bulkhead: max_queue is -1; it must not be "
                                               "negative"),
        bad<o>([](o& x) { x.max_wait = 1s; },
               "bulkhead: max_wait is 1s; it must be 0s where max_queue is 0: there is nowhere to "
               "wait"),
        bad<o>([](o& x) { x.max_queue = 10; },
               "bulkhead: max_wait is 0s; it must be above 0 where there is a queue: nobody would "
               "wait in it"),
        bad<r>([](r& x) { x.permits = 0; }, "rate_limiter: permits is 0; it must be from 1 to 1e9"),
        bad<r>([](r& x) { x.period = 0s; }, "rate_limiter: period is 0s; it must be above 0"),
        bad<r>([](r& x) { x.burst = -1; },
               "rate_limiter: burst is -1; it must be from 1 to 1e9, or 0 for as many as permits"),
        bad<r>([](r& x) { x.max_wait = -1ms; },
               "rate_limiter: max_wait is -1ms; it must not be negative"),
        bad<r>([](r& x) { x = {.kind = rate_limiter_kind::sliding_window, .burst = 5}; },
               "rate_limiter: burst is 5; it must be 0 or as many as permits for a "
               "sliding_window: they may all come at once"),
        bad<r>([](r& x) { x = {.kind = rate_limiter_kind::gcra, .refill_at_once = true}; },
               "rate_limiter: refill_at_once is true; it must be false for other kinds than "
               "token_bucket"),
        bad<k>([](k& x) { x.max_keys = 0; },
               "keyed_rate_limiter: max_keys is 0; it must be from 1 to 1e7"),
        bad<k>([](k& x) { x.limit.period = -1s; },
               "rate_limiter: period is -1s; it must be above 0"),
    };
}

std::vector<row> hedges_and_limits() {
    using h = hedge_options;
    using l = concurrency_limit_options;
    return {
        bad<h>([](h& x) { x.max_attempts = 11; },
               "hedge: max_attempts is 11; it must be from 1 to 10: it includes the first "
               "attempt"),
        bad<h>([](h& x) { x.quantile = 95; },
               "hedge: quantile is 95; it must be above 0 and below 1"),
        bad<h>([](h& x) { x.min_delay = -1ms; },
               "hedge: min_delay is -1ms; it must not be negative"),
        bad<h>([](h& x) { x.min_samples = 0; }, "hedge: min_samples is 0; it must be at least 1"),
        bad<h>([](h& x) { x.window = 0s; }, "hedge: window is 0s; it must be above 0"),
        bad<l>([](l& x) { x.min_limit = 0; },
               "concurrency_limit: min_limit is 0; it must be at least 1"),
        bad<l>([](l& x) { x.max_limit = 3; },
               "concurrency_limit: max_limit is 3; it must be from min_limit to 1000000"),
        bad<l>([](l& x) { x.initial_limit = 201; },
               "concurrency_limit: initial_limit is 201; it must be from min_limit to max_limit"),
        bad<l>([](l& x) { x.rtt_tolerance = infinite; },
               "concurrency_limit: rtt_tolerance is inf; it must be from 1 to 100"),
        bad<l>([](l& x) { x.min_rtt_interval = 0s; },
               "concurrency_limit: min_rtt_interval is 0s; it must be above 0"),
        bad<l>([](l& x) { x.min_rtt_requests = 0; },
               "concurrency_limit: min_rtt_requests is 0; it must be from 1 to 1000000"),
        bad<l>([](l& x) { x.min_rtt_jitter = 1.5; },
               "concurrency_limit: min_rtt_jitter is 1.5; it must be from 0 to 1"),
        bad<l>([](l& x) { x.min_rtt_buffer = -1; },
               "concurrency_limit: min_rtt_buffer is -1; it must be from 0 to 100"),
        bad<l>([](l& x) { x.max_window = 61s; },
               "concurrency_limit: max_window is 61s; it must be from min_window to 60s"),
        bad<l>([](l& x) { x.percentile = 50; },
               "concurrency_limit: percentile is 50; it must be above 0 and at most 1"),
    };
}

std::vector<row> shedders() {
    using t = client_throttle_options;
    using p = priority_shedder_options;
    return {
        bad<t>([](t& x) { x.k = 0.5; }, "client_throttle: k is 0.5; it must be from 1 to 1000"),
        bad<t>([](t& x) { x.sr_threshold = 95; },
               "client_throttle: sr_threshold is 95; it must be from 0.01 to 1"),
        bad<t>([](t& x) { x.window = 1us; },
               "client_throttle: window is 1us; it must be at least 1ms, or 0s for the default of "
               "its kind"),
        bad<t>([](t& x) { x.rps_threshold = infinite; },
               "client_throttle: rps_threshold is inf; it must be from 0 to 1e9"),
        bad<codel_options>([](codel_options& x) { x.target = 0s; },
                           "codel: target is 0s; it must be above 0"),
        bad<codel_options>([](codel_options& x) { x.target = x.interval; },
                           "codel: interval is 100ms; it must be longer than target and at most "
                           "1h"),
        bad<adaptive_lifo_options>([](adaptive_lifo_options& x) { x.codel.target = -1ms; },
                                   "codel: target is -1ms; it must be above 0"),
        bad<p>([](p& x) { x.user_levels = 0; },
               "priority_shedder: user_levels is 0; it must be from 1 to 1024"),
        bad<p>([](p& x) { x.window = 0s; }, "priority_shedder: window is 0s; it must be above 0"),
        bad<p>([](p& x) { x.alpha = not_a_number; },
               "priority_shedder: alpha is nan; it must be at least 1e-6 and below 1"),
    };
}

std::vector<row> caches_and_presets() {
    using c = response_cache_options;
    using s = standard_client_options;
    return {
        bad<c>([](c& x) { x.capacity = 0; },
               "response_cache: capacity is 0; it must be from 1 to 16777216"),
        bad<c>([](c& x) { x.ttl = 0s; }, "response_cache: ttl is 0s; it must be above 0"),
        bad<c>([](c& x) { x.ttl_jitter = 1; },
               "response_cache: ttl_jitter is 1; it must be at least 0 and below 1"),
        bad<c>([](c& x) { x.negative_ttl = -1s; },
               "response_cache: negative_ttl is -1s; it must not be negative"),
        bad<coalescing_options>([](coalescing_options& x) { x.max_age = 0s; },
                                "coalescing: max_age is 0s; it must be above 0"),
        bad<s>([](s& x) { x.breaker.wait_jitter = 2; },
               "circuit_breaker: wait_jitter is 2; it must be at least 0 and below 1"),
        bad<s>([](s& x) { x.attempt_timeout = -1s; },
               "timeout: neither total nor per_attempt is set; it must be one of them, to 0s or "
               "more"),
    };
}

std::vector<row> balancers() {
    using o = load_balancer_options;
    return {
        bad<o>([](o& x) { x.choices = 11; },
               "load_balancer: choices is 11; it must be from 1 to 10"),
        bad<o>([](o& x) { x.load_refresh = 1s; },
               "load_balancer: load_refresh is 1s; it must be 0s where the load is not refreshed"),
        bad<o>([](o& x) { x.decay = 0s; }, "load_balancer: decay is 0s; it must be above 0"),
        bad<o>([](o& x) { x.ring_min_size = x.ring_max_size + 1; },
               "load_balancer: ring_min_size is 8388609; it must be from 1 to ring_max_size"),
        bad<o>([](o& x) { x.maglev_table_size = 65'536; },
               "load_balancer: maglev_table_size is 65536; it must be a prime and at most "
               "5000011"),
        bad<o>([](o& x) { x.hash_balance_factor = 99; },
               "load_balancer: hash_balance_factor is 99; it must be 0 (off) or from 100 to "
               "10000"),
        bad<o>([](o& x) { x.zone_routing = 100; },
               "load_balancer: zone_routing is 100; it must be from 0 to 1"),
        bad<o>([](o& x) { x.slow_start_aggression = not_a_number; },
               "load_balancer: slow_start_aggression is nan; it must be above 0 and at most 100"),
        bad<o>([](o& x) { x.slow_start_min_weight_percent = 101; },
               "load_balancer: slow_start_min_weight_percent is 101; it must be from 0 to 100"),
    };
}

std::vector<row> outliers() {
    using o = outlier_detector_options;
    return {
        bad<o>([](o& x) { x.interval = 0s; }, "outlier_detector: interval is 0s; it must be above "
                                              "0"),
        bad<o>([](o& x) { x.base_ejection_time = -30s; },
               "outlier_detector: base_ejection_time is -30s; it must be above 0"),
        bad<o>([](o& x) { x.max_ejection_percent = 101; },
               "outlier_detector: max_ejection_percent is 101; it must be from 0 to 100"),
        bad<o>([](o& x) { x.enforcing_consecutive_failures = infinite; },
               "outlier_detector: enforcing_consecutive_failures is inf; it must be from 0 to "
               "100"),
        bad<o>([](o& x) { x.consecutive_failures = -1; },
               "outlier_detector: consecutive_failures is -1; it must not be negative"),
        bad<o>([](o& x) { x.average_success_rate.threshold = 101; },
               "outlier_detector: average_success_rate.threshold is 101; it must be from 0 to 100"),
        bad<o>([](o& x) { x.average_success_rate.window = 0; },
               "outlier_detector: average_success_rate.window is 0; it must be from 1 to 1000000"),
        bad<o>([](o& x) { x.success_rate.stdev_factor = -1; },
               "outlier_detector: success_rate.stdev_factor is -1; it must be from 0 to 100000"),
        bad<o>([](o& x) { x.failure_percentage.threshold = 100.5; },
               "outlier_detector: failure_percentage.threshold is 100.5; it must be from 0 to "
               "100"),
        bad<o>([](o& x) { x.panic_threshold = not_a_number; },
               "outlier_detector: panic_threshold is nan; it must be from 0 to 100"),
    };
}

std::vector<row> registries_and_health() {
    using r = registry_options;
    using v = registry_view_options;
    using h = health_check_options;
    using p = container_probe_options;
    using q = quantile_estimate_options;
    return {
        bad<r>([](r& x) { x.lease = 0s; }, "registry: lease is 0s; it must be above 0"),
        bad<r>([](r& x) { x.heartbeat_interval = x.lease; },
               "registry: heartbeat_interval is 90s; it must be above 0 and below lease"),
        bad<r>([](r& x) { x.self_preservation_threshold = 85; },
               "registry: self_preservation_threshold is 85; it must be from 0 to 1"),
        bad<v>([](v& x) { x.empty_hold = -1s; },
               "registry_view: empty_hold is -1s; it must not be negative"),
        bad<h>([](h& x) { x.interval = 0s; }, "health_check: interval is 0s; it must be above 0"),
        bad<h>([](h& x) { x.healthy_threshold = 0; },
               "health_check: healthy_threshold is 0; it must be at least 1"),
        bad<h>([](h& x) { x.interval_jitter = 1.1; },
               "health_check: interval_jitter is 1.1; it must be from 0 to 1"),
        bad<h>([](h& x) { x.flap_window = 0s; },
               "health_check: flap_window is 0s; it must be above 0"),
        bad<p>([](p& x) { x.readiness = {.period = 0s}; },
               "readiness probe: period is 0s; it must be above 0"),
        bad<p>([](p& x) { x.liveness = {.success_threshold = 2}; },
               "liveness probe: success_threshold is 2; it must be 1, but for readiness"),
        bad<q>([](q& x) { x.window = 0s; }, "quantile_estimate: window is 0ns; it must be above 0"),
    };
}

std::vector<row> doors_and_read_through() {
    using a = admission_queue_options;
    using s = server_admission_options;
    using t = read_through_options;
    return {
        bad<a>([](a& x) { x.max_queue = -1; },
               "admission_queue: max_queue is -1; it must not be negative"),
        bad<a>([](a& x) { x.max_wait = 0s; },
               "admission_queue: max_wait is 0s; it must be above 0"),
        bad<a>([](a& x) { x.codel.target = 0s; }, "codel: target is 0s; it must be above 0"),
        bad<s>([](s& x) { x.queue.max_wait = -1s; },
               "admission_queue: max_wait is -1s; it must be above 0"),
        bad<s>([](s& x) { x.limit.min_limit = 0; },
               "concurrency_limit: min_limit is 0; it must be at least 1"),
        bad<t>([](t&) {}, "read_through: neither cache nor coalescing; needs one"),
        bad<t>([](t& x) { x.cache = response_cache_options{.ttl = 0s}; },
               "response_cache: ttl is 0s; it must be above 0"),
    };
}

std::vector<row> gateways() {
    using l = data_loader_options;
    using m = mirror_options;
    return {
        bad<l>([](l& x) { x.max_batch = 0; },
               "data_loader: max_batch is 0; it must be 1 to 100000"),
        bad<l>([](l& x) { x.window = -1ms; }, "data_loader: window is -1ms; it must be at least 0"),
        bad<m>([](m& x) { x.share = not_a_number; }, "mirror: share is nan; it must be 0 to 1"),
        bad<m>([](m& x) { x.share = 1.5; }, "mirror: share is 1.5; it must be 0 to 1"),
        bad<m>([](m& x) { x.max_in_flight = 0; },
               "mirror: max_in_flight is 0; it must be 1 to 1000000"),
    };
}

std::vector<row> all() {
    std::vector<row> rows;
    for (const auto& part :
         {breakers(), retries_and_timeouts(), budgets(), compartments_and_rates(),
          hedges_and_limits(), shedders(), caches_and_presets(), balancers(), outliers(),
          registries_and_health(), doors_and_read_through(), gateways()})
        rows.insert(rows.end(), part.begin(), part.end());
    return rows;
}

} // namespace

TEST_CASE("a policy is not made with options that make no sense, and says which and why") {
    const auto rows = all();
    CHECK(rows.size() >= 100);
    for (const row& each : rows) {
        INFO(each.message);
        CHECK_THROWS_WITH(each.construct(), Catch::Equals(each.message));
        CHECK_THROWS_AS(each.construct(), std::invalid_argument);
    }
}

TEST_CASE("the defaults of every policy make sense") {
    make(circuit_breaker_options{}), make(retry_options{}), make(retry_budget_options{});
    make(bulkhead_options{}), make(rate_limiter_options{}), make(keyed_rate_limiter_options{});
    make(hedge_options{}), make(concurrency_limit_options{}), make(client_throttle_options{});
    make(codel_options{}), make(adaptive_lifo_options{}), make(priority_shedder_options{});
    make(response_cache_options{}), make(coalescing_options{}), make(standard_client_options{});
    make(load_balancer_options{}), make(outlier_detector_options{}), make(registry_options{});
    make(registry_view_options{}), make(health_check_options{}), make(fallback_options{});
    make(container_probe_options{}), make(quantile_estimate_options{});
    make(admission_queue_options{}), make(server_admission_options{});
    make(data_loader_options{}), make(mirror_options{});
    CHECK_NOTHROW(retry_options{.initial_backoff = 0s, .max_backoff = 0s}.validate());
    CHECK_NOTHROW(bulkhead_options{.max_queue = 10, .max_wait = 1s}.validate());
}
