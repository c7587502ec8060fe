// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <set>
#include <stdexcept>
#include <tuple>

#include "patterns/gateway/route_table.hpp"
#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace {

bool is_host(std::string_view host) {
    if (host.starts_with("*."))
        host.remove_prefix(2);
    return !host.empty() && host.front() != '.' && host.back() != '.' &&
           host.find("..") == std::string_view::npos && std::ranges::all_of(host, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
           });
}

bool is_path(std::string_view path) {
    return path.starts_with('/') && path.find("//") == std::string_view::npos &&
           path.find_first_of("?# \t\r\n") == std::string_view::npos;
}

/// The template with its parameters unnamed, "" when it is none: what it matches depends on this.
std::string shape_of(std::string_view path) {
    std::string shape;
    std::set<std::string_view> names;
    for (std::size_t at = 0; at < path.size();) {
        const auto end = std::min(path.find('/', at + 1), path.size());
        const auto segment = path.substr(at + 1, end - at - 1);
        const bool parameter =
            segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
        const auto inside = parameter ? segment.substr(1, segment.size() - 2) : segment;
        if (inside.find_first_of("{}") != std::string_view::npos)
            return {};
        if (parameter && !(is_token(inside) && names.insert(inside).second))
            return {};
        shape.append("/").append(parameter ? "{}" : segment);
        at = end;
    }
    return names.empty() || names.size() > route_match::max_parameters ? std::string{} : shape;
}

std::string normal_path(const route_options& route) {
    if (route.kind == path_kind::templated)
        return shape_of(route.path);
    if (route.kind == path_kind::prefix && route.path.ends_with('/'))
        return route.path.substr(0, route.path.size() - 1);
    return route.path;
}

void check_rules(const option_check& check, const std::vector<field_rule>& rules,
                 std::string_view option) {
    std::set<std::string_view> names;
    for (const auto& rule : rules) {
        check(is_token(rule.name), option, rule.name.empty() ? "\"\"" : rule.name,
              "have the name of a field");
        check(names.insert(rule.name).second, option, rule.name, "name each field once");
        check(rule.kind != field_kind::present || rule.value.empty(), option, rule.value,
              "have no value where presence is asked for");
    }
}

void check_targets(const option_check& check, const std::vector<route_target>& targets) {
    check(!targets.empty(), "targets", 0, "have at least one");
    std::int64_t sum = 0;
    std::set<std::string_view> names;
    for (const auto& target : targets) {
        check(target.weight >= 0 && target.weight <= 1'000'000, "weight", target.weight,
              "be 0 to 1000000");
        check(names.insert(target.name).second, "target", target.name, "be named once");
        sum += target.weight;
    }
    check(sum > 0, "sum of weights", 0, "be above 0");
}

void check_route(const route_options& route) {
    const std::string who = "route " + (route.name.empty() ? "without a name" : route.name);
    const option_check check{who};
    check(!route.name.empty(), "name", "\"\"", "not be empty");
    for (const auto& host : route.hosts)
        check(is_host(host), "host", host.empty() ? "\"\"" : host,
              "be a name in lower case, or one after \"*.\"");
    check(is_path(route.path), "path", route.path.empty() ? "\"\"" : route.path,
          "start with / and have no empty segment, query or space");
    check(route.kind != path_kind::templated || !shape_of(route.path).empty(), "path", route.path,
          "be a template: 1 to 8 parameters of different names, each a whole segment");
    check(route.method.empty() || is_token(route.method), "method", route.method, "be a token");
    check_rules(check, route.headers, "headers");
    check_rules(check, route.query, "query");
    check_targets(check, route.targets);
}

auto conditions(const route_options& route, const std::string& host) {
    auto headers = route.headers;
    for (auto& rule : headers)
        std::ranges::transform(rule.name, rule.name.begin(), [](unsigned char c) {
            return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
        });
    auto query = route.query;
    std::ranges::sort(headers);
    std::ranges::sort(query);
    return std::tuple{host,    route.kind, normal_path(route), route.method, route.version,
                      headers, query};
}

} // namespace

void route_table_options::validate() const {
    const option_check check{"route_table"};
    check(version_from != version_source::header || is_token(version_header), "version_header",
          version_header.empty() ? "\"\"" : version_header, "be the name of a field");
    std::set<std::string_view> names;
    std::set<decltype(conditions({}, {}))> seen;
    for (const auto& route : routes) {
        check_route(route);
        const std::string who = "route " + route.name;
        const option_check here{who};
        here(names.insert(route.name).second, "name", route.name, "be given once");
        here(route.version.empty() || version_from != version_source::none, "version",
             route.version, "be empty where the table has no version_from");
        const std::vector<std::string> any{""};
        for (const auto& host : route.hosts.empty() ? any : route.hosts)
            here(seen.insert(conditions(route, host)).second, "path", route.path,
                 "not be that of an earlier route with the same conditions: it is unreachable");
    }
}

} // namespace windtunnel
