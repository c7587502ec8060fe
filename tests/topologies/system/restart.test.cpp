// SPDX-License-Identifier: BSL-1.0
// A replica that comes back after a crash is a new process: it has forgotten what it had learnt,
// and what it had counted is not lost.
#include <catch2/catch.hpp>

#include "topologies/src/system/server_door.hpp"
#include "topologies/system/figures.hpp"
#include "topologies/system/world.hpp"

namespace windtunnel::topology {

using namespace std::chrono_literals;

namespace {

/// A front that calls a backend with these policies, and what the backend is like.
std::string front_with(const std::string& policies, const std::string& backend = R"("work":"1ms")",
                       int fronts = 1) {
    return R"({"name":"t","services":{
        "front":{"replicas":)" +
           std::to_string(fronts) + R"(,"workers":10,"endpoints":{"x":{"steps":[
            {"call":"back.y",)" +
           policies + R"(}]}}},
        "back":{"workers":10,"endpoints":{"y":{)" +
           backend + R"(},"health":{}}}}})";
}

constexpr const char* breaker = R"("circuit_breaker":{"minimum_number_of_calls":5,
    "sliding_window_size":5,"wait_in_open":"10m","max_wait_in_open":"10m"})";

void crash(world& w, duration from, duration to, std::size_t number = 0) {
    w.act(from, [&w, number] { w.at_replica(0, number).crash(); });
    w.act(to, [&w, number] { w.at_replica(0, number).restart(); });
}

breaker_state state_of(world& w, std::size_t number = 0) {
    return w.at_replica(0, number).own().breakers().at(0)->policy.state(w.simulation.now());
}

} // namespace

TEST_CASE("the breaker of a caller that crashed is closed again, and what it counted is kept") {
    world w(front_with(breaker, R"("errors":"100%")"), {R"({"call":"front.x"})"});
    for (int i = 0; i < 8; ++i)
        w.send(i * 10ms);
    w.act(1s, [&] { CHECK(state_of(w) == breaker_state::open); });
    crash(w, 20s, 40s);
    w.act(41s, [&] { CHECK(state_of(w) == breaker_state::closed); });
    w.send(50s);
    w.run(100s);
    CHECK(w.settled());
    const figures told(w);
    CHECK(told.counters.at("front->back circuit_breaker: admitted") == 6);
    CHECK(told.counters.at("front->back circuit_breaker: breaker_open") == 3);
    CHECK(told.counters.at("front->back circuit_breaker: opened") == 1);
    CHECK(told.means.at("front->back circuit_breaker: open") == Approx(0.4).epsilon(0.01));
    CHECK(told.means.at("front->back circuit_breaker: closed") == Approx(0.6).epsilon(0.01));
    REQUIRE(w.books.changes.size() == 2);
    CHECK(w.books.changes[1].from == "open");
    CHECK(w.books.changes[1].to == "closed");
    CHECK(w.books.changes[1].at == at(40s));
    CHECK(w.books.changes[1].why == "the process of the caller was restarted");
}

TEST_CASE("the crash of one replica leaves the policies of the others as they are") {
    world w(front_with(breaker, R"("errors":"100%")", 2), {R"({"call":"front.x"})"});
    for (int i = 0; i < 16; ++i)
        w.send(i * 10ms);
    crash(w, 20s, 40s, 1);
    w.run(41s);
    CHECK(state_of(w, 0) == breaker_state::open);
    CHECK(state_of(w, 1) == breaker_state::closed);
}

TEST_CASE("the cache of a caller that crashed is cold") {
    world w(front_with(R"-("key":"uniform(1)","cache":{"ttl":"1h"})-"), {R"({"call":"front.x"})"});
    for (const auto when : {1s, 2s, 3s, 21s, 22s})
        w.send(when);
    crash(w, 10s, 20s);
    w.run(30s);
    CHECK(w.settled());
    CHECK(w.pool(1).completed == 2);
    const figures told(w);
    CHECK(told.counters.at("front->back cache: misses") == 2);
    CHECK(told.counters.at("front->back cache: fresh") == 3);
}

TEST_CASE("what a replica lets in is learnt anew after a crash") {
    world w(R"({"name":"t","services":{"a":{"workers":4,
        "admission":{"adaptive_limit":{"initial_limit":10,"min_limit":1,"max_limit":100}},
        "endpoints":{"x":{"work":"10ms"}}}}})",
            {R"({"call":"a.x"})"});
    for (int i = 0; i < 2000; ++i)
        w.send(i * 1ms); // ten where there is room for four
    const auto limit = [&] { return w.at_replica(0).admission()->adaptive_limit()->limit(); };
    std::uint64_t admitted = 0;
    w.act(5s, [&] {
        CHECK(limit() != 10);
        admitted = figures(w).counters.at("a adaptive_limit: admitted");
    });
    crash(w, 10s, 20s);
    w.act(21s, [&] { CHECK(limit() == 10); });
    w.send(30s);
    w.run(40s);
    const figures told(w);
    CHECK(admitted > 100);
    CHECK(told.counters.at("a adaptive_limit: admitted") == admitted + 1);
    CHECK(told.means.at("a adaptive_limit: limit") > 5);
    CHECK(told.means.at("a adaptive_limit: limit") < 100);
}

TEST_CASE("the door of a replica that crashed lets in anew, and what it counted is kept") {
    world w(R"({"name":"t","services":{"a":{"workers":4,
        "admission":{"server_admission":{"limit":{"initial_limit":10,"min_limit":1,
                                                  "max_limit":100}}},
        "endpoints":{"x":{"work":"10ms"}}}}})",
            {R"({"call":"a.x"})"});
    for (int i = 0; i < 2000; ++i)
        w.send(i * 1ms);
    const auto limit = [&] {
        return w.at_replica(0).admission()->door()->queue().limiter().limit();
    };
    std::uint64_t admitted = 0;
    w.act(5s, [&] { admitted = figures(w).counters.at("a server_admission: admitted"); });
    crash(w, 10s, 20s);
    w.act(21s, [&] { CHECK(limit() == 10); });
    w.send(30s);
    w.run(40s);
    CHECK(w.settled());
    const figures told(w);
    CHECK(admitted > 100);
    CHECK(told.counters.at("a server_admission: admitted") == admitted + 1);
    CHECK(told.means.at("a server_admission: limit") >= 1);
    CHECK(told.means.at("a server_admission: limit") <= 100);
}

TEST_CASE(
    "a process that is down checks nobody's health, and knows nothing of it when it is back") {
    world w(front_with(R"-("health_check":{"endpoint":"health","interval":"1s",
                           "no_traffic_interval":"1s"})-"),
            {R"({"call":"front.x"})"});
    crash(w, 10s, 20s);
    std::size_t before = 0, after = 0;
    w.act(10500ms, [&] { before = w.books.arrived; });
    w.act(19900ms, [&] { after = w.books.arrived; });
    w.act(20s, [&] {
        CHECK(w.at_replica(0).own().peer_groups().at(0)->health()->status(0) ==
              health_status::unknown);
    });
    w.run(30s);
    CHECK(before >= 8);
    CHECK(after == before);
    CHECK(w.books.arrived > before + 5);
    CHECK(w.at_replica(0).own().peer_groups().at(0)->health()->status(0) == health_status::healthy);
    CHECK(figures(w).counters.at("front->back health_check: probes") == w.books.arrived);
}

} // namespace windtunnel::topology
