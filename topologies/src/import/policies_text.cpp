// SPDX-License-Identifier: BSL-1.0
// The library's options with the names that files have for them (topologies/src/*_tables.cpp), as
// JSON. A test reads back what is written here.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "topologies/src/import/draft.hpp"
#include "topologies/src/quantity.hpp"

namespace windtunnel::topology {

namespace {

using json = nlohmann::ordered_json;

std::string share(double value) {
    return fmt::format("{:.10g}%", value * 100);
}

json in_json(duration d) {
    return format_duration(d);
}

json in_json(const retry_options& o) {
    json j{{"max_attempts", o.max_attempts},
           {"initial_backoff", in_json(o.initial_backoff)},
           {"max_backoff", in_json(o.max_backoff)},
           {"backoff", to_string(o.backoff)}};
    if (o.backoff == backoff_kind::exponential)
        j["backoff_multiplier"] = o.backoff_multiplier;
    j["jitter"] = to_string(o.jitter);
    if (o.jitter == jitter_kind::proportional || o.jitter == jitter_kind::additive)
        j["jitter_factor"] = share(o.jitter_factor);
    j["retry_errors"] = o.retry_errors;
    j["retry_overloaded"] = o.retry_overloaded;
    j["retry_unreachable"] = o.retry_unreachable;
    j["retry_timeouts"] = o.retry_timeouts;
    j["retry_rejections"] = o.retry_rejections;
    j["transparent_retry"] = o.transparent_retry;
    return j;
}

json in_json(const retry_budget_options& o) {
    json j{{"kind", to_string(o.kind)}};
    if (o.kind == retry_budget_kind::grpc_tokens) {
        j["max_tokens"] = o.max_tokens;
        j["token_ratio"] = o.token_ratio;
    } else {
        j["ratio"] = o.ratio;
        j["min_concurrency"] = o.min_concurrency;
    }
    return j;
}

json in_json(const circuit_breaker_options& o) {
    json j{{"failure_rate_threshold", share(o.failure_rate_threshold)},
           {"slow_call_rate_threshold", share(o.slow_call_rate_threshold)},
           {"slow_call_duration_threshold", in_json(o.slow_call_duration_threshold)},
           {"sliding_window_type",
            o.sliding_window_type == sliding_window_type::count ? "count" : "time"},
           {"sliding_window_size", o.sliding_window_size}};
    if (o.sliding_window_type == sliding_window_type::time)
        j["sliding_window_duration"] = in_json(o.sliding_window_duration);
    j["minimum_number_of_calls"] = o.minimum_number_of_calls;
    j["wait_in_open"] = in_json(o.wait_in_open);
    j["max_wait_in_open"] = in_json(o.max_wait_in_open);
    j["wait_multiplier"] = o.wait_multiplier;
    j["wait_jitter"] = share(o.wait_jitter);
    j["permitted_calls_in_half_open"] = o.permitted_calls_in_half_open;
    j["max_wait_in_half_open"] = in_json(o.max_wait_in_half_open);
    j["state_after_max_wait"] = to_string(o.state_after_max_wait);
    if (o.automatic_half_open)
        j["automatic_half_open"] = true;
    j["initial_state"] = to_string(o.initial_state);
    return j;
}

json in_json(const bulkhead_options& o) {
    json j{{"max_concurrent", o.max_concurrent}, {"max_queue", o.max_queue}};
    if (o.max_queue > 0)
        j["max_wait"] = in_json(o.max_wait);
    return j;
}

json in_json(const rate_limiter_options& o) {
    return {{"kind", to_string(o.kind)},          {"permits", o.permits},
            {"period", in_json(o.period)},        {"burst", o.burst},
            {"refill_at_once", o.refill_at_once}, {"max_wait", in_json(o.max_wait)}};
}

json in_json(const hedge_options& o) {
    return {{"max_attempts", o.max_attempts},
            {"delay_from", to_string(o.delay_from)},
            {"delay", in_json(o.delay)},
            {"hedge_errors", o.hedge_errors},
            {"hedge_overloaded", o.hedge_overloaded},
            {"hedge_unreachable", o.hedge_unreachable},
            {"hedge_timeouts", o.hedge_timeouts},
            {"hedge_rejections", o.hedge_rejections}};
}

void add_slow_start(json& j, const load_balancer_options& o) {
    if (o.slow_start_window == duration::zero())
        return;
    j["slow_start_window"] = in_json(o.slow_start_window);
    j["slow_start_aggression"] = o.slow_start_aggression;
    j["slow_start_min_weight_percent"] = o.slow_start_min_weight_percent;
}

/// The name alone, where the policy's defaults are meant.
json in_json(const balancer_spec& balancer) {
    const load_balancer_options& o = balancer.options;
    json j{{"policy", to_string(o.policy)}};
    const load_balancer_options standard;
    if (o.choices != standard.choices)
        j["choices"] = o.choices;
    if (o.ring_min_size != standard.ring_min_size || o.ring_max_size != standard.ring_max_size) {
        j["ring_min_size"] = o.ring_min_size;
        j["ring_max_size"] = o.ring_max_size;
    }
    if (o.maglev_table_size != standard.maglev_table_size)
        j["maglev_table_size"] = o.maglev_table_size;
    if (o.hash_balance_factor != standard.hash_balance_factor)
        j["hash_balance_factor"] = o.hash_balance_factor;
    if (balancer.zone_aware) {
        j["zone_aware"] = true;
        j["min_cluster_size"] = o.min_cluster_size;
        j["zone_routing"] = share(o.zone_routing);
    }
    add_slow_start(j, o);
    return j.size() == 1 ? j["policy"] : j;
}

json in_json(const health_check_spec& check) {
    const health_check_options& o = check.options;
    return {{"endpoint", check.endpoint},
            {"interval", in_json(o.interval)},
            {"timeout", in_json(o.timeout)},
            {"unhealthy_threshold", o.unhealthy_threshold},
            {"healthy_threshold", o.healthy_threshold},
            {"no_traffic_interval", in_json(o.no_traffic_interval)},
            {"unhealthy_interval", in_json(o.unhealthy_interval)},
            {"interval_jitter", share(o.interval_jitter)},
            {"initial_jitter", in_json(o.initial_jitter)}};
}

json in_json(const outlier_detector_options& o) {
    const auto& s = o.success_rate;
    const auto& f = o.failure_percentage;
    return {{"interval", in_json(o.interval)},
            {"base_ejection_time", in_json(o.base_ejection_time)},
            {"max_ejection_time", in_json(o.max_ejection_time)},
            {"max_ejection_time_jitter", in_json(o.max_ejection_time_jitter)},
            {"max_ejection_percent", o.max_ejection_percent},
            {"limit", to_string(o.limit)},
            {"consecutive_failures", o.consecutive_failures},
            {"enforcing_consecutive_failures", o.enforcing_consecutive_failures},
            {"split_local_origin", o.split_local_origin},
            {"consecutive_local_origin_failures", o.consecutive_local_origin_failures},
            {"enforcing_consecutive_local_origin_failures",
             o.enforcing_consecutive_local_origin_failures},
            {"success_rate",
             {{"stdev_factor", s.stdev_factor},
              {"minimum_hosts", s.minimum_hosts},
              {"request_volume", s.request_volume},
              {"enforcement", s.enforcement}}},
            {"failure_percentage",
             {{"threshold", f.threshold},
              {"minimum_hosts", f.minimum_hosts},
              {"request_volume", f.request_volume},
              {"enforcement", f.enforcement}}},
            {"panic_threshold", o.panic_threshold},
            {"fail_traffic_on_panic", o.fail_traffic_on_panic},
            {"successful_active_health_check_uneject", o.successful_active_health_check_uneject}};
}

template <class T>
void add(json& all, const char* key, const choice<T>& what) {
    if (what.is_off())
        all[key] = "off";
    else if (what)
        all[key] = in_json(*what);
}

} // namespace

std::string policies_text(const drafted_edge& edge) {
    const policies_spec& p = edge.policies;
    json all = json::object();
    add(all, "total_timeout", p.total_timeout);
    add(all, "retry", p.retry);
    add(all, "retry_budget", p.retry_budget);
    add(all, "hedge", p.hedge);
    add(all, "rate_limiter", p.rate_limiter);
    add(all, "circuit_breaker", p.circuit_breaker);
    add(all, "bulkhead", p.bulkhead);
    add(all, "timeout", p.timeout);
    add(all, "balancer", p.balancer);
    add(all, "outlier_detection", p.outlier_detection);
    add(all, "health_check", p.health_check);
    return all.dump();
}

} // namespace windtunnel::topology
