// SPDX-License-Identifier: BSL-1.0
// What is valid and has no effect.
#include "scenarios/src/notes.hpp"

#include <catch2/catch.hpp>

#include "scenarios/format_support.hpp"

namespace windtunnel::scenario {

using Catch::Matchers::Contains;

namespace {

std::vector<note> notes_with(const std::string& patch) {
    return notes_on(shop_with(patch));
}

} // namespace

TEST_CASE("a cache before calls without a key is noted, with its place and a remedy") {
    const auto notes = notes_with(R"j({ "policies": { "web->pay": { "cache": {} } } })j");
    REQUIRE(notes.size() == 1);
    CHECK(notes[0].message == "all calls from \"web\" to \"pay.POST /charge\" have a cache and no "
                              "key to go by: give them, or the workload that they are made for, "
                              "one, as in \"key\": \"zipf(0.8, 10000)\"");
    CHECK(notes[0].where.line == 4);
}

TEST_CASE("so is whatever else goes by a key") {
    CHECK_THAT(notes_with(R"j({ "policies": { "web->pay": { "coalescing": {} } } })j")[0].message,
               Contains("have coalescing and no key"));
    for (const std::string kind : {"ring_hash", "maglev"})
        CHECK_THAT(
            notes_with(R"j({ "policies": { "web->*": { "balancer": ")j" + kind + R"j(" } } })j")[1]
                .message,
            Contains("a balancer of kind " + kind));
}

TEST_CASE("a key travels from the workload, and of several the ones without are noted") {
    const std::string cached = R"j("policies": { "web->pay": { "cache": {} } })j";
    const std::string with_key =
        R"j({ "name": "readers", "to": "web.GET /", "arrivals": "poisson(1/s)",
              "key": "uniform(10)" })j";
    const std::string without =
        R"j({ "name": "robots", "to": "web.GET /", "arrivals": "poisson(1/s)" })j";
    CHECK(notes_with(R"j({ "workload": [)j" + with_key + "], " + cached + "}").empty());
    const auto some =
        notes_with(R"j({ "workload": [)j" + with_key + "," + without + "], " + cached + "}");
    REQUIRE(some.size() == 1);
    CHECK_THAT(some[0].message, Contains("some calls from"));
}

TEST_CASE("a gateway that asks who does not look, or limits by a key that is not there, is noted") {
    const auto notes = [](const std::string& steps, const std::string& key) {
        return notes_with(R"j({ "topology": { "services": {
            "auth": { "endpoints": { "ask": { "steps": [)j" +
                          steps + R"j(] } } },
            "gateway": { "gateway": { "routes": { "home": { "path": "/",
                "to": "pay.POST /charge",
                "authentication": { "call": "auth.ask" },
                "rate_limit": { "by": "key", "permits": 5 } } } } } } },
            "workload": [ { "name": "readers", "to": "gateway.GET /",
                "arrivals": "poisson(1/s)")j" +
                          key + "} ] }");
    };
    const std::string looks =
        R"j({ "authenticate": { "keys": [ "a secret of 32 bytes for HS256 ..." ] } })j";
    const std::string keyed = R"j(, "key": "uniform(9)")j";
    CHECK(notes(looks, keyed).empty());
    REQUIRE(notes("", keyed).size() == 1);
    CHECK_THAT(notes("", keyed)[0].message, Contains("\"auth.ask\" lets everybody in"));
    REQUIRE(notes(looks, "").size() == 1);
    CHECK_THAT(notes(looks, "")[0].message, Contains("share one limit of \"gateway.home\""));
}

TEST_CASE("nothing is noted where a call has its key, or nothing goes by one") {
    CHECK(notes_with("{}").empty());
    CHECK(notes_with(
              R"j({ "policies": { "web->pay": { "cache": "off", "balancer": "power_of_two" } } })j")
              .empty());
    CHECK(notes_with(R"j({ "topology": { "services": { "web": { "endpoints": { "GET /": {
              "steps": [ { "call": "pay.POST /charge", "key": "uniform(5)", "cache": {} } ] }
              } } } } })j")
              .empty());
}

} // namespace windtunnel::scenario
