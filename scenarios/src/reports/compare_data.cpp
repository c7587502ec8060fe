// SPDX-License-Identifier: BSL-1.0
// Comparisons as data.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "scenarios/src/reports/characters.hpp"
#include "scenarios/src/reports/compare_json.hpp"
#include "scenarios/src/reports/compare_report.hpp"
#include "scenarios/src/reports/json_values.hpp"
#include "scenarios/src/version.hpp"

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
            {"change", range(f.possible_change())},
            {"relative", or_null(relative)},
            {"relative_change", range(f.relative_change())},
            {"difference", to_string(f.verdict)}};
}

json name_list(const std::vector<figure_sample>& figures) {
    json names = json::array();
    for (const figure_sample& each : figures)
        names.push_back(each.name);
    return names;
}

json divergence_object(const comparison_report& r) {
    const divergence d = r.parted.value_or(divergence{});
    return {{"seed", *r.seed},
            {"at", r.parted ? json(to_seconds(d.at)) : json()},
            {"events_alike", d.alike},
            {"before", d.before},
            {"after", d.after}};
}

std::string csv_line(const comparison_report& r, const compared_figure& f) {
    const auto change = f.possible_change(), relative = f.relative_change();
    const auto low = [](const auto& i) {
        return csv_number(i ? std::optional(i->low) : std::nullopt);
    };
    const auto high = [](const auto& i) {
        return csv_number(i ? std::optional(i->high) : std::nullopt);
    };
    return fmt::format("{},{},{},{},{},{},{},{},{},{},{},{}\n", csv_field(r.before),
                       csv_field(r.after), csv_field(f.name), to_string(f.unit), f.before, f.after,
                       low(change), high(change), csv_number(f.relative()), low(relative),
                       high(relative), to_string(f.verdict));
}

std::string csv_line(const comparison_report& r, const figure_sample& f,
                     const std::optional<double>& before, const std::optional<double>& after,
                     std::string_view only_in) {
    return fmt::format("{},{},{},{},{},{},,,,,,{}\n", csv_field(r.before), csv_field(r.after),
                       csv_field(f.name), to_string(f.unit), csv_number(before), csv_number(after),
                       only_in);
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
                   {"only_before", name_list(c.only_before)},
                   {"only_after", name_list(c.only_after)}};
    if (r.seed)
        object["divergence"] = divergence_object(r);
    return object;
}

std::string json_of_comparisons(const comparison_document& all) {
    json list = json::array();
    for (const comparison_report& each : all.reports)
        list.push_back(comparison_object(each));
    json document = {{"schema_version", result_schema_version}, {"comparisons", std::move(list)}};
    if (!all.left_out.empty())
        document["left_out"] = all.left_out;
    return document.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string csv_of_comparisons(const comparison_document& all) {
    std::string out = "before,after,figure,unit,value_before,value_after,change_low,change_high,"
                      "relative,relative_low,relative_high,difference\n";
    for (const comparison_report& r : all.reports) {
        for (const compared_figure& each : r.changes.figures)
            out += csv_line(r, each);
        for (const figure_sample& each : r.changes.only_before)
            out += csv_line(r, each, each.value, {}, "only_before");
        for (const figure_sample& each : r.changes.only_after)
            out += csv_line(r, each, {}, each.value, "only_after");
    }
    return out;
}

} // namespace windtunnel::scenario
