// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/import/draft.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "topologies/src/call_options.hpp"
#include "topologies/src/quantity.hpp"

namespace windtunnel::topology {

std::string import_note::text() const {
    return fmt::format("{}: note: {}{}", where.text(), message,
                       nearest.empty() ? "" : "; nearest: " + nearest);
}

std::string import_draft::ours(const std::string& name) const {
    const auto found = options_.names.find(name);
    return found == options_.names.end() ? name : found->second;
}

drafted_edge& import_draft::edge(const std::string& caller, const std::string& name,
                                 const node& at) {
    std::string from = !options_.caller.empty() ? options_.caller : ours(caller);
    if (from.empty())
        from = caller_.empty() ? "*" : caller_;
    const std::string to = ours(name);
    for (drafted_edge& each : edges_)
        if (each.caller == from && each.callee == to)
            return each;
    edges_.push_back({std::move(from), to, at.where(), {}, {}});
    return edges_.back();
}

void import_draft::note(const location& where, std::string message, std::string nearest) {
    for (const import_note& each : notes_)
        if (each.where.file == where.file && each.where.line == where.line &&
            each.message == message)
            return;
    notes_.push_back({where, std::move(message), std::move(nearest)});
}

void import_draft::note_conflict(const drafted_edge& edge, const std::string& key,
                                 const location& first, const node& at) {
    note(at.where(),
         fmt::format("another {} of calls to {} is not taken over: an edge has one, here that of "
                     "line {}",
                     key, edge.callee, first.line),
         fmt::format("lay it over \"{}.ENDPOINT\" by hand", edge.key()));
}

void import_draft::settle(drafted_edge& edge) {
    policies_spec& p = edge.policies;
    if (p.timeout && p.total_timeout && *p.timeout > *p.total_timeout) {
        note(edge.said_at["timeout"],
             fmt::format("the timeout of an attempt ({}) is longer than that of the whole call "
                         "({}), which ends it before: it is left out",
                         format_duration(*p.timeout), format_duration(*p.total_timeout)));
        p.timeout.reset();
    }
    if (p.bulkhead && p.bulkhead->max_wait == until_its_timeout) {
        p.bulkhead->max_wait = p.total_timeout ? *p.total_timeout : as_good_as_ever;
        note(edge.said_at["bulkhead"],
             "there a call waits in the queue until its own timeout; here the wait has a bound",
             fmt::format("max_wait of {}", format_duration(p.bulkhead->max_wait)));
    }
}

/// The edge's policies as text, those left out (and noted) that the format of files does not take.
std::string import_draft::loadable(const drafted_edge& edge) {
    const document all = document::parse(policies_text(edge), {});
    std::string text;
    for (const node& each : all.root().children()) {
        const std::string member = nlohmann::json(each.key()).dump() + ":" + each.text();
        try {
            parse_policies(document::parse("{" + member + "}", {}).root());
            text += (text.empty() ? "" : ",") + member;
        } catch (const input_error& error) {
            note(edge.said_at.at(each.key()), fmt::format("{} is not taken over: {}", each.key(),
                                                          error.diagnostics().front().message));
        }
    }
    return "{" + text + "}";
}

imported_policies import_draft::finish() {
    // Of the overlays that match a call the last one wins: first what holds for any.
    const auto how_specific = [](const drafted_edge& e) {
        const auto dot = e.callee.find('.') != std::string::npos;
        return std::tuple(e.callee != "*", e.caller != "*", dot);
    };
    edges_.sort([&](const drafted_edge& a, const drafted_edge& b) {
        return how_specific(a) < how_specific(b);
    });
    std::string text;
    std::vector<imported_edge> edges;
    for (drafted_edge& each : edges_) {
        settle(each);
        text +=
            (text.empty() ? "{" : ",") + nlohmann::json(each.key()).dump() + ":" + loadable(each);
        edges.push_back({each.key(), each.callee, each.where});
    }
    std::stable_sort(notes_.begin(), notes_.end(), [](const import_note& a, const import_note& b) {
        return a.where.file == b.where.file &&
               std::tie(a.where.line, a.where.column) < std::tie(b.where.line, b.where.column);
    });
    return {document::parse(text.empty() ? "{}" : text + "}", "imported policies"),
            std::move(edges), std::move(notes_)};
}

} // namespace windtunnel::topology
