// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/schema.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "patterns/base/outcome.hpp"
#include "scenarios/src/expectation_metrics.hpp"
#include "scenarios/src/loader.hpp"
#include "topologies/src/system/policy_kinds.hpp"

namespace windtunnel::scenario {

namespace {

std::string_view value_words(unit_kind unit) {
    switch (unit) {
    case unit_kind::time:
        return "duration";
    case unit_kind::share:
        return "share";
    case unit_kind::rate:
        return "rate";
    case unit_kind::count:
        return "number";
    }
    return "";
}

std::string with_policies(std::string_view subject, std::span<const std::string_view> policies) {
    std::string words{subject};
    for (const std::string_view policy : policies)
        words += fmt::format("{}`{}`", policy == policies.front() ? " with " : ", ", policy);
    return words;
}

std::string subject_words(const metric_row& row) {
    if (row.of_workload && row.of_service && row.of_endpoint && row.of_edge)
        return "all";
    std::vector<std::string> words;
    if (row.of_workload)
        words.emplace_back("workload");
    if (row.of_service && row.admission.empty())
        words.emplace_back("service");
    if (row.of_endpoint)
        words.emplace_back("endpoint");
    if (row.of_edge)
        words.push_back(with_policies("edge", row.policies));
    if (row.of_service && !row.admission.empty())
        words.push_back(with_policies("service", row.admission));
    return fmt::format("{}", fmt::join(words, row.admission.empty() ? ", " : "; "));
}

std::string metric_list() {
    std::string text = "| metric | value | of | meaning |\n|---|---|---|---|\n";
    for (const metric_row& row : metric_table())
        text += fmt::format("| `{}` | {} | {} | {} |\n", row.name,
                            row.metric == metric::policy_mean ? "number or share"
                                                              : value_words(row.unit),
                            subject_words(row), row.meaning);
    return text;
}

std::string in_backquotes(const auto& names) {
    std::string text;
    for (const auto& each : names)
        text += fmt::format("{}`{}`", text.empty() ? "" : ", ", each);
    return text;
}

std::string policy_row(const topology::policy_kind& kind, std::string_view of) {
    std::vector<std::string> levels;
    for (const topology::policy_level& each : kind.figures.levels)
        levels.emplace_back(each.name);
    return fmt::format("| `{}` | {} | {} | {} |\n", kind.name, of,
                       in_backquotes(kind.figures.counters), in_backquotes(levels));
}

/// What KIND, COUNT and LEVEL may be.
std::string policy_list() {
    std::string text = "| kind | of | counts | levels |\n|---|---|---|---|\n";
    for (const auto& kind : topology::call_policy_kinds())
        text += policy_row(kind, "edge");
    for (const auto& kind : topology::admission_policy_kinds())
        text += policy_row(kind, "service");
    for (const auto& kind : topology::host_limit_kinds())
        text += policy_row(kind, "service");
    for (const auto& kind : topology::destination_kinds())
        text += policy_row(kind, kind.name == topology::gateway_kind().name
                                     ? "service that is a gateway, and each of its routes"
                                     : "endpoint of a broker");
    return text;
}

std::string failure_list() {
    std::string text;
    for (int i = 0; i < failure_kind_count; ++i)
        text += fmt::format("{}`{}`", i == 0 ? "" : ", ",
                            windtunnel::to_string(static_cast<failure_kind>(i)));
    return text;
}

} // namespace

topology::definition expectation_definition() {
    return {"expectation",
            "Text: `subject: metric op value phase`, such as `readers: p99 < 800ms before 'slow "
            "ratings'`.\n\n"
            "- The subject is a workload, a service, an endpoint (`payment.POST /charge`) or an "
            "edge (`checkout->payment`, `checkout->payment.POST /charge`).\n"
            "- The operator is `<`, `<=`, `>`, `>=` or `=`. Values within one part in 10^9 are "
            "equal.\n"
            "- Latencies are those of good answers; `p99 of failed` and `p99 of all` are the "
            "others; `p99 of completed` of a workload is until its work in queues and "
            "topics was done, too.\n"
            "- The reasons of `errors(...)` are " +
                failure_list() +
                ".\n"
                "- The phase is nothing (all that was sent after the warm-up), `before 'fault'`, "
                "`during 'fault'`, `after 'fault'` or `always`.\n\n" +
                metric_list() +
                "\nThe figures of policies have the names that they have in "
                "[results](results.md#what-policies-did). Every kind also counts `refused`, for "
                "whatever reason, and `machines`.\n\n" +
                policy_list(),
            {},
            R"({"type":"string","pattern":"^.+: .+$"})"};
}

std::string scenario_schema() {
    return topology::json_schema("Windtunnel scenario", "scenario", scenario_definitions());
}

std::string scenario_reference_markdown() {
    return topology::markdown_reference(scenario_definitions());
}

} // namespace windtunnel::scenario
