// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/schema.hpp"

#include <fmt/format.h>

#include "patterns/base/outcome.hpp"
#include "scenarios/src/expectation_metrics.hpp"
#include "scenarios/src/loader.hpp"

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

std::string subject_words(const metric_row& row) {
    if (row.of_workload && row.of_service && row.of_endpoint && row.of_edge)
        return "all";
    std::string words;
    const auto add = [&](bool has, const char* word) {
        if (has)
            words += (words.empty() ? "" : ", ") + std::string(word);
    };
    add(row.of_workload, "workload");
    add(row.of_service, "service");
    add(row.of_endpoint, "endpoint");
    add(row.of_edge, "edge");
    for (const std::string_view policy : row.policies)
        words += fmt::format("{}`{}`", policy == row.policies.front() ? " with " : ", ", policy);
    return words;
}

std::string metric_list() {
    std::string text = "| metric | value | of | meaning |\n|---|---|---|---|\n";
    for (const metric_row& row : metric_table())
        text += fmt::format("| `{}` | {} | {} | {} |\n", row.name, value_words(row.unit),
                            subject_words(row), row.meaning);
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
            "others.\n"
            "- The reasons of `errors(...)` are " +
                failure_list() +
                ".\n"
                "- The phase is nothing (all that was sent after the warm-up), `before 'fault'`, "
                "`during 'fault'`, `after 'fault'` or `always`.\n\n" +
                metric_list(),
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
