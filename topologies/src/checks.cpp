// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "topologies/src/call_growth.hpp"
#include "topologies/src/call_options.hpp"
#include "topologies/src/contract_checks.hpp"
#include "topologies/src/diagnostic.hpp"
#include "topologies/src/graphql_schema.hpp"
#include "topologies/src/loader.hpp"
#include "topologies/src/messaging_checks.hpp"
#include "topologies/src/record_checks.hpp"
#include "topologies/src/suggest.hpp"
#include "topologies/src/system/program.hpp"

namespace windtunnel::topology {

namespace {

class graph_builder {
  public:
    graph_builder(const topology_spec& topology, error_collector& errors)
        : topology_(topology), errors_(errors) {}

    call_graph build() {
        for (const service_spec& service : topology_.services)
            for (const endpoint_spec& endpoint : service.endpoints) {
                endpoint_ref name{service.name, endpoint.name};
                indexes_[to_string(name)] = graph_.vertices.size();
                graph_.vertices.push_back({std::move(name), 0, {}});
            }
        check_resolvers();
        std::size_t at = 0;
        for (const service_spec& service : topology_.services)
            for (const endpoint_spec& endpoint : service.endpoints) {
                vertex_ = &graph_.vertices[at++];
                holds_ = service.waiting == waiting::holds;
                add(endpoint.steps, {});
                if (endpoint.destination)
                    add_consumers({service.name, endpoint.name});
            }
        return std::move(graph_);
    }

  private:
    /// What is around a step: how often it is run for each request, at most and on average, whether
    /// each request runs it, and within how many repeats and branches it stands.
    struct surroundings {
        double times = 1, expected = 1;
        bool certain = true;
        std::size_t repeats = 0;
        bool in_branch = false;
    };

    /// Also those that no query of the file asks for.
    void check_resolvers() {
        for (const service_spec& service : topology_.services)
            if (service.graphql)
                for (const graphql_type& type : service.graphql->types)
                    for (const graphql_field_spec& field : type.fields)
                        if (field.resolver && indexes_.count(to_string(field.resolver->to)) == 0)
                            complain(*field.resolver);
    }

    void add(const steps_spec& steps, const surroundings& around) {
        for (const step_spec& step : steps) {
            vertex_->steps += around.times;
            where_ = &step.where;
            std::visit([&](const auto& what) { add_step(what, around); }, step.what);
        }
    }
    void add_step(const sleep_step&, const surroundings&) {}
    void add_step(const read_record_step&, const surroundings&) {}
    void add_step(const write_record_step&, const surroundings&) {}
    void add_step(const authenticate_step&, const surroundings&) {}
    void add_step(const limit_step&, const surroundings&) {}
    void add_step(const forward_step&, const surroundings&) {}
    void add_step(const mirror_step& step, surroundings around) {
        around.certain = around.certain && step.options.share >= 1;
        around.expected *= step.options.share;
        add_step(step.copy, around);
    }
    /// The one worker that a request holds runs one thing at a time.
    void add_step(const work_step&, const surroundings& around) {
        if (holds_ && around.in_branch)
            errors_.add({*where_,
                         "work in a branch of \"parallel\", of a service whose requests hold one "
                         "worker each (\"waiting\": \"holds\"), which works on one thing at a "
                         "time; put the work before or behind the parallel step, or let the "
                         "service release its workers",
                         {}});
    }
    void add_step(const call_step& call, const surroundings& around) {
        const auto found = indexes_.find(to_string(call.to));
        if (found == indexes_.end())
            complain(call);
        else
            add_call(call, found->second, around);
    }
    /// A message is a request of each endpoint that consumes it.
    void add_consumers(const endpoint_ref& destination) {
        for (const service_spec& service : topology_.services)
            for (const endpoint_spec& endpoint : service.endpoints)
                if (endpoint.consumes && endpoint.consumes->from == destination)
                    vertex_->calls.push_back({indexes_.at(service.name + "." + endpoint.name), 1, 1,
                                              true, endpoint.consumes->where});
    }
    void add_call(const call_step& call, std::size_t to, const surroundings& around) {
        check_publishing(call, *topology_.find(call.to), errors_);
        check_reads(call, *topology_.find(call.to), errors_);
        vertex_->calls.push_back({to, around.times, around.expected, around.certain, call.where});
        errors_.run(
            [&] { check_health_check(topology_, call.policies, call.to.service, call.where); });
    }
    void add_step(const parallel_step& step, surroundings around) {
        around.in_branch = true;
        around.repeats = 0; // each branch counts its own
        around.times *= step.times;
        around.expected *= step.times;
        for (const steps_spec& branch : step.branches)
            add(branch, around);
    }
    /// Each turn counts as a step.
    void add_step(const repeat_step& step, surroundings around) {
        if (++around.repeats == program::max_loops + 1)
            errors_.add({*where_,
                         fmt::format("repeats are nested more than {} deep; merge two of them "
                                     "into one",
                                     program::max_loops),
                         {}});
        around.times *= step.times;
        around.expected *= step.times;
        vertex_->steps += around.times;
        add(step.body, around);
    }
    void add_step(const probability_step& step, const surroundings& around) {
        const auto part = [&](double share) {
            surroundings inside = around;
            inside.certain = around.certain && share >= 1;
            inside.expected *= share;
            return inside;
        };
        add(step.body, part(step.share)); // what is never done has to be possible, too
        add(step.otherwise, part(1 - step.share));
    }

    void complain(const call_step& call) {
        const service_spec* service = topology_.find(call.to.service);
        if (service == nullptr)
            return errors_.add({call.where,
                                fmt::format("no service is called {}", in_quotes(call.to.service)),
                                nearest_endpoint(to_string(call.to))});
        std::vector<std::string> names;
        for (const endpoint_spec& each : service->endpoints)
            names.push_back(each.name);
        const std::string near = nearest(call.to.endpoint, names);
        std::string message =
            fmt::format("{} has no endpoint {}", service->name, in_quotes(call.to.endpoint));
        if (near.empty())
            message += fmt::format("; it has {}", fmt::join(names, ", "));
        errors_.add({call.where, message, near.empty() ? near : service->name + "." + near});
    }
    std::string nearest_endpoint(const std::string& name) const {
        std::vector<std::string> names;
        for (const auto& vertex : graph_.vertices)
            names.push_back(to_string(vertex.name));
        return nearest(name, names);
    }

    const topology_spec& topology_;
    error_collector& errors_;
    call_graph graph_;
    call_graph::vertex* vertex_ = nullptr;
    const location* where_ = nullptr; ///< of the step that is added
    bool holds_ = false;
    std::map<std::string, std::size_t> indexes_;
};

/// Depth first through a graph, without recursion: a chain of calls may be long.
class search {
  public:
    explicit search(const call_graph& graph) : graph_(graph), states_(graph.vertices.size()) {}

    bool only_certain = false;
    /// Called for an edge that leads back to a vertex on `path`, which ends at the edge's start.
    std::function<void(const std::vector<std::size_t>& path, const call_graph::edge&)> on_cycle;
    /// Called for each vertex after all that it leads to.
    std::function<void(std::size_t)> on_leave;

    void run() {
        for (std::size_t i = 0; i < states_.size(); ++i)
            if (states_[i].colour == white)
                visit(i);
    }
    /// True for a vertex that was left already.
    bool left(std::size_t i) const { return states_[i].colour == black; }

  private:
    enum colour_type : std::uint8_t { white, grey, black };
    struct state {
        colour_type colour = white;
        std::size_t next_edge = 0;
    };

    void enter(std::size_t i) {
        states_[i].colour = grey;
        path_.push_back(i);
    }
    void visit(std::size_t root) {
        enter(root);
        while (!path_.empty()) {
            const std::size_t at = path_.back();
            const auto& calls = graph_.vertices[at].calls;
            if (states_[at].next_edge < calls.size()) {
                follow(calls[states_[at].next_edge++]);
                continue;
            }
            if (on_leave)
                on_leave(at);
            states_[at].colour = black;
            path_.pop_back();
        }
    }
    void follow(const call_graph::edge& edge) {
        if (only_certain && !edge.certain)
            return;
        const colour_type colour = states_[edge.to].colour;
        if (colour == white)
            enter(edge.to);
        else if (colour == grey && on_cycle)
            on_cycle(path_, edge);
    }

    const call_graph& graph_;
    std::vector<state> states_;
    std::vector<std::size_t> path_;
};

void check_cycles(const call_graph& graph, error_collector& errors) {
    search certain_calls(graph);
    certain_calls.only_certain = true;
    certain_calls.on_cycle = [&](const std::vector<std::size_t>& path,
                                 const call_graph::edge& edge) {
        std::string cycle;
        for (auto at = std::find(path.begin(), path.end(), edge.to); at != path.end(); ++at)
            cycle += to_string(graph.vertices[*at].name) + " -> ";
        errors.add({edge.where,
                    fmt::format("this call never ends: {}{}; put a call of the cycle under a "
                                "\"probability\" below 1",
                                cycle, to_string(graph.vertices[edge.to].name)),
                    {}});
    };
    certain_calls.run();
}

const location& place_of(const topology_spec& topology, const endpoint_ref& name) {
    return topology.find(name)->where;
}

void check_size(const topology_spec& topology, const call_graph& graph, error_collector& errors) {
    std::vector<double> total(graph.vertices.size());
    bool reported = false;
    search all(graph);
    all.on_leave = [&](std::size_t at) {
        total[at] = graph.vertices[at].steps;
        for (const auto& edge : graph.vertices[at].calls)
            if (all.left(edge.to)) // a cycle counts once
                total[at] += edge.times * total[edge.to];
        if (total[at] <= most_steps || std::exchange(reported, true))
            return;
        const endpoint_ref& name = graph.vertices[at].name;
        errors.add({place_of(topology, name),
                    fmt::format("a request of {} may run {:.3g} steps; at most {:.0f} are allowed",
                                in_quotes(to_string(name)), total[at], most_steps),
                    {}});
    };
    all.run();
}

bool has_route(const platform_spec& platform, const std::string& a, const std::string& b) {
    return a == b || std::any_of(platform.routes.begin(), platform.routes.end(),
                                 [&](const platform_spec::route& route) {
                                     return (route.from == a && route.to == b) ||
                                            (route.from == b && route.to == a);
                                 });
}

/// Where its process is.
const std::vector<std::string>& hosts_of(const topology_spec& topology, const std::string& name) {
    const service_spec& service = *topology.find(name);
    return topology.platform->placement.at(service.in.empty() ? name : service.in);
}

void check_routes(const topology_spec& topology, const call_graph& graph, error_collector& errors) {
    const platform_spec& platform = *topology.platform;
    std::map<std::pair<std::string, std::string>, bool> seen;
    for (const auto& from : graph.vertices)
        for (const auto& edge : from.calls) {
            const std::string& to = graph.vertices[edge.to].name.service;
            if (std::exchange(seen[{from.name.service, to}], true))
                continue;
            for (const std::string& a : hosts_of(topology, from.name.service))
                for (const std::string& b : hosts_of(topology, to))
                    if (!has_route(platform, a, b))
                        errors.add({platform.where,
                                    fmt::format("no route between {} and {}, but {} on the one "
                                                "calls {} on the other",
                                                in_quotes(a), in_quotes(b), from.name.service, to),
                                    {}});
        }
}

/// The hosts of a workload's one process, and its calls.
void check_workload_place(const topology_spec& topology, const client_calls& workload,
                          error_collector& errors) {
    const platform_spec& platform = *topology.platform;
    const auto place = platform.placement.find(workload.name);
    if (place == platform.placement.end())
        return errors.add(
            {platform.where,
             fmt::format("the placement lacks the workload {}; add the host that it runs on",
                         in_quotes(workload.name)),
             {}});
    if (!platform.file.empty())
        return;
    std::set<std::string> seen;
    for (const endpoint_ref& call : workload.calls)
        if (const auto to = platform.placement.find(call.service);
            to != platform.placement.end() && seen.insert(call.service).second)
            for (const std::string& host : to->second)
                if (!has_route(platform, place->second.front(), host))
                    errors.add({platform.where,
                                fmt::format("no route between {} and {}, but the workload {} on "
                                            "the one calls {} on the other",
                                            in_quotes(place->second.front()), in_quotes(host),
                                            in_quotes(workload.name), call.service),
                                {}});
}

void check_platform(const topology_spec& topology, const call_graph& graph,
                    error_collector& errors) {
    if (topology.network.standard.where.line > 0)
        errors.add({topology.network.standard.where,
                    "a topology has a \"network\" or a \"platform\", not both: the platform's "
                    "links carry all messages; say their latency and bandwidth there",
                    {}});
    bool all_placed = true;
    for (const service_spec& service : topology.services)
        if (service.in.empty() && topology.platform->placement.count(service.name) == 0) {
            all_placed = false;
            errors.add({topology.platform->where,
                        fmt::format("the placement lacks the service {}", in_quotes(service.name)),
                        {}});
        }
    if (all_placed && topology.platform->file.empty())
        check_routes(topology, graph, errors);
}

/// The registry is a process with a name of its own.
void check_registry(const topology_spec& topology, error_collector& errors) {
    if (!topology.discovery)
        return;
    if (const service_spec* taken = topology.find(discovery_spec::process))
        errors.add({taken->where,
                    "with \"discovery\" the network has a process called \"registry\" already: "
                    "call the service something else",
                    {}});
    if (topology.platform && topology.platform->placement.count(discovery_spec::process) == 0)
        errors.add({topology.platform->where,
                    "the placement lacks the \"registry\" of \"discovery\"; add the host that it "
                    "runs on",
                    {}});
}

} // namespace

void check_health_check(const topology_spec& topology, const policies_spec& policies,
                        const std::string& callee, const location& where) {
    if (!policies.health_check)
        return;
    if (const endpoint_spec* asked =
            topology.find(endpoint_ref{callee, policies.health_check->endpoint})) {
        if (asked->destination)
            throw input_error({where,
                               fmt::format("the health check asks {} of the broker {}: a queue or "
                                           "a topic cannot be asked, leave the check out",
                                           in_quotes(asked->name), callee),
                               {}});
        return;
    }
    std::vector<std::string> names;
    for (const endpoint_spec& each : topology.find(callee)->endpoints)
        names.push_back(each.name);
    throw input_error(
        {where,
         fmt::format("the health check asks {} for {}, which has no such endpoint; "
                     "it has {}",
                     callee, in_quotes(policies.health_check->endpoint), fmt::join(names, ", ")),
         nearest(policies.health_check->endpoint, names)});
}

location health_check_place(const node& policies) {
    const node* check = policies.find("health_check");
    const node* endpoint = check == nullptr ? nullptr : check->find("endpoint");
    return (endpoint == nullptr ? policies : *endpoint).where();
}

void check_topology(const topology_spec& topology) {
    error_collector errors;
    const call_graph graph = graph_builder(topology, errors).build();
    check_cycles(graph, errors);
    check_size(topology, graph, errors);
    if (errors.empty())
        check_growth(graph, errors);
    check_records(topology, errors);
    check_messaging(topology, errors);
    check_versions(topology, errors);
    if (topology.platform)
        check_platform(topology, graph, errors);
    check_registry(topology, errors);
    errors.finish();
}

void check_clients(const topology_spec& topology, const std::vector<client_calls>& workloads) {
    std::vector<std::string> names;
    for (const client_calls& workload : workloads)
        names.push_back(workload.name);
    for (const service_spec& service : topology.services)
        names.push_back(service.name);
    if (topology.discovery)
        names.emplace_back(discovery_spec::process);
    error_collector errors;
    const auto check = [&](const std::string& name, const location& where) {
        if (std::find(names.begin(), names.end(), name) == names.end())
            errors.add(
                {where,
                 fmt::format("neither a service nor a workload is called {}", in_quotes(name)),
                 nearest(name, names)});
    };
    for (const link_spec& link : topology.network.links)
        for (const std::string& name : {link.from, link.to})
            if (name != "*")
                check(name, link.where);
    if (topology.platform)
        for (const auto& [name, hosts] : topology.platform->placement)
            check(name, topology.platform->where);
    if (topology.platform)
        for (const client_calls& workload : workloads)
            check_workload_place(topology, workload, errors);
    errors.finish();
}

} // namespace windtunnel::topology
