// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/loader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "topologies/src/admission_table.hpp"
#include "topologies/src/call_options.hpp"
#include "topologies/src/checks.hpp"
#include "topologies/src/discovery_tables.hpp"
#include "topologies/src/distribution_text.hpp"
#include "topologies/src/gateway_routes.hpp"
#include "topologies/src/gateway_tables.hpp"
#include "topologies/src/graphql_plan.hpp"
#include "topologies/src/graphql_tables.hpp"
#include "topologies/src/key_text.hpp"
#include "topologies/src/messaging_tables.hpp"
#include "topologies/src/module_checks.hpp"
#include "topologies/src/network.hpp"
#include "topologies/src/policy_tables.hpp"
#include "topologies/src/protocol_tables.hpp"
#include "topologies/src/runtime_tables.hpp"
#include "topologies/src/steps.hpp"

namespace windtunnel::topology {

namespace {

constexpr const char* service_pattern = "^[A-Za-z0-9][A-Za-z0-9_-]*$";

/// What is read, with the options that calls below it have unless they say otherwise.
template <class Spec>
struct draft : Spec {
    call_step calls;
    std::filesystem::path folder;
};

template <class Spec>
void read_calls(draft<Spec>& target, const node& at) {
    target.calls = parse_call_options(at, target.calls);
}

const field_table<queue_spec>& queue_table() {
    using sim::queue_discipline;
    static const auto table =
        field_table<queue_spec>("queue", "Where requests wait for a worker of a replica.")
            .with("discipline", &queue_spec::discipline,
                  enum_kind<queue_discipline>(
                      {{"fifo", queue_discipline::fifo},
                       {"lifo", queue_discipline::lifo},
                       {"priority", queue_discipline::priority},
                       {"preemptive_priority", queue_discipline::preemptive_priority},
                       {"processor_sharing", queue_discipline::processor_sharing}}),
                  {.help = "Who is next.", .fallback = "fifo"})
            .with("capacity", &queue_spec::capacity, count_kind<std::uint64_t>(0),
                  {.help = "Requests that may wait; more are refused.", .fallback = "unbounded"})
            .with("patience", &queue_spec::patience, distribution_kind(),
                  {.help = "After this a waiting request leaves the queue with an error.",
                   .fallback = "endless"});
    return table;
}

const field_table<cold_start_spec>& cold_start_table() {
    static const auto table =
        field_table<cold_start_spec>("cold_start", "A replica that was idle is gone; the next "
                                                   "request waits for it to start again.")
            .with("after_idle", &cold_start_spec::after_idle, duration_kind(),
                  {.help = "Idle for so long, it is gone.", .required = true})
            .with("takes", &cold_start_spec::takes, distribution_kind(),
                  {.help = "How long it takes to start.", .required = true});
    return table;
}

void read_api_versions(draft<endpoint_spec>& endpoint, const node& at) {
    read_named(at, "versions", [&](const std::string& name, const node& value) {
        endpoint.versions.push_back({name, list_kind(text_kind()).read(value)});
    });
    if (endpoint.versions.empty())
        fail(at, "expected at least one version, found none");
}

/// They are put together when all has been read (plan_query).
field_table<draft<endpoint_spec>> with_query(field_table<draft<endpoint_spec>> table) {
    const auto text = [](draft<endpoint_spec>&, const node& at) { text_kind().read(at); };
    return std::move(table)
        .with_custom("query", "text", R"({"type":"string"})",
                     {.help = "A query of GraphQL that was registered: what its resolvers call is "
                              "the endpoint's steps, what it selects its answer. The service says "
                              "how, with its [graphql](#graphql_schema). See "
                              "[how services talk](protocols.md#graphql).",
                      .fallback = "none"},
                     text)
        .with_custom("operation", "text", R"({"type":"string"})",
                     {.help = "Which operation of the query, where it has several."}, text)
        .with_custom("variables", "values by name", R"({"type":"object"})",
                     {.help = "Of the query, such as `{ \"n\": 10 }`; what is not said has its "
                              "default.",
                      .fallback = "none"},
                     [](draft<endpoint_spec>&, const node& at) { expect_object(at, "variables"); });
}

const field_table<draft<endpoint_spec>>& endpoint_table() {
    static const auto table = with_query(
        field_table<draft<endpoint_spec>>("endpoint", "What a service does for one kind of "
                                                      "request: its work, then its steps.")
            .with("work", &endpoint_spec::work, distribution_kind(),
                  {.help = "Own work, done first.", .fallback = "none"})
            .with_custom("steps", "steps", schema_reference("steps"),
                         {.help = "What follows, one after the other.", .fallback = "none"},
                         [](draft<endpoint_spec>& endpoint, const node& at) {
                             endpoint.steps = read_steps(at, endpoint.calls);
                         })
            .with("request_size", &endpoint_spec::request_size, size_kind(),
                  {.help = "Of a request, on the network.", .fallback = "0B"})
            .with("response_size", &endpoint_spec::response_size, size_kind(),
                  {.help = "Of an answer.", .fallback = "0B"})
            .with("errors", &endpoint_spec::error_share, share_kind(),
                  {.help = "Requests that it answers with an error, after its work and before its "
                           "steps.",
                   .fallback = "0"})
            .with_custom(
                "versions", "fields by version", named_schema(list_kind(text_kind()).schema),
                {.help = "What its answers have in each version of the service, such as "
                         "`{ \"1\": [\"id\", \"name\"], \"2\": [\"id\", \"title\"] }`; calls "
                         "say what they read.",
                 .fallback = "the same in all"},
                read_api_versions)
            .with_custom("consumes", "consume", schema_reference("consume"),
                         {.help = "The queue or topic whose messages are its requests.",
                          .fallback = "nothing: others call it"},
                         [](draft<endpoint_spec>& endpoint, const node& at) {
                             endpoint.consumes = read_consume(at);
                         }));
    return table;
}

void read_endpoints(draft<service_spec>& service, const node& at) {
    read_named(at, "endpoints", [&](const std::string& name, const node& value) {
        if (name.empty() || name.front() == ' ' || name.back() == ' ')
            fail_key(value, "an endpoint's name must not be empty, nor begin or end with a space");
        draft<endpoint_spec> endpoint;
        endpoint.name = name;
        endpoint.calls = service.calls;
        endpoint.where = value.key_where();
        endpoint_table().read(value, endpoint);
        plan_query(endpoint, value, service.graphql.get());
        service.endpoints.push_back(std::move(endpoint));
    });
    if (service.endpoints.empty())
        fail(at, "a service needs at least one endpoint");
}

/// A broker's queues or topics are its endpoints.
void add_destinations(draft<service_spec>& service, const node& at,
                      std::vector<endpoint_spec>&& read, const std::string& what) {
    if (!service.endpoints.empty())
        fail_key(at, fmt::format("a service has endpoints, queues or topics, one of the three: "
                                 "make a broker of its own of these {}",
                                 what));
    if (read.empty())
        fail(at, fmt::format("expected at least one of the {}, found none", what));
    service.endpoints = std::move(read);
}

/// What is read before are its other offers.
void read_own_gateway(draft<service_spec>& service, const node& at) {
    if (std::any_of(service.endpoints.begin(), service.endpoints.end(),
                    [](const endpoint_spec& e) { return e.destination.has_value(); }))
        fail_key(at, "a broker is no gateway: make a service of its own of the routes");
    read_gateway(service, at, service.calls);
}

value_kind<int> weight_kind() {
    return count_kind(1, max_balancer_weight);
}

/// A list that the replicas take their values from in turn.
template <class V>
value_kind<std::vector<V>> per_replica_kind(const value_kind<V>& element) {
    auto list = list_kind(element);
    return {list.name, list.schema, [read = list.read](const node& at) {
                auto values = read(at);
                if (values.empty())
                    fail(at, "the list is empty: give the replicas at least one value, which they "
                             "take in turn");
                return values;
            }};
}

value_kind<std::vector<std::string>> records_kind() {
    auto list = list_kind(text_kind());
    return {list.name, list.schema, [read = list.read](const node& at) {
                auto names = read(at);
                for (std::size_t i = 1; i < names.size(); ++i)
                    if (std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(i),
                                  names[i]) != names.begin() + static_cast<std::ptrdiff_t>(i))
                        fail(at.children()[i],
                             fmt::format("the record {} is there already", in_quotes(names[i])));
                return names;
            }};
}

field_table<draft<service_spec>> with_replicas(field_table<draft<service_spec>> table) {
    return std::move(table)
        .with("in", &service_spec::in, text_kind(),
              {.help = "The service of whose process this is a module: it shares its replicas, "
                       "workers and crashes, and the two call each other without a message.",
               .fallback = "it has a process of its own"})
        .with("replicas", &service_spec::replicas, count_kind(1, 10'000),
              {.help = "Instances that run.", .fallback = "1"})
        .with("weights", &service_spec::weights, per_replica_kind(weight_kind()),
              {.help = "Of the replicas, in turn: `[3, 1]` gives each second one a third. For "
                       "balancers that go by weights.",
               .fallback = "1 each"})
        .with("zones", &service_spec::zones, per_replica_kind(text_kind()),
              {.help = "Of the replicas, in turn, such as `[\"east\", \"west\"]`; for "
                       "balancers that are `zone_aware`.",
               .fallback = "none"})
        .with("nodes", &service_spec::nodes, per_replica_kind(text_kind()),
              {.help = "The machines of the replicas, in turn, such as `[\"rack-1\", \"rack-2\"]`: "
                       "what a fault on a node takes with it. With a `platform` they are its "
                       "hosts, by the placement.",
               .fallback = "none"})
        .with("runs", &service_spec::runs, per_replica_kind(text_kind()),
              {.help = "Which version of its endpoints' `versions` the replicas run, in turn: "
                       "`[\"1\", \"2\"]` is half way through a rollout.",
               .fallback = "the first that is named"})
        .with("workers", &service_spec::workers, count_kind(1, 1'000'000),
              {.help = "Requests that a replica works on at once; with processor sharing its "
                       "cores.",
               .fallback = "1"});
}

field_table<draft<service_spec>> with_offers(field_table<draft<service_spec>> table) {
    return std::move(table)
        .with_custom("endpoints", "endpoints by name", named_schema(schema_reference("endpoint")),
                     {.help = "What it offers: each name is an [endpoint](#endpoint), such as "
                              "`GET /details`. A service has these, or is a broker."},
                     read_endpoints)
        .with_custom("queues", "queues by name", named_schema(schema_reference("message_queue")),
                     {.help = "Of a broker such as RabbitMQ or SQS: each name is a "
                              "[queue](#message_queue), such as `orders`."},
                     [](draft<service_spec>& service, const node& at) {
                         add_destinations(service, at, read_queues(at), "queues");
                     })
        .with_custom("topics", "topics by name", named_schema(schema_reference("topic")),
                     {.help = "Of a broker such as Kafka: each name is a [topic](#topic), such "
                              "as `orders`."},
                     [](draft<service_spec>& service, const node& at) {
                         add_destinations(service, at, read_topics(at), "topics");
                     })
        .with_custom("gateway", "gateway", schema_reference("gateway"),
                     {.help = "Of an API gateway: its routes, which are endpoints, too."},
                     read_own_gateway);
}

const field_table<draft<service_spec>>& service_table() {
    static const auto table = with_offers(
        with_replicas(field_table<draft<service_spec>>("service",
                                                       "A service: its replicas, their workers and "
                                                       "queue, and what it offers."))
            .with("waiting", &service_spec::waiting,
                  enum_kind<waiting>({{"releases", waiting::releases}, {"holds", waiting::holds}}),
                  {.help = "What a worker does while its request waits for another service: it is "
                           "free for others (event-driven: Go, Node, async gRPC), or held (a "
                           "thread a request: servlet, sync Python).",
                   .fallback = "releases"})
            .with("max_in_flight", &service_spec::max_in_flight, count_kind<std::uint64_t>(1),
                  {.help = "Requests that a replica has accepted and not answered; more are "
                           "refused.",
                   .fallback = "unbounded"})
            .with("queue", &service_spec::queue, queue_table().kind(),
                  {.help = "Where requests wait for a worker.", .fallback = "fifo, unbounded"})
            .with("admission", &service_spec::admission, admission_table().kind(),
                  {.help = "What it refuses and drops when too much comes.", .fallback = "nothing"})
            .with("cold_start", &service_spec::cold_start, cold_start_table().kind(),
                  {.help = "What an idle replica costs.", .fallback = "none"})
            .with("cpu", &service_spec::cpu, cpu_table().kind(),
                  {.help = "The CPU time of a replica.", .fallback = "a core for each worker"})
            .with("garbage_collection", &service_spec::garbage_collection,
                  garbage_collection_table().kind(),
                  {.help = "Pauses in which nothing of a replica runs.", .fallback = "none"})
            .with("records", &service_spec::records, records_kind(),
                  {.help =
                       "What it keeps that several may write, such as `[\"stock\"]`: a record of "
                       "this name for each key that requests ask for, shared by its replicas, "
                       "with a version that [write](#write) steps change. A crash leaves them "
                       "as they are.",
                   .fallback = "none"})
            .with("trace_context", &service_spec::trace_context,
                  enum_kind<context_use>({{"carry", context_use::carry},
                                          {"x-trace-id", context_use::x_trace_id},
                                          {"drop", context_use::drop}}),
                  {.help = "What of a request's trace travels on with the calls that are made for "
                           "it: all (`traceparent`), the trace alone (`x-trace-id`: the calls hang "
                           "in the air), or nothing (`drop`: each begins a trace of its own). See "
                           "[traces](tracing.md).",
                   .fallback = "carry"})
            .with_custom("calls", "call_options", schema_reference("call_options"),
                         {.help = "Defaults for the calls that this service makes."},
                         read_calls<service_spec>)
            .with_custom("graphql", "graphql_schema", schema_reference("graphql_schema"),
                         {.help = "The schema of what it answers endpoints with a `query` by.",
                          .fallback = "it has no such endpoints"},
                         [](draft<service_spec>& service, const node& at) {
                             service.graphql = std::make_shared<const graphql_schema>();
                             service.graphql = read_graphql(at, service.calls);
                         }));
    return table;
}

void check_order(const node& at, const service_spec& service) {
    const bool orders = service.admission && service.admission->adaptive_lifo;
    if (orders && service.queue.discipline != sim::queue_discipline::fifo)
        fail(*at.find("queue"), "adaptive_lifo decides who is next: leave out the discipline");
}

void check_service_name(const node& at) {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    const std::string& name = at.key();
    const bool sound = !name.empty() && plain(name.front()) &&
                       std::all_of(name.begin(), name.end(),
                                   [&](char c) { return plain(c) || c == '_' || c == '-'; });
    if (!sound)
        fail_key(at, fmt::format("the service name {} is not made of letters, digits, - and _",
                                 in_quotes(name)));
}

void read_services(draft<topology_spec>& topology, const node& at) {
    read_named(at, "services", [&](const std::string& name, const node& value) {
        check_service_name(value);
        draft<service_spec> service;
        service.name = name;
        service.calls = topology.calls;
        service.where = value.key_where();
        service_table().read(value, service);
        if (service.endpoints.empty())
            fail_key(value, fmt::format("the service {} offers nothing: give it \"endpoints\", "
                                        "\"queues\" or \"topics\" where it is a broker, or a "
                                        "\"gateway\"",
                                        in_quotes(name)));
        check_order(value, service);
        topology.services.push_back(std::move(service));
    });
    if (topology.services.empty())
        fail(at, "a topology needs at least one service");
}

const field_table<draft<topology_spec>>& topology_table() {
    static const auto table =
        field_table<draft<topology_spec>>("topology", "An architecture: services and what is "
                                                      "between them.")
            .with("name", &topology_spec::name, text_kind(),
                  {.help = "What it is called.", .required = true})
            .with("description", &topology_spec::description, text_kind(),
                  {.help = "What it is, where its facts are from, what is assumed."})
            .with_custom("calls", "call_options", schema_reference("call_options"),
                         {.help = "Defaults for all calls."}, read_calls<topology_spec>)
            .with_custom("services", "services by name",
                         named_schema(schema_reference("service"), service_pattern),
                         {.help = "Each name is a [service](#service).", .required = true},
                         read_services)
            .with_custom("network", "network", schema_reference("network"),
                         {.help = "How messages travel.", .fallback = "at once, without loss"},
                         [](draft<topology_spec>& topology, const node& at) {
                             topology.network = read_network(at);
                         })
            .with_custom("platform", "platform", schema_reference("platform"),
                         {.help = "Machines and shared links, simulated by SimGrid."},
                         [](draft<topology_spec>& topology, const node& at) {
                             topology.platform = read_platform(at, topology.folder);
                         })
            .with("discovery", &topology_spec::discovery, discovery_table().kind(),
                  {.help = "How callers learn which replicas there are.",
                   .fallback = "they know all, whatever became of them"});
    return table;
}

void append(std::vector<definition>& all, std::vector<definition> more) {
    std::move(more.begin(), more.end(), std::back_inserter(all));
}

} // namespace

topology_spec parse_topology(const node& at, const std::filesystem::path& folder) {
    draft<topology_spec> topology;
    topology.folder = folder;
    topology.where = at.where();
    topology_table().read(at, topology);
    error_collector errors;
    join_modules(topology, errors);
    resolve_routes(topology, errors);
    errors.finish();
    check_topology(topology);
    return topology;
}

topology_spec load_topology(const std::filesystem::path& path) {
    return parse_topology(document::load(path).root(), path.parent_path());
}

std::vector<definition> topology_definitions() {
    std::vector<definition> all{topology_table().describe(), service_table().describe(),
                                queue_table().describe(),    cold_start_table().describe(),
                                cpu_table().describe(),      garbage_collection_table().describe(),
                                endpoint_table().describe()};
    append(all, messaging_definitions());
    append(all, protocol_definitions());
    append(all, admission_definitions());
    append(all, gateway_definitions());
    append(all, step_definitions());
    append(all, graphql_definitions());
    all.push_back(call_options_table().describe());
    append(all, policy_definitions());
    append(all, discovery_policy_definitions());
    all.push_back(discovery_table().describe());
    append(all, network_definitions());
    append(all, quantity_definitions());
    all.push_back(distribution_definition());
    all.push_back(keys_definition());
    return all;
}

std::string topology_schema() {
    return json_schema("Windtunnel topology", "topology", topology_definitions());
}

std::string topology_reference_markdown() {
    return markdown_reference(topology_definitions());
}

} // namespace windtunnel::topology
