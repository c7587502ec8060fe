// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/fault_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "scenarios/src/subjects.hpp"
#include "topologies/src/call_options.hpp"
#include "topologies/src/diagnostic.hpp"
#include "topologies/src/distribution_text.hpp"
#include "topologies/src/quantity.hpp"
#include "topologies/src/suggest.hpp"

namespace windtunnel::scenario {

namespace {

using topology::bad_quantity;
using topology::definition;
using topology::field_table;
using topology::in_quotes;
using topology::node;

constexpr auto rows = std::to_array<fault_row>({
    {"latency", "Adds to each request's way to the target.", true, true},
    {"errors", "Answers an error in place of the target, without its work.", true, true},
    {"pause", "Nothing proceeds, nothing is lost: queue and work are kept, new requests queue up.",
     false, false},
    {"crash",
     "Queue and work are lost with broken connections, new requests are refused; it is back when "
     "the fault ends, as a new process: its breakers are closed, its caches empty, its limits and "
     "budgets as at the start.",
     false, false},
    {"slow", "Work takes `factor` times as long.", false, false},
    {"disk_full",
     "A broker's disk is full: queues keep who publishes waiting, as RabbitMQ's disk alarm does, "
     "and deliver what they have; of topics its replicas go out of the in-sync sets, and where it "
     "leads another is elected.",
     false, false},
    {"leader_change",
     "A broker of topics hands the partitions that it leads to others that are in sync, at once, "
     "and leads those that it should lead again when the fault ends.",
     false, false},
    {"registry_outage",
     "The registry of the topology's `discovery` is down: no heartbeat counts, and no caller hears "
     "of changes.",
     false, false},
});

/// What is read into, with what names are checked against.
template <class Kind>
struct fault_body {
    const scenario_spec* scenario = nullptr;
    fault_target on;
    Kind what{};
};

struct fault_draft {
    const scenario_spec* scenario = nullptr;
    fault_spec fault;
    std::vector<std::string_view> kinds;
};

// ---- targets ----------------------------------------------------------------------------------

[[noreturn]] void fail_unknown(std::string_view what, std::string_view name,
                               const std::vector<std::string>& names) {
    throw bad_quantity(
        fmt::format("no {} is called {}; there is {}", what, in_quotes(name), listed(names)),
        topology::nearest(name, names));
}

int parse_instance(std::string_view text, const topology::service_spec& service) {
    int instance = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), instance);
    if (error != std::errc{} || end != text.data() + text.size() || instance < 0 ||
        instance >= service.replicas)
        throw bad_quantity(fmt::format("{} has the instances 0 to {}, not {}",
                                       in_quotes(service.name), service.replicas - 1,
                                       in_quotes(text)));
    return instance;
}

const topology::service_spec& find_service(std::string_view name, const scenario_spec& scenario) {
    const topology::service_spec* service = scenario.topology.find(name);
    if (service == nullptr)
        fail_unknown("service", name, service_names(scenario.topology));
    return *service;
}

/// "service", "service#0" or "service.endpoint".
fault_target parse_place(std::string_view text, const scenario_spec& scenario) {
    fault_target target;
    if (const auto dot = text.find('.'); dot != std::string_view::npos) {
        const endpoint_ref ref = topology::parse_endpoint_ref(text);
        find_service(ref.service, scenario);
        if (scenario.topology.find(ref) == nullptr)
            fail_unknown("endpoint", text, endpoint_names(scenario.topology));
        target.service = ref.service;
        target.endpoint = ref.endpoint;
        return target;
    }
    const auto hash = text.find('#');
    const auto& service = find_service(text.substr(0, hash), scenario);
    target.service = service.name;
    if (hash != std::string_view::npos)
        target.instance = parse_instance(text.substr(hash + 1), service);
    return target;
}

fault_target parse_edge(std::string_view caller, std::string_view callee,
                        const scenario_spec& scenario) {
    if (callee.find('#') != std::string_view::npos)
        throw bad_quantity("an edge leads to a service or an endpoint, not to one instance; name "
                           "the instance alone, without a caller");
    fault_target target = parse_place(callee, scenario);
    target.caller = caller;
    const std::string edge = target_text(target);
    if (caller != "*" && !find_subject(edge, scenario)) {
        const auto missing = explain_missing(edge, scenario);
        throw bad_quantity(missing.message, missing.suggestion);
    }
    return target;
}

// ---- kinds ------------------------------------------------------------------------------------

const fault_row& row_of(std::string_view key) {
    return *std::find_if(rows.begin(), rows.end(),
                         [&](const fault_row& row) { return row.key == key; });
}

fault_target read_target(const node& at, const scenario_spec& scenario, const fault_row& row) {
    if (!at.is_string())
        topology::fail_expected(at, "target");
    return topology::located(at, [&] {
        fault_target target = parse_fault_target(at.string(), scenario);
        if (!target.caller.empty() && !row.on_edge)
            throw bad_quantity(
                fmt::format("{} happens to a service or an instance, not on an edge", row.key),
                target.service);
        if (!target.endpoint.empty() && !row.on_endpoint)
            throw bad_quantity(
                fmt::format("{} happens to a service or an instance, not to one endpoint", row.key),
                target.service);
        return target;
    });
}

template <class Kind>
field_table<fault_body<Kind>> body_table(std::string_view key) {
    const fault_row& row = row_of(key);
    return field_table<fault_body<Kind>>(std::string(key) + "_fault", std::string(row.meaning))
        .with_custom("on", "target", topology::schema_reference("target"),
                     {.help = row.on_edge ? "Where: a service, an instance, an endpoint or an edge."
                                          : "Where: a service or an instance.",
                      .required = true},
                     [&row](fault_body<Kind>& body, const node& at) {
                         body.on = read_target(at, *body.scenario, row);
                     });
}

const field_table<fault_body<latency_fault>>& latency_table() {
    using body = fault_body<latency_fault>;
    static const auto table =
        body_table<latency_fault>("latency")
            .with(
                "add", [](body& b) -> sim::distribution& { return b.what.add; },
                topology::distribution_kind(),
                {.help = "How much, such as `7s` or `exponential(mean=200ms)`.", .required = true})
            .with("share", [](body& b) -> double& { return b.what.share; }, topology::share_kind(),
                  {.help = "Of the requests.", .fallback = "100%"});
    return table;
}

const field_table<fault_body<error_fault>>& errors_table() {
    using body = fault_body<error_fault>;
    static const auto table =
        body_table<error_fault>("errors")
            .with("share", [](body& b) -> double& { return b.what.share; }, topology::share_kind(),
                  {.help = "Of the requests.", .fallback = "100%"})
            .with("status", [](body& b) -> std::uint16_t& { return b.what.status; },
                  topology::count_kind<std::uint16_t>(400, 599),
                  {.help = "The HTTP status of the answer.", .fallback = "500"});
    return table;
}

const field_table<fault_body<pause_fault>>& pause_table() {
    static const auto table = body_table<pause_fault>("pause");
    return table;
}

const field_table<fault_body<crash_fault>>& crash_table() {
    static const auto table = body_table<crash_fault>("crash");
    return table;
}

const field_table<fault_body<slow_fault>>& slow_table() {
    using body = fault_body<slow_fault>;
    static const auto table = body_table<slow_fault>("slow").with(
        "factor", [](body& b) -> double& { return b.what.factor; },
        topology::number_kind(1e-3, 1e6),
        {.help = "Of the work: 3 is three times as slow.", .required = true});
    return table;
}

/// Of brokers alone.
template <class Kind>
field_table<fault_body<Kind>> broker_table(std::string_view key, bool of_topics) {
    const fault_row& row = row_of(key);
    return field_table<fault_body<Kind>>(std::string(key) + "_fault", std::string(row.meaning))
        .with_custom(
            "on", "target", topology::schema_reference("target"),
            {.help = "Where: a broker or one of its instances.", .required = true},
            [&row, of_topics](fault_body<Kind>& body, const node& at) {
                body.on = read_target(at, *body.scenario, row);
                const auto& kept =
                    body.scenario->topology.find(body.on.service)->endpoints.front().destination;
                const bool fits =
                    kept && (!of_topics || std::holds_alternative<topology::topic_spec>(*kept));
                if (!fits)
                    topology::fail(at,
                                   fmt::format("{} is a fault of brokers with {}, and {} has none",
                                               row.key, of_topics ? "topics" : "queues or topics",
                                               in_quotes(body.on.service)));
            });
}

const field_table<fault_body<disk_full_fault>>& disk_full_table() {
    static const auto table = broker_table<disk_full_fault>("disk_full", false);
    return table;
}

const field_table<fault_body<leader_change_fault>>& leader_change_table() {
    static const auto table = broker_table<leader_change_fault>("leader_change", true);
    return table;
}

/// It has no place: there is one registry.
const field_table<registry_outage_fault>& registry_outage_table() {
    static const auto table =
        field_table<registry_outage_fault>("registry_outage_fault",
                                           std::string(row_of("registry_outage").meaning))
            .with(
                "forgets", &registry_outage_fault::forgets, topology::boolean_kind(),
                {.help = "Whether it comes back without a lease, as one that kept them in memory.",
                 .fallback = "false"});
    return table;
}

// ---- the fault --------------------------------------------------------------------------------

field_table<fault_draft> with_registry_outage(field_table<fault_draft> table) {
    const auto& body = registry_outage_table();
    return std::move(table).with_custom(
        "registry_outage", body.name(), topology::schema_reference(body.name()),
        {.help = std::string(row_of("registry_outage").meaning)},
        [&body](fault_draft& draft, const node& at) {
            if (!draft.scenario->topology.discovery)
                topology::fail_key(at, "the topology has no \"discovery\", so there is no "
                                       "registry that could be down");
            registry_outage_fault outage;
            body.read(at, outage);
            draft.kinds.push_back("registry_outage");
            draft.fault.what = outage;
            draft.fault.on.service = topology::discovery_spec::process;
        });
}

template <class Kind>
field_table<fault_draft> with_kind(field_table<fault_draft> table, std::string_view key,
                                   const field_table<fault_body<Kind>>& body) {
    return std::move(table).with_custom(std::string(key), body.name(),
                                        topology::schema_reference(body.name()),
                                        {.help = std::string(row_of(key).meaning)},
                                        [key, &body](fault_draft& draft, const node& at) {
                                            draft.kinds.push_back(key);
                                            fault_body<Kind> read{draft.scenario, {}, {}};
                                            body.read(at, read);
                                            draft.fault.on = std::move(read.on);
                                            draft.fault.what = std::move(read.what);
                                        });
}

const field_table<fault_draft>& fault_fields() {
    using d = fault_draft;
    static const auto table = [] {
        auto t =
            field_table<d>("fault", "What goes wrong, where and when: exactly one of the kinds "
                                    "latency, errors, pause, crash, slow, "
                                    "disk_full, leader_change and registry_outage.")
                .with("name", [](d& f) -> std::string& { return f.fault.name; },
                      topology::text_kind(),
                      {.help = "What expectations and reports call it, such as `slow ratings`.",
                       .fallback = "the kind and the target: `latency on ratings`"})
                .with(
                    "at", [](d& f) -> duration& { return f.fault.at; },
                    topology::duration_kind(topology::zero::allowed),
                    {.help = "When it begins, from the beginning of the run (the warm-up counts).",
                     .required = true})
                .with("for", [](d& f) -> std::optional<duration>& { return f.fault.length; },
                      topology::duration_kind(),
                      {.help = "How long it lasts.", .fallback = "to the end of the run"})
                .with("every",
                      [](d& f) -> std::optional<sim::distribution>& { return f.fault.every; },
                      topology::distribution_kind(),
                      {.help =
                           "It comes and goes between `at` and the end of `for`: this long off, "
                           "then on for `lasts`, and again, at most about 1,000,000 times."})
                .with("lasts",
                      [](d& f) -> std::optional<sim::distribution>& { return f.fault.lasts; },
                      topology::distribution_kind(), {.help = "With `every`: how long it is on."});
        t = with_kind(std::move(t), "latency", latency_table());
        t = with_kind(std::move(t), "errors", errors_table());
        t = with_kind(std::move(t), "pause", pause_table());
        t = with_kind(std::move(t), "crash", crash_table());
        t = with_kind(std::move(t), "slow", slow_table());
        t = with_kind(std::move(t), "disk_full", disk_full_table());
        t = with_kind(std::move(t), "leader_change", leader_change_table());
        return with_registry_outage(std::move(t));
    }();
    return table;
}

void check_kind(const node& at, const fault_draft& draft) {
    if (draft.kinds.size() == 1)
        return;
    if (draft.kinds.empty())
        topology::fail(at, "a fault needs one of latency, errors, pause, crash, slow, "
                           "disk_full, leader_change or registry_outage");
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

void check_times(const node& at, const fault_spec& fault, const scenario_spec& scenario) {
    const duration end = scenario.warmup + scenario.length;
    if (fault.at >= end)
        topology::fail(*at.find("at"),
                       fmt::format("the fault begins at {}, but the run ends at {} (warmup + "
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

definition target_definition() {
    return {"target",
            "Text: a service (`payment`), one of its instances (`payment#0`), an endpoint "
            "(`payment.POST /charge`), or an edge (`checkout->payment`, `checkout->payment.POST "
            "/charge`; the caller is a service, a workload or `*`).",
            {},
            R"({"type":"string","minLength":1})"};
}

} // namespace

std::span<const fault_row> fault_rows() {
    return rows;
}

std::string_view name_of(const fault_kind& kind) {
    static_assert(std::variant_size_v<fault_kind> == std::tuple_size_v<decltype(rows)>);
    return rows[kind.index()].key;
}

std::string target_text(const fault_target& target) {
    std::string text = target.caller.empty() ? "" : target.caller + "->";
    text += target.service;
    if (target.instance)
        text += fmt::format("#{}", *target.instance);
    return target.endpoint.empty() ? text : text + "." + target.endpoint;
}

fault_target parse_fault_target(std::string_view text, const scenario_spec& scenario) {
    const auto arrow = text.find("->");
    if (arrow == std::string_view::npos)
        return parse_place(text, scenario);
    return parse_edge(text.substr(0, arrow), text.substr(arrow + 2), scenario);
}

fault_spec parse_fault(const node& at, const scenario_spec& scenario) {
    fault_draft draft{&scenario, {}, {}};
    fault_fields().read(at, draft);
    check_kind(at, draft);
    check_times(at, draft.fault, scenario);
    draft.fault.where = at.where();
    if (draft.fault.name.empty())
        draft.fault.name =
            fmt::format("{} on {}", name_of(draft.fault.what), target_text(draft.fault.on));
    return std::move(draft.fault);
}

std::vector<definition> fault_definitions() {
    return {fault_fields().describe(),          latency_table().describe(),
            errors_table().describe(),          pause_table().describe(),
            crash_table().describe(),           slow_table().describe(),
            disk_full_table().describe(),       leader_change_table().describe(),
            registry_outage_table().describe(), target_definition()};
}

} // namespace windtunnel::scenario
