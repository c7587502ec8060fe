// SPDX-License-Identifier: BSL-1.0
// A trace for people: a line for each span, indented as a tree, with its bar on a common scale; the
// critical path in colour, or marked "*" where there are no colours; and what the time along it was
// spent on. UTF-8 only in what names and bars are made of; lines fit `width`.
#pragma once

#include <cstddef>
#include <string>

#include "scenarios/src/reports/trace_search.hpp"
#include "scenarios/src/result.hpp"

namespace windtunnel::scenario {

struct waterfall_options {
    bool colours = false;
    std::size_t width = 80; ///< columns
};

std::string waterfall(const run_result& result, const kept_trace& t,
                      const waterfall_options& options = {});

/// "web#0.GET /": what a span is called, in the words of the result.
std::string name_of(const run_result& result, const trace& t, const span& s);
/// "queue 41 %, work 20 %, ...": what the time along the critical path was spent on.
std::string spent_on(const trace& t);
/// What broke traces, and how much; empty: nothing did.
std::string broken_text(const trace_result& all);

} // namespace windtunnel::scenario
