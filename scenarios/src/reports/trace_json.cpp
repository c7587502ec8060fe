// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/reports/trace_json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "patterns/trace/trace_id.hpp"

namespace windtunnel::scenario {

namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t most_listed = 20; ///< of the slowest, and of the failed

json rules_of(const trace& t) {
    constexpr std::pair<std::uint8_t, const char*> names[]{{kept_for::slowest, "slowest"},
                                                           {kept_for::failed, "failed"},
                                                           {kept_for::sample, "sample"},
                                                           {kept_for::wanted, "wanted"}};
    json list = json::array();
    for (const auto& [rule, name] : names)
        if ((t.rules & rule) != 0)
            list.push_back(name);
    return list;
}

json trace_object(const kept_trace& each, const trace_result& all) {
    const trace& t = each.what;
    const span& root = t.root();
    return {{"id", trace_id_text(t.high, t.low)},
            {"seed", each.seed},
            {"origin", all.origins[t.origin].name},
            {"start", in_seconds(root.start.time_since_epoch())},
            {"duration", in_seconds(root.length())},
            {"error", root.failed() ? json(std::string(windtunnel::to_string(root.why))) : json()},
            {"spans", t.spans.size()},
            {"broken", t.broken()},
            {"kept_for", rules_of(t)}};
}

/// Places of those to be named, in the order of the result.
std::set<std::size_t> listed(const std::vector<kept_trace>& kept) {
    std::vector<std::size_t> by_length(kept.size());
    for (std::size_t i = 0; i < kept.size(); ++i)
        by_length[i] = i;
    std::stable_sort(by_length.begin(), by_length.end(), [&](std::size_t a, std::size_t b) {
        return kept[a].what.length() > kept[b].what.length();
    });
    by_length.resize(std::min(most_listed, by_length.size()));
    std::set<std::size_t> places(by_length.begin(), by_length.end());
    std::size_t failed = 0;
    for (std::size_t i = 0; i < kept.size() && failed < most_listed; ++i)
        if (kept[i].what.root().failed()) {
            places.insert(i);
            ++failed;
        }
    return places;
}

} // namespace

nlohmann::ordered_json traces_object(const run_result& result) {
    if (!result.traces)
        return nullptr;
    const trace_result& all = *result.traces;
    json begun = json::object(), list = json::array();
    for (const trace_origin& each : all.origins)
        if (each.begun > 0)
            begun[each.name] = each.begun;
    for (const std::size_t place : listed(all.kept))
        list.push_back(trace_object(all.kept[place], all));
    return {{"version", trace_block_version},
            {"begun", std::move(begun)},
            {"recorded", all.recorded},
            {"crowded_out", all.crowded},
            {"under_way", all.under_way},
            {"kept", all.kept.size()},
            {"broken",
             {{"traces", all.broken},
              {"calls_without_context", all.lost_calls},
              {"calls_with_trace_id_only", all.detached}}},
            {"list", std::move(list)}};
}

} // namespace windtunnel::scenario
