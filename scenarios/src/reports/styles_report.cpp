// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/reports/styles_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "scenarios/src/reports/json_values.hpp"
#include "scenarios/src/reports/paint.hpp"
#include "scenarios/src/reports/table.hpp"
#include "scenarios/src/reports/wording.hpp"
#include "scenarios/src/version.hpp"

namespace windtunnel::scenario {

namespace {

using json = nlohmann::ordered_json;

/// What the two know of each other, in words.
std::string_view coupling_of(topology::style s) {
    using enum topology::style;
    switch (s) {
    case in_process:
        return "one process: deployed, scaled and crashed together";
    case rest:
    case grpc:
    case graphql:
        return "both must be up at the same time";
    case queue:
        return "the broker must be up; each message is worked on once";
    case stream:
        return "the brokers must be up; others may read, and again";
    }
    return "";
}

table phase_table(const std::vector<style_result>& results, std::size_t phase) {
    using fit = column::fit;
    table t({{"style"},
             {"p50", true},
             {"p99", true},
             {"done p50", true},
             {"done p99", true},
             {"errors", true},
             {"lost", true},
             {"undone", true},
             {"cores", true},
             {"coupling", false, fit::can_go}});
    for (const style_result& r : results) {
        if (r.phases.empty())
            continue;
        const style_phase& p = r.phases[phase];
        const auto share_text = [](double v) {
            return v == 0 ? std::string("0") : amount(v, unit_kind::share);
        };
        t.row({{std::string(to_string(r.style)), ink::strong},
               {amount(p.p50, unit_kind::time)},
               {amount(p.p99, unit_kind::time)},
               {amount(p.done50, unit_kind::time)},
               {amount(p.done99, unit_kind::time)},
               {share_text(p.errors)},
               {share_text(p.lost)},
               {share_text(p.undone)},
               {three_digits(p.cores)},
               {std::string(coupling_of(r.style))}});
    }
    return t;
}

/// Who is best at what, by the load.
table load_table(const std::vector<styles_at_load>& loads) {
    std::vector<column> columns{{"load", true}};
    for (const std::string& question : style_questions())
        columns.push_back({question});
    table t(columns);
    for (const styles_at_load& each : loads) {
        std::vector<cell> cells{{fmt::format("{:g}", each.factor), ink::strong}};
        for (const std::string& best : best_styles(each.results, 0))
            cells.push_back({best.empty() ? "all alike" : best});
        t.row(std::move(cells));
    }
    return t;
}

json phase_object(const style_phase& p) {
    return {{"phase", p.name},
            {"p50", or_null(p.p50)},
            {"p99", or_null(p.p99)},
            {"done_p50", or_null(p.done50)},
            {"done_p99", or_null(p.done99)},
            {"errors", p.errors},
            {"lost", p.lost},
            {"undone", p.undone},
            {"cores", p.cores}};
}

} // namespace

std::string text_of_styles(const std::string& edge, const std::vector<style_result>& results,
                           const std::vector<styles_at_load>& loads, const text_options& options) {
    const painter paint(options.colours);
    std::string out = paint(ink::strong, "Which style for " + edge) + "\n";
    const auto ran = std::find_if(results.begin(), results.end(),
                                  [](const style_result& r) { return !r.phases.empty(); });
    for (std::size_t p = 0; ran != results.end() && p < ran->phases.size(); ++p) {
        out += "\n" + ran->phases[p].name + "\n\n";
        const table t = phase_table(results, p);
        out += options.markdown ? t.markdown() : t.render(paint, options.width);
    }
    out += "\n";
    for (const std::string& each : style_findings(results))
        out += (options.markdown ? "- " : "  ") + each + "\n";
    if (!loads.empty()) {
        out += "\nwhere the answer changes with the load (1 is the scenario's)\n\n";
        const table t = load_table(loads);
        out += (options.markdown ? t.markdown() : t.render(paint, options.width)) + "\n";
        for (const std::string& each : style_crossovers(loads))
            out += (options.markdown ? "- " : "  ") + each + "\n";
    }
    for (const style_result& r : results)
        if (!r.impossible.empty())
            out += fmt::format("{}{} was not run: {}\n", options.markdown ? "- " : "  ",
                               to_string(r.style), r.impossible);
    return out;
}

namespace {

json styles_object(const std::vector<style_result>& results) {
    json styles = json::object();
    for (const style_result& r : results) {
        json phases = json::array();
        for (const style_phase& p : r.phases)
            phases.push_back(phase_object(p));
        const std::string name(to_string(r.style));
        if (r.phases.empty())
            styles[name] = {{"impossible", r.impossible}};
        else
            styles[name] = {{"coupling", coupling_of(r.style)}, {"phases", std::move(phases)}};
    }
    return styles;
}

} // namespace

std::string json_of_styles(const std::string& edge, const std::vector<style_result>& results,
                           const std::vector<styles_at_load>& loads) {
    json by_load = json::array();
    for (const styles_at_load& each : loads)
        by_load.push_back({{"load", each.factor}, {"styles", styles_object(each.results)}});
    return json{{"schema_version", "styles/1"},     {"edge", edge},
                {"styles", styles_object(results)}, {"findings", style_findings(results)},
                {"loads", std::move(by_load)},      {"crossovers", style_crossovers(loads)}}
               .dump(2) +
           "\n";
}

} // namespace windtunnel::scenario
