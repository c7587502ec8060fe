// SPDX-License-Identifier: BSL-1.0
// Workloads of a gateway: which routes they take, the tokens that they carry, what expectations may
// name, and what cannot be.
#include <catch2/catch.hpp>

#include "scenarios/format_support.hpp"
#include "scenarios/src/subjects.hpp"
#include "support/files.hpp"
#include "support/repository.hpp"

namespace windtunnel::scenario {

using namespace std::chrono_literals;

namespace {

const std::string key = R"("0123456789abcdef0123456789abcdef")";

/// The shop behind a gateway, and a workload that says this besides.
scenario_spec asking(const std::string& workload, const std::string& more = "") {
    return shop_with(R"-({"topology":{"services":{"gate":{"gateway":{"routes":{
        "pages":{"method":"GET","path":"/pages/{id}","to":"web.GET /"},
        "beta":{"path":"/pages/*","version":"2","to":{"web.GET /":3,"cart.GET /cart":1}}}}}}},
        "workload":[{"name":"readers","arrivals":"poisson(200/s)",)-" +
                     workload + "}]" + more + "}");
}

std::string found(const std::string& workload, const std::string& more = "") {
    return message_of([&] { (void)asking(workload, more); });
}

std::string with_token(const std::string& token) {
    return found(R"("to":"gate.GET /pages/1","token":)" + token);
}

void contains(const std::string& text, const std::string& part) {
    INFO(text);
    CHECK(text.find("patch:") == 0);
    CHECK(text.find(part) != std::string::npos);
}

} // namespace

TEST_CASE("a workload asks a gateway for requests, each of which takes its route") {
    CHECK(asking(R"("to":"gate.GET /pages/1")").workloads[0].targets[0].to ==
          endpoint_ref{"gate", "pages"});
    CHECK(asking(R"("to":"gate.GET /pages/1/x","version":"2")").workloads[0].targets[0].to ==
          endpoint_ref{"gate", "beta"});
    const auto mixed = asking(R"("mix":[{"to":"gate.GET /pages/1"},{"to":"gate.POST /pages/1",
        "weight":3}],"headers":{"x-api-version":"2"})");
    CHECK(mixed.workloads[0].targets[0].to.endpoint == "pages"); // parameters before a prefix
    CHECK(mixed.workloads[0].targets[1].to.endpoint == "beta");
}

TEST_CASE("a route is an endpoint with edges, to all that it may lead to") {
    const auto scenario = asking(R"("to":"gate.GET /pages/1")", R"(,"expect":[
        "gate.pages: gateway.routed > 10", "gate: gateway.unauthorized = 0",
        "readers->gate.pages: errors = 0%", "gate->cart: errors = 0%",
        "gate: gateway.refused < 3" ],
        "policies":{"gate->cart":{"retry":{}}})");
    CHECK(scenario.expectations.size() == 5);
    CHECK(find_subject("gate->cart.GET /cart", scenario));
}

TEST_CASE("a workload says which tokens its requests carry") {
    const auto spec = asking(R"("to":"gate.GET /pages/1","token":{"key":)" + key +
                             R"(,"issuer":"auth","audience":"shop","scopes":["read","write"],
        "lifetime":"1m","holders":3,"renewed":false,"expired":"2%","forged":"1%",
        "revoked":"30s"})");
    const auto& token = *spec.workloads[0].call.token;
    CHECK(token.key.secret.size() == 32);
    CHECK(token.issuer == "auth");
    CHECK(token.scopes.size() == 2);
    CHECK(token.lifetime == 1min);
    CHECK(token.holders == 3);
    CHECK_FALSE(token.renewed);
    CHECK(token.expired == 0.02);
    CHECK(token.forged == 0.01);
    CHECK(token.revoked == 30s);
    CHECK(message_of([&] { (void)asking(R"("to":"web.GET /","token":{"key":)" + key + "}"); }) ==
          "no error"); // nobody looks at it, which is fine
}

TEST_CASE("the token on the page about gateways is one") {
    const std::string page = test::content(test::in_repository("docs/gateway.md"));
    const auto begin = page.find("\"token\": {");
    const std::string example = page.substr(begin, page.find("\n```", begin) - begin);
    const auto spec = asking(R"("to":"gate.GET /pages/1",)" + example);
    CHECK(spec.workloads[0].call.token->holders == 200);
}

TEST_CASE("tokens that cannot be get a message that says what to do") {
    contains(with_token("{}"), "lacks the key \"key\"");
    contains(with_token(R"({"key":"secret"})"),
             "size of the secret is 6; it must be at least the 32 bytes of the hash of HS256");
    contains(with_token(R"({"key":)" + key + R"(,"lifetime":"1500ms"})"),
             "whole seconds from 1s to");
    contains(with_token(R"({"key":)" + key + R"(,"expired":"60%","forged":"50%"})"),
             "expired + forged is 1.1; it must be at most 100%");
    contains(with_token(R"({"key":)" + key + R"(,"forged":"150%"})"), "150%");
    contains(with_token(R"({"key":)" + key + R"(,"holders":0})"), "from 1 to 100000");
    contains(with_token(R"({"key":)" + key + R"(,"lifespan":"1m"})"), "unknown key \"lifespan\"");
}

TEST_CASE("a request that no route takes is an error of the workload") {
    contains(found(R"("to":"gate.GET /page/1")"),
             "no route of gate takes \"GET /page/1\"; the nearest is \"pages\"");
    contains(found(R"("to":"gate.DELETE /pages/1")"), "gate takes GET there, not DELETE");
    contains(found(R"("to":"gate.pages")"), "gate is a gateway: ask it for a request");
    contains(found(R"("mix":[{"to":"gate.GET /pages/1"},{"to":"gate.GET /"}])"),
             "no route of gate takes \"GET /\"");
    contains(found(R"("to":"web.GET /","host":"a.example.com")"), "leave out host");
}

TEST_CASE("who is no gateway has no figures of one") {
    contains(found(R"("to":"gate.GET /pages/1")", R"(,"expect":["web: gateway.routed > 1"])"),
             "\"web\" is no gateway");
    contains(found(R"("to":"gate.GET /pages/1")", R"(,"expect":["web.GET /: gateway.routed > 1"])"),
             "\"web.GET /\" is no route of a gateway");
    contains(found(R"("to":"gate.GET /pages/1")", R"(,"expect":["gate: gateway.route > 1"])"),
             "a gateway has no count \"route\"");
}

} // namespace windtunnel::scenario
