// SPDX-License-Identifier: BSL-1.0
#include "patterns/trace/trace_selection.hpp"

#include <algorithm>

#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace {

/// Of two that took equally long the earlier stays.
bool outlasts(const auto& a, const auto& b) {
    return a.length != b.length ? a.length > b.length : a.sequence < b.sequence;
}

} // namespace

void trace_options::validate() const {
    constexpr option_check check("tracing");
    check(head >= 0 && head <= 1, "head", head, "be a share from 0 to 1");
    check(window > duration::zero(), "window", window, "be above 0s");
    check(windows >= 1, "windows", static_cast<double>(windows), "be at least 1");
    check(spans >= 1, "spans", static_cast<double>(spans), "be at least 1");
    check(under_way >= 1, "under_way", static_cast<double>(under_way), "be at least 1");
}

trace_selection::trace_selection(const trace_options& options, std::size_t origins,
                                 random_stream draws)
    : options_(options), draws_(draws), origins_(origins) {}

std::int64_t trace_selection::window_of(const candidate& c) const {
    return c.start.time_since_epoch() / options_.window;
}

trace_selection::choice trace_selection::choose(const candidate& c) {
    account& mine = origins_[c.origin];
    choice where;
    if (options_.slowest > 0 && is_slow(c))
        where.rules |= kept_for::slowest;
    if (c.failed && draw(mine.errors, options_.errors, where.error_place))
        where.rules |= kept_for::failed;
    if (draw(mine.sample, options_.sample, where.sample_place))
        where.rules |= kept_for::sample;
    if (c.wanted && wanted_.size() < most_wanted)
        where.rules |= kept_for::wanted;
    return where;
}

/// A window that has been forgotten takes nothing more.
bool trace_selection::is_slow(const candidate& c) {
    auto& windows = origins_[c.origin].windows;
    const std::int64_t index = window_of(c);
    const auto found = windows.find(index);
    if (found == windows.end())
        return windows.size() < options_.windows || index > windows.begin()->first;
    const slowest_traces& heap = found->second;
    return heap.size() < options_.slowest || c.length > heap.front().length;
}

bool trace_selection::draw(reservoir& of, std::uint32_t most, std::size_t& place) {
    if (most == 0)
        return false;
    ++of.seen;
    place = of.places.size() < most ? of.places.size()
                                    : static_cast<std::size_t>(draws_.below(of.seen));
    return place < most;
}

void trace_selection::put(reservoir& into, std::size_t place, entry e) {
    if (place == into.places.size())
        into.places.push_back(std::move(e));
    else
        into.places[place] = std::move(e);
}

void trace_selection::keep(const choice& where, const candidate& c, trace&& what) {
    account& mine = origins_[c.origin];
    const entry e{std::make_shared<const trace>(std::move(what)), sequence_++, c.length};
    if ((where.rules & kept_for::slowest) != 0) {
        slowest_traces& heap = mine.windows[window_of(c)];
        heap.push_back(e);
        std::push_heap(heap.begin(), heap.end(), outlasts<entry, entry>);
        if (heap.size() > options_.slowest) {
            std::pop_heap(heap.begin(), heap.end(), outlasts<entry, entry>);
            heap.pop_back();
        }
        if (mine.windows.size() > options_.windows)
            mine.windows.erase(mine.windows.begin());
    }
    if ((where.rules & kept_for::failed) != 0)
        put(mine.errors, where.error_place, e);
    if ((where.rules & kept_for::sample) != 0)
        put(mine.sample, where.sample_place, e);
    if ((where.rules & kept_for::wanted) != 0)
        wanted_.push_back(e);
}

std::vector<trace> trace_selection::kept() const {
    std::map<std::uint64_t, std::pair<const trace*, std::uint8_t>> all;
    const auto add = [&all](const std::vector<entry>& entries, std::uint8_t rule) {
        for (const entry& e : entries) {
            auto& found = all[e.sequence];
            found.first = e.what.get();
            found.second = static_cast<std::uint8_t>(found.second | rule);
        }
    };
    for (const account& mine : origins_) {
        for (const auto& [index, heap] : mine.windows)
            add(heap, kept_for::slowest);
        add(mine.errors.places, kept_for::failed);
        add(mine.sample.places, kept_for::sample);
    }
    add(wanted_, kept_for::wanted);
    std::vector<trace> result;
    result.reserve(all.size());
    for (const auto& [sequence, found] : all) {
        result.push_back(*found.first);
        result.back().rules = found.second;
    }
    return result;
}

} // namespace windtunnel
