// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/explain/symptom.hpp"

#include <algorithm>
#include <array>

#include "scenarios/src/explain/symptom_search.hpp"

namespace windtunnel::scenario::explain {

namespace {

constexpr auto rows = std::to_array<cause_row>({
    {cause::crash, "crash", "it is down"},
    {cause::pause, "pause", "it is up and stands still"},
    {cause::blocked, "blocked", "it keeps who publishes waiting"},
    {cause::out_of_sync, "out_of_sync", "replicas of it fell out of the in-sync sets"},
    {cause::election, "election", "its partitions got other leaders"},
    {cause::errors, "errors", "it answers errors of its own"},
    {cause::unreadable, "unreadable", "its answers lack what callers read"},
    {cause::network, "network", "requests take longer to get there"},
    {cause::loss, "loss", "requests do not get there"},
    {cause::slow_work, "slow_work", "its work takes longer"},
    {cause::registry, "registry", "it does not answer"},
    {cause::reread, "reread", "it reads again what it had read"},
    {cause::load, "load", "more is asked for"},
    {cause::saturation, "saturation", "its workers have no time left"},
});

std::vector<symptom> search_all(const instruments& of) {
    std::vector<symptom> all;
    for (std::size_t s = 0; s < of.result().services.size(); ++s) {
        find_down(of, s, all);
        find_standstill(of, s, all);
        find_slow_work(of, s, all);
        find_blocked(of, s, all);
        find_own_errors(of, s, all);
        find_unreadable(of, s, all);
        find_slow_ways(of, s, all);
        find_lost_ways(of, s, all);
        find_saturation(of, s, all);
    }
    find_in_policies(of, all);
    find_load(of, all);
    return all;
}

/// The first of those that are left goes next: the earliest, or what begins with it and stands
/// higher in the table.
std::size_t next_of(const std::vector<symptom>& left) {
    const auto earliest =
        std::min_element(left.begin(), left.end(), [](const symptom& a, const symptom& b) {
            return a.when.begin < b.when.begin;
        });
    const std::size_t until = earliest->when.begin + together;
    std::size_t best = static_cast<std::size_t>(earliest - left.begin());
    for (std::size_t i = 0; i < left.size(); ++i) {
        const symptom& a = left[i];
        const symptom& b = left[best];
        if (a.when.begin < until &&
            (a.what < b.what || (a.what == b.what && a.when.begin < b.when.begin)))
            best = i;
    }
    return best;
}

} // namespace

std::span<const cause_row> causes() {
    return rows;
}

const cause_row& row_of(cause what) {
    return rows[static_cast<std::size_t>(what)];
}

std::vector<symptom> find_symptoms(const instruments& of) {
    if (of.empty())
        return {};
    std::vector<symptom> left = search_all(of), told;
    while (!left.empty()) {
        const std::size_t next = next_of(left);
        told.push_back(std::move(left[next]));
        left.erase(left.begin() + static_cast<std::ptrdiff_t>(next));
    }
    return told;
}

} // namespace windtunnel::scenario::explain
