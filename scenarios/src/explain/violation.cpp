// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/explain/violation.hpp"

#include <algorithm>

#include "patterns/trace/trace_id.hpp"
#include "scenarios/src/expectation_check.hpp"

namespace windtunnel::scenario::explain {

namespace {

bool is_about(const run_result& result, const std::string& subject) {
    return std::any_of(result.workloads.begin(), result.workloads.end(),
                       [&](const workload_result& w) { return w.name == subject; });
}

std::vector<slow_trace> slowest_traces(const run_result& result, const std::string& subject) {
    constexpr std::size_t most = 3;
    std::vector<slow_trace> all;
    if (!result.traces)
        return all;
    const bool one = is_about(result, subject);
    for (const kept_trace& t : result.traces->kept) {
        const std::string& origin = result.traces->origins[t.what.origin].name;
        if (t.what.spans.empty() || (one ? origin != subject : !is_about(result, origin)))
            continue;
        const span& root = t.what.spans.front();
        all.push_back({trace_id_text(t.what.high, t.what.low), origin,
                       root.start.time_since_epoch(), root.length(), t.seed});
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const auto& a, const auto& b) { return a.length > b.length; });
    all.resize(std::min(most, all.size()));
    return all;
}

} // namespace

std::vector<told_expectation> told(const std::vector<expectation_result>& checked) {
    std::vector<told_expectation> all;
    for (const expectation_result& r : checked)
        all.push_back(
            {r.expectation.text, r.expectation.subject, r.observed_text, r.phase, r.explanation,
             r.status != check_status::failed && r.status != check_status::invalid_baseline});
    return all;
}

std::optional<violation> first_violation(const std::vector<told_expectation>& all,
                                         const run_result& result) {
    const auto first =
        std::find_if(all.begin(), all.end(), [](const auto& each) { return !each.holds; });
    if (first == all.end())
        return std::nullopt;
    return violation{*first, slowest_traces(result, first->subject)};
}

} // namespace windtunnel::scenario::explain
