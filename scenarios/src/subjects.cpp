// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/subjects.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "topologies/src/call_options.hpp"
#include "topologies/src/diagnostic.hpp"
#include "topologies/src/suggest.hpp"

namespace windtunnel::scenario {

namespace {

using subject_kind = expectation_spec::subject_kind;
using topology::step_spec;
using topology::steps_spec;

void add_edge(std::vector<edge_name>& edges, const std::string& caller, const endpoint_ref& to) {
    const bool known = std::any_of(edges.begin(), edges.end(), [&](const edge_name& e) {
        return e.caller == caller && e.callee == to;
    });
    if (!known)
        edges.push_back({caller, to});
}

/// Visits the calls of one service's steps.
struct call_collector {
    const call_visitor& visit;
    const std::string& caller;

    void operator()(const topology::call_step& call) const { visit(caller, call.to, call); }
    void operator()(const topology::work_step&) const {}
    void operator()(const topology::sleep_step&) const {}
    void operator()(const topology::read_record_step&) const {}
    void operator()(const topology::write_record_step&) const {}
    void operator()(const topology::authenticate_step&) const {}
    void operator()(const topology::limit_step&) const {}
    void operator()(const topology::forward_step&) const {}
    void operator()(const topology::mirror_step& step) const { (*this)(step.copy); }
    void operator()(const topology::parallel_step& step) const {
        for (const steps_spec& branch : step.branches)
            all(branch);
    }
    void operator()(const topology::repeat_step& step) const { all(step.body); }
    void operator()(const topology::probability_step& step) const {
        all(step.body);
        all(step.otherwise);
    }
    void all(const steps_spec& steps) const {
        for (const step_spec& step : steps)
            std::visit(*this, step.what);
    }
};

bool contains(const std::vector<std::string>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<std::string> edge_texts(const scenario_spec& scenario, std::string_view caller = {}) {
    std::vector<std::string> texts;
    for (const edge_name& edge : edges_of(scenario)) {
        if (!caller.empty() && edge.caller != caller)
            continue;
        const std::string to_service = edge.caller + "->" + edge.callee.service;
        if (!contains(texts, to_service))
            texts.push_back(to_service);
        texts.push_back(edge.caller + "->" + topology::to_string(edge.callee));
    }
    return texts;
}

void append(std::vector<std::string>& to, const std::vector<std::string>& more) {
    to.insert(to.end(), more.begin(), more.end());
}

missing_subject explain_missing_edge(std::string_view name, std::size_t arrow,
                                     const scenario_spec& scenario) {
    const std::string caller{name.substr(0, arrow)}, callee{name.substr(arrow + 2)};
    std::vector<std::string> callers = workload_names(scenario);
    append(callers, service_names(scenario.topology));
    if (!contains(callers, caller))
        return {"no workload or service is called " + topology::in_quotes(caller),
                topology::nearest(caller, callers)};
    std::vector<std::string> callees = service_names(scenario.topology);
    append(callees, endpoint_names(scenario.topology));
    if (!contains(callees, callee))
        return {"no service or endpoint is called " + topology::in_quotes(callee),
                topology::nearest(callee, callees)};
    const auto calls = edge_texts(scenario, caller);
    return {fmt::format("{} never calls {}; {}", topology::in_quotes(caller),
                        topology::in_quotes(callee),
                        calls.empty() ? "it calls nobody" : "there is " + listed(calls)),
            ""};
}

} // namespace

std::string listed(const std::vector<std::string>& names, std::size_t most) {
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), most); ++i)
        text += (i == 0 ? "" : ", ") + names[i];
    return names.size() > most ? text + ", ..." : text;
}

void for_each_call(const scenario_spec& scenario, const call_visitor& visit) {
    for (const workload_spec& workload : scenario.workloads)
        for (const workload_target& target : workload.targets)
            visit(workload.name, target.to, workload.call);
    for (const topology::service_spec& service : scenario.topology.services)
        for (const topology::endpoint_spec& endpoint : service.endpoints)
            call_collector{visit, service.name}.all(endpoint.steps);
}

std::vector<edge_name> edges_of(const scenario_spec& scenario) {
    std::vector<edge_name> edges;
    for_each_call(scenario, [&](const std::string& caller, const endpoint_ref& to,
                                const topology::call_step&) { add_edge(edges, caller, to); });
    for (const topology::service_spec& service : scenario.topology.services)
        for (const topology::endpoint_spec& endpoint : service.endpoints)
            if (endpoint.consumes) // what is delivered
                add_edge(edges, endpoint.consumes->from.service, {service.name, endpoint.name});
    return edges;
}

std::vector<std::string> workload_names(const scenario_spec& scenario) {
    std::vector<std::string> names;
    for (const workload_spec& workload : scenario.workloads)
        names.push_back(workload.name);
    return names;
}

std::vector<std::string> service_names(const topology::topology_spec& topology) {
    std::vector<std::string> names;
    for (const topology::service_spec& service : topology.services)
        names.push_back(service.name);
    return names;
}

std::vector<std::string> endpoint_names(const topology::topology_spec& topology) {
    std::vector<std::string> names;
    for (const topology::service_spec& service : topology.services)
        for (const topology::endpoint_spec& endpoint : service.endpoints)
            names.push_back(service.name + "." + endpoint.name);
    return names;
}

std::vector<std::string> fault_names(const scenario_spec& scenario) {
    std::vector<std::string> names;
    for (const fault_spec& fault : scenario.faults)
        names.push_back(fault.name);
    return names;
}

std::optional<subject_kind> find_subject(std::string_view name, const scenario_spec& scenario) {
    if (contains(workload_names(scenario), name))
        return subject_kind::workload;
    if (contains(service_names(scenario.topology), name))
        return subject_kind::service;
    if (contains(endpoint_names(scenario.topology), name))
        return subject_kind::endpoint;
    if (contains(edge_texts(scenario), name))
        return subject_kind::edge;
    return std::nullopt;
}

missing_subject explain_missing(std::string_view name, const scenario_spec& scenario) {
    if (const auto arrow = name.find("->"); arrow != std::string_view::npos)
        return explain_missing_edge(name, arrow, scenario);
    std::vector<std::string> names = workload_names(scenario);
    append(names, service_names(scenario.topology));
    std::vector<std::string> all = names;
    append(all, endpoint_names(scenario.topology));
    return {fmt::format("no workload, service or endpoint is called {}; there is {}",
                        topology::in_quotes(name), listed(names)),
            topology::nearest(name, all)};
}

} // namespace windtunnel::scenario
