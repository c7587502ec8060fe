// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/client_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "scenarios/src/arrivals_text.hpp"
#include "scenarios/src/subjects.hpp"
#include "topologies/src/call_options.hpp"
#include "topologies/src/checks.hpp"
#include "topologies/src/diagnostic.hpp"
#include "topologies/src/distribution_text.hpp"
#include "topologies/src/gateway_routes.hpp"
#include "topologies/src/gateway_tables.hpp"
#include "topologies/src/quantity.hpp"
#include "topologies/src/suggest.hpp"

namespace windtunnel::scenario {

namespace {

using topology::fail;
using topology::field_table;
using topology::in_quotes;
using topology::node;

struct workload_draft {
    const scenario_spec* scenario = nullptr;
    workload_spec workload;
    std::vector<location> places; ///< of its targets
};

struct target_draft {
    const scenario_spec* scenario = nullptr;
    workload_target target;
    location place{};
};

endpoint_ref read_endpoint(const node& at, const scenario_spec& scenario) {
    const endpoint_ref ref = topology::endpoint_kind().read(at);
    const auto services = service_names(scenario.topology);
    const topology::service_spec* service = scenario.topology.find(ref.service);
    if (service == nullptr)
        fail(at,
             fmt::format("no service is called {}; there is {}", in_quotes(ref.service),
                         listed(services)),
             topology::nearest(ref.service, services));
    if (scenario.topology.find(ref) != nullptr || topology::is_request(scenario.topology, ref))
        return ref;
    std::vector<std::string> names, full;
    for (const topology::endpoint_spec& endpoint : service->endpoints) {
        names.push_back(endpoint.name);
        full.push_back(service->name + "." + endpoint.name);
    }
    fail(at,
         fmt::format("{} has no endpoint {}; it has {}", in_quotes(ref.service),
                     in_quotes(ref.endpoint), listed(names)),
         topology::nearest(topology::to_string(ref), full));
}

std::string endpoint_schema() {
    return topology::endpoint_kind().schema;
}

const field_table<target_draft>& target_table() {
    static const auto table =
        field_table<target_draft>("target_share", "An endpoint and its part of a mix.")
            .with_custom("to", "service.endpoint", endpoint_schema(),
                         {.help = "The service and its endpoint.", .required = true},
                         [](target_draft& draft, const node& at) {
                             draft.target.to = read_endpoint(at, *draft.scenario);
                             draft.place = at.where();
                         })
            .with("weight", [](target_draft& draft) -> double& { return draft.target.weight; },
                  topology::number_kind(1e-6, 1e9),
                  {.help = "Its part of the requests is weight / sum of all weights.",
                   .fallback = "1"});
    return table;
}

/// Users who think for no time could ask without end at one instant.
topology::value_kind<sim::distribution> think_kind() {
    auto kind = topology::distribution_kind();
    const auto read = [read = kind.read](const node& at) {
        constexpr double least = 1e-6;
        sim::distribution think = read(at);
        if (think.mean_seconds() < least)
            fail(at, "users must think for at least 1us in the mean, or they would ask without "
                     "end at one instant: write a time such as \"exponential(mean=1s)\"");
        return think;
    };
    return {kind.name, kind.schema, read};
}

const field_table<closed_users>& users_table() {
    static const auto table =
        field_table<closed_users>("users", "A fixed number of users: each thinks, asks, waits for "
                                           "the answer, and thinks again.")
            .with("count", &closed_users::count, topology::count_kind(1, 10'000'000),
                  {.help = "How many.", .required = true})
            .with("think", &closed_users::think, think_kind(),
                  {.help = "The time between an answer and the next request, such as "
                           "`exponential(mean=1s)`; at least 1us in the mean.",
                   .required = true});
    return table;
}

void read_mix(workload_draft& draft, const node& at) {
    topology::expect_array(at, target_table().name());
    topology::error_collector errors;
    for (const node& each : at.children())
        errors.run([&] {
            target_draft target{draft.scenario, {}, {}};
            target_table().read(each, target);
            draft.workload.targets.push_back(std::move(target.target));
            draft.places.push_back(target.place);
        });
    errors.finish();
    if (draft.workload.targets.empty())
        fail(at, "a mix needs at least one target");
}

void read_zone(workload_draft& draft, const node& at) {
    std::vector<std::string> zones;
    for (const topology::service_spec& service : draft.scenario->topology.services)
        zones.insert(zones.end(), service.zones.begin(), service.zones.end());
    const std::string zone = topology::text_kind().read(at);
    if (std::find(zones.begin(), zones.end(), zone) == zones.end())
        fail(at, fmt::format("no service has a replica in the zone {}", in_quotes(zone)),
             topology::nearest(zone, zones));
    draft.workload.zone = zone;
}

/// What a call may say, said by the workload itself: each field is read by the call's own table.
field_table<workload_draft> with_call_options(field_table<workload_draft> table) {
    for (const auto& field : topology::call_options_table().describe().fields) {
        if (field.key == "on_error")
            continue; // a client has no request of its own that could go on
        table = std::move(table).with_custom(
            field.key, field.kind, field.schema, {.help = field.help, .fallback = field.fallback},
            [key = field.key](workload_draft& draft, const node& at) {
                const auto empty = topology::document::parse("{}", at.where().file);
                const auto only = topology::document::with(empty.root(), key, at);
                topology::call_options_table().read(only.root(), draft.workload.call);
            });
    }
    return table;
}

field_table<workload_draft> own_fields() {
    using d = workload_draft;
    return field_table<d>("workload", "Who asks for what, and how often: either `arrivals` (open: "
                                      "requests come whatever happens) or `users` (closed). Its "
                                      "name stands for a caller, as a service's does.")
        .with("name", [](d& w) -> std::string& { return w.workload.name; }, topology::text_kind(),
              {.help = "What expectations and reports call it.", .required = true})
        .with_custom("to", "service.endpoint", endpoint_schema(),
                     {.help = "What it asks for; or `mix`."},
                     [](d& w, const node& at) {
                         w.workload.targets.push_back({read_endpoint(at, *w.scenario), 1});
                         w.places.push_back(at.where());
                     })
        .with_custom("mix", "array of target_share",
                     R"({"type":"array","minItems":1,"items":)" +
                         topology::schema_reference("target_share") + "}",
                     {.help = "Several targets, each request to one of them at random."}, read_mix)
        .with("arrivals", [](d& w) -> arrivals_spec& { return w.workload.arrivals; },
              arrivals_kind(), {.help = "How requests arrive; or `users`."})
        .with_custom("users", "users", topology::schema_reference("users"),
                     {.help = "Who asks, in a closed loop."},
                     [](d& w, const node& at) {
                         closed_users users;
                         users_table().read(at, users);
                         w.workload.arrivals = users;
                     })
        .with_custom("zone", "text", topology::text_kind().schema,
                     {.help = "Where it is: one of the services' zones, for balancers that are "
                              "`zone_aware`.",
                      .fallback = "none"},
                     read_zone)
        .with("start", [](d& w) -> duration& { return w.workload.start; },
              topology::duration_kind(topology::zero::allowed),
              {.help = "When it begins, from the beginning of the run.", .fallback = "0s"})
        .with("stop", [](d& w) -> std::optional<duration>& { return w.workload.stop; },
              topology::duration_kind(),
              {.help = "No requests from then on.", .fallback = "the end of the run"})
        .with("limit", [](d& w) -> std::optional<std::uint64_t>& { return w.workload.limit; },
              topology::count_kind<std::uint64_t>(1, std::int64_t{1} << 53),
              {.help = "No more requests after so many."});
}

const field_table<workload_draft>& workload_table() {
    static const auto table =
        topology::with_request_head(
            with_call_options(own_fields()),
            [](workload_draft& w) -> topology::request_head& { return w.workload.call.head; })
            .with("token", [](workload_draft & w) -> auto& { return w.workload.call.token; },
                  topology::token_table().kind(),
                  {.help = "What its requests show to who asks for it (see [a "
                           "gateway](gateway.md)).",
                   .fallback = "nothing"});
    return table;
}

/// Requests to a gateway become those of its routes.
void resolve_routes(workload_draft& draft) {
    const topology::topology_spec& topology = draft.scenario->topology;
    const topology::request_head& head = draft.workload.call.head;
    topology::error_collector errors;
    for (std::size_t i = 0; i < draft.workload.targets.size(); ++i)
        errors.run([&] {
            endpoint_ref& to = draft.workload.targets[i].to;
            if (topology::is_request(topology, to))
                to = topology::route_of(topology, to, head, draft.places[i]);
            else if (head.is_said())
                throw topology::input_error(topology::diagnostic{
                    draft.places[i],
                    fmt::format("{} is no request to a gateway: leave out host, headers and "
                                "version",
                                in_quotes(topology::to_string(to))),
                    {}});
        });
    errors.finish();
}

void check_one_of(const node& at, const char* a, const char* b, const std::string& remedy) {
    const node* first = at.find(a);
    const node* second = at.find(b);
    if (first != nullptr && second != nullptr)
        topology::fail_key(*second, fmt::format("a workload has \"{}\" or \"{}\", not both", a, b));
    if (first == nullptr && second == nullptr)
        fail(at, fmt::format("a workload needs \"{}\" or \"{}\": {}", a, b, remedy));
}

void check_name(const node& at, const workload_spec& workload, const scenario_spec& scenario) {
    const node& name = *at.find("name");
    for (const std::string_view mark : {"->", ": ", "*", "'"})
        if (workload.name.find(mark) != std::string::npos)
            fail(name, fmt::format("the name of a workload must not hold {}", in_quotes(mark)));
    if (find_subject(workload.name, scenario))
        fail(name, fmt::format("{} is the name of a service, an endpoint or another workload: a "
                               "workload needs its own",
                               in_quotes(workload.name)));
}

void check_times(const node& at, const workload_spec& workload, const scenario_spec& scenario) {
    const duration end = scenario.warmup + scenario.length;
    if (workload.start >= end)
        fail(*at.find("start"),
             fmt::format("the workload starts at {}, but the run ends at {} (warmup + duration)",
                         topology::format_duration(workload.start),
                         topology::format_duration(end)));
    if (workload.stop && *workload.stop <= workload.start)
        fail(*at.find("stop"),
             fmt::format("the workload stops at {}, but starts at {} only: stop it later",
                         topology::format_duration(*workload.stop),
                         topology::format_duration(workload.start)));
}

} // namespace

workload_spec parse_workload(const node& at, const scenario_spec& scenario) {
    workload_draft draft{&scenario, {}, {}};
    workload_table().read(at, draft);
    check_one_of(at, "to", "mix", "what does it ask for?");
    resolve_routes(draft);
    check_one_of(at, "arrivals", "users", "how often does it ask?");
    check_name(at, draft.workload, scenario);
    check_times(at, draft.workload, scenario);
    topology::check_policies(at, draft.workload.call.policies);
    for (const workload_target& each : draft.workload.targets)
        topology::check_health_check(scenario.topology, draft.workload.call.policies,
                                     each.to.service, topology::health_check_place(at));
    draft.workload.where = at.where();
    draft.workload.call.where = at.where();
    return std::move(draft.workload);
}

std::vector<topology::definition> workload_definitions() {
    std::vector<topology::definition> all{workload_table().describe(), target_table().describe(),
                                          users_table().describe(), arrivals_definition()};
    for (topology::definition& each : topology::token_definitions())
        all.push_back(std::move(each));
    return all;
}

} // namespace windtunnel::scenario
