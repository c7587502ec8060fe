// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/notes.hpp"

#include <fmt/format.h>

#include <map>
#include <variant>

#include "scenarios/src/edge_policies.hpp"
#include "topologies/src/call_options.hpp"
#include "topologies/src/diagnostic.hpp"

namespace windtunnel::scenario {

namespace {

using topology::call_step;
using topology::policies_spec;

/// A call, and the endpoint that makes it; of a workload's "".
struct way {
    std::string caller, from, to;
    endpoint_ref callee;
    const call_step* call;
    location where;
};

/// The calls of one endpoint's steps.
struct call_lister {
    std::vector<way>& ways;
    const std::string& service;
    const std::string& endpoint;

    void operator()(const call_step& call) const {
        ways.push_back(
            {service, endpoint, topology::to_string(call.to), call.to, &call, call.where});
    }
    void operator()(const topology::work_step&) const {}
    void operator()(const topology::sleep_step&) const {}
    void operator()(const topology::read_record_step&) const {}
    void operator()(const topology::write_record_step&) const {}
    void operator()(const topology::authenticate_step&) const {}
    void operator()(const topology::limit_step&) const {}
    void operator()(const topology::forward_step&) const {}
    void operator()(const topology::mirror_step& step) const { (*this)(step.copy); }
    void operator()(const topology::parallel_step& step) const {
        for (const topology::steps_spec& branch : step.branches)
            all(branch);
    }
    void operator()(const topology::repeat_step& step) const { all(step.body); }
    void operator()(const topology::probability_step& step) const {
        all(step.body);
        all(step.otherwise);
    }
    void all(const topology::steps_spec& steps) const {
        for (const topology::step_spec& step : steps)
            std::visit(*this, step.what);
    }
};

std::vector<way> ways_of(const scenario_spec& scenario) {
    std::vector<way> ways;
    for (const workload_spec& w : scenario.workloads)
        for (const workload_target& target : w.targets)
            ways.push_back(
                {w.name, "", topology::to_string(target.to), target.to, &w.call, w.where});
    for (const topology::service_spec& service : scenario.topology.services)
        for (const topology::endpoint_spec& endpoint : service.endpoints) {
            const std::string from = service.name + "." + endpoint.name;
            call_lister{ways, service.name, from}.all(endpoint.steps);
        }
    return ways;
}

/// How the requests that reach an endpoint come.
struct arrival {
    bool with_key = false, without_key = false;
    friend bool operator==(const arrival&, const arrival&) = default;
};

/// Keys travel along the calls, until nothing changes any more.
std::map<std::string, arrival> arrivals_of(const std::vector<way>& ways) {
    std::map<std::string, arrival> at{{"", {.without_key = true}}};
    for (bool changed = true; changed;) {
        changed = false;
        for (const way& w : ways) {
            const arrival from = at[w.from], before = at[w.to];
            const bool comes = from.with_key || from.without_key;
            arrival& to = at[w.to];
            to.with_key |= from.with_key || (comes && w.call->key);
            to.without_key |= from.without_key && !w.call->key;
            changed |= !(to == before);
        }
    }
    return at;
}

/// What goes by the key of a call, in words; empty: nothing.
std::string by_key(const policies_spec& p) {
    std::vector<std::string> what;
    if (p.cache)
        what.emplace_back("a cache");
    if (p.coalescing)
        what.emplace_back("coalescing");
    if (p.balancer && p.balancer->options.policy == balancer_policy::ring_hash)
        what.emplace_back("a balancer of kind ring_hash");
    if (p.balancer && p.balancer->options.policy == balancer_policy::maglev)
        what.emplace_back("a balancer of kind maglev");
    return fmt::format("{}", fmt::join(what, " and "));
}

template <class Step>
const Step* first_step(const topology::steps_spec& steps) {
    for (const topology::step_spec& each : steps)
        if (const auto* step = std::get_if<Step>(&each.what))
            return step;
    return nullptr;
}

/// A gateway asks somebody about tokens who does not look at them.
void note_open_doors(const scenario_spec& scenario, const std::vector<way>& ways,
                     std::vector<note>& notes) {
    for (const way& w : ways) {
        const topology::endpoint_spec* asked = scenario.topology.find(w.callee);
        if (w.call->introspects && asked != nullptr &&
            first_step<topology::authenticate_step>(asked->steps) == nullptr)
            notes.push_back(
                {w.where, fmt::format("{} lets everybody in who asks {}: it has no step "
                                      "\"authenticate\"; give it one, or verify tokens "
                                      "at the gateway with \"jwt\"",
                                      topology::in_quotes(w.to), topology::in_quotes(w.from))});
    }
}

/// What comes without a key shares one limit.
void note_shared_limits(const scenario_spec& scenario, std::map<std::string, arrival>& at,
                        std::vector<note>& notes) {
    for (const topology::service_spec& service : scenario.topology.services)
        for (const topology::endpoint_spec& endpoint : service.endpoints) {
            const auto* limit = first_step<topology::limit_step>(endpoint.steps);
            const std::string name = service.name + "." + endpoint.name;
            if (limit != nullptr && limit->keys == topology::limit_step::by::key &&
                at[name].without_key)
                notes.push_back(
                    {endpoint.where, fmt::format("requests without a key share one limit of {}: "
                                                 "give the workload one, as in \"key\": "
                                                 "\"uniform(1000)\"",
                                                 topology::in_quotes(name))});
        }
}

} // namespace

std::vector<note> notes_on(const scenario_spec& scenario) {
    const std::vector<way> ways = ways_of(scenario);
    auto at = arrivals_of(ways);
    std::vector<note> notes;
    note_open_doors(scenario, ways, notes);
    note_shared_limits(scenario, at, notes);
    for (const way& w : ways) {
        const arrival from = at[w.from];
        if (w.call->key || !from.without_key)
            continue;
        const std::string what =
            by_key(with_overlays(scenario, w.caller, w.callee, w.call->policies));
        if (!what.empty())
            notes.push_back(
                {w.where, fmt::format("{} calls from {} to {} have {} and no key to go by: give "
                                      "them, or the workload that they are made for, one, as in "
                                      "\"key\": \"zipf(0.8, 10000)\"",
                                      from.with_key ? "some" : "all", topology::in_quotes(w.caller),
                                      topology::in_quotes(w.to), what)});
    }
    return notes;
}

} // namespace windtunnel::scenario
