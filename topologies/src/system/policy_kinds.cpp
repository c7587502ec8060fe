// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/policy_kinds.hpp"

#include <algorithm>
#include <array>

#include "patterns/base/assert.hpp"
#include "topologies/src/system/admission_readings.hpp"
#include "topologies/src/system/call_readings.hpp"
#include "topologies/src/system/host_limits.hpp"

namespace windtunnel::topology {

namespace {

// ---- figures ------------------------------------------------------------------------------------

using policy_name = std::string_view;

/// A row's figures: `counters<"retries">`. Levels follow apart.
template <class... Names>
consteval auto names(Names... each) {
    return std::array<policy_name, sizeof...(each)>{each...};
}
template <class... Levels>
consteval auto levels(Levels... each) {
    return std::array<policy_level, sizeof...(each)>{each...};
}
constexpr policy_level number(policy_name level) {
    return {level, false};
}
constexpr policy_level share(policy_name level) {
    return {level, true};
}

// Of calls.
constexpr auto fallback_counters = names("fallbacks");
constexpr auto cache_counters = names("fresh", "stale", "negative", "misses", "stale_for_error",
                                      "evicted", "not_stored", "without_key");
constexpr auto coalescing_counters = names("flights", "without_key", "followers", "abandoned");
constexpr auto timeout_counters = names("cut");
constexpr auto retry_counters = names("retries", "exhausted", "budget_refused");
constexpr auto budget_counters = names("deposits", "withdrawals", "budget_refused");
constexpr auto budget_levels = levels(number("balance"));
constexpr auto throttle_counters = names("admitted", "throttled");
constexpr auto hedge_counters = names("calls", "hedges", "won", "budget_refused");
constexpr auto limiter_counters = names("admitted", "rate_limited", "waited", "gave_up");
constexpr auto limiter_levels = levels(number("waiting"), number("tokens"));
constexpr auto breaker_counters =
    names("admitted", "breaker_open", "late_results", "opened", "half_opened", "closed_again");
constexpr auto breaker_levels =
    levels(share("closed"), share("open"), share("half_open"), share("forced_open"),
           share("disabled"), share("metrics_only"));
constexpr auto adaptive_counters = names("admitted", "limit_reached", "dropped", "late_results");
constexpr auto adaptive_levels = levels(number("in_use"), number("limit"));
constexpr auto bulkhead_counters =
    names("admitted", "bulkhead_full", "bulkhead_timeout", "waited", "gave_up");
constexpr auto bulkhead_levels = levels(number("in_use"), number("waiting"));
constexpr auto balancer_counters = names("misrouted", "unavailable");
constexpr auto balancer_levels = levels(number("usable"));
constexpr auto outlier_counters =
    names("ejected", "let_back", "beyond_limit", "not_enforced", "panic_picks");
constexpr auto outlier_levels = levels(number("ejected"));
constexpr auto check_counters = names("probes", "failed_probes");
constexpr auto check_levels = levels(number("healthy"));
constexpr auto discovery_counters = names("lists", "disbelieved", "unanswered");
constexpr auto discovery_levels = levels(number("listed"));

constexpr auto connection_counters =
    names("set_up", "not_connected", "hung_up", "waited", "bulkhead_full");
constexpr auto connection_levels = levels(number("connected"), number("waiting"), number("in_use"));

// Of a service.
constexpr auto door_counters = names("admitted", "overloaded");
constexpr auto door_limiter_levels = levels(number("tokens"));
constexpr auto shedder_counters = names("admitted", "overloaded", "windows", "overloaded_windows");
constexpr auto shedder_levels = levels(number("admitted_levels"));
constexpr auto door_adaptive_counters = names("admitted", "overloaded", "dropped", "late_results");
constexpr auto preset_counters =
    names("admitted", "overloaded", "deadline_exceeded", "waited", "queue_full", "shed",
          "waited_too_long", "gave_up", "dropped", "late_results");
constexpr auto preset_levels =
    levels(number("in_use"), number("limit"), number("waiting"), share("dropping"));
constexpr auto queue_counters = names("overloaded");
constexpr auto codel_levels = levels(share("dropping"));
constexpr auto lifo_levels = levels(share("newest_first"));

constexpr auto cpu_counters = names("periods", "throttled_periods");
constexpr auto cpu_levels = levels(share("throttled"));
constexpr auto collection_counters = names("pauses");
constexpr auto collection_levels = levels(share("paused"));

// Of a queue or a topic.
constexpr auto message_queue_counters = names(
    "published", "overloaded", "duplicates", "delivered", "redelivered", "acked", "stale_acks",
    "not_acked_in_time", "requeued", "expired", "dead_lettered", "dropped", "out_of_order");
constexpr auto message_queue_levels =
    levels(number("ready"), number("unacked"), number("consumers"));

constexpr auto topic_counters =
    names("published", "batches", "duplicates", "no_leader", "not_enough_replicas", "out_of_order",
          "deleted", "truncated", "lost", "elections", "left_sync");
constexpr auto topic_levels = levels(number("leaderless"));
constexpr auto gateway_counters = names("routed", "unauthorized", "forbidden", "rate_limited",
                                        "auth_unavailable", "mirrored", "mirror_full");
constexpr auto group_counters =
    names("worked", "worked_again", "skipped", "rebalances", "sessions_expired", "polls_expired",
          "commits", "fenced_commits", "out_of_order");
constexpr auto group_levels =
    levels(number("lag"), number("members"), number("read"), number("idle"));

// ---- what switches them on ----------------------------------------------------------------------

template <auto Member>
bool says(const policies_spec& p, const topology_spec&) {
    return (p.*Member).has_value();
}
bool has_budget(const policies_spec& p, const topology_spec&) {
    return p.retry_budget && (p.retry || p.hedge);
}
bool is_told_how(const policies_spec& p, const topology_spec& t) {
    return p.balancer || p.outlier_detection || p.health_check || t.discovery;
}
bool has_registry(const policies_spec&, const topology_spec& t) {
    return t.discovery.has_value();
}
template <auto Member>
bool has(const admission_spec& a) {
    return (a.*Member).has_value();
}

// ---- the rows -----------------------------------------------------------------------------------

template <bool total>
bool is_timeout(const timeout& t) {
    return is_total(t) == total;
}

using p = policies_spec;
constexpr auto call_kinds = std::to_array<call_policy_kind>({
    {{"fallback", {fallback_counters, {}}},
     &says<&p::fallback>,
     &has_policy<fallback>,
     &read_fallbacks},
    {{"cache", {cache_counters, {}}}, &says<&p::cache>, &has_cache, &read_caches},
    {{"coalescing", {coalescing_counters, {}}},
     &says<&p::coalescing>,
     &has_coalescing,
     &read_coalescing},
    {{"total_timeout", {timeout_counters, {}}},
     &says<&p::total_timeout>,
     &has_policy<timeout, &is_timeout<true>>,
     &read_total_timeouts},
    {{"retry", {retry_counters, {}}}, &says<&p::retry>, &has_policy<retry>, &read_retries},
    {{"retry_budget", {budget_counters, budget_levels}},
     &has_budget,
     &has_retry_budget,
     &read_retry_budgets},
    {{"throttle", {throttle_counters, {}}},
     &says<&p::throttle>,
     &has_policy<client_throttle*>,
     &read_throttles},
    {{"hedge", {hedge_counters, {}}}, &says<&p::hedge>, &has_policy<hedging>, &read_hedges},
    {{"rate_limiter", {limiter_counters, limiter_levels}},
     &says<&p::rate_limiter>,
     &has_policy<rate_limiter*>,
     &read_rate_limiters},
    {{"circuit_breaker", {breaker_counters, breaker_levels}},
     &says<&p::circuit_breaker>,
     &has_policy<circuit_breaker*>,
     &read_circuit_breakers},
    {{"adaptive_limit", {adaptive_counters, adaptive_levels}},
     &says<&p::adaptive_limit>,
     &has_policy<adaptive_limiter*>,
     &read_adaptive_limits},
    {{"bulkhead", {bulkhead_counters, bulkhead_levels}},
     &says<&p::bulkhead>,
     &has_policy<bulkhead*>,
     &read_bulkheads},
    {{"timeout", {timeout_counters, {}}},
     &says<&p::timeout>,
     &has_policy<timeout, &is_timeout<false>>,
     &read_attempt_timeouts},
    {{"balancer", {balancer_counters, balancer_levels}},
     &is_told_how,
     &has_balancer,
     &read_balancers},
    {{"outlier_detection", {outlier_counters, outlier_levels}},
     &says<&p::outlier_detection>,
     &has_outlier_detection,
     &read_outlier_detection},
    {{"health_check", {check_counters, check_levels}},
     &says<&p::health_check>,
     &has_health_check,
     &read_health_checks},
    {{"discovery", {discovery_counters, discovery_levels}},
     &has_registry,
     &has_discovery,
     &read_discovery},
    {{"protocol", {connection_counters, connection_levels}},
     &says<&p::protocol>,
     &has_connections,
     &read_connections},
});

using a = admission_spec;
constexpr auto admission_kinds = std::to_array<admission_policy_kind>({
    {{"rate_limiter", {door_counters, door_limiter_levels}},
     &has<&a::rate_limiter>,
     &read_door_rate_limiter},
    {{"rate_limiter_by_caller", {door_counters, {}}},
     &has<&a::rate_limiter_by_caller>,
     &read_rate_limiter_by_caller},
    {{"priority_shedder", {shedder_counters, shedder_levels}},
     &has<&a::priority_shedder>,
     &read_priority_shedder},
    {{"adaptive_limit", {door_adaptive_counters, adaptive_levels}},
     &has<&a::adaptive_limit>,
     &read_door_adaptive_limit},
    {{"server_admission", {preset_counters, preset_levels}},
     &has<&a::server_admission>,
     &read_server_admission},
    {{"codel", {queue_counters, codel_levels}}, &has<&a::codel>, &read_codel},
    {{"adaptive_lifo", {queue_counters, lifo_levels}},
     &has<&a::adaptive_lifo>,
     &read_adaptive_lifo},
});

template <auto Member>
bool limits(const service_spec& s) {
    return (s.*Member).has_value();
}

constexpr auto limit_kinds = std::to_array<host_limit_kind>({
    {{"cpu", {cpu_counters, cpu_levels}}, &limits<&service_spec::cpu>, &read_cpu},
    {{"garbage_collection", {collection_counters, collection_levels}},
     &limits<&service_spec::garbage_collection>,
     &read_garbage_collection},
});

template <class Spec>
bool is_a(const endpoint_spec& endpoint, const topology_spec&) {
    return endpoint.destination && std::holds_alternative<Spec>(*endpoint.destination);
}
bool is_route(const endpoint_spec& endpoint, const topology_spec&) {
    return endpoint.is_route;
}
bool is_group(const endpoint_spec& endpoint, const topology_spec& topology) {
    return endpoint.consumes && is_a<topic_spec>(*topology.find(endpoint.consumes->from), topology);
}

constexpr auto destinations = std::to_array<destination_kind>({
    {{"queue", {message_queue_counters, message_queue_levels}}, &is_a<message_queue_spec>},
    {{"topic", {topic_counters, topic_levels}}, &is_a<topic_spec>},
    {{"consumer_group", {group_counters, group_levels}}, &is_group},
    {{"gateway", {gateway_counters, {}}}, &is_route},
});

template <class Row>
const Row* find(std::span<const Row> rows, std::string_view wanted) {
    const auto found =
        std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.name == wanted; });
    return found == rows.end() ? nullptr : &*found;
}

} // namespace

std::span<const call_policy_kind> call_policy_kinds() {
    return call_kinds;
}

std::span<const admission_policy_kind> admission_policy_kinds() {
    return admission_kinds;
}

const call_policy_kind* find_call_policy_kind(std::string_view wanted) {
    return find(call_policy_kinds(), wanted);
}

const admission_policy_kind* find_admission_policy_kind(std::string_view wanted) {
    return find(admission_policy_kinds(), wanted);
}

std::span<const host_limit_kind> host_limit_kinds() {
    return limit_kinds;
}

const host_limit_kind* find_host_limit_kind(std::string_view wanted) {
    return find(host_limit_kinds(), wanted);
}

std::span<const destination_kind> destination_kinds() {
    return destinations;
}

const destination_kind* find_destination_kind(std::string_view wanted) {
    return find(destination_kinds(), wanted);
}

const policy_kind& gateway_kind() {
    return *find_destination_kind("gateway");
}

const policy_kind* find_service_policy_kind(std::string_view wanted) {
    if (wanted == gateway_kind().name)
        return &gateway_kind();
    if (const host_limit_kind* limit = find_host_limit_kind(wanted))
        return limit;
    return find_admission_policy_kind(wanted);
}

bool is_refusal(std::string_view counter) {
    constexpr auto at_a_gateway =
        std::to_array<std::string_view>({"unauthorized", "forbidden", "auth_unavailable"});
    return failure_kind_from(counter).has_value() ||
           std::find(at_a_gateway.begin(), at_a_gateway.end(), counter) != at_a_gateway.end();
}

void policy_figures::begin(const policy_figure_names& names) {
    if (counters_.size() + levels_.size() > 0)
        return;
    for (const std::string_view each : names.counters)
        counters_.emplace_back(each, 0);
    for (const policy_level& each : names.levels)
        levels_.emplace_back(each.name, 0);
}

void policy_figures::unknown(std::string_view) {
    WINDTUNNEL_ASSERT(!"the figure stands in its kind's row");
    std::abort();
}

} // namespace windtunnel::topology
