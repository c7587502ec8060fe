// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/edge_policies.hpp"

#include <algorithm>

#include "scenarios/src/subjects.hpp"
#include "topologies/src/system/policy_kinds.hpp"

namespace windtunnel::scenario {

namespace {

using topology::policies_spec;

bool is_one_of(std::span<const std::string_view> names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
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
        if (caller + "->" + to.service != edge)
            return;
        const policies_spec policies = with_overlays(scenario, caller, to, call.policies);
        for (const topology::call_policy_kind& kind : topology::call_policy_kinds())
            found =
                found || (is_one_of(wanted, kind.name) && kind.is_on(policies, scenario.topology));
    });
    return found;
}

bool has_admission_policy(const scenario_spec& scenario, std::string_view service,
                          std::span<const std::string_view> wanted) {
    const topology::service_spec* spec = scenario.topology.find(service);
    if (spec != nullptr && spec->gateway && is_one_of(wanted, topology::gateway_kind().name))
        return true;
    const auto limits = topology::host_limit_kinds();
    if (spec != nullptr && std::any_of(limits.begin(), limits.end(), [&](const auto& kind) {
            return is_one_of(wanted, kind.name) && kind.is_on(*spec);
        }))
        return true;
    if (spec == nullptr || !spec->admission)
        return false;
    const auto kinds = topology::admission_policy_kinds();
    return std::any_of(kinds.begin(), kinds.end(), [&](const auto& kind) {
        return is_one_of(wanted, kind.name) && kind.is_on(*spec->admission);
    });
}

} // namespace windtunnel::scenario
