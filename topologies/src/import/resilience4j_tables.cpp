// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/import/resilience4j_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "topologies/src/import/product_kinds.hpp"
#include "topologies/src/import/product_table.hpp"
#include "topologies/src/import/yaml.hpp"

namespace windtunnel::topology {

namespace {

template <class T>
product_table<T> table_named(const std::string& name) {
    return product_table<T>(name, spelling::kebab)
        .with_custom("baseConfig", [](T&, const node&) {}) // lineage has followed it
        .not_expressed({"registerHealthIndicator", "allowHealthIndicatorToFail",
                        "eventConsumerBufferSize", "subscribeForEvents",
                        "writableStackTraceEnabled"},
                       "it is about monitoring, not about calls");
}

template <class T>
product_table<T> with_classes(product_table<T> table) {
    const std::string why = "failures are not told apart by class here";
    const std::string nearest = "what of a call counts as its failure is fixed; a retry has "
                                "retry_errors, retry_timeouts and the like";
    return std::move(table).not_expressed(
        {"recordExceptions", "ignoreExceptions", "recordFailurePredicate", "recordResultPredicate",
         "ignoreExceptionPredicate", "retryExceptions", "retryExceptionPredicate",
         "resultPredicate", "ignoreClassBindingExceptions"},
        why, nearest);
}

/// "${NAME:default}", which Spring takes from elsewhere: the default, and a note.
document without_placeholders(const node& properties, import_draft& draft) {
    document result = document::of(properties);
    for (const node& each : properties.children()) {
        if (!each.is_string() || !each.string().starts_with("${") || !each.string().ends_with('}'))
            continue;
        const std::string inside = each.string().substr(2, each.string().size() - 3);
        const auto colon = inside.find(':');
        if (colon == std::string::npos)
            fail(each, fmt::format("{} is a placeholder of Spring's without a default: write its "
                                   "value",
                                   in_quotes(each.string())));
        const auto values = parse_yaml(inside.substr(colon + 1), each.where().file);
        if (values.empty())
            continue;
        draft.note(each.where(), each.string() + " has its default");
        result = document::with(result.root(), each.key(), values.front().root());
    }
    return result;
}

template <class T>
T read_lineage(const product_table<T>& table, const r4j_instance& instance, import_draft& draft) {
    T target;
    target.draft = &draft;
    for (const node* each : instance.lineage)
        if (each->is_object())
            table.read(without_placeholders(*each, draft).root(), target);
        else if (!each->is_null())
            table.read(*each, target);
    return target;
}

drafted_edge& edge_of(const r4j_instance& instance, import_draft& draft) {
    return draft.edge("", instance.name, instance.at());
}

value_kind<double> factor_kind() {
    auto kind = number_kind(0, 1);
    return {kind.name, {}, [read = kind.read](const node& at) {
                const double value = read(at);
                if (value == 1)
                    fail(at, "expected a number from 0 to below 1, found the number 1");
                return value;
            }};
}

// ---- waits that grow, of the breaker and of the retry -----------------------------------------

struct intervals : product_object {
    duration wait = std::chrono::seconds{60};
    bool exponential = false, randomized = false;
    double multiplier = 1.5, factor = 0.5;
    std::optional<duration> most;
};

template <class T>
product_table<T> with_intervals(product_table<T> table, const char* wait, const char* most) {
    return std::move(table)
        .with(wait, &T::wait, spring_duration_kind())
        .with("enableExponentialBackoff", &T::exponential, boolean_kind())
        .with("exponentialBackoffMultiplier", &T::multiplier, number_kind(1, 1e9))
        .with(most, &T::most, spring_duration_kind())
        .with("enableRandomizedWait", &T::randomized, boolean_kind())
        .with("randomizedWaitFactor", &T::factor, factor_kind());
}

// ---- circuit breaker --------------------------------------------------------------------------

struct r4j_circuit_breaker : intervals {
    circuit_breaker_options options{.slow_call_rate_threshold = 1,
                                    .slow_call_duration_threshold = std::chrono::seconds{60},
                                    .sliding_window_type = sliding_window_type::count,
                                    .sliding_window_size = 100,
                                    .minimum_number_of_calls = 100,
                                    .permitted_calls_in_half_open = 10,
                                    .max_wait_in_half_open = duration::zero()};
};

product_table<r4j_circuit_breaker> with_window(product_table<r4j_circuit_breaker> table) {
    using o = circuit_breaker_options;
    using type = sliding_window_type;
    return std::move(table)
        .with("failureRateThreshold", option(&o::failure_rate_threshold),
              positive_percentage_kind())
        .with("slowCallRateThreshold", option(&o::slow_call_rate_threshold),
              positive_percentage_kind())
        .with("slowCallDurationThreshold", option(&o::slow_call_duration_threshold),
              spring_duration_kind())
        .with("slidingWindowType", option(&o::sliding_window_type),
              enum_kind<type>({{"COUNT_BASED", type::count},
                               {"TIME_BASED", type::time},
                               {"count_based", type::count},
                               {"time_based", type::time}}))
        .with("slidingWindowSize", option(&o::sliding_window_size), count_kind(1, 1'000'000))
        .with("minimumNumberOfCalls", option(&o::minimum_number_of_calls), count_kind(1))
        .not_expressed({"slidingWindowSynchronizationStrategy"},
                       "a breaker here is of one thread or strand");
}

product_table<r4j_circuit_breaker> with_states(product_table<r4j_circuit_breaker> table) {
    using o = circuit_breaker_options;
    using state = breaker_state;
    return std::move(table)
        .with("permittedNumberOfCallsInHalfOpenState", option(&o::permitted_calls_in_half_open),
              count_kind(1))
        .with("maxWaitDurationInHalfOpenState", option(&o::max_wait_in_half_open),
              spring_duration_kind(zero::allowed))
        .with("transitionToStateAfterWaitDuration", option(&o::state_after_max_wait),
              enum_kind<state>({{"OPEN", state::open}, {"CLOSED", state::closed}}))
        .with("initialState", option(&o::initial_state),
              enum_kind<state>({{"CLOSED", state::closed},
                                {"OPEN", state::open},
                                {"FORCED_OPEN", state::forced_open},
                                {"DISABLED", state::disabled},
                                {"METRICS_ONLY", state::metrics_only}}))
        .with("automaticTransitionFromOpenToHalfOpenEnabled", option(&o::automatic_half_open),
              boolean_kind());
}

const product_table<r4j_circuit_breaker>& circuit_breaker_properties() {
    static const auto table = with_states(with_window(with_classes(
        with_intervals(table_named<r4j_circuit_breaker>("circuitbreaker"),
                       "waitDurationInOpenState", "exponentialMaxWaitDurationInOpenState"))));
    return table;
}

/// The waits that the intervals describe; without a cap they grow for a day.
void set_waits(circuit_breaker_options& o, const intervals& from) {
    const duration cap = from.most.value_or(std::max(from.wait, as_good_as_ever));
    o.wait_in_open = from.exponential ? std::min(from.wait, cap) : from.wait;
    o.max_wait_in_open = from.exponential ? cap : from.wait;
    o.wait_multiplier = from.exponential ? from.multiplier : 1;
    o.wait_jitter = from.randomized ? from.factor : 0;
}

// ---- retry ------------------------------------------------------------------------------------

struct r4j_retry : intervals {
    r4j_retry() { wait = std::chrono::milliseconds{500}; }
    int max_attempts = 3;
};

const product_table<r4j_retry>& retry_properties() {
    static const auto table =
        with_classes(with_intervals(table_named<r4j_retry>("retry"), "waitDuration",
                                    "exponentialMaxWaitDuration"))
            .with("maxAttempts", &r4j_retry::max_attempts, count_kind(1, 1000))
            .not_expressed({"intervalBiFunction"}, "it is code", "backoff and jitter of retry")
            .not_expressed({"failAfterMaxAttempts", "consumeResultBeforeRetryAttempt"},
                           "the last real failure is the answer, always");
    return table;
}

/// The longest backoff that the attempts can come to.
duration longest_backoff(const r4j_retry& from) {
    const double growth = std::pow(from.multiplier, std::max(0, from.max_attempts - 2));
    const double longest = static_cast<double>(from.wait.count()) * growth;
    const auto cap = static_cast<double>(as_good_as_ever.count());
    const duration grown{static_cast<std::int64_t>(std::min(longest, cap))};
    return std::max(from.wait, grown);
}

retry_options options_of(const r4j_retry& from) {
    const duration cap = from.most.value_or(longest_backoff(from));
    const duration wait = from.exponential ? std::min(from.wait, cap) : from.wait;
    return {.max_attempts = from.max_attempts,
            .initial_backoff = wait,
            .max_backoff = from.exponential ? cap : wait,
            .backoff_multiplier = from.exponential ? from.multiplier : 1,
            .backoff = from.exponential ? backoff_kind::exponential : backoff_kind::constant,
            .jitter = from.randomized ? jitter_kind::proportional : jitter_kind::none,
            .jitter_factor = from.randomized ? from.factor : 0};
}

// ---- bulkheads, limiters ----------------------------------------------------------------------

struct r4j_bulkhead : product_object {
    int max_concurrent = 25;
    duration max_wait{};
};

const product_table<r4j_bulkhead>& bulkhead_properties() {
    using o = r4j_bulkhead;
    static const auto table =
        table_named<o>("bulkhead")
            .with("maxConcurrentCalls", &o::max_concurrent, count_kind(1))
            .with("maxWaitDuration", &o::max_wait, spring_duration_kind(zero::allowed))
            .with_custom("fairCallHandlingEnabled", [](o& target, const node& at) {
                if (!boolean_kind().read(at))
                    target.draft->note(at.key_where(), at.key() + " is not taken over: who waits "
                                                                  "longest is next, always");
            });
    return table;
}

struct r4j_thread_pool : product_object {
    std::optional<int> most, core;
    int queue = 100;
};

const product_table<r4j_thread_pool>& thread_pool_properties() {
    using o = r4j_thread_pool;
    static const auto table = table_named<o>("thread-pool-bulkhead")
                                  .with("maxThreadPoolSize", &o::most, count_kind(1))
                                  .with("coreThreadPoolSize", &o::core, count_kind(1))
                                  .with("queueCapacity", &o::queue, count_kind(0))
                                  .not_expressed({"keepAliveDuration", "contextPropagators"},
                                                 "threads are not simulated one by one");
    return table;
}

struct r4j_rate_limiter : product_object {
    rate_limiter_options options{.permits = 50,
                                 .period = std::chrono::nanoseconds{500},
                                 .refill_at_once = true,
                                 .max_wait = std::chrono::seconds{5}};
};

const product_table<r4j_rate_limiter>& rate_limiter_properties() {
    using o = rate_limiter_options;
    static const auto table =
        table_named<r4j_rate_limiter>("ratelimiter")
            .with("limitForPeriod", option(&o::permits), count_kind(1, 1'000'000'000))
            .with("limitRefreshPeriod", option(&o::period), spring_duration_kind())
            .with("timeoutDuration", option(&o::max_wait), spring_duration_kind(zero::allowed))
            .not_expressed({"drainPermissionsOnResult"}, "a result takes no permits here");
    return table;
}

struct r4j_time_limiter : product_object {
    duration timeout = std::chrono::seconds{1};
};

const product_table<r4j_time_limiter>& time_limiter_properties() {
    using o = r4j_time_limiter;
    static const auto table =
        table_named<o>("timelimiter")
            .with("timeoutDuration", &o::timeout, spring_duration_kind())
            .not_expressed({"cancelRunningFuture"},
                           "what becomes of the callee's work is the call's own, not a policy's",
                           "\"on_give_up\": \"cancelled\" or \"runs_on\" at the call");
    return table;
}

} // namespace

// ---- what becomes of an instance --------------------------------------------------------------

void take_circuit_breaker(const r4j_instance& instance, import_draft& draft) {
    auto from = read_lineage(circuit_breaker_properties(), instance, draft);
    const node& at = instance.at();
    circuit_breaker_options& o = from.options;
    set_waits(o, from);
    if (o.sliding_window_type == sliding_window_type::time)
        o.sliding_window_duration = std::chrono::seconds{o.sliding_window_size};
    else
        o.minimum_number_of_calls = std::min(o.minimum_number_of_calls, o.sliding_window_size);
    if (o.max_wait_in_half_open == duration::zero()) {
        o.max_wait_in_half_open = as_good_as_ever;
        draft.note(at.key_where(),
                   fmt::format("circuit breaker {}: half-open may last for ever there; here it has "
                               "an end",
                               instance.name),
                   "max_wait_in_half_open of 24h");
    }
    drafted_edge& edge = edge_of(instance, draft);
    draft.say(edge, "circuit_breaker", edge.policies.circuit_breaker, o, at);
}

void take_retry(const r4j_instance& instance, import_draft& draft) {
    const auto from = read_lineage(retry_properties(), instance, draft);
    const node& at = instance.at();
    if (from.exponential && from.randomized && from.most)
        draft.note(at.key_where(),
                   fmt::format("retry {}: there the cap comes after the jitter", instance.name),
                   "before it: a wait may exceed max_backoff by jitter_factor");
    drafted_edge& edge = edge_of(instance, draft);
    draft.say(edge, "retry", edge.policies.retry, options_of(from), at);
}

void take_bulkhead(const r4j_instance& instance, import_draft& draft) {
    constexpr int any_number = 1'000'000;
    const auto from = read_lineage(bulkhead_properties(), instance, draft);
    const bool waits = from.max_wait > duration::zero();
    const node& at = instance.at();
    if (waits)
        draft.note(at.key_where(),
                   fmt::format("bulkhead {}: any number of calls may wait there", instance.name),
                   fmt::format("max_queue of {}", any_number));
    drafted_edge& edge = edge_of(instance, draft);
    draft.say(edge, "bulkhead", edge.policies.bulkhead,
              bulkhead_options{.max_concurrent = from.max_concurrent,
                               .max_queue = waits ? any_number : 0,
                               .max_wait = from.max_wait},
              at);
}

void take_thread_pool_bulkhead(const r4j_instance& instance, import_draft& draft) {
    const auto from = read_lineage(thread_pool_properties(), instance, draft);
    const node& at = instance.at();
    if (!from.most) {
        draft.note(
            at.key_where(),
            fmt::format("thread-pool-bulkhead {} is not taken over: maxThreadPoolSize is the "
                        "number of processors unless it is said, which is not known here",
                        instance.name),
            "say maxThreadPoolSize");
        return;
    }
    if (from.core && *from.core > *from.most)
        fail(at, fmt::format("coreThreadPoolSize ({}) must be at most maxThreadPoolSize ({})",
                             *from.core, *from.most));
    if (from.queue > 0 && from.core.value_or(*from.most) != *from.most)
        draft.note(at.key_where(),
                   fmt::format("thread-pool-bulkhead {}: there are more than {} threads only when "
                               "the queue is full",
                               at.key(), *from.core),
                   fmt::format("{} calls at once, then the queue", *from.most));
    drafted_edge& edge = edge_of(instance, draft);
    draft.say(edge, "bulkhead", edge.policies.bulkhead,
              bulkhead_options{.max_concurrent = *from.most,
                               .max_queue = from.queue,
                               .max_wait = from.queue > 0 ? until_its_timeout : duration::zero()},
              at);
}

void take_rate_limiter(const r4j_instance& instance, import_draft& draft) {
    const auto from = read_lineage(rate_limiter_properties(), instance, draft);
    const node& at = instance.at();
    drafted_edge& edge = edge_of(instance, draft);
    draft.say(edge, "rate_limiter", edge.policies.rate_limiter, from.options, at);
    if (edge.policies.circuit_breaker)
        draft.note(at.key_where(),
                   fmt::format("ratelimiter {}: there the breaker is outside of the limiter and "
                               "counts its refusals as failures",
                               instance.name),
                   "here the limiter is outside, and the breaker does not see what it refuses");
}

void take_time_limiter(const r4j_instance& instance, import_draft& draft) {
    const auto from = read_lineage(time_limiter_properties(), instance, draft);
    const node& at = instance.at();
    drafted_edge& edge = edge_of(instance, draft);
    draft.say(edge, "timeout", edge.policies.timeout, from.timeout, at);
    if (edge.policies.bulkhead && edge.policies.bulkhead->max_queue > 0)
        draft.note(at.key_where(),
                   fmt::format("timelimiter {}: there the time includes the wait for the bulkhead",
                               instance.name),
                   "here it begins after it; total_timeout includes it");
}

} // namespace windtunnel::topology
