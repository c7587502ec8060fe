// SPDX-License-Identifier: BSL-1.0
#include <cmath>
#include <optional>
#include <set>
#include <string>

#include "scenarios/src/explain/symptom_search.hpp"

namespace windtunnel::scenario::explain {

namespace {

struct counter_row {
    cause what;
    std::string_view kind, counter;
    double least; ///< in a window
};
constexpr counter_row counters[] = {
    {cause::out_of_sync, "topic", "left_sync", 1},
    {cause::election, "topic", "elections", 1},
    {cause::reread, "consumer_group", "worked_again", 3},
};

symptom symptom_of(cause what, place where, const change& c) {
    return {.what = what,
            .where = std::move(where),
            .when = c.when,
            .over = c.last.end,
            .goes_on = c.goes_on,
            .before = c.before,
            .worst = c.worst,
            .samples = c.samples};
}

std::optional<change> find_more(const series& s, const window_range& range, double least) {
    constexpr double nearly = 0.9;
    return find_change(s, range,
                       {.factor = 3, .floor = nearly * least, .samples = 1, .at_once = true});
}

/// "broker.orders": of a service and its endpoint.
place owner_of(const policy_result& p) {
    const auto dot = p.caller.find('.');
    return {
        p.caller.substr(0, dot), {}, dot == std::string::npos ? "" : p.caller.substr(dot + 1), ""};
}

void find_counted(const instruments& of, const counter_row& row, std::vector<symptom>& into) {
    for (const policy_result& p : of.result().policies) {
        if (p.kind != row.kind)
            continue;
        const series s =
            of.counter(row.kind, row.counter, [&](const policy_result& x) { return &x == &p; });
        if (const auto c = find_more(s, of.range(), row.least))
            into.push_back(symptom_of(row.what, owner_of(p), *c));
    }
}

/// Callers that ask the registry, and hear nothing.
void find_silent_registry(const instruments& of, std::vector<symptom>& into) {
    const auto any = [](const policy_result&) { return true; };
    const series s = of.counter("discovery", "unanswered", any);
    if (s.size() == 0)
        return;
    if (const auto c = find_more(s, of.range(), 1))
        into.push_back(symptom_of(cause::registry, {"registry", {}, "", ""}, *c));
}

} // namespace

void find_in_policies(const instruments& of, std::vector<symptom>& into) {
    find_silent_registry(of, into);
    for (const counter_row& row : counters)
        find_counted(of, row, into);
}

void find_load(const instruments& of, std::vector<symptom>& into) {
    for (const workload_result& w : of.result().workloads) {
        series sent = instruments::requests(w.traffic, [](const window& each) {
            return reading{static_cast<double>(each.sent), 1};
        });
        const double usual = sent.mean({of.range().begin, of.range().begin + 5});
        const auto c =
            find_change(sent, of.range(),
                        {.factor = 1.2, .spreads = 5, .floor = 4 * std::sqrt(usual), .samples = 1});
        if (!c)
            continue;
        const double seconds = of.window_ns() / 1e9 * of.runs();
        symptom s = symptom_of(cause::load, {w.name, {}, "", ""}, *c);
        s.before /= seconds;
        s.worst /= seconds;
        into.push_back(std::move(s));
    }
}

} // namespace windtunnel::scenario::explain
