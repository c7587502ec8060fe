// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/styles.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "topologies/src/call_options.hpp"
#include "topologies/src/checks.hpp"
#include "topologies/src/diagnostic.hpp"
#include "topologies/src/module_checks.hpp"
#include "topologies/src/step_calls.hpp"
#include "topologies/src/suggest.hpp"

namespace windtunnel::topology {

namespace {

constexpr std::array<std::string_view, 6> names{"in_process", "rest",  "grpc",
                                                "graphql",    "queue", "stream"};

bool matches(const edge_swap& swap, const endpoint_ref& to) {
    return swap.callee == to.service || swap.callee == to_string(to);
}

service_spec& service_of(topology_spec& topology, const std::string& name) {
    return *std::find_if(topology.services.begin(), topology.services.end(),
                         [&](const service_spec& s) { return s.name == name; });
}

[[noreturn]] void refuse(const edge_swap& swap, const std::string& why,
                         const std::string& suggestion = {}) {
    throw input_error(
        {swap.where,
         fmt::format("{}->{} cannot be {}: {}", swap.caller, swap.callee, to_string(swap.to), why),
         suggestion});
}

/// The endpoints that the edge calls.
std::set<std::string> called(topology_spec& topology, const edge_swap& swap) {
    std::vector<std::string> services;
    for (const service_spec& s : topology.services)
        services.push_back(s.name);
    if (std::find(services.begin(), services.end(), swap.caller) == services.end())
        refuse(swap,
               fmt::format("no service is called {}; who calls must be a service of the topology",
                           in_quotes(swap.caller)),
               nearest(swap.caller, services));
    std::set<std::string> endpoints;
    for (endpoint_spec& endpoint : service_of(topology, swap.caller).endpoints)
        each_call(endpoint.steps, [&](const call_step& call) {
            if (matches(swap, call.to) && !call.publishes)
                endpoints.insert(to_string(call.to));
        });
    if (endpoints.empty())
        refuse(swap, fmt::format("{} does not call {}", swap.caller, in_quotes(swap.callee)));
    return endpoints;
}

void move_into_process(topology_spec& topology, const edge_swap& swap) {
    const std::string callee = swap.callee.substr(0, swap.callee.find('.'));
    service_spec& caller = service_of(topology, swap.caller);
    service_spec& process = caller.in.empty() ? caller : service_of(topology, caller.in);
    service_spec& module = service_of(topology, callee);
    if (!module.in.empty() || module.name == process.name)
        refuse(swap, fmt::format("{} is in the process of {} already", callee,
                                 module.in.empty() ? process.name : module.in));
    process.workers += (module.workers * module.replicas + process.replicas - 1) / process.replicas;
    for (service_spec& other : topology.services) // its modules move with it
        if (other.in == callee)
            other.in = process.name;
    process.waiting = module.waiting = waiting::releases;
    module.in = process.name;
    module.queue = {};
    module.admission.reset();
    module.cold_start.reset();
    module.cpu.reset();
    module.garbage_collection.reset();
    for (service_spec& other : topology.services)
        if (!other.in.empty()) { // what modules share they take from their process anew
            other.workers = 1;
            other.replicas = 1;
            other.zones.clear();
        }
    error_collector errors;
    join_modules(topology, errors);
    errors.finish();
}

destination_spec destination_for(const edge_swap& swap, const service_spec& callee) {
    if (swap.to == style::queue) {
        message_queue_spec queue;
        queue.options = rabbitmq_quorum();
        queue.options.keep_dropped = true;
        return queue;
    }
    topic_spec topic;
    topic.options.partitions = callee.replicas * callee.workers;
    topic.options.replication_factor = 3;
    topic.options.min_insync_replicas = 2;
    return topic;
}

void put_broker_between(topology_spec& topology, const edge_swap& swap) {
    const auto endpoints = called(topology, swap);
    const std::string callee = swap.callee.substr(0, swap.callee.find('.'));
    service_spec broker;
    broker.name = fmt::format("{}-{}", callee, to_string(swap.to));
    broker.workers = 4;
    broker.replicas = swap.to == style::stream ? 3 : 1;
    broker.where = swap.where;
    for (endpoint_spec& endpoint : service_of(topology, callee).endpoints) {
        const std::string name = callee + "." + endpoint.name;
        if (endpoints.count(name) == 0)
            continue;
        if (endpoint.consumes)
            refuse(swap, fmt::format("{} consumes from {} already", in_quotes(name),
                                     in_quotes(to_string(endpoint.consumes->from))));
        endpoint.consumes.emplace();
        endpoint.consumes->from = {broker.name, endpoint.name};
        endpoint.consumes->group = name;
        endpoint.consumes->where = swap.where;
        endpoint.consumes->prefetch = service_of(topology, callee).workers;
        endpoint.consumes->concurrency = service_of(topology, callee).workers;
        endpoint_spec kept;
        kept.name = endpoint.name;
        kept.request_size = endpoint.request_size;
        kept.where = swap.where;
        kept.destination = destination_for(swap, service_of(topology, callee));
        broker.endpoints.push_back(std::move(kept));
    }
    for (endpoint_spec& endpoint : service_of(topology, swap.caller).endpoints)
        each_call(endpoint.steps, [&](call_step& call) {
            if (!matches(swap, call.to) || call.publishes)
                return;
            call.to.service = broker.name;
            call.publishes = true;
            call.reads.clear();
        });
    topology.services.push_back(std::move(broker));
}

} // namespace

std::string_view to_string(style s) {
    return names.at(static_cast<std::size_t>(s));
}

std::optional<style> style_from(std::string_view name) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end())
        return std::nullopt;
    return static_cast<style>(found - names.begin());
}

std::vector<std::string> style_names() {
    return {names.begin(), names.end()};
}

bool is_protocol(style s) {
    return s == style::rest || s == style::grpc || s == style::graphql;
}

void swap_style(topology_spec& topology, const edge_swap& swap) {
    called(topology, swap); // there must be something to swap
    if (swap.to == style::in_process)
        move_into_process(topology, swap);
    else
        put_broker_between(topology, swap);
    check_topology(topology);
}

} // namespace windtunnel::topology
