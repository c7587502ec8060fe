// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/reports/json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "scenarios/src/compare/figures.hpp"
#include "scenarios/src/expectation_metrics.hpp"
#include "scenarios/src/faults/fault_table.hpp"
#include "scenarios/src/faults/fault_target.hpp"
#include "scenarios/src/reports/compare_json.hpp"
#include "scenarios/src/reports/figures.hpp"
#include "scenarios/src/reports/json_values.hpp"
#include "scenarios/src/reports/trace_json.hpp"
#include "scenarios/src/version.hpp"
#include "topologies/src/diagnostic.hpp"

namespace windtunnel::scenario {

namespace {

using json = nlohmann::ordered_json;

json seconds(duration d) {
    return in_seconds(d);
}
json seconds(const std::optional<duration>& d) {
    return d ? seconds(*d) : json();
}

// ---- summary ----------------------------------------------------------------------------------

json latency(const std::optional<latency_figures>& l) {
    if (!l)
        return nullptr;
    return {{"mean", l->mean}, {"p50", l->p50},   {"p90", l->p90}, {"p95", l->p95},
            {"p99", l->p99},   {"p999", l->p999}, {"max", l->max}};
}

json traffic_object(const traffic_figures& f) {
    json errors = json::object();
    for (const auto& [kind, count] : f.errors)
        errors[std::string(windtunnel::to_string(kind))] = count;
    json object{{"requests", f.requests},
                {"errors", std::move(errors)},
                {"attempts", f.attempts},
                {"degraded", f.degraded},
                {"rate", or_null(f.rate)},
                {"latency",
                 {{"good", latency(f.good_latency)},
                  {"failed", latency(f.failed_latency)},
                  {"all", latency(f.all_latency)}}}};
    if (f.completed + f.lost + f.undone > 0)
        object["work"] = {{"completed", f.completed},
                          {"lost", f.lost},
                          {"undone", f.undone},
                          {"latency", latency(f.completed_latency)}};
    return object;
}

json service_object(const service_figures& f) {
    return {{"utilisation", or_null(f.utilisation)},
            {"in_system", or_null(f.in_system)},
            {"in_queue", or_null(f.in_queue)},
            {"mean_wait", or_null(f.mean_wait)},
            {"arrivals", f.arrivals},
            {"completed", f.completed},
            {"rejected", f.rejected},
            {"abandoned", f.abandoned},
            {"lost", f.lost}};
}

/// A list of things with a `name` as an object keyed by it.
template <class T, class Write>
json by_name(const std::vector<T>& items, Write write) {
    json object = json::object();
    for (const T& each : items)
        object[each.name] = write(each);
    return object;
}

json policy_object(const policy_figures& f) {
    json counts = json::object(), means = json::object();
    for (const auto& [name, value] : f.counts)
        counts[name] = value;
    for (const auto& [name, value] : f.means)
        means[name] = or_null(value);
    return {{"machines", f.machines},
            {"refused", f.refused},
            {"counts", std::move(counts)},
            {"means", std::move(means)}};
}

/// By edge, then by kind.
json policies_by_edge(const std::vector<policy_figures>& all) {
    json edges = json::object();
    for (const policy_figures& each : all)
        edges[each.edge][each.kind] = policy_object(each);
    return edges;
}

/// The blocks workloads, services, endpoints, edges and policies of one phase.
void add_blocks(json& into, const run_result& result, std::size_t phase) {
    const phase_figures all = figures_of(result, phase);
    into["workloads"] = by_name(all.workloads, traffic_object);
    into["services"] = by_name(all.services, service_object);
    into["endpoints"] = by_name(all.endpoints, traffic_object);
    into["edges"] = by_name(all.edges, traffic_object);
    into["policies"] = policies_by_edge(all.policies);
}

/// Times to the nanosecond, as all others here.
json in_unit_of(const expectation_spec& e, double value) {
    return unit_of(e) == unit_kind::time ? seconds(from_seconds(value)) : or_null(value);
}

json observed(const expectation_result& r) {
    return r.observed ? in_unit_of(r.expectation, *r.observed) : json();
}

json interval_object(const expectation_result& r) {
    if (!r.interval)
        return nullptr;
    return {{"low", in_unit_of(r.expectation, r.interval->low)},
            {"high", in_unit_of(r.expectation, r.interval->high)},
            {"confidence", r.interval->level}};
}

json expectation_object(const expectation_result& r) {
    return {{"text", r.expectation.text},       {"passed", r.status == check_status::passed},
            {"status", to_string(r.status)},    {"observed", observed(r)},
            {"observed_text", r.observed_text}, {"phase", r.phase},
            {"interval", interval_object(r)},   {"samples", r.samples},
            {"explanation", r.explanation}};
}

json summary_of(const replicated_result& result) {
    const run_result& merged = result.merged;
    json summary = {{"verdict", to_string(result.verdict)},
                    {"seed", result.seeds.empty() ? json() : json(result.seeds.front())},
                    {"replications", result.seeds.size()},
                    {"version", merged.version},
                    {"expectations", json::array()}};
    for (const auto& each : result.expectations)
        summary["expectations"].push_back(expectation_object(each));
    add_blocks(summary, merged, overall_phase);
    summary["phases"] = json::object();
    for (std::size_t i = 0; i < merged.phases.size(); ++i)
        add_blocks(summary["phases"][merged.phases[i].name()], merged, i);
    return summary;
}

// ---- what was run -----------------------------------------------------------------------------

json scenario_object(const scenario_spec& s, const std::string& file) {
    return {{"name", s.name},
            {"title", s.title},
            {"variant", s.variant.empty() ? json() : json(s.variant)},
            {"file", file.empty() ? json() : json(file)},
            {"topology", s.topology.name}};
}

/// When those workloads were done that were in every run.
json done_object(const run_result& r) {
    json done = json::object();
    for (const workload_result& w : r.workloads)
        if (w.runs_done > 0 && w.runs_done == r.seeds.size())
            done[w.name] = in_seconds(w.done) / static_cast<double>(w.runs_done);
    return done;
}

/// How the warm-up was found.
json pilot_object(const replicated_result& result) {
    if (!result.settled)
        return nullptr;
    const warm_up& w = *result.settled;
    return {{"method", "MSER-5"},
            {"runs", w.pilots},
            {"duration", seconds(w.pilot_length)},
            {"decided_by", w.decided_by.empty() ? json() : json(w.decided_by)}};
}

json run_object(const replicated_result& result, const std::string& reproduce) {
    const run_result& r = result.merged;
    return {
        {"seeds", result.seeds},          {"complete", r.status == run_status::complete},
        {"warmup", seconds(r.warmup)},    {"duration", seconds(r.length)},
        {"ended", seconds(r.ended)},      {"done", done_object(r)},
        {"pilots", pilot_object(result)}, {"clear", result.clear ? json(*result.clear) : json()},
        {"reproduce", reproduce}};
}

json phase_list(const run_result& result) {
    json list = json::array();
    for (const phase& p : result.phases)
        list.push_back({{"name", p.name()},
                        {"fault", p.fault.empty() ? json() : json(p.fault)},
                        {"begin", seconds(p.begin)},
                        {"end", seconds(p.end)},
                        {"simulated", seconds(p.span)}});
    return list;
}

json fault_list(const scenario_spec& s, const run_result& result) {
    json list = json::array();
    for (const fault_spec& f : s.faults) {
        json on = json::array();
        for (const fault_activation& a : result.activations)
            if (a.fault == f.name)
                on.push_back(
                    {{"seed", a.seed}, {"begin", seconds(a.begin)}, {"end", seconds(a.end)}});
        list.push_back({{"name", f.name},
                        {"kind", name_of(f.what)},
                        {"on", target_text(f.on)},
                        {"at", seconds(f.at)},
                        {"for", seconds(f.length)},
                        {"activations", std::move(on)}});
    }
    return list;
}

/// Changes of state, of the policies that had any.
json transition_list(const run_result& result) {
    json list = json::array();
    for (const policy_result& r : result.policies) {
        if (r.transitions.empty())
            continue;
        json changes = json::array();
        for (const policy_transition& t : r.transitions)
            changes.push_back({{"seed", t.seed},
                               {"at", seconds(t.at)},
                               {"process", t.process},
                               {"from", t.from},
                               {"to", t.to},
                               {"why", t.why}});
        list.push_back({{"edge", r.edge()},
                        {"policy", r.kind},
                        {"changes", std::move(changes)},
                        {"left_out", r.transitions_left_out}});
    }
    return list;
}

// ---- series -----------------------------------------------------------------------------------

/// The windows that every merged run has simulated to some part, and the time in each.
class windows {
  public:
    explicit windows(const run_result& r) : result_(r) {}

    std::size_t count(std::size_t recorded) const {
        const auto ns = result_.window.count();
        const auto begun = static_cast<std::size_t>((result_.ended.count() + ns - 1) / ns);
        return std::min(recorded, begun);
    }
    /// Of all runs together.
    double seconds(std::size_t i) const {
        const duration begin = result_.window * static_cast<std::int64_t>(i);
        const duration time = std::min(result_.window, result_.ended - begin);
        return in_seconds(time) * static_cast<double>(result_.seeds.size());
    }

  private:
    const run_result& result_;
};

template <class T>
json column_of(const std::vector<T>& rows, std::size_t count, auto value) {
    json list = json::array();
    for (std::size_t i = 0; i < count; ++i)
        list.push_back(value(rows[i], i));
    return list;
}

json mean_latency(const window& w) {
    if (w.good == 0)
        return nullptr;
    return static_cast<double>(w.good_latency_sum) / static_cast<double>(w.good) / 1e9;
}

json traffic_series(const std::vector<window>& rows, const windows& all) {
    const std::size_t n = all.count(rows.size());
    const auto of = [&](auto member) {
        return column_of(rows, n, [member](const window& w, std::size_t) { return w.*member; });
    };
    return {{"sent", of(&window::sent)},
            {"good", of(&window::good)},
            {"failed", of(&window::failed)},
            {"answered", of(&window::answered)},
            {"mean_latency",
             column_of(rows, n, [](const window& w, std::size_t) { return mean_latency(w); })},
            {"max_latency", column_of(rows, n, [](const window& w, std::size_t) {
                 return w.good == 0 ? json() : seconds(w.good_latency_max);
             })}};
}

json service_series(const std::vector<service_levels>& rows, const windows& all) {
    const std::size_t n = all.count(rows.size());
    const auto level = [&](sim::wide_integer service_levels::*member) {
        return column_of(rows, n, [&all, member](const service_levels& l, std::size_t i) {
            return static_cast<double>(l.*member) / 1e9 / all.seconds(i);
        });
    };
    return {{"utilisation", column_of(rows, n,
                                      [](const service_levels& l, std::size_t) {
                                          return l.workers == 0
                                                     ? json()
                                                     : json(static_cast<double>(l.busy) /
                                                            static_cast<double>(l.workers));
                                      })},
            {"in_system", level(&service_levels::in_system)},
            {"in_queue", level(&service_levels::in_queue)}};
}

/// Of the figures that are not zero all the time.
json policy_series(const policy_result& r, const windows& all) {
    const std::size_t n = all.count(r.windows.size());
    json counts = json::object(), means = json::object();
    for (std::size_t c = 0; c < r.counters.size(); ++c)
        if (r.phases[whole_phase].counters[c] > 0)
            counts[r.counters[c]] = column_of(
                r.windows, n, [c](const policy_tally& t, std::size_t) { return t.counters[c]; });
    for (std::size_t l = 0; l < r.levels.size(); ++l)
        if (r.phases[whole_phase].levels[l] > 0)
            means[r.levels[l]] = column_of(r.windows, n, [&](const policy_tally& t, std::size_t i) {
                return static_cast<double>(t.levels[l]) / 1e9 / all.seconds(i) / r.machines;
            });
    return {{"counts", std::move(counts)}, {"means", std::move(means)}};
}

json series_of(const run_result& result) {
    const windows all(result);
    json workloads = json::object(), services = json::object(), edges = json::object(),
         policies = json::object();
    for (const auto& w : result.workloads)
        workloads[w.name] = traffic_series(w.traffic.windows, all);
    for (const auto& s : result.services)
        services[s.name] = service_series(s.windows, all);
    for (const auto& e : service_edges(result))
        edges[e.name] = traffic_series(e.traffic.windows, all);
    for (const auto& p : result.policies)
        policies[p.edge()][p.kind] = policy_series(p, all);
    return {{"window", seconds(result.window)},
            {"workloads", std::move(workloads)},
            {"services", std::move(services)},
            {"edges", std::move(edges)},
            {"policies", std::move(policies)}};
}

// ---- text -------------------------------------------------------------------------------------

/// Indented, but lists of plain values in one line; bytes that are not UTF-8 are replaced.
void write(std::string& out, const json& value, std::size_t indent) {
    const auto plain = [](const json& v) { return !v.is_structured(); };
    const auto dump = [](const json& v) {
        return v.dump(-1, ' ', false, json::error_handler_t::replace);
    };
    if (!value.is_structured() || value.empty() ||
        (value.is_array() && std::all_of(value.begin(), value.end(), plain))) {
        out += dump(value);
        return;
    }
    const std::string margin(indent + 2, ' ');
    out += value.is_array() ? "[\n" : "{\n";
    bool first = true;
    for (const auto& [key, each] : value.items()) {
        out += (first ? "" : ",\n") + margin;
        if (value.is_object())
            out += dump(json(key)) + ": ";
        write(out, each, indent + 2);
        first = false;
    }
    out += "\n" + std::string(indent, ' ') + (value.is_array() ? "]" : "}");
}

std::string text_of(const json& document) {
    std::string out;
    write(out, document, 0);
    return out + "\n";
}

} // namespace

namespace {

/// What a later run can be compared with.
json figures_object(const figure_set& set) {
    json list = json::array();
    for (const figure_sample& each : set.figures)
        list.push_back({{"name", each.name},
                        {"unit", to_string(each.unit)},
                        {"better", to_string(each.direction)},
                        {"value", each.value},
                        {"values", each.values}});
    return {{"group_size", set.group_size}, {"list", std::move(list)}};
}

} // namespace

std::string json_report(const scenario_spec& scenario, const replicated_result& result,
                        const run_account& account) {
    json document = {{"schema_version", result_schema_version},
                     {"summary", summary_of(result)},
                     {"scenario", scenario_object(scenario, account.file)},
                     {"run", run_object(result, account.reproduce)},
                     {"phases", phase_list(result.merged)},
                     {"faults", fault_list(scenario, result.merged)},
                     {"transitions", transition_list(result.merged)},
                     {"series", series_of(result.merged)}};
    if (!result.figures.figures().empty())
        document["figures"] = figures_object(figure_set_of(scenario, result));
    if (account.against != nullptr)
        document["against"] = comparison_object(*account.against);
    if (result.merged.traces)
        document["traces"] = traces_object(result.merged);
    return text_of(document);
}

std::string json_reports(const std::vector<std::string>& reports, verdict worst) {
    json all = {{"schema_version", result_schema_version},
                {"verdict", to_string(worst)},
                {"results", json::array()}};
    for (const std::string& each : reports)
        all["results"].push_back(json::parse(each));
    return text_of(all);
}

std::string json_refusal(const topology::input_error& error, const std::string& file) {
    json errors = json::array();
    for (const topology::diagnostic& d : error.diagnostics())
        errors.push_back({{"file", d.where.file},
                          {"line", d.where.line},
                          {"column", d.where.column},
                          {"pointer", d.where.pointer},
                          {"message", d.message},
                          {"suggestion", d.suggestion.empty() ? json() : json(d.suggestion)}});
    return text_of({{"schema_version", result_schema_version},
                    {"summary", {{"verdict", to_string(verdict::invalid)}, {"version", version}}},
                    {"file", file},
                    {"errors", std::move(errors)},
                    {"more_errors", error.omitted()}});
}

} // namespace windtunnel::scenario
