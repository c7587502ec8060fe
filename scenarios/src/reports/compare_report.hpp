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

/// A table of the figures that differ, biggest change first, then what shows no difference: in full
/// as a table too, else in a line.
std::string text_of_comparison(const comparison_report& report, const text_options& options);
std::string markdown_of_comparison(const comparison_report& report);
/// `figure,unit,before,after,relative,low,high,difference` a line, with the names of the two first.
std::string csv_of_comparisons(const std::vector<comparison_report>& reports);
/// The schema's `comparison`, indented, with a line's end.
std::string json_of_comparisons(const std::vector<comparison_report>& reports);

} // namespace windtunnel::scenario
