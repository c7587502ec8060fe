// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/policy_expectation.hpp"

#include <fmt/format.h>

#include <array>
#include <span>
#include <utility>

#include "scenarios/src/edge_policies.hpp"
#include "scenarios/src/subjects.hpp"
#include "topologies/src/diagnostic.hpp"

namespace windtunnel::scenario {

namespace {

using topology::in_quotes;

/// What a policy refuses for, and the policy.
using refusal_row = std::pair<std::string_view, std::string_view>;
constexpr auto refusals = std::to_array<refusal_row>({
    {"breaker_open", "circuit_breaker"},
    {"bulkhead_full", "bulkhead"},
    {"bulkhead_timeout", "bulkhead"},
    {"rate_limited", "rate_limiter"},
    {"limit_reached", "adaptive_limit"},
    {"throttled", "throttle"},
});

/// The policies one of which must be there.
std::span<const std::string_view> needed(const metric_row& row, std::string_view reason) {
    for (const auto& [refusal, policy] : refusals)
        if (refusal == reason)
            return {&policy, 1};
    return row.policies;
}

/// The edge from the caller to the service, whichever endpoint the subject names.
std::string edge_to_service(const std::string& subject, const scenario_spec& scenario) {
    for (const edge_name& each : edges_of(scenario)) {
        std::string edge = each.caller + "->" + each.callee.service;
        if (subject == edge || subject == edge + "." + each.callee.endpoint)
            return edge;
    }
    return subject;
}

} // namespace

std::vector<std::string> refusal_reasons() {
    std::vector<std::string> reasons;
    for (const refusal_row& row : refusals)
        reasons.emplace_back(row.first);
    return reasons;
}

std::optional<policy_complaint> find_policy_complaint(const metric_row& row,
                                                      const std::string& subject,
                                                      std::string_view reason,
                                                      const scenario_spec& scenario) {
    const std::string edge = edge_to_service(subject, scenario);
    if (edge != subject)
        return policy_complaint{fmt::format("\"{}\" is of a caller and a service, whose endpoints "
                                            "share the policies: write {}",
                                            row.name, in_quotes(edge)),
                                edge};
    const auto kinds = needed(row, reason);
    if (has_policy(scenario, edge, kinds))
        return std::nullopt;
    return policy_complaint{
        fmt::format("no call from {} has a {}, so \"{}\" is not measured there; give it one, as in "
                    "\"policies\": {{ \"{}\": {{ \"{}\": {{}} }} }}",
                    in_quotes(edge), fmt::join(kinds, " or "), row.name, edge, kinds.front()),
        ""};
}

} // namespace windtunnel::scenario
