// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/gateway_routes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "topologies/src/call_options.hpp"
#include "topologies/src/step_calls.hpp"
#include "topologies/src/suggest.hpp"

namespace windtunnel::topology {

namespace {

/// "GET /products/42?page=2", in its parts.
struct request_text {
    std::string method, path, query;
};

std::optional<request_text> parsed(const std::string& text) {
    const auto space = text.find(' ');
    if (space == std::string::npos || space == 0 || space + 1 >= text.size() ||
        text[space + 1] != '/')
        return std::nullopt;
    const auto mark = std::min(text.find('?'), text.size());
    return request_text{text.substr(0, space), text.substr(space + 1, mark - space - 1),
                        text.substr(std::min(mark + 1, text.size()))};
}

/// The version stands where this gateway looks for it.
void put_version(const std::string& version, const route_table_options& table, request_text& what,
                 http_fields& headers) {
    if (version.empty())
        return;
    switch (table.version_from) {
    case version_source::none:
        break;
    case version_source::header:
        set_field(headers, table.version_header, version);
        break;
    case version_source::path:
        what.path = "/v" + version + (what.path == "/" ? "" : what.path);
        break;
    case version_source::media_type:
        set_field(headers, "accept", "application/json; version=" + version);
        break;
    }
}

std::string path_text(const route_options& route) {
    if (route.kind != path_kind::prefix)
        return route.path;
    return route.path.ends_with('/') ? route.path + "*" : route.path + "/*";
}

/// What a route takes, in words: "GET /products/{id} with version 2".
std::string words(const route_options& route) {
    std::string text =
        fmt::format("{}{}{}", route.method, route.method.empty() ? "" : " ", path_text(route));
    if (!route.hosts.empty())
        text += fmt::format(" of host {}", fmt::join(route.hosts, " or "));
    if (!route.version.empty())
        text += fmt::format(" with version {}", route.version);
    for (const field_rule& rule : route.headers)
        text += fmt::format(" with header {}", rule.name);
    for (const field_rule& rule : route.query)
        text += fmt::format(" with query {}", rule.name);
    return text;
}

std::string_view next_segment(std::string_view& path) {
    path.remove_prefix(std::min<std::size_t>(1, path.size()));
    const auto end = std::min(path.find('/'), path.size());
    const auto segment = path.substr(0, end);
    path.remove_prefix(end);
    return segment;
}

/// How far a path is from what a route takes: edits, segment by segment; any text is a parameter.
std::size_t distance(const route_options& route, std::string_view path) {
    std::size_t sum = 0;
    std::string_view wanted = route.path;
    while (!wanted.empty() || !path.empty()) {
        const bool extra = wanted.empty();
        const std::string_view expected = next_segment(wanted), found = next_segment(path);
        if (!expected.starts_with('{') || found.empty())
            sum += extra ? 1 : edit_distance(expected, found);
    }
    return sum;
}

const route_options& nearest_route(const gateway_spec& gateway, const request_text& what) {
    const auto& all = gateway.table.routes;
    return *std::min_element(all.begin(), all.end(), [&](const auto& a, const auto& b) {
        return distance(a, what.path) < distance(b, what.path);
    });
}

const service_spec* gateway_named(const topology_spec& topology, const std::string& name) {
    const service_spec* service = topology.find(name);
    return service != nullptr && service->gateway ? service : nullptr;
}

[[noreturn]] void refuse(const service_spec& service, const route_table& table,
                         const route_request& request, const endpoint_ref& asked,
                         const request_text& what, route_result why, const location& where) {
    if (why == route_result::method_not_allowed)
        throw input_error({where,
                           fmt::format("{} takes {} there, not {} (a live gateway answers 405)",
                                       service.name, table.allowed(request), what.method),
                           {}});
    const route_options& near = nearest_route(*service.gateway, what);
    throw input_error(
        {where,
         fmt::format("no route of {} takes {}; the nearest is {}, which takes {}", service.name,
                     in_quotes(asked.endpoint), in_quotes(near.name), words(near)),
         {}});
}

/// Who sends to the gateway that it is a route of would send for ever.
void check_target(const service_spec& gateway, const endpoint_spec& route, const call_step& call,
                  error_collector& errors) {
    if (call.to.service == gateway.name)
        errors.add({call.where,
                    fmt::format("the route {} leads to {}, its own gateway: name the service that "
                                "is behind it",
                                in_quotes(route.name), in_quotes(to_string(call.to))),
                    {}});
}

/// Of a target that gets nothing, whose calls nobody looks at.
void check_there(const topology_spec& topology, const call_step& call, error_collector& errors) {
    if (topology.find(call.to) != nullptr)
        return;
    std::vector<std::string> names;
    for (const service_spec& service : topology.services)
        for (const endpoint_spec& endpoint : service.endpoints)
            names.push_back(service.name + "." + endpoint.name);
    errors.add({call.where, fmt::format("there is no endpoint {}", in_quotes(to_string(call.to))),
                nearest(to_string(call.to), names)});
}

void resolve(topology_spec& topology, call_step& call, error_collector& errors) {
    errors.run([&] {
        if (is_request(topology, call.to))
            call.to = route_of(topology, call.to, call.head, call.where);
        else if (call.head.is_said() && topology.find(call.to) != nullptr)
            throw input_error({call.where,
                               fmt::format("{} is no request to a gateway: leave out host, headers "
                                           "and version",
                                           in_quotes(to_string(call.to))),
                               {}});
    });
}

void take_sizes(const topology_spec& topology, endpoint_spec& route) {
    bool first = true;
    each_call(route.steps, [&](call_step& call) {
        const endpoint_spec* to = topology.find(call.to);
        if (call.introspects || !call.waits || to == nullptr || !std::exchange(first, false))
            return;
        route.request_size = to->request_size;
        route.response_size =
            route.route_response_size.value_or(call.response_size.value_or(to->response_size));
    });
}

} // namespace

bool is_request(const topology_spec& topology, const endpoint_ref& to) {
    const service_spec* service = gateway_named(topology, to.service);
    if (service == nullptr)
        return false;
    const endpoint_spec* endpoint = topology.find(to);
    return endpoint == nullptr || endpoint->is_route;
}

endpoint_ref route_of(const topology_spec& topology, const endpoint_ref& request,
                      const request_head& head, const location& where) {
    const service_spec& service = *topology.find(request.service);
    auto what = parsed(request.endpoint);
    if (!what)
        throw input_error({where,
                           fmt::format("{} is a gateway: ask it for a request such as \"{}.GET "
                                       "/products/42\", found {}",
                                       service.name, service.name, in_quotes(request.endpoint)),
                           {}});
    const route_table table(service.gateway->table);
    http_fields headers = head.headers;
    put_version(head.version, table.options(), *what, headers);
    const route_request asked{what->method, head.host, what->path, what->query, headers};
    const route_match found = table.match(asked);
    if (!found)
        refuse(service, table, asked, request, *what, found.result, where);
    return {service.name, table.options().routes[found.route].name};
}

void resolve_routes(topology_spec& topology, error_collector& errors) {
    std::size_t gateways = 0;
    for (service_spec& service : topology.services)
        for (endpoint_spec& endpoint : service.endpoints)
            each_call(endpoint.steps, [&](call_step& call) {
                if (endpoint.is_route)
                    check_target(service, endpoint, call, errors);
                if (!endpoint.is_route || call.to.service != service.name)
                    resolve(topology, call, errors);
                if (endpoint.is_route && call.to.service != service.name)
                    check_there(topology, call, errors);
            });
    for (const service_spec& service : topology.services)
        gateways += service.gateway ? 1 : 0;
    for (std::size_t i = 0; i < gateways; ++i) // one may lead to another
        for (service_spec& service : topology.services)
            for (endpoint_spec& endpoint : service.endpoints)
                if (endpoint.is_route)
                    take_sizes(topology, endpoint);
}

} // namespace windtunnel::topology
