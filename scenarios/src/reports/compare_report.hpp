// SPDX-License-Identifier: BSL-1.0
// Comparisons of results, for people and for programs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scenarios/src/compare/comparison.hpp"
#include "scenarios/src/compare/divergence.hpp"
#include "scenarios/src/reports/text.hpp"

namespace windtunnel::scenario {

/// One result beside another.
struct comparison_report {
    std::string before, after; ///< what they are called
    result_comparison changes;
    /// Of the first seed of both: where their runs part. Nothing: not looked for; a divergence
    /// without events: they do not part.
    std::optional<std::uint64_t> seed = {};
    std::optional<divergence> parted = {};
};

/// All that was compared.
struct comparison_document {
    std::vector<comparison_report> reports;
    std::vector<std::string> left_out; ///< what was not compared, and why: a sentence each
};

/// A table of the figures that differ, biggest change first, then what shows no difference: in full
/// as a table too, else in a line.
std::string text_of_comparison(const comparison_report& report, const text_options& options);
/// The same below the report of a run; empty where that was not compared. Where only the
/// verdict is wanted, the names of what is worse or gone.
std::string text_of_changes(const run_account& account, const text_options& options);
/// "3 figures are worse than in before.json: readers: p99, ..."
std::string worse_text(const comparison_report& report);
std::string markdown_of_comparison(const comparison_report& report);

std::string text_of_comparisons(const comparison_document& all, const text_options& options);
std::string markdown_of_comparisons(const comparison_document& all);
/// A line for each figure, with the names of the two first: those of both, then those that one of
/// them has not. It has no place for what was left out.
std::string csv_of_comparisons(const comparison_document& all);
/// The schema's `comparisons`, indented, with a line's end.
std::string json_of_comparisons(const comparison_document& all);

} // namespace windtunnel::scenario
