// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/explain/place.hpp"

#include <catch2/catch.hpp>

namespace windtunnel::scenario::explain {

namespace {

/// Two callers, two endpoints, three instances; `hot` says which have an excess of 1.
std::vector<part> parts_where(auto hot) {
    std::vector<part> parts;
    for (const char* caller : {"shop", "app"})
        for (const char* endpoint : {"GET /", "POST /"})
            for (std::uint32_t i = 0; i < 3; ++i) {
                part p{caller, endpoint, i, 100, 0};
                p.excess = hot(p) ? 1 : 0.02 * i;
                parts.push_back(p);
            }
    return parts;
}

std::string found(auto hot) {
    return smallest_place("pay", parts_where(hot)).text();
}

} // namespace

TEST_CASE("what is wrong everywhere is wrong with the service") {
    CHECK(found([](const part&) { return true; }) == "pay");
}

TEST_CASE("what is wrong in one part is wrong with the smallest place that has it") {
    CHECK(found([](const part& p) { return p.instance == 1; }) == "pay#1");
    CHECK(found([](const part& p) { return p.instance != 1; }) == "pay#{0,2}");
    CHECK(found([](const part& p) { return p.endpoint == "POST /"; }) == "pay.POST /");
    CHECK(found([](const part& p) { return p.caller == "app"; }) == "app->pay");
    CHECK(found([](const part& p) { return p.caller == "app" && p.endpoint == "GET /"; }) ==
          "app->pay.GET /");
}

TEST_CASE("parts that nobody used do not count") {
    auto parts = parts_where([](const part& p) { return p.instance == 1; });
    for (part& p : parts)
        if (p.instance != 1)
            p.weight = 0;
    CHECK(smallest_place("pay", parts).text() == "pay");
}

} // namespace windtunnel::scenario::explain
