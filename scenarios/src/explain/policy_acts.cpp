// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/explain/policy_acts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace windtunnel::scenario::explain {

namespace {

struct act_row {
    std::string_view kind, figure;
    act_role role;
};
constexpr auto feeds = act_role::feeds, stops = act_role::stops, bounds = act_role::bounds;
constexpr act_row rows[] = {
    {"retry", "retries", feeds},
    {"hedge", "hedges", feeds},
    {"fallback", "fallbacks", stops},
    {"cache", "stale_for_error", stops},
    {"circuit_breaker", "breaker_open", stops},
    {"bulkhead", "bulkhead_full", stops},
    {"bulkhead", "bulkhead_timeout", stops},
    {"throttle", "throttled", stops},
    {"rate_limiter", "rate_limited", stops},
    {"rate_limiter", "overloaded", stops},
    {"rate_limiter_by_caller", "overloaded", stops},
    {"adaptive_limit", "limit_reached", stops},
    {"adaptive_limit", "overloaded", stops},
    {"priority_shedder", "overloaded", stops},
    {"server_admission", "overloaded", stops},
    {"server_admission", "shed", stops},
    {"codel", "overloaded", stops},
    {"adaptive_lifo", "overloaded", stops},
    {"retry_budget", "budget_refused", stops},
    {"outlier_detection", "ejected", stops},
    {"health_check", "failed_probes", stops},
    {"timeout", "cut", bounds},
    {"total_timeout", "cut", bounds},
};

std::optional<policy_act> act_of(const instruments& of, const policy_result& p, const act_row& row,
                                 const window_range& during) {
    constexpr double least = 10;
    const series s =
        of.counter(row.kind, row.figure, [&](const policy_result& x) { return &x == &p; });
    const window_range before{of.range().begin, during.begin};
    const double seconds = of.window_ns() / 1e9;
    policy_act a{p.edge(), p.kind, std::string(row.figure), row.role, 0, 0, 0, during.begin};
    a.before = s.mean(before) / seconds;
    a.during = s.mean(during) / seconds;
    double count = 0;
    bool rose = false;
    for (std::size_t w = during.begin; w < std::min(during.end, s.size()); ++w) {
        count += s.sum[w];
        if (!rose && s.sum[w] / seconds > 3 * a.before) {
            rose = true;
            a.first = w;
        }
    }
    a.count = static_cast<std::uint64_t>(count);
    if (count < least || a.during <= 3 * a.before)
        return std::nullopt;
    return a;
}

std::string told(const policy_result& p, const policy_transition& t) {
    const std::string before = p.callee.empty() ? "" : " before " + p.callee;
    const std::string why = t.why.empty() ? "" : fmt::format(" ({})", t.why);
    return fmt::format("the {} of {}{} went from {} to {}{}", p.kind, t.process, before, t.from,
                       t.to, why);
}

} // namespace

std::vector<policy_act> find_acts(const instruments& of, const window_range& during) {
    std::vector<policy_act> acts;
    for (const policy_result& p : of.result().policies)
        for (const act_row& row : rows)
            if (p.kind == row.kind)
                if (auto a = act_of(of, p, row, during))
                    acts.push_back(std::move(*a));
    std::stable_sort(acts.begin(), acts.end(),
                     [](const auto& a, const auto& b) { return a.count > b.count; });
    return acts;
}

std::optional<detection> find_detection(const instruments& of, const window_range& during,
                                        const std::vector<policy_act>& acts) {
    std::optional<detection> first;
    const auto take = [&](duration at, const auto& text) {
        if (!first || at < first->at)
            first = {at, text()};
    };
    const duration begin = of.begin_of(during.begin), end = of.begin_of(during.end);
    for (const policy_act& a : acts)
        if (a.role != act_role::feeds)
            take(of.begin_of(a.first), [&] {
                return fmt::format("the {} of {} ({} {})", a.kind, a.where, a.count, a.figure);
            });
    for (const policy_result& p : of.result().policies)
        for (const policy_transition& t : p.transitions)
            if (begin <= t.at && t.at < end)
                take(t.at, [&] { return told(p, t); });
    return first;
}

} // namespace windtunnel::scenario::explain
