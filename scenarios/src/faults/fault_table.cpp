// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/faults/fault_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "scenarios/src/faults/fault_body.hpp"
#include "scenarios/src/faults/fault_target.hpp"
#include "scenarios/src/subjects.hpp"
#include "topologies/src/diagnostic.hpp"
#include "topologies/src/distribution_text.hpp"
#include "topologies/src/quantity.hpp"

namespace windtunnel::scenario {

namespace {

using topology::bad_quantity;
using topology::definition;
using topology::field_table;
using topology::in_quotes;
using topology::node;

const std::vector<fault_row>& rows() {
    static const auto all = [] {
        std::vector<fault_row> made;
        for (auto* group : {request_fault_rows, message_fault_rows, connection_fault_rows,
                            process_fault_rows, broker_fault_rows, load_fault_rows})
            for (fault_row& row : group())
                made.push_back(std::move(row));
        WINDTUNNEL_ASSERT(made.size() == std::variant_size_v<fault_kind>);
        return made;
    }();
    return all;
}

struct fault_draft {
    const scenario_spec* scenario = nullptr;
    fault_spec fault;
    std::vector<std::string_view> kinds;
};

std::string kinds_text() {
    std::string text;
    for (const fault_row& row : rows())
        text += fmt::format("{}`{}`", text.empty() ? "" : ", ", row.key);
    return text;
}

// ---- on how many --------------------------------------------------------------------------------

fault_pick read_pick(const node& at) {
    if (at.is_string() && at.string() == "all")
        return {};
    if (at.is_string() && at.string() == "one")
        return {fault_pick::how::count, 1};
    if (at.is_string()) {
        const double share = topology::share_kind().read(at);
        if (share <= 0)
            topology::fail(at, "none would be picked: leave the fault out");
        return {fault_pick::how::share, share};
    }
    return {fault_pick::how::count,
            static_cast<double>(topology::count_kind<std::int64_t>(1).read(at))};
}

void check_pick(const node& at, const fault_draft& draft) {
    if (draft.fault.pick.what == fault_pick::how::all)
        return;
    const fault_target& on = draft.fault.on;
    const fault_row& row = row_of(draft.fault.what);
    const bool of_instances =
        on.caller.empty() && on.endpoint.empty() && (row.places & fault_place::instances) != 0;
    if (!of_instances)
        topology::fail(*at.find("pick"),
                       fmt::format("\"pick\" says how many of several instances, and {} names none",
                                   in_quotes(target_text(on))));
}

// ---- when ---------------------------------------------------------------------------------------

void check_kind(const node& at, const fault_draft& draft) {
    if (draft.kinds.size() == 1)
        return;
    if (draft.kinds.empty())
        topology::fail(at, "a fault needs a kind, such as latency, errors or crash; `windtunnel "
                           "list faults` has them all");
    topology::fail(at, fmt::format("a fault is one thing, and this is both {} and {}: make two "
                                   "faults of it",
                                   draft.kinds[0], draft.kinds[1]));
}

void check_repetitions(const node& at, const fault_spec& fault, duration end) {
    constexpr double most = 1e6;
    const double span = to_seconds(fault.last_end(end) - fault.at);
    const double times = span / (fault.every->mean_seconds() + fault.lasts->mean_seconds());
    if (times > most)
        topology::fail(*at.find("every"),
                       fmt::format("the fault would come about {:.0f} times; at most {:.0f} can be "
                                   "kept account of: make \"every\" and \"lasts\" longer than {} "
                                   "together",
                                   times, most,
                                   topology::format_duration(from_seconds(span / most))));
}

/// `at` counts from the end of the fault that it comes after.
void resolve_after(const node& at, fault_spec& fault, const scenario_spec& scenario) {
    if (fault.after.empty())
        return;
    const auto before =
        std::find_if(scenario.faults.begin(), scenario.faults.end(),
                     [&](const fault_spec& each) { return each.name == fault.after; });
    if (before == scenario.faults.end()) {
        const auto names = fault_names(scenario);
        topology::fail(*at.find("after"),
                       names.empty()
                           ? "there is no fault before this one"
                           : fmt::format("no fault before this one is called {}; there is {}",
                                         in_quotes(fault.after), listed(names)),
                       topology::nearest(fault.after, names));
    }
    if (!before->length)
        topology::fail(*at.find("after"),
                       fmt::format("{} lasts to the end of the run: nothing comes after it; give "
                                   "it a \"for\"",
                                   in_quotes(fault.after)));
    fault.at = before->last_end(duration::max()) + fault.at;
}

void check_times(const node& at, const fault_spec& fault, const scenario_spec& scenario) {
    const duration end = scenario.warmup + scenario.length;
    const node& when = at.find("at") != nullptr ? *at.find("at") : at;
    if (fault.at >= end)
        topology::fail(when, fmt::format("the fault begins at {}, but the run ends at {} (warmup + "
                                         "duration): begin it earlier or lengthen `duration`",
                                         topology::format_duration(fault.at),
                                         topology::format_duration(end)));
    if (fault.every && !fault.lasts)
        topology::fail(*at.find("every"), "a fault with \"every\" needs \"lasts\": how long it is "
                                          "on each time");
    if (fault.lasts && !fault.every)
        topology::fail(*at.find("lasts"), "\"lasts\" belongs to \"every\"; how long a fault that "
                                          "comes once lasts is \"for\"");
    if (fault.every && fault.every->mean_seconds() + fault.lasts->mean_seconds() <= 0)
        topology::fail(*at.find("every"), "\"every\" and \"lasts\" are both zero");
    if (fault.every)
        check_repetitions(at, fault, end);
}

void check_ramp(const node& at, const fault_spec& fault) {
    if (fault.ramp == duration::zero())
        return;
    const node& where = *at.find("ramp");
    const fault_row& row = row_of(fault.what);
    if (!row.grows)
        topology::fail(where, fmt::format("{} is there or it is not: it cannot grow", row.key));
    if (fault.every)
        topology::fail(where, "a fault that comes and goes is there at once: leave out \"ramp\" "
                              "or \"every\"");
    if (fault.length && fault.ramp > *fault.length)
        topology::fail(where, fmt::format("it would grow for {} and lasts {}: make \"for\" longer",
                                          topology::format_duration(fault.ramp),
                                          topology::format_duration(*fault.length)));
}

// ---- the fault --------------------------------------------------------------------------------

field_table<fault_draft> times_fields() {
    using d = fault_draft;
    return field_table<d>("fault", "What goes wrong, where and when: exactly one of the kinds " +
                                       kinds_text() + ".")
        .with("name", [](d& f) -> std::string& { return f.fault.name; }, topology::text_kind(),
              {.help = "What expectations and reports call it, such as `slow ratings`.",
               .fallback = "the kind and the target: `latency on ratings`"})
        .with("at", [](d& f) -> duration& { return f.fault.at; },
              topology::duration_kind(topology::zero::allowed),
              {.help = "When it begins, from the beginning of the run (the warm-up counts); with "
                       "`after` from that fault's end.",
               .fallback = "with `after`: 0s; else it must be said"})
        .with("after", [](d& f) -> std::string& { return f.fault.after; }, topology::text_kind(),
              {.help = "A fault before this one, by its name: it begins when that has ended."})
        .with("for", [](d& f) -> std::optional<duration>& { return f.fault.length; },
              topology::duration_kind(),
              {.help = "How long it lasts.", .fallback = "to the end of the run"})
        .with("ramp", [](d& f) -> duration& { return f.fault.ramp; }, topology::duration_kind(),
              {.help = "It grows evenly for so long, in a hundred steps: shares, added times, "
                       "factors.",
               .fallback = "it is there at once"})
        .with("every", [](d& f) -> std::optional<sim::distribution>& { return f.fault.every; },
              topology::distribution_kind(),
              {.help = "It comes and goes between `at` and the end of `for`: this long off, "
                       "then on for `lasts`, and again, at most about 1,000,000 times. With "
                       "`exponential(...)` it strikes at random at a rate."})
        .with("lasts", [](d& f) -> std::optional<sim::distribution>& { return f.fault.lasts; },
              topology::distribution_kind(), {.help = "With `every`: how long it is on."})
        .with_custom("pick", "\"all\", \"one\", a count or a share",
                     R"({"anyOf":[{"type":"integer","minimum":1},{"type":"string"}]})",
                     {.help = "How many of the instances that the target names, drawn anew each "
                              "time it begins: `2`, `\"50%\"` (rounded, at least one).",
                      .fallback = "\"all\""},
                     [](d& f, const node& at) { f.fault.pick = read_pick(at); });
}

const field_table<fault_draft>& fault_fields() {
    static const auto table = [] {
        auto made = times_fields();
        for (const fault_row& row : rows())
            made = std::move(made).with_custom(
                std::string(row.key), row.fields.name, topology::schema_reference(row.fields.name),
                {.help = std::string(row.meaning)}, [&row](fault_draft& draft, const node& at) {
                    draft.kinds.push_back(row.key);
                    row.read(at, *draft.scenario, draft.fault.on, draft.fault.what);
                });
        return made;
    }();
    return table;
}

} // namespace

std::span<const fault_row> fault_rows() {
    return rows();
}

const fault_row& row_of(const fault_kind& kind) {
    return rows()[kind.index()];
}

std::string_view name_of(const fault_kind& kind) {
    return row_of(kind).key;
}

std::string places_text(unsigned places_of) {
    std::vector<std::string> places;
    if ((places_of & fault_place::instances) != 0)
        places.insert(places.end(), {"a service", "an instance", "a version", "a zone", "a node"});
    if ((places_of & fault_place::endpoint) != 0)
        places.emplace_back("an endpoint");
    if ((places_of & fault_place::edge) != 0)
        places.emplace_back("an edge");
    if ((places_of & fault_place::workload) != 0)
        places.emplace_back("a workload");
    std::string text;
    for (std::size_t i = 0; i < places.size(); ++i)
        text += (i == 0 ? "" : i + 1 < places.size() ? ", " : " or ") + places[i];
    return text;
}

fault_target read_fault_target(const node& at, const scenario_spec& scenario,
                               const fault_head& head) {
    if (!at.is_string())
        topology::fail_expected(at, "target");
    return topology::located(at, [&] {
        if (head.places == fault_place::workload)
            return parse_fault_workload(at.string(), scenario);
        fault_target target = parse_fault_target(at.string(), scenario);
        const auto cannot = [&](const char* where) {
            throw bad_quantity(
                fmt::format("{} happens to {}, not {}", head.key, places_text(head.places), where),
                (head.places & fault_place::instances) != 0 ? target.service : "");
        };
        const bool edge = !target.caller.empty();
        if (edge && (head.places & fault_place::edge) == 0)
            cannot("on an edge");
        if (!target.endpoint.empty() && (head.places & fault_place::endpoint) == 0)
            cannot("to one endpoint");
        if (!edge && target.endpoint.empty() && (head.places & fault_place::instances) == 0)
            cannot("to a service as a whole");
        return target;
    });
}

fault_spec parse_fault(const node& at, const scenario_spec& scenario) {
    fault_draft draft{&scenario, {}, {}};
    fault_fields().read(at, draft);
    check_kind(at, draft);
    if (draft.fault.after.empty() && at.find("at") == nullptr)
        topology::fail(at, "fault lacks the key \"at\"");
    resolve_after(at, draft.fault, scenario);
    check_times(at, draft.fault, scenario);
    check_ramp(at, draft.fault);
    check_pick(at, draft);
    draft.fault.where = at.where();
    if (draft.fault.name.empty())
        draft.fault.name =
            fmt::format("{} on {}", name_of(draft.fault.what), target_text(draft.fault.on));
    return std::move(draft.fault);
}

std::vector<definition> fault_definitions() {
    std::vector<definition> all{fault_fields().describe()};
    for (const fault_row& row : rows())
        all.push_back(row.fields);
    all.push_back(target_definition());
    return all;
}

} // namespace windtunnel::scenario
