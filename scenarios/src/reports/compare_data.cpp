// SPDX-License-Identifier: BSL-1.0
// Comparisons as data.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "scenarios/src/reports/characters.hpp"
#include "scenarios/src/reports/compare_json.hpp"
#include "scenarios/src/reports/compare_report.hpp"
#include "scenarios/src/reports/json.hpp"

namespace windtunnel::scenario {

namespace {

using json = nlohmann::ordered_json;

json range(const std::optional<sim::interval>& i) {
    if (!i)
        return nullptr;
    return {{"low", i->low}, {"high", i->high}};
}

json figure_object(const compared_figure& f) {
    const auto relative = f.relative();
    return {{"name", f.name},
            {"unit", to_string(f.unit)},
            {"before", f.before},
            {"after", f.after},
            {"change", range(f.change)},
            {"relative", relative ? json(*relative) : json()},
            {"relative_change", range(f.relative_change())},
            {"difference", to_string(f.verdict)}};
}

json divergence_object(const comparison_report& r) {
    const divergence d = r.parted.value_or(divergence{});
    return {{"seed", *r.seed},
            {"at", r.parted ? json(to_seconds(d.at)) : json()},
            {"events_alike", d.alike},
            {"before", d.before},
            {"after", d.after}};
}

} // namespace

nlohmann::ordered_json comparison_object(const comparison_report& r) {
    const result_comparison& c = r.changes;
    json figures = json::array();
    for (const compared_figure& f : c.figures)
        figures.push_back(figure_object(f));
    json object = {{"before", r.before},
                   {"after", r.after},
                   {"paired", c.paired},
                   {"replications_before", c.replications_before},
                   {"replications_after", c.replications_after},
                   {"confidence", c.how.confidence},
                   {"tolerance", c.how.tolerance},
                   {"figures", std::move(figures)},
                   {"only_before", c.only_before},
                   {"only_after", c.only_after}};
    if (r.seed)
        object["divergence"] = divergence_object(r);
    return object;
}

std::string json_of_comparisons(const std::vector<comparison_report>& reports) {
    json list = json::array();
    for (const comparison_report& each : reports)
        list.push_back(comparison_object(each));
    const json document = {{"schema_version", result_schema_version},
                           {"comparisons", std::move(list)}};
    return document.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string csv_of_comparisons(const std::vector<comparison_report>& reports) {
    std::string out = "before,after,figure,unit,value_before,value_after,relative,relative_low,"
                      "relative_high,difference\n";
    for (const comparison_report& r : reports)
        for (const compared_figure& f : r.changes.figures) {
            const auto range = f.relative_change();
            out += fmt::format("{},{},{},{},{},{},{},{},{},{}\n", csv_field(r.before),
                               csv_field(r.after), csv_field(f.name), to_string(f.unit), f.before,
                               f.after, csv_number(f.relative()),
                               csv_number(range ? std::optional(range->low) : std::nullopt),
                               csv_number(range ? std::optional(range->high) : std::nullopt),
                               to_string(f.verdict));
        }
    return out;
}

} // namespace windtunnel::scenario
