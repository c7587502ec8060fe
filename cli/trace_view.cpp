// SPDX-License-Identifier: BSL-1.0
#include "cli/trace_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "cli/help.hpp"
#include "cli/output.hpp"
#include "patterns/trace/trace_id.hpp"
#include "scenarios/src/reports/wording.hpp"

namespace windtunnel::cli {

namespace {

using scenario::kept_trace;
using scenario::run_result;

std::string short_id(const kept_trace& t) {
    constexpr std::size_t digits = 12; // of a million traces two are alike once in 500 runs
    return trace_id_text(t.what.high, t.what.low).substr(0, digits);
}

std::string line_of(const run_result& result, const kept_trace& t) {
    const span& root = t.what.root();
    return fmt::format("  {}  {:>8}  at {:<8}  {}{}\n", short_id(t),
                       scenario::short_time(to_seconds(root.length())),
                       scenario::short_time(to_seconds(root.start)),
                       scenario::name_of(result, t.what, root),
                       root.failed() ? fmt::format(": {}", to_string(root.why)) : std::string());
}

/// The slowest few besides the one that is shown, and how many more there are.
std::string others(const run_result& result, const kept_trace& shown) {
    constexpr std::size_t most = 4;
    std::vector<const kept_trace*> rest;
    for (const kept_trace& each : result.traces->kept)
        if (&each != &shown)
            rest.push_back(&each);
    std::stable_sort(rest.begin(), rest.end(), [](const auto* a, const auto* b) {
        return a->what.length() > b->what.length();
    });
    std::string text = fmt::format("{} more traces are kept{}\n", rest.size(),
                                   rest.empty() ? "" : "; --trace with the id shows one:");
    for (std::size_t i = 0; i < std::min(most, rest.size()); ++i)
        text += line_of(result, *rest[i]);
    return text;
}

} // namespace

trace_view::trace_view(const std::optional<std::string>& wish) {
    if (!wish)
        return;
    try {
        wish_ = scenario::parse_trace_wish(*wish);
    } catch (const std::invalid_argument& error) {
        throw usage_error(fmt::format("--trace: {}", error.what()));
    }
}

void trace_view::ask(std::vector<run_job>& jobs) const {
    if (wanted())
        for (run_job& each : jobs)
            scenario::ask_for(*wish_, each.spec);
}

std::string trace_view::show(const run_job& job, const scenario::replicated_result& result,
                             const scenario::waterfall_options& options) {
    const auto found = scenario::find_trace(*wish_, result.merged);
    if (found.trace == nullptr) {
        problems_.push_back(fmt::format("--trace: {}: {}", job.file, found.problem));
        return "";
    }
    ++found_;
    const std::string broken = broken_text(*result.merged.traces);
    return "\n" + waterfall(result.merged, *found.trace, options) +
           (broken.empty() ? "" : scenario::wrapped(broken, 0, options.width)) +
           others(result.merged, *found.trace);
}

bool trace_view::finish() const {
    if (is_id() && found_ > 0)
        return true;
    for (const std::string& each : problems_)
        complain(each);
    return problems_.empty();
}

} // namespace windtunnel::cli
