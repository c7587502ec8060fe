// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/policy_readings.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "topologies/src/system/call_readings.hpp"
#include "topologies/src/system/host_limits.hpp"
#include "topologies/src/system/policy_kinds.hpp"
#include "topologies/src/system/replica.hpp"
#include "topologies/src/system/system.hpp"
#include "topologies/src/system/topic_runtime.hpp"

namespace windtunnel::topology {

namespace {

/// Each once, in the order of the calls.
std::vector<const std::string*> callees(const process& own) {
    std::vector<const std::string*> names;
    for (std::size_t i = 0; i < own.sites(); ++i) {
        const std::string& name = own.site(i).way.how().edge->to->service->spec->name;
        if (std::none_of(names.begin(), names.end(), [&](auto* known) { return *known == name; }))
            names.push_back(&name);
    }
    return names;
}

} // namespace

// ---- over several lives -------------------------------------------------------------------------

policy_figures& figures_of_past_lives::of(const std::string& callee, const policy_kind& kind) {
    for (entry& each : all_)
        if (each.callee == callee && each.kind == &kind)
            return each.figures;
    return all_.emplace_back(entry{callee, &kind, {}}).figures;
}

void figures_of_past_lives::add_to(policy_figures& into, const std::string& callee,
                                   const policy_kind& kind) const {
    for (const entry& each : all_)
        if (each.callee == callee && each.kind == &kind)
            into.add(each.figures);
}

figures_of_past_lives last_figures(const std::vector<policy_reading>& readings, time_point now) {
    figures_of_past_lives all;
    for (const policy_reading& each : readings)
        each.read(now, all.of(each.callee, *each.kind));
    return all;
}

// ---- all ----------------------------------------------------------------------------------------

std::vector<policy_reading> policy_readings(const admission& own, const std::string& service) {
    std::vector<policy_reading> all;
    for (const admission_policy_kind& kind : admission_policy_kinds())
        if (kind.is_on(own.spec()))
            all.push_back({service, "", &kind, [&own, &kind](time_point now, policy_figures& into) {
                               into.begin(kind.figures);
                               own.past().add_to(into, "", kind);
                               kind.read(own, now, into);
                           }});
    return all;
}

std::vector<policy_reading> policy_readings(const process& own, const std::string& caller) {
    std::vector<policy_reading> all;
    for (const std::string* callee : callees(own))
        for (const call_policy_kind& kind : call_policy_kinds()) {
            const policies_in_use of(own, *callee);
            if (kind.is_there(of))
                all.push_back({caller, *callee, &kind,
                               [of, callee, &kind](time_point now, policy_figures& into) {
                                   into.begin(kind.figures);
                                   of.own().past().add_to(into, *callee, kind);
                                   kind.read(of, now, into);
                               }});
        }
    return all;
}

namespace {

std::string name_of(const endpoint_runtime& endpoint) {
    return endpoint.service->spec->name + "." + endpoint.spec->name;
}

void read_gate(const endpoint_runtime& route, policy_figures& into) {
    const gateway_metrics& books = route.gate->books();
    into.begin(gateway_kind().figures);
    into.counter("routed", books.forwarded);
    into.counter("unauthorized", books.unauthenticated);
    into.counter("forbidden", books.forbidden);
    into.counter("rate_limited", books.rate_limited);
    into.counter("auth_unavailable", books.refused_otherwise);
    into.counter("mirrored", books.mirrored);
    into.counter("mirror_full", route.gate->copies_dropped());
}

/// Of a queue or a topic, or of the group that consumes from a topic.
std::vector<policy_reading> policy_readings(const endpoint_runtime& endpoint, const system& of) {
    std::vector<policy_reading> all;
    if (const destination* d = endpoint.destination.get())
        all.push_back(
            {name_of(endpoint), "", &d->kind(), [d](time_point now, policy_figures& into) {
                 into.begin(d->kind().figures);
                 d->read(now, into);
             }});
    if (const record_group* group = group_of(of, endpoint))
        all.push_back({name_of(endpoint), "", find_destination_kind("consumer_group"),
                       [group](time_point now, policy_figures& into) {
                           into.begin(find_destination_kind("consumer_group")->figures);
                           group->read(now, into);
                       }});
    if (endpoint.spec->is_route) {
        all.push_back(
            {name_of(endpoint), "", &gateway_kind(), [&endpoint](time_point, policy_figures& into) {
                 read_gate(endpoint, into);
                 into.machine();
             }});
        // The same for its service: a gateway is one machine, however many routes it has.
        const bool first = std::none_of(
            endpoint.service->endpoints.begin(), endpoint.service->endpoints.end(),
            [&](const auto* each) { return each->spec->is_route && each->index < endpoint.index; });
        all.push_back({endpoint.service->spec->name, "", &gateway_kind(),
                       [&endpoint, first](time_point, policy_figures& into) {
                           read_gate(endpoint, into);
                           if (first)
                               into.machine();
                       }});
    }
    return all;
}

} // namespace

std::vector<policy_reading> policy_readings(const system& of) {
    std::vector<policy_reading> all;
    const auto append = [&](std::vector<policy_reading>&& more) {
        std::move(more.begin(), more.end(), std::back_inserter(all));
    };
    for (const auto& service : of.services())
        for (const auto& replica : service->replicas) {
            if (replica->admission() != nullptr)
                append(policy_readings(*replica->admission(), service->spec->name));
            if (replica->limits() != nullptr)
                append(policy_readings(*replica->limits()));
            append(policy_readings(replica->own(), service->spec->name));
        }
    for (const auto& endpoint : of.endpoints())
        append(policy_readings(*endpoint, of));
    for (const auto& client : of.clients())
        append(policy_readings(client->own(), client->name()));
    return all;
}

} // namespace windtunnel::topology
