// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/trace_result.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "patterns/trace/trace_selection.hpp"

namespace windtunnel::scenario {

namespace {

using trace_list = std::vector<kept_trace*>;

/// Beyond the first `most` the rule does not hold.
void keep_first(trace_list& list, std::size_t most, std::uint8_t rule) {
    for (std::size_t i = most; i < list.size(); ++i)
        list[i]->what.rules = static_cast<std::uint8_t>(list[i]->what.rules & ~rule);
}

/// Those that the rule holds for, by what `key` says of each.
template <class Key>
auto grouped(std::vector<kept_trace>& all, std::uint8_t rule, Key key) {
    std::map<decltype(key(all.front().what)), trace_list> groups;
    for (kept_trace& each : all)
        if ((each.what.rules & rule) != 0)
            groups[key(each.what)].push_back(&each);
    return groups;
}

void bound(std::vector<kept_trace>& all, const trace_bounds& bounds) {
    const auto origin_and_window = [&](const trace& t) {
        return std::pair(t.origin, t.root().start.time_since_epoch() / bounds.window);
    };
    const auto origin = [](const trace& t) { return t.origin; };
    for (auto& [key, list] : grouped(all, kept_for::slowest, origin_and_window)) {
        std::stable_sort(list.begin(), list.end(), [](const auto* a, const auto* b) {
            return a->what.length() > b->what.length();
        });
        keep_first(list, bounds.slowest, kept_for::slowest);
    }
    for (auto& [key, list] : grouped(all, kept_for::failed, origin))
        keep_first(list, bounds.errors, kept_for::failed);
    for (auto& [key, list] : grouped(all, kept_for::sample, origin)) {
        // By their ids, which are random: of each run its share, not all of the first.
        std::sort(list.begin(), list.end(), [](const auto* a, const auto* b) {
            return std::pair(a->what.low, a->what.high) < std::pair(b->what.low, b->what.high);
        });
        keep_first(list, bounds.sample, kept_for::sample);
    }
    for (auto& [key, list] : grouped(all, kept_for::wanted, [](const trace&) { return 0; }))
        keep_first(list, trace_selection::most_wanted, kept_for::wanted);
    std::erase_if(all, [](const kept_trace& each) { return each.what.rules == 0; });
}

} // namespace

std::uint64_t trace_result::begun() const {
    std::uint64_t sum = 0;
    for (const trace_origin& each : origins)
        sum += each.begun;
    return sum;
}

void trace_result::merge(const trace_result& other) {
    for (std::size_t i = 0; i < origins.size(); ++i)
        origins[i].begun += other.origins[i].begun;
    recorded += other.recorded;
    crowded += other.crowded;
    under_way += other.under_way;
    broken += other.broken;
    lost_calls += other.lost_calls;
    detached += other.detached;
    kept.insert(kept.end(), other.kept.begin(), other.kept.end());
    bound(kept, bounds);
}

} // namespace windtunnel::scenario
