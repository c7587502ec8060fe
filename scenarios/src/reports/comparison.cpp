// SPDX-License-Identifier: BSL-1.0
// What is said of several runs together: a table to compare them by, and a closing line.
#include "scenarios/src/reports/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "scenarios/src/reports/paint.hpp"
#include "scenarios/src/reports/table.hpp"
#include "scenarios/src/reports/wording.hpp"

namespace windtunnel::scenario {

namespace {

using fit = column::fit;

/// The variant alone, where all runs are of one scenario.
std::string name_of(const compared_run& run, bool one_scenario) {
    if (one_scenario)
        return run.variant.empty() ? "as it stands" : run.variant;
    return run.variant.empty() ? run.scenario : run.scenario + ": " + run.variant;
}

cell verdict_cell(verdict v) {
    const sign s = sign_of(v);
    return {fmt::format("{} {}", s.mark, words_of(v)), s.style};
}

std::vector<cell> row_of(const compared_run& run, bool one_scenario) {
    using l = latency_figures;
    const traffic_figures& f = run.traffic.front();
    return {{name_of(run, one_scenario)},
            verdict_cell(run.verdict),
            {fmt::format("{} of {}", run.held, run.expected)},
            {f.name, ink::dim},
            {grouped(f.requests)},
            errors_cell(f),
            {time_of(f.good_latency, &l::p50)},
            {time_of(f.good_latency, &l::p99)}};
}

} // namespace

compared_run compared(const scenario_spec& scenario, const replicated_result& result) {
    const auto held =
        std::count_if(result.expectations.begin(), result.expectations.end(),
                      [](const auto& each) { return each.status == check_status::passed; });
    return {.scenario = scenario.name,
            .variant = scenario.variant,
            .verdict = result.verdict,
            .held = static_cast<std::size_t>(held),
            .expected = result.expectations.size(),
            .traffic = figures_of(result.merged, overall_phase).workloads};
}

std::string text_comparison(const std::vector<compared_run>& runs, const text_options& options) {
    const bool one_scenario = std::all_of(runs.begin(), runs.end(), [&](const compared_run& each) {
        return each.scenario == runs.front().scenario;
    });
    table t({{one_scenario ? "variant" : "scenario", false, fit::shrinks},
             {"verdict"},
             {"held", true},
             {"workload", false, fit::can_go},
             {"requests", true, fit::can_go},
             {"errors", false, fit::shrinks},
             {"p50", true},
             {"p99", true}});
    for (const compared_run& each : runs)
        if (!each.traffic.empty())
            t.row(row_of(each, one_scenario));
    return options.markdown ? t.markdown() : t.render(painter(options.colours), options.width);
}

std::string text_together(const std::vector<verdict>& verdicts,
                          const std::vector<compared_run>& runs, bool compares,
                          const text_options& options) {
    const bool shows = compares && options.size != summary_size::off;
    const std::string rows = shows ? text_comparison(runs, options) + "\n" : "";
    return rows + text_total(verdicts, options);
}

std::string text_total(const std::vector<verdict>& verdicts, const text_options& options) {
    std::map<verdict, std::size_t> counts;
    verdict worst = verdict::passed;
    for (const verdict v : verdicts) {
        ++counts[v];
        worst = worse(worst, v);
    }
    std::string text;
    for (const auto& [v, count] : counts)
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, to_string(v));
    std::replace(text.begin(), text.end(), '_', ' ');
    const sign s = sign_of(worst);
    return painter(options.colours)(
               s.style, fmt::format("{} {}: {}", s.mark, counted(verdicts.size(), "run"), text)) +
           "\n";
}

} // namespace windtunnel::scenario
