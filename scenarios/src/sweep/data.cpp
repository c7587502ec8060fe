// SPDX-License-Identifier: BSL-1.0
// The outcome of a sweep for other programs: CSV and JSON.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "scenarios/src/reports/characters.hpp"
#include "scenarios/src/reports/json_values.hpp"
#include "scenarios/src/sweep/outcome.hpp"
#include "scenarios/src/version.hpp"

namespace windtunnel::scenario {

namespace {

using json = nlohmann::ordered_json;

std::string_view unit_text(unit_kind unit) {
    switch (unit) {
    case unit_kind::time:
        return "s";
    case unit_kind::rate:
        return "1/s";
    case unit_kind::share:
    case unit_kind::count:
        return "";
    }
    return "";
}

std::string with_unit(const std::string& name, std::string_view unit) {
    return unit.empty() ? name : fmt::format("{} [{}]", name, unit);
}

/// The values of a parameter in all points.
std::vector<std::string> column(const sweep_outcome& outcome, std::size_t index) {
    std::vector<std::string> values;
    for (const point_result& each : outcome.points)
        values.push_back(each.values[index]);
    return values;
}

class csv_writer {
  public:
    csv_writer(const sweep_plan& plan, const sweep_outcome& outcome) : plan_(plan) {
        for (std::size_t i = 0; i < plan.parameters().size(); ++i)
            kinds_.push_back(common_quantity(column(outcome, i)));
        for (const point_result& each : outcome.points)
            for (const point_metric& m : each.metrics)
                intervals_ = intervals_ || m.interval;
        write_header();
        for (const point_result& each : outcome.points)
            write_point(each);
    }
    std::string text() { return std::move(text_); }

  private:
    void add(const std::string& cell) {
        text_ += (begun_ ? "," : "") + csv_field(cell);
        begun_ = true;
    }
    void end_line() {
        text_ += "\n";
        begun_ = false;
    }

    void write_header() {
        const auto& parameters = plan_.parameters();
        for (std::size_t i = 0; i < parameters.size(); ++i)
            add(with_unit(parameters[i].name, kinds_[i] ? base_unit(kinds_[i]->kind) : ""));
        for (const char* name : {"verdict", "replications", "seed", "passed alone", "failed alone"})
            add(name);
        for (const expectation_spec& each : plan_.first().expectations) {
            const bool recovery = each.metric == metric::recovers_within;
            add(with_unit(each.text, unit_text(recovery ? unit_kind::time : unit_of(each))));
            add("status of " + each.text);
        }
        for (const std::string& each : plan_.metrics()) {
            const std::string_view unit = unit_text(parse_metric(each, plan_.first()).unit);
            add(with_unit(each, unit));
            if (!intervals_)
                continue;
            add(with_unit("low of " + each, unit));
            add(with_unit("high of " + each, unit));
        }
        add("error");
        end_line();
    }

    void write_point(const point_result& p) {
        for (std::size_t i = 0; i < p.values.size(); ++i)
            add(kinds_[i] ? csv_number(read_quantity(p.values[i])->value) : p.values[i]);
        add(std::string(to_string(p.verdict)));
        for (const std::uint64_t each : {static_cast<std::uint64_t>(p.replications), p.seed,
                                         static_cast<std::uint64_t>(p.alone_passed),
                                         static_cast<std::uint64_t>(p.alone_failed)})
            add(std::to_string(each));
        for (std::size_t i = 0; i < plan_.first().expectations.size(); ++i) {
            const bool there = i < p.expectations.size();
            add(there ? csv_number(p.expectations[i].observed) : "");
            add(there ? std::string(to_string(p.expectations[i].status)) : "");
        }
        for (std::size_t i = 0; i < plan_.metrics().size(); ++i)
            add_metric(i < p.metrics.size() ? p.metrics[i] : point_metric{});
        add(p.error);
        end_line();
    }

    void add_metric(const point_metric& m) {
        add(csv_number(m.value));
        if (!intervals_)
            return;
        add(m.interval ? csv_number(m.interval->first) : "");
        add(m.interval ? csv_number(m.interval->second) : "");
    }

    const sweep_plan& plan_;
    std::vector<std::optional<quantity>> kinds_;
    bool intervals_ = false; ///< some metric has one
    std::string text_;
    bool begun_ = false;
};

// ---- JSON -----------------------------------------------------------------------------------

json interval(const point_interval& i) {
    return i ? json::array({i->first, i->second}) : json();
}

json value_object(const std::string& text) {
    const auto q = read_quantity(text);
    return {{"text", text}, {"value", q ? json(q->value) : json()}};
}

json point_object(const sweep_plan& plan, const point_result& p) {
    json values = json::object(), expectations = json::array(), metrics = json::object();
    for (std::size_t i = 0; i < p.values.size(); ++i)
        values[plan.parameters()[i].name] = value_object(p.values[i]);
    for (const point_expectation& e : p.expectations)
        expectations.push_back({{"text", e.text},
                                {"status", to_string(e.status)},
                                {"observed", or_null(e.observed)},
                                {"interval", interval(e.interval)},
                                {"found", e.observed_text}});
    for (const point_metric& m : p.metrics)
        metrics[m.text] = {{"value", or_null(m.value)}, {"interval", interval(m.interval)}};
    json object{{"parameters", values},
                {"verdict", to_string(p.verdict)},
                {"replications", p.replications},
                {"seed", p.seed},
                {"alone", {{"passed", p.alone_passed}, {"failed", p.alone_failed}}},
                {"expectations", expectations},
                {"metrics", metrics}};
    if (!p.error.empty())
        object["error"] = p.error;
    return object;
}

json end_object(const std::optional<point_result>& point) {
    if (!point)
        return nullptr;
    json object = value_object(point->values.front());
    object["confidence"] = or_null(confidence_in(*point));
    return object;
}

json found_object(const boundary& b) {
    json object{{"status", to_string(b.status)},
                {"passes", b.passes_below ? "below" : "above"},
                {"passing", end_object(b.passing)},
                {"failing", end_object(b.failing)},
                {"undecided", nullptr}};
    if (b.zone)
        object["undecided"] = {value_object(b.zone->first), value_object(b.zone->second)};
    return object;
}

json parameter_object(const parameter& p) {
    const auto kind = p.range ? std::optional(p.range->from) : common_quantity(p.values);
    return {{"name", p.name},
            {"path", p.pointer},
            {"values", p.written},
            {"unit", kind ? json(base_unit(kind->kind)) : json()}};
}

} // namespace

std::string sweep_csv(const sweep_plan& plan, const sweep_outcome& outcome) {
    return csv_writer(plan, outcome).text();
}

std::string sweep_json(const sweep_plan& plan, const sweep_outcome& outcome) {
    json parameters = json::array(), metrics = json::array(), points = json::array();
    for (const parameter& each : plan.parameters())
        parameters.push_back(parameter_object(each));
    for (const std::string& each : plan.metrics())
        metrics.push_back(
            {{"name", each}, {"unit", unit_text(parse_metric(each, plan.first()).unit)}});
    for (const point_result& each : outcome.points)
        points.push_back(point_object(plan, each));
    json document{{"format", "windtunnel-sweep"},
                  {"schema_version", 1},
                  {"version", version},
                  {"scenario", plan.first().name},
                  {"variant", plan.first().variant},
                  {"fingerprint", plan.fingerprint()},
                  {"confidence", plan.first().confidence},
                  {"command", outcome.command},
                  {"complete", outcome.complete()},
                  {"parameters", parameters},
                  {"metrics", metrics},
                  {"points", points}};
    if (outcome.found)
        document["boundary"] = found_object(*outcome.found);
    return document.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

} // namespace windtunnel::scenario
