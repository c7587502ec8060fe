// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/reports/figures.hpp"

#include <algorithm>
#include <utility>

namespace windtunnel::scenario {

namespace {

constexpr double ns_per_second = 1e9;

std::optional<double> ratio(double part, double whole) {
    return whole > 0 ? std::optional(part / whole) : std::nullopt;
}

const tally& tally_of(const traffic& t, std::size_t phase) {
    static const tally nothing{};
    return phase < t.phases.size() ? t.phases[phase] : nothing;
}

} // namespace

std::optional<latency_figures> latency_of(const sim::histogram& h) {
    if (h.empty())
        return std::nullopt;
    const auto at = [&](double q) { return in_seconds(h.quantile(q)); };
    const double mean =
        static_cast<double>(h.sum_ns()) / static_cast<double>(h.count()) / ns_per_second;
    return latency_figures{
        mean, at(0.5), at(0.9), at(0.95), at(0.99), at(0.999), in_seconds(h.max())};
}

traffic_figures figures_of(std::string name, const tally& t, duration span) {
    traffic_figures f;
    f.name = std::move(name);
    f.requests = t.requests;
    f.failed = t.failed();
    f.attempts = t.attempts;
    f.degraded = t.degraded;
    for (std::size_t i = 0; i < t.failures.size(); ++i)
        if (t.failures[i] > 0)
            f.errors.emplace_back(static_cast<failure_kind>(i), t.failures[i]);
    f.rate = ratio(static_cast<double>(t.requests), in_seconds(span));
    f.good_latency = latency_of(t.good_latency);
    f.failed_latency = latency_of(t.failed_latency);
    sim::histogram all = t.good_latency;
    all.merge(t.failed_latency);
    f.all_latency = latency_of(all);
    f.completed = t.completed_latency.count();
    f.lost = t.lost;
    f.undone = t.undone;
    f.completed_latency = latency_of(t.completed_latency);
    return f;
}

service_figures figures_of(std::string name, const service_tally& t) {
    const double span = in_seconds(t.span);
    return {std::move(name),
            ratio(static_cast<double>(t.levels.busy), static_cast<double>(t.levels.workers)),
            ratio(in_seconds(t.levels.in_system), span),
            ratio(in_seconds(t.levels.in_queue), span),
            ratio(in_seconds(t.wait_sum), static_cast<double>(t.waits)),
            t.arrivals,
            t.completed,
            t.rejected,
            t.abandoned,
            t.lost};
}

std::optional<std::uint64_t> policy_figures::count(std::string_view name) const {
    for (const auto& [known, value] : counts)
        if (known == name)
            return value;
    return std::nullopt;
}

policy_figures figures_of(const policy_result& r, std::size_t phase) {
    static const policy_tally nothing{};
    const policy_tally& t = phase < r.phases.size() ? r.phases[phase] : nothing;
    policy_figures f{r.edge(), r.kind, r.machines, r.refused(t), {}, {}, {}};
    for (const std::string& name : r.counters)
        f.counts.emplace_back(name, r.counter(t, name).value_or(0));
    for (const std::string& name : r.levels)
        f.means.emplace_back(name, r.mean(t, name));
    for (const policy_transition& each : r.transitions)
        if (each.to == "open" && (!f.first_opened || each.at < *f.first_opened))
            f.first_opened = each.at;
    return f;
}

phase_figures figures_of(const run_result& result, std::size_t phase) {
    const duration span = result.phases[phase].span;
    phase_figures all;
    for (const auto& w : result.workloads)
        all.workloads.push_back(figures_of(w.name, tally_of(w.traffic, phase), span));
    for (const auto& s : result.services)
        all.services.push_back(
            figures_of(s.name, phase < s.phases.size() ? s.phases[phase] : service_tally{}));
    for (const auto& e : result.endpoints)
        all.endpoints.push_back(
            figures_of(e.service + "." + e.endpoint, tally_of(e.traffic, phase), span));
    for (const auto& e : service_edges(result))
        all.edges.push_back(figures_of(e.name, tally_of(e.traffic, phase), span));
    for (const auto& p : result.policies)
        all.policies.push_back(figures_of(p, phase));
    return all;
}

std::vector<service_edge> service_edges(const run_result& result) {
    std::vector<service_edge> edges;
    for (const edge_result& each : result.edges) {
        const std::string name = each.caller + "->" + each.service;
        auto found = std::find_if(edges.begin(), edges.end(),
                                  [&](const service_edge& e) { return e.name == name; });
        if (found == edges.end())
            edges.push_back({name, each.traffic});
        else
            found->traffic.merge(each.traffic);
    }
    return edges;
}

} // namespace windtunnel::scenario
