// SPDX-License-Identifier: BSL-1.0
#include <fmt/format.h>

#include <algorithm>

#include "topologies/src/import/envoy_parts.hpp"
#include "topologies/src/import/istio_parts.hpp"
#include "topologies/src/import/product_kinds.hpp"
#include "topologies/src/import/product_table.hpp"

namespace windtunnel::topology {

namespace {

// ---- retries ----------------------------------------------------------------------------------

struct istio_retries : product_object {
    istio_retries() { options.max_attempts = 3; }
    retry_options options = envoy_retries();
    std::optional<duration> per_try;
    const node* retry_on = nullptr;
};

const product_table<istio_retries>& retries_table() {
    using o = istio_retries;
    static const auto table =
        camel_table<o>("retries")
            .with_custom("attempts",
                         [](o& target, const node& at) {
                             target.options.max_attempts = 1 + count_kind(0, 1000).read(at);
                         })
            .with("perTryTimeout", &o::per_try, go_duration_kind(zero::allowed))
            .with_custom("retryOn",
                         [](o& target, const node& at) {
                             target.retry_on = &at;
                             if (!at.is_string())
                                 fail_expected(at, "list of conditions such as \"5xx,reset\"");
                             read_retry_on(at, at.string(), target.options, *target.draft);
                         })
            .with_custom("backoff",
                         [](o& target, const node& at) {
                             const duration base = go_duration_kind().read(at);
                             target.options.initial_backoff = base;
                             target.options.max_backoff = base * 10;
                         })
            .not_expressed({"retryRemoteLocalities", "retryIgnorePreviousHosts"},
                           "a retry goes where the balancer sends it");
    return table;
}

/// The mesh's: connect-failure, refused-stream, unavailable, cancelled; the last cannot happen
/// here.
void take_default_conditions(const node& at, istio_retries& retries, import_draft& draft) {
    retries.options.retry_unreachable = retries.options.retry_overloaded = true;
    draft.note(at.where(), "without retryOn the mesh retries what was refused or found nobody: "
                           "retry_unreachable and retry_overloaded");
}

// ---- routes -----------------------------------------------------------------------------------

struct istio_route : product_object {
    std::vector<std::string> hosts, callers;
    std::optional<duration> timeout;
    const node* timeout_at = nullptr;
    const node* retries = nullptr;
    const node* fault = nullptr;
};

void read_destinations(istio_route& target, const node& at) {
    expect_array(at, "route");
    for (const node& each : at.children()) {
        const node* destination = each.find("destination");
        const node* host = destination == nullptr ? nullptr : destination->find("host");
        if (host == nullptr)
            fail(each, "a route lacks its destination.host");
        const std::string name = text_kind().read(*host);
        if (std::find(target.hosts.begin(), target.hosts.end(), name) == target.hosts.end())
            target.hosts.push_back(name);
    }
    if (at.children().size() > 1)
        target.draft->note(at.key_where(),
                           "how calls are shared out among destinations is not "
                           "taken over",
                           "a step of probability in the topology");
}

/// Who calls, where the label app of the sources says so.
void read_matches(istio_route& target, const node& at) {
    for (const node& each : at.children()) {
        const node* labels = each.find("sourceLabels");
        const node* app = labels == nullptr ? nullptr : labels->find("app");
        if (app != nullptr && app->is_string())
            target.callers.push_back(app->string());
        for (const node& condition : each.children())
            if (condition.key() != "sourceLabels" && condition.key() != "name")
                target.draft->note(
                    condition.key_where(),
                    fmt::format("match by {} is not taken over: the route's policies "
                                "are laid over the whole edge",
                                condition.key()));
    }
}

const product_table<istio_route>& istio_route_table() {
    using o = istio_route;
    static const auto table =
        camel_table<o>("http route")
            .with_custom("route", read_destinations)
            .with_custom("match", read_matches)
            .with_custom("timeout",
                         [](o& target, const node& at) {
                             target.timeout = go_duration_kind(zero::allowed).read(at);
                             target.timeout_at = &at;
                         })
            .with_custom("retries", [](o& target, const node& at) { target.retries = &at; })
            .with_custom("fault", [](o& target, const node& at) { target.fault = &at; })
            .not_expressed({"mirror", "mirrors", "mirrorPercentage", "mirror_percent"},
                           "a copy of a call is a call of its own", "another call in the topology")
            .not_expressed({"delegate"}, "the other VirtualService is read by itself")
            .unread({"name", "headers", "rewrite", "redirect", "directResponse", "corsPolicy"});
    return table;
}

void say_route(const istio_route& route, const std::string& caller, const std::string& host,
               const node& at, import_draft& draft) {
    drafted_edge& edge = draft.edge(caller, short_name(host, draft), at);
    istio_retries retries;
    retries.draft = &draft;
    const node& said = route.retries != nullptr ? *route.retries : at;
    if (route.retries != nullptr)
        retries_table().read(said, retries);
    if (retries.retry_on == nullptr && retries.options.max_attempts > 1)
        take_default_conditions(said, retries, draft);
    draft.say(edge, "retry", edge.policies.retry, retries.options, said);
    if (retries.per_try && *retries.per_try > duration::zero())
        draft.say(edge, "timeout", edge.policies.timeout, *retries.per_try, said);
    if (route.timeout && *route.timeout > duration::zero())
        draft.say(edge, "total_timeout", edge.policies.total_timeout, *route.timeout,
                  *route.timeout_at);
}

void read_http_route(const node& at, import_draft& draft) {
    istio_route route;
    route.draft = &draft;
    istio_route_table().read(at, route);
    note_unread(route, at, "http route");
    if (route.fault != nullptr)
        return draft.note(
            route.fault->key_where(),
            "a fault is not taken over, and with it Istio applies neither timeout nor "
            "retries to the route",
            "the faults of a scenario: latency, error");
    if (route.callers.empty())
        route.callers.emplace_back();
    for (const std::string& host : route.hosts)
        for (const std::string& caller : route.callers)
            say_route(route, caller, host, at, draft);
}

struct istio_service : product_object {
    const node* http = nullptr;
};

} // namespace

void read_virtual_service(const node& spec, import_draft& draft) {
    using o = istio_service;
    static const auto table =
        camel_table<o>("VirtualService")
            .with_custom("http", [](o& target, const node& at) { target.http = &at; })
            .not_expressed({"tcp", "tls"},
                           "routes of connections have neither timeouts nor retries")
            .unread({"hosts", "gateways", "exportTo"});
    istio_service service;
    service.draft = &draft;
    table.read(spec, service);
    if (service.http == nullptr)
        return;
    expect_array(*service.http, "http");
    // The route that matches everything comes last there and goes first here, where an edge has one
    // policy of each kind.
    const auto& routes = service.http->children();
    error_collector errors;
    std::for_each(routes.rbegin(), routes.rend(),
                  [&](const node& each) { errors.run([&] { read_http_route(each, draft); }); });
    errors.finish();
}

} // namespace windtunnel::topology
