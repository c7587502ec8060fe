// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/explain/ablation.hpp"

#include <algorithm>
#include <array>

namespace windtunnel::scenario::explain {

namespace {

using topology::admission_spec;
using topology::policies_spec;

struct call_row {
    std::string_view kind;
    void (*put_off)(policies_spec&);
};

template <auto Member>
void put_off(policies_spec& p) {
    p.*Member = topology::off;
}

using p = policies_spec;
constexpr auto call_rows = std::to_array<call_row>({
    {"fallback", &put_off<&p::fallback>},
    {"cache", &put_off<&p::cache>},
    {"coalescing", &put_off<&p::coalescing>},
    {"total_timeout", &put_off<&p::total_timeout>},
    {"retry", &put_off<&p::retry>},
    {"retry_budget", &put_off<&p::retry_budget>},
    {"throttle", &put_off<&p::throttle>},
    {"hedge", &put_off<&p::hedge>},
    {"rate_limiter", &put_off<&p::rate_limiter>},
    {"circuit_breaker", &put_off<&p::circuit_breaker>},
    {"adaptive_limit", &put_off<&p::adaptive_limit>},
    {"bulkhead", &put_off<&p::bulkhead>},
    {"timeout", &put_off<&p::timeout>},
    {"outlier_detection", &put_off<&p::outlier_detection>},
    {"health_check", &put_off<&p::health_check>},
});

struct door_row {
    std::string_view kind;
    void (*put_off)(admission_spec&);
};

template <auto Member>
void take_away(admission_spec& a) {
    (a.*Member).reset();
}

using a = admission_spec;
constexpr auto door_rows = std::to_array<door_row>({
    {"rate_limiter", &take_away<&a::rate_limiter>},
    {"rate_limiter_by_caller", &take_away<&a::rate_limiter_by_caller>},
    {"priority_shedder", &take_away<&a::priority_shedder>},
    {"adaptive_limit", &take_away<&a::adaptive_limit>},
    {"server_admission", &take_away<&a::server_admission>},
    {"codel", &take_away<&a::codel>},
    {"adaptive_lifo", &take_away<&a::adaptive_lifo>},
});

const auto* find(const auto& rows, std::string_view kind) {
    const auto found =
        std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.kind == kind; });
    return found == rows.end() ? nullptr : &*found;
}

bool put_off_calls(const policy_result& policy, scenario_spec& spec) {
    const call_row* row = find(call_rows, policy.kind);
    if (row == nullptr)
        return false;
    policy_overlay overlay{policy.caller, policy.callee, {}, spec.where};
    row->put_off(overlay.policies);
    spec.policies.push_back(std::move(overlay));
    return true;
}

bool put_off_door(const policy_result& policy, scenario_spec& spec) {
    const door_row* row = find(door_rows, policy.kind);
    for (topology::service_spec& s : spec.topology.services)
        if (row != nullptr && s.name == policy.caller && s.admission) {
            row->put_off(*s.admission);
            if (policy.kind == "priority_shedder")
                s.admission->tells_callers = false;
            return true;
        }
    return false;
}

struct outcome_of {
    double good = 0, latency = 0;
};

outcome_of outcome_since(const run_result& r, duration from) {
    const auto first = static_cast<std::size_t>(from / r.window);
    double sent = 0, good = 0, time = 0;
    for (const workload_result& w : r.workloads)
        for (std::size_t i = first; i < w.traffic.windows.size(); ++i) {
            sent += static_cast<double>(w.traffic.windows[i].sent);
            good += static_cast<double>(w.traffic.windows[i].good);
            time += static_cast<double>(w.traffic.windows[i].good_latency_sum) / 1e9;
        }
    return {sent > 0 ? good / sent : 0, good > 0 ? time / good : 0};
}

ablation_effect::verdict verdict_on(const ablation_effect& e) {
    using verdict = ablation_effect::verdict;
    constexpr double much = 1.5;
    const double lost = e.good_with - e.good_without;
    if (lost >= clear_share)
        return verdict::saved;
    if (lost <= -clear_share)
        return verdict::killed;
    if (e.latency_without > much * e.latency_with)
        return verdict::saved;
    return e.latency_with > much * e.latency_without ? verdict::killed : verdict::no_difference;
}

} // namespace

std::string_view to_string(ablation_effect::verdict what) {
    constexpr std::array<std::string_view, 3> names{"no_difference", "saved", "killed"};
    return names[static_cast<std::size_t>(what)];
}

std::vector<ablated> ablations(const scenario_spec& scenario, const run_result& result) {
    std::vector<ablated> all;
    for (const policy_result& policy : result.policies) {
        ablated one{policy.edge(), policy.kind, scenario};
        const bool can_be_off = policy.callee.empty() ? put_off_door(policy, one.spec)
                                                      : put_off_calls(policy, one.spec);
        if (can_be_off)
            all.push_back(std::move(one));
    }
    return all;
}

ablation_effect compare_ablated(const ablated& off, const run_result& with,
                                const run_result& without, duration from) {
    const outcome_of on = outcome_since(with, from), gone = outcome_since(without, from);
    ablation_effect e{{}, off.where, off.kind, on.good, gone.good, on.latency, gone.latency};
    e.what = verdict_on(e);
    return e;
}

} // namespace windtunnel::scenario::explain
