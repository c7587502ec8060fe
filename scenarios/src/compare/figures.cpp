// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/compare/figures.hpp"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <set>

#include "scenarios/src/figure_meter.hpp"
#include "scenarios/src/replications.hpp"
#include "scenarios/src/subjects.hpp"
#include "topologies/src/call_options.hpp"

namespace windtunnel::scenario {

namespace {

using subject_kind = expectation_spec::subject_kind;

/// Overall and what lies around each fault.
std::vector<phase_ref> phases_to_compare(const scenario_spec& scenario) {
    using kind = phase_ref::kind;
    std::vector<phase_ref> all{{kind::overall, ""}};
    for (const fault_spec& fault : scenario.faults)
        for (const kind when : {kind::before, kind::during, kind::after})
            all.push_back({when, fault.name});
    return all;
}

expectation_spec figure(subject_kind what, std::string subject, metric m, phase_ref phase) {
    expectation_spec f;
    f.what = what;
    f.subject = std::move(subject);
    f.metric = m;
    f.phase = std::move(phase);
    return f;
}

better direction_of(const expectation_spec& f) {
    switch (f.metric) {
    case metric::latency_mean:
    case metric::latency_p50:
    case metric::latency_p90:
    case metric::latency_p95:
    case metric::latency_p99:
    case metric::latency_p999:
    case metric::latency_max:
        return f.outcome == latency_of::failed ? better::neither : better::lower;
    case metric::errors:
    case metric::degraded:
    case metric::attempts:
    case metric::calls_per:
    case metric::in_queue:
    case metric::wait_mean:
    case metric::done:
    case metric::lost:
    case metric::open:
    case metric::opened:
    case metric::refused:
    case metric::retries:
    case metric::fallbacks:
        return better::lower;
    case metric::goodput:
    case metric::hits:
        return better::higher;
    default: // how much there is of something is neither good nor bad
        return better::neither;
    }
}

/// An expectation that holds always is about every phase.
std::vector<phase_ref> phases_of_figure(const expectation_spec& f, const scenario_spec& scenario) {
    return f.phase.when == phase_ref::kind::always ? phases_to_compare(scenario)
                                                   : std::vector{f.phase};
}

void add_own(const scenario_spec& scenario, std::vector<expectation_spec>& figures) {
    for (const expectation_spec& each : scenario.expectations) {
        if (each.metric == metric::recovers_within)
            continue;
        for (const phase_ref& phase : phases_of_figure(each, scenario)) {
            figures.push_back(each);
            figures.back().phase = phase;
        }
    }
}

/// The phase of the result that a figure is about.
std::optional<std::size_t> phase_in(const run_result& result, const phase_ref& ref) {
    for (std::size_t i = 0; i < result.phases.size(); ++i)
        if (is_about(ref, result.phases[i]))
            return i;
    return {};
}

} // namespace

std::string_view to_string(better which) {
    switch (which) {
    case better::lower:
        return "lower";
    case better::higher:
        return "higher";
    case better::neither:
        break;
    }
    return "neither";
}

std::string figure_name(const expectation_spec& f) {
    const std::string when = phase_text(f.phase);
    return f.subject + ": " + metric_text(f) + (when.empty() ? "" : " " + when);
}

std::vector<expectation_spec> compared_figures(const scenario_spec& scenario) {
    std::vector<expectation_spec> all;
    const auto add = [&](subject_kind what, const std::string& subject, const phase_ref& phase,
                         std::initializer_list<metric> metrics) {
        for (const metric m : metrics)
            all.push_back(figure(what, subject, m, phase));
    };
    for (const workload_spec& w : scenario.workloads)
        for (const phase_ref& phase : phases_to_compare(scenario))
            add(subject_kind::workload, w.name, phase,
                {metric::latency_mean, metric::latency_p50, metric::latency_p99, metric::errors,
                 metric::goodput});
    add_own(scenario, all);
    for (const topology::service_spec& s : scenario.topology.services)
        add(subject_kind::service, s.name, {}, {metric::utilisation, metric::wait_mean});
    for (const edge_name& e : edges_of(scenario))
        add(subject_kind::edge, e.caller + "->" + topology::to_string(e.callee), {},
            {metric::latency_mean, metric::errors, metric::attempts});
    std::set<std::string> names; // each once
    std::erase_if(all, [&](const auto& f) { return !names.insert(figure_name(f)).second; });
    return all;
}

figure_set figure_set_of(const scenario_spec& scenario, const replicated_result& result) {
    const run_result& merged = result.merged;
    figure_set set{scenario.name, scenario.variant, merged.version, result.seeds, 1, {}};
    const auto& figures = result.figures.figures();
    for (std::size_t i = 0; i < figures.size(); ++i) {
        const auto phase = phase_in(merged, figures[i].phase);
        if (!phase)
            continue;
        const measurement m = figure_meter(figures[i], merged).at(*phase);
        if (!m.there)
            continue;
        figure_sample sample{
            figure_name(figures[i]), unit_of(figures[i]), direction_of(figures[i]), m.value, {}};
        if (const figure_evidence* seen = result.figures.of(i, *phase)) {
            set.group_size = seen->group_size();
            sample.values = seen->values();
        }
        set.figures.push_back(std::move(sample));
    }
    return set;
}

} // namespace windtunnel::scenario
