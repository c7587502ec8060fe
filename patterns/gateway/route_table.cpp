// SPDX-License-Identifier: BSL-1.0
#include "patterns/gateway/route_table.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "patterns/discovery/stable_hash.hpp"

namespace windtunnel {

namespace {

/// The segment that starts after the slash at `at`; moves `at` to the next slash or the end.
std::string_view next_segment(std::string_view path, std::size_t& at) {
    const auto end = std::min(path.find('/', at + 1), path.size());
    const auto segment = path.substr(std::min(at + 1, path.size()), end - at - 1);
    at = end;
    return segment;
}

bool is_parameter(std::string_view segment) {
    return segment.starts_with('{');
}

std::uint64_t template_key(std::string_view path, bool literal) {
    const auto slashes = static_cast<std::uint64_t>(std::ranges::count(path, '/'));
    std::size_t at = 0;
    const auto first = next_segment(path, at);
    return stable_hash(slashes, literal ? stable_hash(first) : 1);
}

/// Below 0: `a` has a literal where `b` first has a parameter and `a` none.
int compare_templates(std::string_view a, std::string_view b) {
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < a.size() && j < b.size()) {
        const bool left = is_parameter(next_segment(a, i));
        const bool right = is_parameter(next_segment(b, j));
        if (left != right)
            return left ? 1 : -1;
    }
    return 0;
}

bool holds(const field_rule& rule, std::string_view value) {
    return rule.kind == field_kind::present ||
           (rule.kind == field_kind::exact ? value == rule.value : value.starts_with(rule.value));
}

bool in_query(const field_rule& rule, std::string_view query) {
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const auto pair = query.substr(0, end);
        const auto equals = std::min(pair.find('='), pair.size());
        if (pair.substr(0, equals) == rule.name)
            return holds(rule, pair.substr(std::min(equals + 1, pair.size())));
        query.remove_prefix(std::min(end + 1, query.size()));
    }
    return false;
}

std::string_view digits_of(std::string_view text) {
    return text.substr(0, std::min(text.find_first_not_of("0123456789."), text.size()));
}

std::string_view media_type_version(std::string_view accept) {
    if (const auto at = accept.find("version="); at != std::string_view::npos)
        return digits_of(accept.substr(at + 8));
    for (auto at = accept.find(".v"); at != std::string_view::npos; at = accept.find(".v", at + 2))
        if (const auto digits = digits_of(accept.substr(at + 2)); !digits.empty())
            return digits;
    return {};
}

/// Takes "/v2" from the front of the path; "" and no change where there is none.
std::string_view take_version(std::string_view& path) {
    std::size_t at = 0;
    const auto segment = next_segment(path, at);
    if (segment.size() < 2 || segment[0] != 'v' ||
        digits_of(segment.substr(1)) != segment.substr(1))
        return {};
    path = at == path.size() ? std::string_view{"/"} : path.substr(at);
    return segment.substr(1);
}

std::string_view without_port(std::string_view host) {
    if (host.starts_with('['))
        return host.substr(0, std::min(host.find(']'), host.size() - 1) + 1);
    return host.substr(0, std::min(host.find(':'), host.size()));
}

} // namespace

std::string_view to_string(route_result result) {
    switch (result) {
    case route_result::matched:
        return "matched";
    case route_result::no_route:
        return "no_route";
    case route_result::method_not_allowed:
        return "method_not_allowed";
    }
    return "?";
}

std::string_view route_match::operator[](std::string_view name) const {
    for (std::uint32_t i = 0; i < parameters; ++i)
        if (values[i].name == name)
            return values[i].value;
    return {};
}

std::size_t route_table::text_hash::operator()(std::string_view text) const {
    return static_cast<std::size_t>(stable_hash(text));
}

/// What one match has found on its way.
struct route_table::visit {
    std::string_view path;
    std::string_view version;
    std::vector<std::string_view>* allowed = nullptr; ///< collects methods instead of matching
    bool wrong_method = false;
    route_match found{};
};

route_table::route_table(route_table_options options) : options_(std::move(options)) {
    options_.validate();
    for (std::uint32_t i = 0; i < options_.routes.size(); ++i) {
        const auto& hosts = options_.routes[i].hosts;
        if (hosts.empty())
            add(i, any_host_);
        for (const auto& host : hosts)
            add(i, host.starts_with('*') ? wildcard_hosts_[host.substr(1)] : exact_hosts_[host]);
    }
    sort(any_host_);
    for (auto* hosts : {&exact_hosts_, &wildcard_hosts_})
        for (auto& [name, host] : *hosts)
            sort(host);
}

void route_table::add(std::uint32_t route, host_routes& host) {
    const auto& o = options_.routes[route];
    std::size_t at = 0;
    switch (o.kind) {
    case path_kind::exact:
        host.exact[o.path].push_back(route);
        break;
    case path_kind::prefix:
        host.prefix[o.path.ends_with('/') ? o.path.substr(0, o.path.size() - 1) : o.path].push_back(
            route);
        break;
    case path_kind::templated:
        host.templates[template_key(o.path, !is_parameter(next_segment(o.path, at)))].push_back(
            route);
        break;
    }
}

bool route_table::before(std::uint32_t a, std::uint32_t b) const {
    const auto& x = options_.routes[a];
    const auto& y = options_.routes[b];
    if (x.kind == path_kind::templated)
        if (const int order = compare_templates(x.path, y.path); order != 0)
            return order < 0;
    const auto rank = [](const route_options& o) {
        return std::tuple{!o.method.empty(), !o.version.empty(), o.headers.size(), o.query.size()};
    };
    return rank(x) != rank(y) ? rank(x) > rank(y) : a < b;
}

void route_table::sort(host_routes& host) const {
    const auto order = [this](std::uint32_t a, std::uint32_t b) { return before(a, b); };
    for (auto* paths : {&host.exact, &host.prefix})
        for (auto& [path, routes] : *paths)
            std::ranges::sort(routes, order);
    for (auto& [key, routes] : host.templates)
        std::ranges::sort(routes, order);
}

bool route_table::fits(std::uint32_t route, const route_request& request,
                       std::string_view version) const {
    const auto& o = options_.routes[route];
    if (!o.version.empty() && o.version != version)
        return false;
    const auto in_headers = [&](const field_rule& rule) {
        const auto value = find_field(request.headers, rule.name);
        return value && holds(rule, *value);
    };
    return std::ranges::all_of(o.headers, in_headers) &&
           std::ranges::all_of(o.query, [&](const auto& r) { return in_query(r, request.query); });
}

bool route_table::try_one(std::uint32_t route, const route_request& request, visit& v,
                          std::size_t length) const {
    if (!fits(route, request, v.version))
        return false;
    const auto& method = options_.routes[route].method;
    if (v.allowed != nullptr) {
        v.allowed->push_back(method);
    } else if (method.empty() || method == request.method) {
        v.found.result = route_result::matched;
        v.found.route = route;
        v.found.matched_length = static_cast<std::uint32_t>(length);
        return true;
    }
    v.wrong_method = true;
    return false;
}

bool route_table::try_all(const candidates& routes, const route_request& request, visit& v,
                          std::size_t length) const {
    return std::ranges::any_of(
        routes, [&](std::uint32_t route) { return try_one(route, request, v, length); });
}

bool route_table::try_templates(const host_routes& host, std::uint64_t key,
                                const route_request& request, visit& v) const {
    const auto found = host.templates.find(key);
    if (found == host.templates.end())
        return false;
    for (const auto route : found->second) {
        const std::string_view pattern = options_.routes[route].path;
        v.found.parameters = 0;
        std::size_t i = 0;
        std::size_t j = 0;
        bool same = true;
        while (same && i < pattern.size() && j < v.path.size()) {
            const auto expected = next_segment(pattern, i);
            const auto segment = next_segment(v.path, j);
            same = is_parameter(expected) ? !segment.empty() : expected == segment;
            if (same && is_parameter(expected))
                v.found.values[v.found.parameters++] = {expected.substr(1, expected.size() - 2),
                                                        segment};
        }
        if (same && i == pattern.size() && j == v.path.size() &&
            try_one(route, request, v, v.path.size()))
            return true;
    }
    v.found.parameters = 0;
    return false;
}

/// Calls for the routes of one host, in their order, until one matches.
bool route_table::walk_host(const host_routes& host, const route_request& request, visit& v) const {
    if (const auto found = host.exact.find(v.path);
        found != host.exact.end() && try_all(found->second, request, v, v.path.size()))
        return true;
    if (!host.templates.empty() && (try_templates(host, template_key(v.path, true), request, v) ||
                                    try_templates(host, template_key(v.path, false), request, v)))
        return true;
    if (host.prefix.empty())
        return false;
    auto prefix = v.path;
    while (true) {
        if (const auto found = host.prefix.find(prefix);
            found != host.prefix.end() && try_all(found->second, request, v, prefix.size()))
            return true;
        if (prefix.empty())
            return false;
        prefix = prefix.substr(0, prefix.rfind('/'));
    }
}

void route_table::walk(const route_request& request, visit& v) const {
    if (!v.path.starts_with('/'))
        return;
    auto host = without_port(request.host);
    std::array<char, 256> lower{};
    if (host.size() > lower.size())
        host = {};
    std::ranges::transform(host, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    });
    host = {lower.data(), host.size()};
    if (const auto found = exact_hosts_.find(host);
        found != exact_hosts_.end() && walk_host(found->second, request, v))
        return;
    for (auto at = host.find('.', 1); !wildcard_hosts_.empty() && at < host.size();
         at = host.find('.', at + 1))
        if (const auto found = wildcard_hosts_.find(host.substr(at));
            found != wildcard_hosts_.end() && walk_host(found->second, request, v))
            return;
    walk_host(any_host_, request, v);
}

route_table::visit route_table::start(const route_request& request) const {
    visit v{.path = request.path, .version = options_.default_version};
    std::string_view asked;
    if (options_.version_from == version_source::path)
        asked = take_version(v.path);
    else if (options_.version_from == version_source::header)
        asked = find_field(request.headers, options_.version_header).value_or("");
    else if (options_.version_from == version_source::media_type)
        asked = media_type_version(find_field(request.headers, "accept").value_or(""));
    if (!asked.empty())
        v.version = asked;
    v.found.version = v.version;
    v.found.path = v.path;
    return v;
}

route_match route_table::match(const route_request& request) const {
    auto v = start(request);
    walk(request, v);
    if (!v.found && v.wrong_method)
        v.found.result = route_result::method_not_allowed;
    return v.found;
}

std::string route_table::allowed(const route_request& request) const {
    auto v = start(request);
    std::vector<std::string_view> methods;
    v.allowed = &methods;
    walk(request, v);
    std::string text;
    for (auto method = methods.begin(); method != methods.end(); ++method)
        if (!method->empty() && std::find(methods.begin(), method, *method) == method)
            text.append(text.empty() ? "" : ", ").append(*method);
    return text;
}

std::uint32_t route_table::choose(std::uint32_t route, double draw) const {
    const auto& targets = options_.routes[route].targets;
    double sum = 0;
    for (const auto& target : targets)
        sum += target.weight;
    double left = draw * sum;
    std::uint32_t last = 0;
    for (std::uint32_t i = 0; i < targets.size(); ++i) {
        if (targets[i].weight == 0)
            continue;
        last = i;
        left -= targets[i].weight;
        if (left < 0)
            break;
    }
    return last;
}

std::uint32_t route_table::choose_for(std::uint32_t route, std::string_view key) const {
    const auto& targets = options_.routes[route].targets;
    const auto hash = stable_hash(key);
    std::uint32_t best = 0;
    double best_score = -1;
    for (std::uint32_t i = 0; i < targets.size(); ++i) {
        const auto bits = stable_hash(hash, stable_hash(targets[i].name)) >> 11;
        const double u = (static_cast<double>(bits) + 0.5) * 0x1p-53;
        const double score = targets[i].weight / -std::log(u);
        if (targets[i].weight > 0 && score > best_score) {
            best = i;
            best_score = score;
        }
    }
    return best;
}

} // namespace windtunnel
