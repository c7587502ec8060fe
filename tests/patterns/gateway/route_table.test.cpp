// SPDX-License-Identifier: BSL-1.0
#include "patterns/gateway/route_table.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <stdexcept>

using namespace windtunnel;

namespace {

route_options route(std::string name, std::string path, path_kind kind = path_kind::prefix) {
    route_options o;
    o.name = std::move(name);
    o.path = std::move(path);
    o.kind = kind;
    o.targets = {{"only", 1}};
    return o;
}

route_options with_method(route_options o, std::string method) {
    o.method = std::move(method);
    return o;
}

route_options with_host(route_options o, std::string host) {
    o.hosts = {std::move(host)};
    return o;
}

std::string name_of(const route_table& table, const route_request& request) {
    const auto found = table.match(request);
    return found ? table.options().routes[found.route].name : std::string{to_string(found.result)};
}

std::string refusal(route_table_options o) {
    try {
        const route_table made{std::move(o)};
    } catch (const std::invalid_argument& e) {
        return e.what();
    }
    return "accepted";
}

} // namespace

TEST_CASE(
    "an exact host wins over a wildcard, the longest wildcard over others, a host over none") {
    const route_table table{
        {.routes = {route("any", "/"), with_host(route("short", "/"), "*.example.com"),
                    with_host(route("long", "/"), "*.eu.example.com"),
                    with_host(route("exact", "/"), "api.eu.example.com")}}};
    CHECK(name_of(table, {.host = "api.eu.example.com"}) == "exact");
    CHECK(name_of(table, {.host = "API.eu.Example.com:8443"}) == "exact");
    CHECK(name_of(table, {.host = "x.eu.example.com"}) == "long");
    CHECK(name_of(table, {.host = "a.b.example.com"}) == "short");
    CHECK(name_of(table, {.host = "example.com"}) == "any");
    CHECK(name_of(table, {.host = "notexample.com"}) == "any");
}

TEST_CASE("an exact path wins over a template, that over the longest prefix, by segment") {
    const route_table table{
        {.routes = {route("root", "/"), route("items", "/items/"), route("deep", "/items/7/parts"),
                    route("one", "/items/{id}", path_kind::templated),
                    route("new", "/items/new", path_kind::exact)}}};
    CHECK(name_of(table, {.path = "/items/new"}) == "new");
    CHECK(name_of(table, {.path = "/items/7"}) == "one");
    CHECK(name_of(table, {.path = "/items/7/parts/2"}) == "deep");
    CHECK(name_of(table, {.path = "/items/8/parts"}) == "items");
    CHECK(name_of(table, {.path = "/items/"}) == "items");
    CHECK(name_of(table, {.path = "/items"}) == "items");
    CHECK(name_of(table, {.path = "/itemsx"}) == "root");
    CHECK(name_of(table, {.path = "*"}) == "no_route");
    CHECK(name_of(table, {.path = ""}) == "no_route");
}

TEST_CASE("a template captures whole segments, and a literal decides before a parameter") {
    const route_table table{
        {.routes = {route("any", "/u/{user}/o/{order}", path_kind::templated),
                    route("me", "/u/me/o/{order}", path_kind::templated),
                    route("first", "/{kind}/me/o/{order}", path_kind::templated)}}};
    const auto found = table.match({.path = "/u/anna/o/12"});
    REQUIRE(found);
    CHECK(found["user"] == "anna");
    CHECK(found["order"] == "12");
    CHECK(found["nothing"].empty());
    CHECK(name_of(table, {.path = "/u/me/o/1"}) == "me");
    CHECK(name_of(table, {.path = "/v/me/o/1"}) == "first");
    CHECK(name_of(table, {.path = "/u//o/1"}) == "no_route");
    CHECK(name_of(table, {.path = "/u/anna/o"}) == "no_route");
}

TEST_CASE("where only the method is wrong it is 405 with those that are allowed") {
    const route_table table{{.routes = {with_method(route("read", "/a"), "GET"),
                                        with_method(route("write", "/a"), "POST")}}};
    CHECK(name_of(table, {.method = "POST", .path = "/a"}) == "write");
    CHECK(name_of(table, {.method = "PUT", .path = "/a"}) == "method_not_allowed");
    CHECK(table.allowed({.method = "PUT", .path = "/a"}) == "GET, POST");
    CHECK(name_of(table, {.method = "PUT", .path = "/b"}) == "no_route");
}

TEST_CASE("a method counts before headers, more headers before fewer, order last") {
    auto header = route("header", "/a");
    header.headers = {{"X-Canary", "", field_kind::present}};
    auto two = route("two", "/a");
    two.headers = {{"x-canary", "yes", field_kind::exact}, {"x-user", "t-", field_kind::prefix}};
    auto query = route("query", "/a");
    query.query = {{"debug", "1", field_kind::exact}};
    const route_table table{{.routes = {route("plain", "/a"), query, header, two,
                                        with_method(route("delete", "/a"), "DELETE")}}};
    const http_fields both{{"x-canary", "yes"}, {"X-User", "t-9"}};
    CHECK(name_of(table, {.path = "/a", .headers = both}) == "two");
    CHECK(name_of(table, {.method = "DELETE", .path = "/a", .headers = both}) == "delete");
    const http_fields one{{"x-canary", "no"}};
    CHECK(name_of(table, {.path = "/a", .headers = one}) == "header");
    CHECK(name_of(table, {.path = "/a", .query = "x=2&debug=1"}) == "query");
    CHECK(name_of(table, {.path = "/a", .query = "debug=12"}) == "plain");
}

TEST_CASE("a version comes from a header, the path or the media type") {
    auto first = route("first", "/a");
    first.version = "1";
    auto second = route("second", "/a");
    second.version = "2";
    const std::vector routes{first, second};
    const route_table by_path{
        {.version_from = version_source::path, .default_version = "1", .routes = routes}};
    CHECK(name_of(by_path, {.path = "/v2/a/b"}) == "second");
    CHECK(by_path.match({.path = "/v2/a/b"}).path == "/a/b");
    CHECK(name_of(by_path, {.path = "/a"}) == "first");
    CHECK(name_of(by_path, {.path = "/v3/a"}) == "no_route");
    const route_table by_header{{.version_from = version_source::header, .routes = routes}};
    const http_fields two{{"X-Api-Version", "2"}};
    CHECK(name_of(by_header, {.path = "/a", .headers = two}) == "second");
    CHECK(name_of(by_header, {.path = "/a"}) == "no_route");
    const route_table by_type{{.version_from = version_source::media_type, .routes = routes}};
    const http_fields vendor{{"accept", "application/vnd.shop.v2+json"}};
    const http_fields parameter{{"accept", "application/json; version=1"}};
    CHECK(name_of(by_type, {.path = "/a", .headers = vendor}) == "second");
    CHECK(name_of(by_type, {.path = "/a", .headers = parameter}) == "first");
}

TEST_CASE("a draw takes targets by weight and never one of weight 0") {
    auto split = route("split", "/");
    split.targets = {{"off", 0}, {"old", 90}, {"new", 10}, {"gone", 0}};
    const route_table table{{.routes = {split}}};
    CHECK(table.choose(0, 0.0) == 1);
    CHECK(table.choose(0, 0.899) == 1);
    CHECK(table.choose(0, 0.901) == 2);
    CHECK(table.choose(0, 0.9999999999999999) == 2);
}

TEST_CASE("as weights move from 10 to 20 % users move from old to new only") {
    const auto table = [](int fresh) {
        auto split = route("split", "/");
        split.targets = {{"old", 100 - fresh}, {"new", fresh}};
        return std::make_unique<route_table>(route_table_options{.routes = {split}});
    };
    const auto before = table(10);
    const auto after = table(20);
    constexpr int users = 20'000;
    int new_before = 0;
    int new_after = 0;
    for (int i = 0; i < users; ++i) {
        const auto key = "user-" + std::to_string(i);
        const auto was = before->choose_for(0, key);
        const auto is = after->choose_for(0, key);
        CHECK_FALSE((was == 1 && is == 0));
        new_before += static_cast<int>(was);
        new_after += static_cast<int>(is);
    }
    // 5 standard deviations of a binomial: 5 * sqrt(20000 * 0.1 * 0.9) = 212, of 0.2: 283.
    CHECK(std::abs(new_before - users / 10) < 212);
    CHECK(std::abs(new_after - users / 5) < 283);
}

TEST_CASE("one table of a thousand routes finds each of them") {
    route_table_options o;
    for (int i = 0; i < 1000; ++i)
        o.routes.push_back(with_host(route("r" + std::to_string(i), "/s" + std::to_string(i / 10)),
                                     "h" + std::to_string(i % 10) + ".example.com"));
    const route_table table{o};
    for (int i = 0; i < 1000; ++i) {
        const auto host = "h" + std::to_string(i % 10) + ".example.com";
        const auto path = "/s" + std::to_string(i / 10) + "/x";
        CHECK(name_of(table, {.host = host, .path = path}) == "r" + std::to_string(i));
    }
}

TEST_CASE("routes that make no sense are refused with their name and the rule") {
    auto none = route("none", "/");
    none.targets = {{"a", 0}, {"b", 0}};
    CHECK(refusal({.routes = {none}}) == "route none: sum of weights is 0; it must be above 0");
    CHECK(refusal({.routes = {route("a", "/x"), route("b", "/x/")}}) ==
          "route b: path is /x/; it must not be that of an earlier route with the same "
          "conditions: it is unreachable");
    CHECK(refusal({.routes = {route("a", "/{x}", path_kind::templated),
                              route("b", "/{y}", path_kind::templated)}}) ==
          "route b: path is /{y}; it must not be that of an earlier route with the same "
          "conditions: it is unreachable");
    for (const auto* path : {"/{", "/{}", "/a{b}", "/{a}{b}", "/{a}/{a}", "/plain",
                             "/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}"})
        CHECK(refusal({.routes = {route("t", path, path_kind::templated)}}) ==
              "route t: path is " + std::string{path} +
                  "; it must be a template: 1 to 8 parameters of different names, each a whole "
                  "segment");
    for (const auto* host : {"", "*", "*.", "a.*.com", "EXAMPLE.com", "a..b", "a/b"})
        CHECK(refusal({.routes = {with_host(route("h", "/"), host)}}).starts_with("route h: host"));
    for (const auto* path : {"", "a", "/a//b", "/a?b"})
        CHECK(refusal({.routes = {route("p", path)}}).starts_with("route p: path"));
    auto versioned = route("v", "/");
    versioned.version = "1";
    CHECK(refusal({.routes = {versioned}}).starts_with("route v: version is 1; it must be empty"));
    CHECK(refusal({.routes = {route("a", "/a"), route("a", "/b")}}) ==
          "route a: name is a; it must be given once");
    CHECK(refusal({.routes = {route("a", "/a"), with_method(route("b", "/a"), "GET")}}) ==
          "accepted");
}
