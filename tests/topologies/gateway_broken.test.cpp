// SPDX-License-Identifier: BSL-1.0
// What cannot be of gateways, their routes and tokens, and the message that each must get.
#include <catch2/catch.hpp>

#include "topologies/support.hpp"

namespace windtunnel::topology {

namespace {

const std::string key = R"("0123456789abcdef0123456789abcdef")";

std::string found(const std::string& gateway, const std::string& more = "",
                  const std::string& steps = "") {
    return message_of([&] {
        topology_from(R"({"name":"t","services":{"g":{"gateway":)" + gateway + more +
                      R"(},"s":{"endpoints":{"GET /x":{},"POST /introspect":{}}},
                      "app":{"endpoints":{"open":{"steps":[)" +
                      steps + "]}}}}}");
    });
}

/// A gateway whose route "a" takes "/a" and says this besides.
std::string route(const std::string& options) {
    return R"({"routes":{"a":{"path":"/a",)" + options + "}}}";
}

const std::string to_s = R"("to":"s.GET /x")";

/// The same, with an authentication.
std::string authenticated(const std::string& how) {
    return found(route(to_s + R"(,"authentication":)" + how));
}

void contains(const std::string& text, const std::string& part) {
    INFO(text);
    CHECK(text.find("file.json:") == 0);
    CHECK(text.find(part) != std::string::npos);
}

struct broken {
    std::string text, message;
};

} // namespace

TEST_CASE("a route that cannot be gets a message that says what to do") {
    CHECK(found(route(to_s)) == "no error");
    const std::vector<broken> all{
        {R"({"routes":{}})", "a gateway needs at least one route"},
        {R"({})", "lacks the key \"routes\""},
        {route(R"("to":"s.GET /y")"),
         "there is no endpoint \"s.GET /y\" (at "
         "/services/g/gateway/routes/a/to); did you mean \"s.GET /x\""},
        {route(R"("to":{"s.GET /x":0})"), "the weights sum to 0"},
        {route(R"("to":{"s.GET /x":-1})"), "expected an integer from 0 to 1000000"},
        {route(R"("to":{"s":1})"), "expected \"service.endpoint\""},
        {route(R"("to":{"s.GET /x":1,"s.GET /z":0})"), "there is no endpoint \"s.GET /z\""},
        {route(R"("to":"g.GET /a")"), "leads to \"g.GET /a\", its own gateway: name the service"},
        {R"({"routes":{"a":{"path":"/a/{id}",)" + to_s + R"(},"b":{"path":"/a/{name}",)" + to_s +
             "}}}",
         "route b: path is /a/{name}; it must not be that of an earlier route with the same "
         "conditions: it is unreachable"},
        {R"({"routes":{"a":{"path":"a",)" + to_s + "}}}", "it must start with /"},
        {R"({"routes":{"a":{"path":"/a/{id}/{id}",)" + to_s + "}}}", "parameters of different"},
        {route(to_s + R"(,"host":"API.example.com")"), "a name in lower case"},
        {route(to_s + R"(,"headers":{"x y":"1"})"), "have the name of a field"},
        {route(to_s + R"(,"hots":"a")"), "did you mean \"host\"?"},
        {route(to_s + R"(,"mirror":{"to":"s.GET /x","share":"120%"})"), "120%"},
        {route(to_s + R"(,"mirror":{"share":"20%"})"), "lacks the key \"to\""},
        {route(to_s + R"(,"mirror":{"to":"s.GET /y"})"), "there is no endpoint \"s.GET /y\""},
        {route(to_s + R"(,"mirror":{"to":"g.GET /a"})"), "its own gateway"},
        {route(to_s + R"(,"rate_limit":{"by":"user"})"), "expected one of caller, key, token"},
        {route(to_s + R"(,"rate_limit":{"max_wait":"1s"})"), "refuses and holds nothing back"},
        {route(to_s + R"(,"timeout":"2s","total_timeout":"1s")"), "is longer than total_timeout"},
    };
    for (const broken& each : all)
        contains(found(each.text), each.message);
    contains(found(route(to_s), R"(,"endpoints":{"a":{}})"), "g has an endpoint \"a\" already");
    contains(found(route(to_s), R"(,"queues":{"q":{}})"), "a broker is no gateway");
}

TEST_CASE("an authentication that cannot be gets a message that says what to do") {
    CHECK(authenticated(R"({"jwt":{"keys":[)" + key + "]}}") == "no error");
    CHECK(authenticated(R"({"call":"s.POST /introspect"})") == "no error");
    contains(authenticated("{}"), "authentication needs \"jwt\"");
    contains(authenticated(R"({"jwt":{"keys":[)" + key + R"(]},"call":"s.GET /x"})"), "not both");
    contains(authenticated(R"({"jwt":{}})"), "lacks the key \"keys\"");
    contains(authenticated(R"({"jwt":{"keys":["too short"]}})"),
             "size of the secret is 9; it must be at least the 32 bytes of the hash of HS256");
    contains(authenticated(R"({"jwt":{"keys":[{"algorithm":"HS512","secret":)" + key + "}]}}"),
             "at least the 64 bytes of the hash of HS512");
    contains(authenticated(R"({"jwt":{"keys":[)" + key + "," + key + "]}}"),
             "have an id of its own");
    contains(authenticated(R"({"jwt":{"keys":[]}})"), "have at least one");
    contains(authenticated(R"({"jwt":{"keys":[)" + key + R"(],"leeway":"1500ms"}})"),
             "whole seconds from 0s to 5m");
    contains(authenticated(R"({"jwt":{"keys":[)" + key + R"(],"leeway":"10m"}})"),
             "whole seconds from 0s to 5m");
    contains(authenticated(R"({"jwt":{"keys":[)" + key + R"(]},"cache":{}})"),
             "\"cache\" belongs to a \"call\"");
    contains(authenticated(R"({"call":"s.POST /introspekt"})"), "there is no endpoint");
    contains(authenticated(R"({"call":"g.GET /a"})"), "its own gateway");
}

TEST_CASE("a request that no route takes gets a message that names the nearest") {
    const std::string gateway = R"({"routes":{"products":{"path":"/products/{id}","method":"GET",
        "to":"s.GET /x"},"new":{"path":"/new","version":"2","headers":{"x-beta":"*"},
        "to":"s.GET /x"}}})";
    const auto asked = [&](const std::string& call) {
        return found(gateway, "", R"({"call":)" + call + "}");
    };
    CHECK(asked(R"("g.GET /products/1")") == "no error");
    contains(asked(R"("g.GET /product/1")"), "no route of g takes \"GET /product/1\"; the nearest "
                                             "is \"products\", which takes GET /products/{id}");
    contains(asked(R"("g.GET /new")"),
             "the nearest is \"new\", which takes /new with version 2 with header x-beta");
    contains(asked(R"("g.POST /products/1")"), "g takes GET there, not POST");
    contains(asked(R"("g.products")"), "g is a gateway: ask it for a request such as \"g.GET "
                                       "/products/42\"");
    contains(asked(R"("s.GET /x","version":"2")"), "is no request to a gateway: leave out host");
    contains(asked(R"("g.GET /products/1","headers":{"x y":"1"})"), "is no name of a header");
}

} // namespace windtunnel::topology
