// SPDX-License-Identifier: BSL-1.0
#include "patterns/gateway/transform.hpp"

#include <catch2/catch.hpp>

#include "patterns/gateway/gateway_metrics.hpp"
#include "patterns/gateway/mirror_policy.hpp"

using namespace windtunnel;
using namespace std::chrono_literals;

TEST_CASE("fields of one hop go, those that Connection names too") {
    http_fields fields{{"Connection", "close, X-Hop ,"},
                       {"x-hop", "1"},
                       {"Keep-Alive", "5"},
                       {"TE", "trailers"},
                       {"Transfer-Encoding", "chunked"},
                       {"Connection", "x-other"},
                       {"X-Other", "2"},
                       {"Accept", "*/*"}};
    remove_hop_by_hop(fields);
    CHECK(fields == http_fields{{"Accept", "*/*"}});
}

TEST_CASE("fields are removed, set, added where missing and appended, in this order") {
    http_fields fields{{"A", "1"}, {"B", "1"}, {"b", "2"}, {"C", "1"}};
    field_changes{.remove = {"a"},
                  .set = {{"B", "9"}},
                  .add = {{"c", "no"}, {"d", "yes"}},
                  .append = {{"C", "2"}}}
        .apply(fields);
    CHECK(fields == http_fields{{"B", "9"}, {"C", "1"}, {"d", "yes"}, {"C", "2"}});
}

TEST_CASE("a request gets its id, who it came from and what is left of its deadline") {
    const request_transform transform{{}};
    http_fields fields{{"Host", "shop"}, {"X-Forwarded-For", "1.1.1.1"}};
    CHECK(transform.apply(fields,
                          {.client_address = "2.2.2.2", .request_id = "r1", .left = 1500us}) == 0);
    CHECK(find_field(fields, "x-request-id") == "r1");
    CHECK(find_field(fields, "x-forwarded-for") == "1.1.1.1, 2.2.2.2");
    CHECK(find_field(fields, "x-forwarded-host") == "shop");
    CHECK(find_field(fields, "x-forwarded-proto") == "https");
    CHECK(find_field(fields, "x-deadline-ms") == "1");
    CHECK(transform.apply(fields, {.request_id = "r2"}) == 0);
    CHECK(find_field(fields, "x-request-id") == "r1");
}

TEST_CASE("too much is refused and nothing is changed") {
    const request_transform transform{{.max_body = 10, .max_fields = 20}};
    http_fields fields{{"connection", "close"}};
    const auto before = fields;
    CHECK(transform.apply(fields, {.body_size = 10}) == 0);
    fields = before;
    CHECK(transform.apply(fields, {.body_size = 11}) == 413);
    CHECK(fields == before);
    fields = {{"aaaaaaaa", "bbbbbbbbb"}};
    CHECK(transform.apply(fields, {}) == 431);
}

TEST_CASE("a path is kept, loses or changes its prefix, or is made of what was captured") {
    route_options prefix{.name = "p", .path = "/shop/api", .targets = {{"t", 1}}};
    route_options captured{.name = "c",
                           .path = "/u/{user}/o/{order}",
                           .kind = path_kind::templated,
                           .targets = {{"t", 1}}};
    const route_table table{{.routes = {prefix, captured}}};
    const auto rewritten = [](path_rewrite how, std::string to, const route_match& match) {
        return request_transform{{.rewrite = how, .to = std::move(to)}}.path(match);
    };
    const auto deep = table.match({.path = "/shop/api/items/1"});
    const auto bare = table.match({.path = "/shop/api"});
    CHECK(rewritten(path_rewrite::keep, "", deep) == "/shop/api/items/1");
    CHECK(rewritten(path_rewrite::replace_prefix, "", deep) == "/items/1");
    CHECK(rewritten(path_rewrite::replace_prefix, "", bare) == "/");
    CHECK(rewritten(path_rewrite::replace_prefix, "/v1/", deep) == "/v1/items/1");
    CHECK(rewritten(path_rewrite::replace_prefix, "/v1", bare) == "/v1");
    CHECK(rewritten(path_rewrite::from_template, "/orders/{order}?by={user}",
                    table.match({.path = "/u/anna/o/7"})) == "/orders/7?by=anna");
}

TEST_CASE("a change that could forge a field is refused") {
    CHECK_THROWS_WITH(request_transform({.fields = {.set = {{"x", "a\r\nb: c"}}}}),
                      "request_transform: value of is x; it must have no line end or other "
                      "control character");
    CHECK_THROWS_WITH(response_transform({.remove = {"a b"}}),
                      "response_transform: remove is a b; it must be the name of a field");
    CHECK_THROWS_WITH(request_transform({.rewrite = path_rewrite::from_template, .to = "x"}),
                      "request_transform: to is x; it must start with /");
}

TEST_CASE("a mirror takes its share, never more at once than it may, and counts how copies end") {
    mirror_policy mirror{{.share = 0.5, .max_in_flight = 2}};
    CHECK_FALSE(mirror.try_mirror(0.5));
    auto first = mirror.try_mirror(0.0);
    auto second = mirror.try_mirror(0.49);
    CHECK((first && second));
    CHECK_FALSE(mirror.try_mirror(0.1));
    CHECK(mirror.metrics().dropped == 1);
    first.finish(true);
    first.finish(true);
    CHECK(mirror.in_flight() == 1);
    {
        auto third = mirror.try_mirror(0.1);
        CHECK(mirror.in_flight() == 2);
    }
    CHECK(mirror.metrics().failed == 1);
    CHECK_THROWS_WITH(mirror_policy({.share = 1.5}), "mirror: share is 1.5; it must be 0 to 1");
}

TEST_CASE("keys that are mirrored stay so as the share grows") {
    mirror_policy few{{.share = 0.1, .max_in_flight = 1}};
    mirror_policy more{{.share = 0.2, .max_in_flight = 1}};
    int mirrored = 0;
    for (int i = 0; i < 2000; ++i) {
        const auto key = "user-" + std::to_string(i);
        const bool before = static_cast<bool>(few.try_mirror_for(key));
        CHECK((!before || more.try_mirror_for(key)));
        mirrored += before ? 1 : 0;
    }
    CHECK(std::abs(mirrored - 200) < 68); // 5 standard deviations: 5 * sqrt(2000 * 0.1 * 0.9)
}

TEST_CASE("a gateway counts by route and target") {
    gateway_metrics metrics;
    metrics.count_route(2, 1);
    metrics.count_route(2, 0);
    CHECK(metrics.routes[2].requests == 2);
    CHECK(metrics.routes[2].to_target == std::vector<std::uint64_t>{1, 1});
    metrics.forbidden = 2;
    metrics.no_route = 1;
    CHECK(metrics.refused() == 3);
}
