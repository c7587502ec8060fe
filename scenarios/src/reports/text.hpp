// SPDX-License-Identifier: BSL-1.0
// The summary for people: the expectations with what was observed, then the workloads, the services
// and calls worth a look, the faults, and at the end the verdict, the seed and the line that
// reproduces the run. UTF-8; lines fit `width` where they can.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/src/expectation_metrics.hpp" // before figures.hpp: see latency_of
#include "scenarios/src/replications.hpp"
#include "scenarios/src/reports/figures.hpp"
#include "scenarios/src/reports/json.hpp"
#include "scenarios/src/spec.hpp"

namespace windtunnel::scenario {

enum class summary_size : std::uint8_t {
    compact, ///< services that are busy, queue or refuse; calls that fail or retry
    full,    ///< all of them, and what the expectations found in words
    off,     ///< only the verdict
};

struct text_options {
    summary_size size = summary_size::compact;
    bool colours = false;
    std::size_t width = 100; ///< columns
    bool markdown = false;   ///< tables are Markdown's, of any width
};

std::string text_report(const scenario_spec& scenario, const replicated_result& result,
                        const run_account& account, const text_options& options = {});

/// What the report says between expectations and verdict: tables, and lines about them; without
/// those that would be empty.
std::vector<std::string> text_blocks(const scenario_spec& scenario, const replicated_result& result,
                                     const run_account& account, const text_options& options);

/// The closing line of several reports.
std::string text_total(const std::vector<verdict>& verdicts, const text_options& options);

/// What a comparison has of a run.
struct compared_run {
    std::string scenario, variant; ///< no variant: the scenario as it stands
    scenario::verdict verdict = scenario::verdict::passed;
    std::size_t held = 0, expected = 0;   ///< expectations
    std::vector<traffic_figures> traffic; ///< of each workload, all phases together
};
compared_run compared(const scenario_spec& scenario, const replicated_result& result);

/// A table of several runs, one line each: the verdict, and the figures of its workload (of the
/// first one, where it has several).
std::string text_comparison(const std::vector<compared_run>& runs, const text_options& options);

/// What the text says below several reports: the table, where they are variants to be compared, and
/// the closing line.
std::string text_together(const std::vector<verdict>& verdicts,
                          const std::vector<compared_run>& runs, bool compares,
                          const text_options& options);

} // namespace windtunnel::scenario
