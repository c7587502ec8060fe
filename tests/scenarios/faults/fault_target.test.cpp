// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/faults/fault_target.hpp"

#include <catch2/catch.hpp>

#include "scenarios/format_support.hpp"

namespace windtunnel::scenario {

namespace {

std::string target(const std::string& text) {
    static const scenario_spec scenario = shop_with("{}");
    return message_of([&] { parse_fault_target(text, scenario); });
}

} // namespace

TEST_CASE("a fault happens to a service, an instance, an endpoint or an edge") {
    const scenario_spec scenario = shop_with("{}");
    const auto at = [&](const std::string& text) { return parse_fault_target(text, scenario); };
    CHECK(at("pay").service == "pay");
    CHECK(at("web#1").instance == 1);
    CHECK(at("cart.GET /a: b").endpoint == "GET /a: b");
    CHECK(at("web->pay").caller == "web");
    CHECK(at("web->pay.POST /charge").endpoint == "POST /charge");
    CHECK(at("readers->web").caller == "readers");
    CHECK(at("*->pay").caller == "*");
    for (const char* text : {"pay", "web#1", "cart.GET /cart", "web->pay", "*->pay.POST /charge"})
        CHECK(target_text(at(text)) == text);
}

TEST_CASE("a fault's target that does not exist is an error") {
    CHECK(target("pai") == "no service is called \"pai\"; there is web, cart, pay");
    CHECK(target("web#2") == "\"web\" has the instances 0 to 1, not \"2\"");
    CHECK(target("web#x") == "\"web\" has the instances 0 to 1, not \"x\"");
    CHECK(target("pay.GET /charge") ==
          "no endpoint is called \"pay.GET /charge\"; there is web.GET /, cart.GET /cart, cart.GET "
          "/a: b, pay.POST /charge");
    CHECK(target("pay->web") == "\"pay\" never calls \"web\"; it calls nobody");
    CHECK(target("web->pay#0") == "an edge leads to a service or an endpoint, not to one instance; "
                                  "name the instance alone, without a caller");
    CHECK(target("nobody->pay") == "no workload or service is called \"nobody\"");
    CHECK(target("readers") == "no service is called \"readers\"; there is web, cart, pay");
}

TEST_CASE("a fault happens to a version, a zone or a node") {
    const scenario_spec scenario = shop_with(R"({"topology":{"services":{
        "web":{"zones":["eu","us"],"nodes":["rack-1","rack-2"]},
        "pay":{"zones":["us"],"endpoints":{"POST /charge":{
            "versions":{"v1":["id"],"v2":["id"]}}}}}}})");
    const auto at = [&](const std::string& text) { return parse_fault_target(text, scenario); };
    CHECK(at("zone:eu").zone == "eu");
    CHECK(at("node:rack-2").node == "rack-2");
    CHECK(at("web@zone:us").service == "web");
    CHECK(at("pay@v2").version == "v2");
    for (const char* text : {"zone:eu", "node:rack-1", "web@zone:us", "web@node:rack-1", "pay@v2"})
        CHECK(target_text(at(text)) == text);
    const auto broken = [&](const std::string& text) { return message_of([&] { at(text); }); };
    CHECK(broken("zone:asia") == "no zone is called \"asia\"; there is eu, us");
    CHECK(broken("pay@zone:eu") == "no zone is called \"eu\"; there is us");
    CHECK(broken("node:rack-9") == "no node is called \"rack-9\"; there is rack-1, rack-2");
    CHECK(broken("pay@v3") == "no version of pay is called \"v3\"; there is v1, v2");
    CHECK(broken("cart@v1") == "there is no version of cart \"v1\": no service has any");
}

} // namespace windtunnel::scenario
