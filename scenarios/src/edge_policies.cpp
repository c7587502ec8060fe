// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/edge_policies.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "scenarios/src/subjects.hpp"

namespace windtunnel::scenario {

namespace {

using topology::policies_spec;

struct kind_row {
    std::string_view name;
    bool (*there)(const policies_spec& p);
};

constexpr auto kinds = std::to_array<kind_row>({
    {"fallback", [](const policies_spec& p) { return p.fallback.has_value(); }},
    {"total_timeout", [](const policies_spec& p) { return p.total_timeout.has_value(); }},
    {"retry", [](const policies_spec& p) { return p.retry.has_value(); }},
    {"throttle", [](const policies_spec& p) { return p.throttle.has_value(); }},
    {"hedge", [](const policies_spec& p) { return p.hedge.has_value(); }},
    {"rate_limiter", [](const policies_spec& p) { return p.rate_limiter.has_value(); }},
    {"circuit_breaker", [](const policies_spec& p) { return p.circuit_breaker.has_value(); }},
    {"adaptive_limit", [](const policies_spec& p) { return p.adaptive_limit.has_value(); }},
    {"bulkhead", [](const policies_spec& p) { return p.bulkhead.has_value(); }},
    {"timeout", [](const policies_spec& p) { return p.timeout.has_value(); }},
});

bool has_one_of(const policies_spec& policies, std::span<const std::string_view> wanted) {
    return std::any_of(kinds.begin(), kinds.end(), [&](const kind_row& kind) {
        return kind.there(policies) &&
               std::find(wanted.begin(), wanted.end(), kind.name) != wanted.end();
    });
}

} // namespace

policies_spec with_overlays(const scenario_spec& scenario, const std::string& caller,
                            const endpoint_ref& to, policies_spec policies) {
    const std::string endpoint = to.service + "." + to.endpoint;
    for (const policy_overlay& o : scenario.policies) {
        if ((o.caller != "*" && o.caller != caller) ||
            (o.callee != "*" && o.callee != to.service && o.callee != endpoint))
            continue;
        policies.lay(o.policies);
    }
    return policies;
}

bool has_policy(const scenario_spec& scenario, std::string_view edge,
                std::span<const std::string_view> wanted) {
    bool found = false;
    for_each_call(scenario, [&](const std::string& caller, const endpoint_ref& to,
                                const topology::call_step& call) {
        if (caller + "->" + to.service == edge)
            found = found || has_one_of(with_overlays(scenario, caller, to, call.policies), wanted);
    });
    return found;
}

} // namespace windtunnel::scenario
