// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/sweep/metric_text.hpp"

#include <fmt/format.h>

#include <optional>
#include <string_view>

#include "scenarios/src/expectation_text.hpp"
#include "topologies/src/diagnostic.hpp"

namespace windtunnel::scenario {

namespace {

[[noreturn]] void fail(const std::string& text, const std::string& message,
                       std::string suggestion = {}) {
    throw topology::input_error({{fmt::format("--metric {}", topology::in_quotes(text)), 0, 0, ""},
                                 message,
                                 std::move(suggestion)});
}

/// Where the phase begins, with the blank before it; the text's end where there is none.
std::size_t phase_begin(std::string_view text) {
    if (text.ends_with(" always"))
        return text.size() - std::string_view(" always").size();
    if (!text.ends_with('\''))
        return text.size();
    for (const std::string_view word : {" before '", " during '", " after '"})
        if (const auto at = text.rfind(word); at != std::string_view::npos)
            return at;
    return text.size();
}

/// An expectation of the same metric: its value has one of the units.
expectation_spec as_expectation(const std::string& text, const scenario_spec& scenario) {
    const std::size_t end = phase_begin(text);
    const std::string metric = text.substr(0, end), phase = text.substr(end);
    const bool recovers = metric.ends_with(": recovers");
    std::optional<bad_expectation> problem;
    for (const char* value : {"1s", "1%", "1/s", "1"}) {
        try {
            return parse_expectation(metric + (recovers ? " within " : " < ") + value + phase,
                                     scenario);
        } catch (const bad_expectation& error) {
            if (!problem || error.at() < metric.size())
                problem = error;
        }
    }
    fail(text, problem->what(), problem->suggestion());
}

} // namespace

metric_wish parse_metric(const std::string& text, const scenario_spec& scenario) {
    if (text.find(": ") == std::string::npos)
        fail(text,
             fmt::format("a metric is written \"subject: metric\", as in \"{}: p99\"",
                         scenario.workloads.empty() ? "readers" : scenario.workloads.front().name));
    if (const auto op = text.find_first_of("<>=", text.rfind(": "));
        op != std::string::npos && text.substr(op - 1, 2) != "->")
        fail(text, "a metric has no comparison: write it as in \"readers: p99\"; what must hold "
                   "stands in the scenario's \"expect\"");
    metric_wish wish{text, as_expectation(text, scenario), {}};
    wish.unit =
        wish.measured.metric == metric::recovers_within ? unit_kind::time : unit_of(wish.measured);
    return wish;
}

std::vector<std::string> usual_metrics(const scenario_spec& scenario) {
    std::vector<std::string> all;
    for (const char* name : {"p50", "p99", "errors", "goodput"})
        all.push_back(fmt::format("{}: {}", scenario.workloads.front().name, name));
    return all;
}

} // namespace windtunnel::scenario
