// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/expectation_metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "patterns/base/assert.hpp"
#include "patterns/base/outcome.hpp"
#include "topologies/src/system/policy_kinds.hpp"

namespace windtunnel::scenario {

namespace {

using subject_kind = expectation_spec::subject_kind;
using m = metric;
using u = unit_kind;

constexpr auto breakers = std::to_array<std::string_view>({"circuit_breaker"});
constexpr auto retrying = std::to_array<std::string_view>({"retry"});
constexpr auto hedges = std::to_array<std::string_view>({"hedge"});
constexpr auto fallbacks = std::to_array<std::string_view>({"fallback"});
constexpr auto caches = std::to_array<std::string_view>({"cache"});
constexpr auto coalescing = std::to_array<std::string_view>({"coalescing"});
constexpr auto adaptive = std::to_array<std::string_view>({"adaptive_limit"});
constexpr auto learning = std::to_array<std::string_view>({"adaptive_limit", "server_admission"});
constexpr auto permits = std::to_array<std::string_view>({"bulkhead", "adaptive_limit"});

/// Whether the kind counts what it refuses, for that reason or for any ("").
bool refuses(const topology::policy_kind& kind, std::string_view reason) {
    const auto& all = kind.figures.counters;
    return std::any_of(all.begin(), all.end(), [&](std::string_view name) {
        return reason.empty() ? failure_kind_from(name).has_value() : name == reason;
    });
}

std::vector<std::string_view> refusing(auto kinds, std::string_view reason = "") {
    std::vector<std::string_view> names;
    for (const topology::policy_kind& each : kinds)
        if (refuses(each, reason))
            names.push_back(each.name);
    return names;
}

const std::vector<std::string_view>& refusing_calls() {
    static const auto names = refusing(topology::call_policy_kinds());
    return names;
}
const std::vector<std::string_view>& refusing_at_door() {
    static const auto names = refusing(topology::admission_policy_kinds());
    return names;
}

// metric, name, unit, workload, service, endpoint, edge, quantile, meaning, policies, admission
auto rows_of_requests() {
    return std::to_array<metric_row>({
        {m::latency_mean, "mean", u::time, true, true, true, true, 0, "mean latency"},
        {m::latency_p50, "p50", u::time, true, true, true, true, 0.5, "median latency"},
        {m::latency_p90, "p90", u::time, true, true, true, true, 0.9,
         "90th percentile of the latency"},
        {m::latency_p95, "p95", u::time, true, true, true, true, 0.95,
         "95th percentile of the latency"},
        {m::latency_p99, "p99", u::time, true, true, true, true, 0.99,
         "99th percentile of the latency"},
        {m::latency_p999, "p99.9", u::time, true, true, true, true, 0.999,
         "99.9th percentile of the latency"},
        {m::latency_max, "max", u::time, true, true, true, true, 0, "longest latency"},
        {m::requests, "requests", u::count, true, true, true, true, 0,
         "how many requests ended; of a service or endpoint: tries that reached it, of an edge: "
         "tries that left"},
        {m::errors, "errors", u::share, true, true, true, true, 0,
         "share of the requests that failed; `errors(timed_out)`: that failed for this reason"},
        {m::rate, "rate", u::rate, true, true, true, true, 0, "requests (as above) a second"},
        {m::goodput, "goodput", u::rate, true, true, true, true, 0, "good answers a second"},
        {m::degraded, "degraded", u::share, true, true, true, true, 0,
         "share of the good answers that lack something, because an error on the way was ignored"},
        {m::lost, "lost", u::share, true, false, false, false, 0,
         "share of the requests whose work was left to queues and topics, and some of it is never "
         "done: a message was refused, dropped, or is a dead letter that nobody consumes"},
        {m::attempts, "attempts", u::count, true, false, false, true, 0,
         "tries for each request, the first included"},
        {m::calls_per, "calls per", u::count, false, true, true, true, 0,
         "`calls per readers`: tries that reached it (of an edge: that left) for each request of "
         "the workload `readers`"},
        {m::utilisation, "utilisation", u::share, false, true, false, false, 0,
         "share of the workers' time in which they were taken"},
        {m::in_system, "in system", u::count, false, true, false, false, 0,
         "mean number of requests at the service, waiting or not"},
        {m::in_queue, "in queue", u::count, false, true, false, false, 0,
         "mean number of requests that wait for a worker"},
        {m::wait_mean, "mean wait", u::time, false, true, false, false, 0,
         "mean time from arrival to the worker"},
        {m::done, "done", u::time, true, false, false, false, 0,
         "time from the start of a workload with a `limit` until the last of its requests was "
         "over, mean of the runs"},
    });
}

auto rows_of_policies() {
    return std::to_array<metric_row>({
        {m::open, "open", u::share, false, false, false, true, 0,
         "share of the time in which the caller's circuit breakers are open, the mean of its "
         "processes",
         breakers},
        {m::opened, "opened", u::count, false, false, false, true, 0,
         "how often a circuit breaker of the caller opened", breakers},
        {m::refused, "refused", u::share, false, true, false, true, 0,
         "share of the tries that a policy of the caller refused; `refused(breaker_open)`: for "
         "this reason; of a service: share of what arrived that its admission refused or dropped",
         refusing_calls(), refusing_at_door()},
        {m::hits, "hits", u::share, false, false, false, true, 0,
         "share of the cache's lookups that found an answer, fresh, stale or negative", caches},
        {m::joined, "joined", u::share, false, false, false, true, 0,
         "share of the calls with a key that waited for another's answer", coalescing},
        {m::retries, "retries", u::count, false, false, false, true, 0, "retries for each request",
         retrying},
        {m::hedged, "hedged", u::share, false, false, false, true, 0,
         "hedges for each request that may have one", hedges},
        {m::fallbacks, "fallbacks", u::share, false, false, false, true, 0,
         "share of the requests that the caller's fallback answers", fallbacks},
        {m::limit, "limit", u::count, false, true, false, true, 0,
         "mean of the adaptive limit of one process of the caller, or of one replica of the "
         "service",
         adaptive, learning},
        {m::in_use, "in use", u::count, false, false, false, true, 0,
         "mean number of permits of its bulkhead or adaptive limit that one process of the caller "
         "uses; of an edge that has both say which: `mean bulkhead.in_use`",
         permits},
        {m::policy_count, "KIND.COUNT", u::count, false, true, true, true, 0,
         "`cache.evicted`: a count of a policy of that kind, the mean of a run; see below"},
        {m::policy_mean, "mean KIND.LEVEL", u::count, false, true, true, true, 0,
         "`mean codel.dropping`: the mean over time of a level of a policy of that kind, of one "
         "process; a number, or a share of the time; see below"},
    });
}

std::vector<metric_row> make_rows() {
    const auto requests = rows_of_requests();
    const auto policies = rows_of_policies();
    std::vector<metric_row> rows(requests.begin(), requests.end());
    rows.insert(rows.end(), policies.begin(), policies.end());
    rows.push_back(
        {m::recovers_within, "recovers within", u::time, true, true, true, true, 0,
         "`recovers within 5s after 'f'`: time from the end of the fault until it is again as "
         "before"});
    return rows;
}

/// At most four significant digits, no exponent, no zeros at the end.
std::string digits(double value) {
    const double size = std::abs(value);
    if (size != 0 && (size < 1e-4 || size >= 1e15))
        return fmt::format("{:.3g}", value);
    int decimals = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 3;
    for (double limit = 1; size != 0 && size < limit && decimals < 8; limit /= 10)
        ++decimals;
    std::string text = fmt::format("{:.{}f}", value, decimals);
    if (text.find('.') == std::string::npos)
        return text;
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.')
        text.pop_back();
    return text;
}

std::string time_text(double seconds) {
    const double size = std::abs(seconds);
    if (size == 0 || size >= 1)
        return digits(seconds) + " s";
    if (size >= 1e-3)
        return digits(seconds * 1e3) + " ms";
    return size >= 1e-6 ? digits(seconds * 1e6) + " us" : digits(seconds * 1e9) + " ns";
}

} // namespace

std::span<const metric_row> metric_table() {
    static const auto rows = make_rows();
    return rows;
}

bool is_of_policies(const metric_row& row) {
    return row.metric == metric::policy_count || row.metric == metric::policy_mean ||
           !row.policies.empty();
}

std::vector<std::string_view> kinds_of(const expectation_spec& e) {
    const bool service = e.what == subject_kind::service;
    if (!e.policy.empty())
        return {e.policy};
    if (!e.reason.empty() && e.metric == metric::refused)
        return service ? refusing(topology::admission_policy_kinds(), e.reason)
                       : refusing(topology::call_policy_kinds(), e.reason);
    const auto& kinds = service ? row_of(e.metric).admission : row_of(e.metric).policies;
    return {kinds.begin(), kinds.end()};
}

std::vector<std::string_view> refusal_reasons() {
    std::vector<std::string_view> reasons;
    for (const topology::policy_kind& kind : topology::call_policy_kinds())
        for (const std::string_view counter : kind.figures.counters)
            if (failure_kind_from(counter) &&
                std::find(reasons.begin(), reasons.end(), counter) == reasons.end())
                reasons.push_back(counter);
    return reasons;
}

unit_kind unit_of(const expectation_spec& e) {
    if (e.metric != metric::policy_mean)
        return row_of(e.metric).unit;
    const topology::policy_kind* kind = topology::find_call_policy_kind(e.policy);
    if (e.what == subject_kind::service)
        kind = topology::find_service_policy_kind(e.policy);
    if (e.what == subject_kind::endpoint)
        kind = topology::find_destination_kind(e.policy);
    WINDTUNNEL_ASSERT(kind != nullptr);
    for (const topology::policy_level& level : kind->figures.levels)
        if (level.name == e.figure)
            return level.is_share ? unit_kind::share : unit_kind::count;
    WINDTUNNEL_ASSERT(!"the kind has this level");
    return unit_kind::count;
}

const metric_row& row_of(metric wanted) {
    for (const metric_row& row : metric_table())
        if (row.metric == wanted)
            return row;
    WINDTUNNEL_ASSERT(!"every metric has its row");
    return metric_table().front();
}

bool is_latency(metric wanted) {
    return wanted <= metric::latency_max;
}

bool has_metric(const metric_row& row, subject_kind subject) {
    switch (subject) {
    case subject_kind::workload:
        return row.of_workload;
    case subject_kind::service:
        return row.of_service;
    case subject_kind::endpoint:
        return row.of_endpoint;
    case subject_kind::edge:
        return row.of_edge;
    }
    return false;
}

std::string_view with_article(subject_kind subject) {
    switch (subject) {
    case subject_kind::workload:
        return "a workload";
    case subject_kind::service:
        return "a service";
    case subject_kind::endpoint:
        return "an endpoint";
    case subject_kind::edge:
        return "an edge";
    }
    return "";
}

std::string_view to_string(comparison op) {
    switch (op) {
    case comparison::less:
        return "<";
    case comparison::less_equal:
        return "<=";
    case comparison::greater:
        return ">";
    case comparison::greater_equal:
        return ">=";
    case comparison::equal:
        return "=";
    }
    return "";
}

std::string_view to_string(unit_kind unit) {
    switch (unit) {
    case unit_kind::time:
        return "time";
    case unit_kind::share:
        return "share";
    case unit_kind::rate:
        return "rate";
    case unit_kind::count:
        break;
    }
    return "count";
}

std::string_view to_string(latency_of outcome) {
    switch (outcome) {
    case latency_of::good:
        return "good";
    case latency_of::failed:
        return "failed";
    case latency_of::all:
        return "all";
    case latency_of::completed:
        return "completed";
    }
    return "";
}

std::string value_text(double value, unit_kind unit) {
    switch (unit) {
    case unit_kind::time:
        return time_text(value);
    case unit_kind::share:
        return digits(value * 100) + " %";
    case unit_kind::rate:
        return digits(value) + "/s";
    case unit_kind::count:
        return digits(value);
    }
    return "";
}

std::string metric_text(const expectation_spec& expectation) {
    if (expectation.metric == metric::policy_count)
        return expectation.policy + "." + expectation.figure;
    if (expectation.metric == metric::policy_mean)
        return "mean " + expectation.policy + "." + expectation.figure;
    std::string text{row_of(expectation.metric).name};
    if (is_latency(expectation.metric) && expectation.outcome != latency_of::good)
        text += fmt::format(" of {}", to_string(expectation.outcome));
    if (!expectation.reason.empty())
        text += "(" + expectation.reason + ")";
    if (!expectation.relative_to.empty())
        text += " " + expectation.relative_to;
    return text;
}

std::string phase_text(const phase_ref& phase) {
    switch (phase.when) {
    case phase_ref::kind::overall:
        return "";
    case phase_ref::kind::always:
        return "always";
    case phase_ref::kind::before:
        return "before '" + phase.fault + "'";
    case phase_ref::kind::during:
        return "during '" + phase.fault + "'";
    case phase_ref::kind::after:
        return "after '" + phase.fault + "'";
    }
    return "";
}

} // namespace windtunnel::scenario
