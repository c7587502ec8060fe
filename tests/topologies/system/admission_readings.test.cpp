// SPDX-License-Identifier: BSL-1.0
// What admission and caches tell of themselves.
#include "topologies/src/system/admission_readings.hpp"

#include <catch2/catch.hpp>

#include "topologies/system/figures.hpp"
#include "topologies/system/world.hpp"

namespace windtunnel::topology {

using namespace std::chrono_literals;

TEST_CASE("what a service's admission did is told of the service itself") {
    world w(R"({"name":"t","services":{"a":{
        "admission":{"rate_limiter":{"permits":40},"codel":{},
                     "adaptive_limit":{"initial_limit":30,"min_limit":30,"max_limit":30},
                     "priority_shedder":{"business_levels":2,"user_levels":1}},
        "endpoints":{"x":{"work":"10ms"}}}}})",
            {R"({"call":"a.x"})"});
    for (int i = 0; i < 50; ++i)
        w.send(0ms);
    w.run(1s);
    const figures told(w);
    CHECK(told.counters.at("a rate_limiter: admitted") == 40);
    CHECK(told.counters.at("a rate_limiter: overloaded") == 10);
    CHECK(told.counters.at("a adaptive_limit: admitted") == 30);
    CHECK(told.counters.at("a adaptive_limit: overloaded") == 10);
    CHECK(told.counters.at("a priority_shedder: admitted") == 40);
    CHECK(told.counters.at("a codel: overloaded") == 2);
    CHECK(told.means.at("a adaptive_limit: limit") == Approx(30));
    CHECK(told.means.at("a rate_limiter: tokens") == Approx(20)); // from none to all in a second
    // 28 that are done, one after the other, and two that leave.
    CHECK(told.means.at("a adaptive_limit: in_use") == Approx(4.06 + 0.11 + 0.18).margin(0.4));
    // It drops from 110 ms on until the last has been taken up, at 270 ms.
    CHECK(told.means.at("a codel: dropping") == Approx(0.16).epsilon(0.1));
}

TEST_CASE("adaptive LIFO tells how long it served the newest first") {
    world w(R"({"name":"t","services":{"a":{"admission":{"adaptive_lifo":{"interval":"50ms"}},
                "endpoints":{"x":{"work":"10ms"}}}}})",
            {R"({"call":"a.x"})"});
    for (int i = 0; i < 20; ++i)
        w.send(0ms);
    w.run(1s);
    const figures told(w);
    CHECK(told.counters.at("a adaptive_lifo: overloaded") == w.pool(0).dropped);
    CHECK(told.means.at("a adaptive_lifo: newest_first") > 0);
}

TEST_CASE("caches and coalescing tell what they found, and a fallback before them what it gave") {
    world w(R"({"name":"t","services":{"a":{"workers":4,"endpoints":{"x":{"work":"10ms"}}}}})",
            {R"-({"call":"a.x","key":"uniform(1)","cache":{},"coalescing":{},"fallback":{}})-"});
    w.send(0ms);
    w.send(0ms);
    w.send(100ms);
    w.run(1s);
    const figures told(w);
    CHECK(told.counters.at("user->a cache: misses") == 2);
    CHECK(told.counters.at("user->a cache: fresh") == 1);
    CHECK(told.counters.at("user->a coalescing: flights") == 1);
    CHECK(told.counters.at("user->a coalescing: followers") == 1);
    CHECK(told.counters.at("user->a fallback: fallbacks") == 0);
}

} // namespace windtunnel::topology
