// SPDX-License-Identifier: BSL-1.0
// Which route of a gateway a request takes, and the steps that come of the route.
#include <catch2/catch.hpp>

#include <variant>

#include "support/files.hpp"
#include "support/repository.hpp"
#include "topologies/src/gateway_routes.hpp"
#include "topologies/support.hpp"

namespace windtunnel::topology {

using namespace std::chrono_literals;

namespace {

const std::string secret = R"("0123456789abcdef0123456789abcdef")";

/// A gateway "g" with these members, before "old", "new" and "auth".
topology_spec behind(const std::string& gateway, const std::string& steps = "") {
    return topology_from(R"({"name":"t","services":{"g":{"gateway":{)" + gateway +
                         R"(}},"old":{"endpoints":{"GET /a":{"response_size":"4kB",
                         "request_size":"1kB"}}},"new":{"endpoints":{"GET /a":{}}},
                         "auth":{"endpoints":{"POST /introspect":{}}},
                         "app":{"endpoints":{"open":{"steps":[)" +
                         steps + "]}}}}}");
}

std::string taken(const topology_spec& topology, const std::string& request,
                  const request_head& head = {}) {
    return route_of(topology, {"g", request}, head, {}).endpoint;
}

const endpoint_spec& route(const topology_spec& topology, std::size_t number = 0) {
    return topology.services[0].endpoints[number];
}

template <class Step>
const Step& step(const steps_spec& steps, std::size_t number) {
    return std::get<Step>(steps.at(number).what);
}

} // namespace

TEST_CASE("a request takes the route of its path: equal, with parameters, by prefix") {
    const auto t = behind(R"("routes":{
        "rest":{"path":"/*","to":"old.GET /a"},
        "products":{"path":"/products/*","to":"old.GET /a"},
        "product":{"path":"/products/{id}","to":"old.GET /a"},
        "offers":{"path":"/products/offers","to":"old.GET /a"}})");
    CHECK(taken(t, "GET /products/offers") == "offers");
    CHECK(taken(t, "GET /products/42") == "product");
    CHECK(taken(t, "GET /products/42?page=2") == "product");
    CHECK(taken(t, "GET /products/42/reviews") == "products");
    CHECK(taken(t, "POST /basket") == "rest");
}

TEST_CASE("a request takes the route of its host, method, headers, query and version") {
    const auto t = behind(R"("routes":{
        "any":{"path":"/a","to":"old.GET /a"},
        "partners":{"host":"partners.example.com","path":"/a","to":"old.GET /a"},
        "all of them":{"host":"*.example.com","path":"/a","to":"old.GET /a"},
        "orders":{"method":"POST","path":"/a","to":"old.GET /a"},
        "canary":{"path":"/a","headers":{"X-Canary":"yes"},"to":"new.GET /a"},
        "agents":{"path":"/a","headers":{"user-agent":"Bot*"},"to":"new.GET /a"},
        "beta":{"path":"/a","query":{"beta":"*"},"to":"new.GET /a"},
        "second":{"path":"/a","version":"2","to":"new.GET /a"}})");
    CHECK(taken(t, "GET /a") == "any");
    CHECK(taken(t, "GET /a", {.host = "partners.example.com:443"}) == "partners");
    CHECK(taken(t, "GET /a", {.host = "www.example.com"}) == "all of them");
    CHECK(taken(t, "POST /a") == "orders");
    CHECK(taken(t, "GET /a", {.headers = {{"x-canary", "yes"}}}) == "canary");
    CHECK(taken(t, "GET /a", {.headers = {{"x-canary", "no"}}}) == "any");
    CHECK(taken(t, "GET /a", {.headers = {{"User-Agent", "Bot/1"}}}) == "agents");
    CHECK(taken(t, "GET /a?beta=1") == "beta");
    CHECK(taken(t, "GET /a", {.version = "2"}) == "second");
    CHECK(taken(t, "GET /a", {.version = "3"}) == "any");
    CHECK(taken(t, "GET /a", {.headers = {{"x-api-version", "2"}}}) == "second");
}

TEST_CASE("a version is put where the gateway looks for it") {
    for (const std::string from : {"header", "path", "media_type"}) {
        const auto t = behind(R"("version_from":")" + from + R"(","default_version":"1","routes":{
            "first":{"path":"/a","version":"1","to":"old.GET /a"},
            "second":{"path":"/a","version":"2","to":"new.GET /a"}})");
        CHECK(taken(t, "GET /a") == "first");
        CHECK(taken(t, "GET /a", {.version = "2"}) == "second");
    }
}

TEST_CASE("a call of a gateway becomes one of its route's endpoint") {
    const auto t =
        behind(R"("routes":{"new":{"path":"/a","headers":{"x-new":"*"},"to":"new.GET /a"},
                                       "old":{"path":"/a","to":"old.GET /a"}})",
               R"({"call":"g.GET /a"},
                             {"call":"g.GET /a","headers":{"x-new":"1"},"timeout":"1s"})");
    const auto& steps = t.services.back().endpoints[0].steps;
    CHECK(step<call_step>(steps, 0).to == endpoint_ref{"g", "old"});
    CHECK(step<call_step>(steps, 1).to == endpoint_ref{"g", "new"});
    CHECK(step<call_step>(steps, 1).policies.timeout == 1s);
}

TEST_CASE("weights become choices that come to them, and 0 gets nothing") {
    const auto t = behind(R"("routes":{"a":{"path":"/a","timeout":"1s",
        "to":{"old.GET /a":60,"new.GET /a":30,"auth.POST /introspect":10}},
        "b":{"path":"/b","to":{"new.GET /a":0,"old.GET /a":5}}})");
    const auto& steps = route(t).steps;
    CHECK(std::holds_alternative<forward_step>(steps.at(0).what));
    const auto& first = step<probability_step>(steps, 1);
    CHECK(first.share == 0.6);
    CHECK(step<call_step>(first.body, 0).to.service == "old");
    CHECK(step<call_step>(first.body, 0).policies.timeout == 1s);
    const auto& second = step<probability_step>(first.otherwise, 0);
    CHECK(second.share == 0.75);
    CHECK(step<call_step>(second.otherwise, 0).to.service == "auth");
    CHECK(step<probability_step>(route(t, 1).steps, 1).share == 0);
}

TEST_CASE("what a route asks for comes in the order in which a request meets it") {
    const auto t = behind(R"("routes":{"a":{"path":"/a","work":"1ms",
        "authentication":{"jwt":{"keys":[)" +
                          secret + R"(],"audience":"shop","leeway":"0s",
                                 "scopes":["read"],"work":"100us"}},
        "rate_limit":{"by":"key","permits":5},
        "mirror":{"to":"new.GET /a","share":"10%","max_in_flight":3},
        "to":"old.GET /a","retry":{}}})");
    const auto& steps = route(t).steps;
    REQUIRE(steps.size() == 6);
    const auto& check = step<authenticate_step>(steps, 0);
    CHECK(check.verifier->audience == "shop");
    CHECK(check.verifier->leeway == 0s);
    CHECK(check.scopes == std::vector<std::string>{"read"});
    CHECK(check.work.has_value());
    CHECK(step<limit_step>(steps, 1).keys == limit_step::by::key);
    CHECK(step<limit_step>(steps, 1).options.limit.permits == 5);
    CHECK(std::holds_alternative<forward_step>(steps[2].what));
    CHECK(step<mirror_step>(steps, 3).options == mirror_options{.share = 0.1, .max_in_flight = 3});
    CHECK_FALSE(step<mirror_step>(steps, 3).copy.waits);
    CHECK_FALSE(step<mirror_step>(steps, 3).copy.policies.retry);
    CHECK(std::holds_alternative<work_step>(steps[4].what));
    CHECK(step<call_step>(steps, 5).policies.retry);
}

TEST_CASE("a service that is asked about tokens is called as any other") {
    const auto t = behind(R"("routes":{"a":{"path":"/a","to":"old.GET /a","timeout":"3s",
        "authentication":{"call":"auth.POST /introspect","timeout":"1s","cache":{"ttl":"5s"}}}})");
    const auto& steps = route(t).steps;
    CHECK_FALSE(step<authenticate_step>(steps, 0).verifier); // whether there is one shows here
    const auto& asks = step<call_step>(steps, 1);
    CHECK(asks.introspects);
    CHECK(asks.policies.timeout == 1s);
    CHECK(asks.policies.cache->ttl == 5s);
    CHECK(step<call_step>(steps, 3).policies.timeout == 3s);
}

TEST_CASE("a route has the sizes of what is behind it, or its own") {
    const auto t = behind(R"("routes":{"a":{"path":"/a","to":"old.GET /a"},
        "b":{"path":"/b","to":"old.GET /a","request_size":"2kB","response_size":"500B"}})");
    CHECK(route(t).request_size == 1000);
    CHECK(route(t).response_size == 4000);
    CHECK(route(t, 1).request_size == 1000); // what it gets
    CHECK(route(t, 1).response_size == 500);
    CHECK(step<call_step>(route(t, 1).steps, 1).request_size == 2000U); // what it sends on
}

TEST_CASE("the example of the page about gateways is one") {
    const std::string page = test::content(test::in_repository("docs/gateway.md"));
    const auto begin = page.find("```json\n") + 8;
    const std::string example = page.substr(begin, page.find("\n```", begin) - begin);
    const auto t = topology_from(R"({"name":"t","services":{)" + example + R"(,
        "catalogue":{"endpoints":{"GET /product":{}}},
        "new-catalogue":{"endpoints":{"GET /product":{}}}}})");
    CHECK(route_of(t, {"gateway", "GET /products/42"}, {}, {}).endpoint == "product");
    CHECK(route(t).steps.size() == 5);
}

TEST_CASE("a gateway may lead to another, and may have endpoints besides its routes") {
    const auto t = topology_from(R"({"name":"t","services":{
        "edge":{"endpoints":{"health":{}},"gateway":{"routes":{
            "all":{"path":"/*","to":"inner.GET /a/1"}}}},
        "inner":{"gateway":{"routes":{"a":{"path":"/a/{id}","to":"s.x"}}}},
        "s":{"endpoints":{"x":{"response_size":"7B"}}},
        "app":{"endpoints":{"open":{"steps":[{"call":"edge.health"},{"call":"edge.GET /"}]}}}}})");
    CHECK(step<call_step>(t.services[0].endpoints[1].steps, 1).to == endpoint_ref{"inner", "a"});
    CHECK(t.services[0].endpoints[1].response_size == 7);
    CHECK(step<call_step>(t.services[3].endpoints[0].steps, 0).to.endpoint == "health");
    CHECK(step<call_step>(t.services[3].endpoints[0].steps, 1).to.endpoint == "all");
}

} // namespace windtunnel::topology
