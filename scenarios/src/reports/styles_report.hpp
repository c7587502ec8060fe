// SPDX-License-Identifier: BSL-1.0
// Which style for an edge, for people and for programs.
#pragma once

#include <string>
#include <vector>

#include "scenarios/src/compare/styles.hpp"
#include "scenarios/src/reports/text.hpp"

namespace windtunnel::scenario {

/// A table for each phase, what each style is best at, at this load and at others, and which cannot
/// be, and why.
std::string text_of_styles(const std::string& edge, const std::vector<style_result>& results,
                           const std::vector<styles_at_load>& loads, const text_options& options);
/// An object with the edge and a member for each style; "null" in place of one that was not run.
std::string json_of_styles(const std::string& edge, const std::vector<style_result>& results,
                           const std::vector<styles_at_load>& loads);

} // namespace windtunnel::scenario
