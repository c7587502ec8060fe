// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/gateway_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "topologies/src/call_options.hpp"
#include "topologies/src/diagnostic.hpp"
#include "topologies/src/distribution_text.hpp"
#include "topologies/src/gate_tables.hpp"

namespace windtunnel::topology {

namespace {

struct target {
    endpoint_ref to;
    int weight = 1;
    location where;
};

/// What a route says, before it becomes an endpoint.
struct route_draft {
    route_options match;
    call_step call; ///< how it calls what is behind it
    std::vector<target> targets;
    std::optional<sim::distribution> work;
    std::optional<std::uint64_t> response_size;
    steps_spec authentication;
    std::optional<limit_step> limit;
    std::optional<mirror_step> mirror;
};

// ---- what a route matches -----------------------------------------------------------------------

/// "*": there is one; "Mozilla*": it begins so; else it is equal.
field_rule rule_of(const std::string& name, const std::string& value) {
    if (value == "*")
        return {name, "", field_kind::present};
    if (value.ends_with('*'))
        return {name, value.substr(0, value.size() - 1), field_kind::prefix};
    return {name, value, field_kind::exact};
}

std::string text_schema() {
    return named_schema(text_kind().schema);
}

std::vector<field_rule> read_rules(const node& at, const std::string& what) {
    std::vector<field_rule> rules;
    read_named(at, what, [&](const std::string& name, const node& value) {
        rules.push_back(rule_of(name, text_kind().read(value)));
    });
    return rules;
}

/// "/a/{id}" has parameters, "/a/*" is a prefix, all else is exact.
void read_path(route_draft& route, const node& at) {
    std::string path = text_kind().read(at);
    route.match.kind = path_kind::exact;
    if (path.find('{') != std::string::npos)
        route.match.kind = path_kind::templated;
    else if (path.ends_with("/*")) {
        route.match.kind = path_kind::prefix;
        path.resize(path.size() == 2 ? 1 : path.size() - 2);
    }
    route.match.path = std::move(path);
}

std::vector<std::string> read_hosts(const node& at) {
    return at.is_array() ? list_kind(text_kind()).read(at)
                         : std::vector<std::string>{text_kind().read(at)};
}

field_table<route_draft> with_conditions(field_table<route_draft> table) {
    return std::move(table)
        .with_custom("path", "text", text_kind().schema,
                     {.help = "`/products` is equal, `/products/{id}` has parameters, "
                              "`/products/*` is a prefix.",
                      .required = true},
                     read_path)
        .with("method", [](route_draft& r) -> std::string& { return r.match.method; }, text_kind(),
              {.help = "Such as `GET`.", .fallback = "any"})
        .with_custom(
            "host", "text or array of text",
            R"({"anyOf":[{"type":"string"},{"type":"array","items":{"type":"string"}}]})",
            {.help = "`api.example.com`, or `*.example.com` for all below it.", .fallback = "any"},
            [](route_draft& r, const node& at) { r.match.hosts = read_hosts(at); })
        .with_custom(
            "headers", "text by name", text_schema(),
            {.help = "All must be there: `\"yes\"` is equal, `\"Mozilla*\"` begins so, "
                     "`\"*\"` is anything.",
             .fallback = "any"},
            [](route_draft& r, const node& at) { r.match.headers = read_rules(at, "headers"); })
        .with_custom(
            "query", "text by name", text_schema(),
            {.help = "The same of the parameters behind the `?`.", .fallback = "any"},
            [](route_draft& r, const node& at) { r.match.query = read_rules(at, "query"); })
        .with("version", [](route_draft& r) -> std::string& { return r.match.version; },
              text_kind(), {.help = "Of the API that the request asks for.", .fallback = "any"});
}

// ---- where it leads -----------------------------------------------------------------------------

void read_targets(route_draft& route, const node& at) {
    if (at.is_string()) {
        route.targets.push_back({endpoint_kind().read(at), 1, at.where()});
        return;
    }
    if (!at.is_object())
        fail_expected(at, "service.endpoint, or weights by service.endpoint");
    read_named(at, "to", [&](const std::string& name, const node& value) {
        const endpoint_ref to = located(value, [&] { return parse_endpoint_ref(name); });
        route.targets.push_back({to, count_kind(0, 1'000'000).read(value), value.key_where()});
    });
    const bool none = std::all_of(route.targets.begin(), route.targets.end(),
                                  [](const target& t) { return t.weight == 0; });
    if (none)
        fail(at, "the weights sum to 0, so no request could go anywhere: give one of the targets a "
                 "weight above 0");
}

// ---- the route ----------------------------------------------------------------------------------

/// How a route calls what is behind it is said as of any call.
field_table<route_draft> with_call_options(field_table<route_draft> table) {
    for (const auto& field : call_options_table().describe().fields) {
        if (field.key == "request_size" || field.key == "response_size")
            continue;
        table = std::move(table).with_custom(
            field.key, field.kind, field.schema, {.help = field.help, .fallback = field.fallback},
            [key = field.key](route_draft& route, const node& at) {
                const auto empty = document::parse("{}", at.where().file);
                const auto only = document::with(empty.root(), key, at);
                call_options_table().read(only.root(), route.call);
            });
    }
    return table;
}

const std::string route_order =
    "It is matched, then authentication, rate_limit, mirror, work, and the "
    "call of `to` with its policies.";

const field_table<route_draft>& route_table_fields() {
    static const auto table = with_call_options(
        with_conditions(field_table<route_draft>(
                            "gateway_route",
                            "Which requests it takes, who may, and where they go. " + route_order))
            .with_custom("to", "service.endpoint, or weights by service.endpoint",
                         R"({"anyOf":[)" + endpoint_kind().schema + "," +
                             named_schema(count_kind(0, 1'000'000).schema) + "]}",
                         {.help = "Where they go; of several each request goes to one, by weight: "
                                  "`{ \"old.GET /a\": 90, \"new.GET /a\": 10 }`.",
                          .required = true},
                         read_targets)
            .with_custom(
                "authentication", "jwt or call",
                R"({"type":"object","anyOf":[{"required":["jwt"],"properties":{"jwt":)" +
                    schema_reference("jwt") + "}}," + schema_reference("call") + "]}",
                {.help = "`{ \"jwt\": {...} }`: the gateway verifies the token as "
                         "[jwt](#jwt) says; `{ \"call\": \"auth.POST "
                         "/introspect\", ... }`: it asks a service, with the options of "
                         "any [call](#call) (a `cache` keeps answers by token), and who "
                         "is refused there is refused here.",
                 .fallback = "anybody may"},
                [](route_draft& r, const node& at) { r.authentication = read_authentication(at); })
            .with_custom("rate_limit", "keyed_rate_limit", schema_reference("keyed_rate_limit"),
                         {.help = "What comes faster is refused.", .fallback = "none"},
                         [](route_draft& r, const node& at) { r.limit = read_limit(at); })
            .with_custom("mirror", "mirror", schema_reference("mirror"),
                         {.help = "Who gets copies.", .fallback = "nobody"},
                         [](route_draft& r, const node& at) { r.mirror = read_mirror(at); })
            .with("work", &route_draft::work, distribution_kind(),
                  {.help = "The gateway's own work for a request.", .fallback = "none"})
            .with(
                "request_size",
                [](route_draft& r) -> std::optional<std::uint64_t>& { return r.call.request_size; },
                size_kind(),
                {.help = "What it sends on in place of what it got.", .fallback = "the endpoint's"})
            .with("response_size", &route_draft::response_size, size_kind(),
                  {.help = "What it answers in place of what it got.",
                   .fallback = "the endpoint's"}));
    return table;
}

/// One call, or choices between them that come to their weights.
steps_spec weighted(const route_draft& route, std::size_t from) {
    const target& first = route.targets[from];
    call_step call = route.call;
    call.to = first.to;
    call.where = first.where;
    steps_spec body{{std::move(call), first.where}};
    if (from + 1 == route.targets.size())
        return body;
    const double left = std::accumulate(route.targets.begin() + static_cast<std::ptrdiff_t>(from),
                                        route.targets.end(), 0.0,
                                        [](double sum, const target& t) { return sum + t.weight; });
    probability_step choice;
    choice.share = left > 0 ? first.weight / left : 1;
    choice.body = std::move(body);
    choice.otherwise = weighted(route, from + 1);
    return {{std::move(choice), first.where}};
}

void append(steps_spec& all, steps_spec more) {
    std::move(more.begin(), more.end(), std::back_inserter(all));
}

endpoint_spec endpoint_of(const route_draft& route, const location& where) {
    endpoint_spec endpoint;
    endpoint.name = route.match.name;
    endpoint.is_route = true;
    endpoint.where = where;
    endpoint.route_response_size = route.response_size;
    endpoint.steps = route.authentication;
    if (route.limit)
        endpoint.steps.push_back({*route.limit, where});
    endpoint.steps.push_back({forward_step{}, where});
    if (route.mirror) {
        mirror_step mirror = *route.mirror;
        mirror.copy.policies.protocol = route.call.policies.protocol;
        endpoint.steps.push_back({std::move(mirror), where});
    }
    if (route.work)
        endpoint.steps.push_back({work_step{*route.work}, where});
    append(endpoint.steps, weighted(route, 0));
    return endpoint;
}

struct gateway_draft : gateway_spec {
    service_spec* service = nullptr;
    const call_step* calls = nullptr;
};

void read_route(gateway_draft& gateway, const std::string& name, const node& at) {
    route_draft route;
    route.call = *gateway.calls;
    route.match.name = name;
    route_table_fields().read(at, route);
    check_policies(at, route.call.policies);
    for (const target& each : route.targets)
        route.match.targets.push_back({to_string(each.to), each.weight});
    for (const endpoint_spec& each : gateway.service->endpoints)
        if (each.name == name)
            fail_key(at, fmt::format("{} has an endpoint {} already: call the route something else",
                                     gateway.service->name, in_quotes(name)));
    gateway.table.routes.push_back(route.match);
    try { // those before it are sound, so it is this one that does not fit
        gateway.table.validate();
    } catch (const std::invalid_argument& error) {
        gateway.table.routes.pop_back();
        fail_key(at, error.what());
    }
    gateway.service->endpoints.push_back(endpoint_of(route, at.key_where()));
}

const field_table<gateway_draft>& gateway_table() {
    const auto of = [](auto member) {
        return [member](gateway_draft & g) -> auto& {
            return g.table.*member;
        };
    };
    using o = route_table_options;
    using from = version_source;
    static const auto table =
        field_table<gateway_draft>("gateway",
                                   "The routes of a gateway. Of those that match a request the "
                                   "first wins in the order of the Kubernetes Gateway API: exact "
                                   "host, wildcard, any; exact path, parameters, longest prefix; "
                                   "method; version; number of headers, then of query parameters; "
                                   "order in the file. Calls and workloads ask it for requests: "
                                   "`\"to\": \"gateway.GET /products/42\"`. Each route is an "
                                   "endpoint of the service, of the route's name.")
            .with("version_from", of(&o::version_from),
                  enum_kind<from>({{"header", from::header},
                                   {"path", from::path},
                                   {"media_type", from::media_type}}),
                  {.help = "Where requests say which version of the API they ask for: a header, a "
                           "first segment `/v2`, or `Accept: application/vnd.shop.v2+json`.",
                   .fallback = "header"})
            .with("version_header", of(&o::version_header), text_kind(),
                  {.help = "Which header that is.", .fallback = "x-api-version"})
            .with("default_version", of(&o::default_version), text_kind(),
                  {.help = "Of requests that do not say it.", .fallback = "none"})
            .with_custom(
                "routes", "routes by name", named_schema(schema_reference("gateway_route")),
                {.help = "Each name is a [gateway_route](#gateway_route), such as `products`.",
                 .required = true},
                [](gateway_draft& gateway, const node& at) {
                    read_named(at, "routes", [&](const std::string& name, const node& value) {
                        read_route(gateway, name, value);
                    });
                    if (gateway.table.routes.empty())
                        fail(at, "a gateway needs at least one route");
                });
    return table;
}

} // namespace

value_kind<http_fields> headers_kind() {
    return {"text by name", text_schema(), [](const node& at) {
                http_fields fields;
                read_named(at, "headers", [&](const std::string& name, const node& value) {
                    if (!is_token(name))
                        fail_key(value, fmt::format("{} is no name of a header: letters, digits "
                                                    "and - make one",
                                                    in_quotes(name)));
                    fields.push_back({name, text_kind().read(value)});
                });
                return fields;
            }};
}

void read_gateway(service_spec& service, const node& at, const call_step& calls) {
    gateway_draft gateway;
    gateway.table.version_from = version_source::header;
    gateway.service = &service;
    gateway.calls = &calls;
    gateway_table().read(at, gateway);
    service.gateway = std::move(static_cast<gateway_spec&>(gateway));
}

std::vector<definition> gateway_definitions() {
    std::vector<definition> all{gateway_table().describe(), route_table_fields().describe()};
    for (definition& each : gate_definitions())
        all.push_back(std::move(each));
    all.push_back(token_definitions().back());
    return all;
}

} // namespace windtunnel::topology
