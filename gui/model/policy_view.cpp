// SPDX-License-Identifier: BSL-1.0
#include "gui/model/policy_view.hpp"

#include <algorithm>

#include "scenarios/src/reports/policy_wording.hpp"

namespace windtunnel::gui {

namespace {

scenario::policy_result between(const scenario::policy_result* earlier,
                                scenario::policy_result later) {
    if (earlier == nullptr)
        return later;
    const scenario::policy_tally& before = earlier->phases.front();
    scenario::policy_tally& t = later.phases.front();
    t.span -= before.span;
    for (std::size_t i = 0; i < t.counters.size(); ++i)
        t.counters[i] -= before.counters[i];
    for (std::size_t i = 0; i < t.levels.size(); ++i)
        t.levels[i] -= before.levels[i];
    return later;
}

policy_view view_of(const scenario::policy_result& r) {
    const scenario::policy_figures f = scenario::figures_of(r, 0);
    return {r.kind, f.count("admitted").value_or(0), f.refused,
            f.refused > 0 ? scenario::refused_text(f) : "", scenario::doings_text(f)};
}

} // namespace

std::vector<policy_view> policies_of(const std::string& edge,
                                     const std::vector<scenario::policy_result>& earlier,
                                     const std::vector<scenario::policy_result>& later) {
    std::vector<policy_view> views;
    for (std::size_t i = 0; i < later.size(); ++i)
        if (later[i].edge() == edge)
            views.push_back(view_of(between(i < earlier.size() ? &earlier[i] : nullptr, later[i])));
    return views;
}

std::uint64_t refused_by(const std::vector<policy_view>& policies) {
    std::uint64_t all = 0;
    for (const policy_view& each : policies)
        all += each.refused;
    return all;
}

refusal_view refusal_of(const std::vector<policy_view>& policies, std::uint64_t passed) {
    const std::uint64_t all = refused_by(policies);
    if (all == 0)
        return {};
    const auto most = std::max_element(
        policies.begin(), policies.end(),
        [](const policy_view& a, const policy_view& b) { return a.refused < b.refused; });
    return {most->kind, static_cast<double>(all) / static_cast<double>(all + passed)};
}

scenario::policy_result whole_run_of(const scenario::policy_result& policy) {
    scenario::policy_result whole;
    whole.caller = policy.caller;
    whole.callee = policy.callee;
    whole.kind = policy.kind;
    whole.machines = policy.machines;
    whole.counters = policy.counters;
    whole.levels = policy.levels;
    whole.phases = {policy.phases.at(scenario::whole_phase)};
    return whole;
}

} // namespace windtunnel::gui
