// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/reports/github.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "scenarios/src/reports/characters.hpp"
#include "scenarios/src/reports/compare_report.hpp"
#include "scenarios/src/reports/wording.hpp"
#include "topologies/src/diagnostic.hpp"

namespace windtunnel::scenario {

namespace {

/// As the runner takes it apart again: in properties also what would end them.
std::string escaped(const std::string& text, bool property) {
    std::string out;
    for (const char c : clean_text(text))
        switch (c) {
        case '%':
            out += "%25";
            break;
        case '\r':
            out += "%0D";
            break;
        case '\n':
            out += "%0A";
            break;
        case ':':
            out += property ? "%3A" : ":";
            break;
        case ',':
            out += property ? "%2C" : ",";
            break;
        default:
            out += c;
        }
    return out;
}

} // namespace

std::string annotation_writer::file_for(const std::string& name) const {
    if (options_.workspace.empty() || name.empty())
        return name;
    const auto relative = (options_.folder / name)
                              .lexically_normal()
                              .lexically_relative(options_.workspace.lexically_normal());
    const bool outside = relative.empty() || *relative.begin() == "..";
    return outside ? name : relative.string();
}

void annotation_writer::annotate(verdict of, const topology::location& where,
                                 const std::string& title, const std::string& message) {
    std::string line = of == verdict::inconclusive ? "::warning " : "::error ";
    if (!where.file.empty())
        line += fmt::format("file={},", escaped(file_for(where.file), true));
    if (where.line > 0)
        line += fmt::format("line={},", where.line);
    if (where.line > 0 && where.column > 0)
        line += fmt::format("col={},", where.column);
    line += fmt::format("title={}::{}\n", escaped(title, true), escaped(message, false));
    all_.push_back({of, std::move(line)});
}

void annotation_writer::add(const scenario_spec& scenario, const replicated_result& result,
                            const run_account& account) {
    const std::string again = account.reproduce.empty() ? "" : "\n" + account.reproduce;
    for (const expectation_result& each : result.expectations) {
        if (each.status == check_status::passed)
            continue;
        const verdict v = verdict_of(each.status);
        annotate(v, each.expectation.where, fmt::format("{}: {}", words_of(v), name_of(scenario)),
                 fmt::format("{}\n{}{}", each.expectation.text, explained(each), again));
    }
    if (account.against != nullptr && result.worse_than_before.value_or(0) > 0)
        annotate(verdict::failed, {account.file, 0, 0, ""}, "failed: " + name_of(scenario),
                 worse_text(*account.against) + "\n" +
                     text_of_comparison(*account.against, {.width = 200}) + again);
    if (result.gone_since > 0)
        annotate(verdict::inconclusive, {account.file, 0, 0, ""},
                 "inconclusive: " + name_of(scenario), gone_text(result) + again);
    if (result.verdict == verdict::aborted)
        annotate(verdict::aborted, {account.file, 0, 0, ""}, "aborted: " + name_of(scenario),
                 meaning_of(result) + again);
}

void annotation_writer::add_missing(const scenario_spec& scenario, verdict what,
                                    const std::string& why, const run_account& account) {
    annotate(what, {account.file, 0, 0, ""},
             fmt::format("{}: {}", words_of(what), name_of(scenario)), why);
}

void annotation_writer::refuse(const topology::input_error& error, const std::string&) {
    for (const topology::diagnostic& each : error.diagnostics())
        annotate(verdict::invalid, each.where, "invalid input, nothing was run", each.text());
    omitted_ += error.omitted();
}

std::string annotation_writer::document(verdict) const {
    std::vector<const annotation*> order;
    for (const annotation& each : all_)
        order.push_back(&each);
    std::stable_sort(order.begin(), order.end(),
                     [](const annotation* a, const annotation* b) { return a->of > b->of; });
    const std::size_t shown = std::min(options_.most, order.size());
    std::string text;
    for (std::size_t i = 0; i < shown; ++i)
        text += order[i]->line;
    if (const std::size_t more = order.size() - shown + omitted_; more > 0)
        text += fmt::format("::notice title=windtunnel::+{} more: the report has them all\n", more);
    return text;
}

} // namespace windtunnel::scenario
