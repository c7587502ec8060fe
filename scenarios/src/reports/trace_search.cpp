// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/reports/trace_search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "patterns/trace/trace_id.hpp"
#include "scenarios/src/reports/wording.hpp"
#include "topologies/src/diagnostic.hpp"
#include "topologies/src/suggest.hpp"

namespace windtunnel::scenario {

namespace {

using kind = trace_wish::kind;

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c + ('a' - 'A'));
    return result;
}

std::string id_of(const kept_trace& t) {
    return trace_id_text(t.what.high, t.what.low);
}

/// What was begun by a workload; what a service began is a piece of one.
bool is_whole(const kept_trace& t, const trace_result& all) {
    return t.what.origin >= all.services;
}

std::string recorded_of(const trace_result& all) {
    std::string text =
        fmt::format("{} of {} traces were recorded", grouped(all.recorded), grouped(all.begun()));
    if (all.under_way > 0)
        text += fmt::format(", and {} of them were not over at the end of the run",
                            grouped(all.under_way));
    return text;
}

found_trace slowest(const trace_result& all) {
    const kept_trace* best = nullptr;
    for (const kept_trace& each : all.kept)
        if (is_whole(each, all) && (best == nullptr || each.what.length() > best->what.length()))
            best = &each;
    return {best, "no trace was kept: " + recorded_of(all)};
}

found_trace failed(const trace_result& all) {
    const kept_trace* best = nullptr;
    for (const kept_trace& each : all.kept)
        if (is_whole(each, all) && each.what.root().failed() &&
            (best == nullptr || each.what.root().start < best->what.root().start))
            best = &each;
    return {best, "no recorded request failed: " + recorded_of(all)};
}

found_trace by_id(const std::string& digits, const trace_result& all) {
    std::vector<const kept_trace*> found;
    for (const kept_trace& each : all.kept)
        if (id_of(each).starts_with(digits))
            found.push_back(&each);
    if (found.size() == 1)
        return {found.front(), {}};
    if (found.empty())
        return {nullptr, fmt::format("no trace that is over has an id that begins with {}; ids "
                                     "hold for one scenario, seed and version ({})",
                                     topology::in_quotes(digits), recorded_of(all))};
    constexpr std::size_t most = 3;
    std::string list;
    for (std::size_t i = 0; i < std::min(most, found.size()); ++i)
        list += (i == 0 ? "" : ", ") + id_of(*found[i]);
    return {nullptr,
            fmt::format("{} traces have an id that begins with {}: write more of it ({}{})",
                        found.size(), topology::in_quotes(digits), list,
                        found.size() > most ? ", ..." : "")};
}

} // namespace

trace_wish parse_trace_wish(std::string_view text) {
    constexpr std::size_t fewest = 4;
    const std::string word = lower(text);
    if (word == "slowest")
        return {kind::slowest, {}};
    if (word == "failed")
        return {kind::failed, {}};
    if (word.size() >= fewest && trace_id_prefix::parse(word))
        return {kind::id, word};
    const std::string nearest = topology::nearest(word, {"slowest", "failed"});
    throw std::invalid_argument(fmt::format(
        "expected SLOWEST, FAILED, or a trace id (its first {} to {} hexadecimal digits), found "
        "{}{}",
        fewest, trace_id_prefix::most_digits, topology::in_quotes(std::string(text)),
        nearest.empty()       ? ""
        : nearest == "failed" ? "; did you mean FAILED?"
                              : "; did you mean SLOWEST?"));
}

void ask_for(const trace_wish& wish, scenario_spec& scenario) {
    if (!scenario.tracing)
        scenario.tracing.emplace();
    if (wish.what == kind::id)
        scenario.tracing->wanted.push_back(*trace_id_prefix::parse(wish.digits));
}

found_trace find_trace(const trace_wish& wish, const run_result& result) {
    if (!result.traces)
        return {nullptr, "no traces were recorded"};
    const trace_result& all = *result.traces;
    found_trace found = wish.what == kind::slowest  ? slowest(all)
                        : wish.what == kind::failed ? failed(all)
                                                    : by_id(wish.digits, all);
    if (found.trace != nullptr)
        found.problem.clear();
    return found;
}

} // namespace windtunnel::scenario
