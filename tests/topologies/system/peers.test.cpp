// SPDX-License-Identifier: BSL-1.0
// Which replica gets a call: balancers with all their options, outlier detection and health checks,
// as an edge of a topology switches them on.
#include <catch2/catch.hpp>

#include <map>

#include "topologies/src/system/policy_kinds.hpp"
#include "topologies/src/system/policy_readings.hpp"
#include "topologies/system/world.hpp"

using namespace std::chrono_literals;

namespace windtunnel::topology {

namespace {

/// A topology of one service "s" with an endpoint that takes 10 ms, and what else it says.
std::string service_of(const std::string& more, const std::string& endpoints = {}) {
    return R"({"name":"t","services":{"s":{"workers":100,"endpoints":{"x":{"work":"10ms"})" +
           endpoints + "}," + more + "}}}";
}

std::string call_with(const std::string& options) {
    return R"({"call":"s.x",)" + options + "}";
}

/// What the user sees of "s".
const peers& view_of(const world& w) {
    return *w.user->own().peer_groups().front();
}

std::uint64_t done_by(world& w, std::size_t replica) {
    return w.pool(0, replica).started;
}

void send_many(world& w, int requests, duration every, duration from = 0ms) {
    for (int i = 0; i < requests; ++i)
        w.send(from + i * every);
}

std::size_t failed(const world& w, duration from, duration until) {
    return static_cast<std::size_t>(
        std::count_if(w.visits.begin(), w.visits.end(), [&](const visit& v) {
            return v.over && !v.result.ok() && v.sent >= at(from) && v.sent < at(until);
        }));
}

} // namespace

TEST_CASE("calls of one key go to one replica, whoever calls and however it hashes") {
    const std::string policy = GENERATE(as<std::string>(), "ring_hash", "maglev");
    const std::string balancer = R"("balancer":")" + policy + R"(","key":)";
    world w(service_of(R"("replicas":5)"),
            {call_with(balancer + "\"uniform(1)\""), call_with(balancer + "\"uniform(1000)\"")});
    send_many(w, 50, 1ms);
    w.run(1s);
    std::size_t used = 0;
    for (std::size_t i = 0; i < 5; ++i)
        used += done_by(w, i) > 0;
    CHECK(used == 1);
    for (int i = 0; i < 200; ++i)
        w.send(2s + i * 1ms, 1);
    w.run();
    for (std::size_t i = 0; i < 5; ++i)
        CHECK(done_by(w, i) > 0);
}

TEST_CASE("a key travels with the request to the calls that are made for it") {
    world w(R"j({"name":"t","services":{
        "front":{"endpoints":{"x":{"steps":[{"call":"s.x","balancer":"ring_hash"}]}}},
        "s":{"replicas":5,"endpoints":{"x":{"work":"1ms"}}}}})j",
            {R"j({"call":"front.x","key":"uniform(1)"})j"});
    send_many(w, 50, 5ms);
    w.run();
    std::size_t used = 0;
    for (std::size_t i = 0; i < 5; ++i)
        used += w.pool(1, i).started > 0;
    CHECK(used == 1);
}

TEST_CASE("weights give replicas their shares") {
    world w(service_of(R"("replicas":4,"weights":[3,1])"),
            {call_with(R"("balancer":"weighted_round_robin")")});
    send_many(w, 80, 1ms);
    w.run();
    CHECK(done_by(w, 0) == 30);
    CHECK(done_by(w, 1) == 10);
    CHECK(done_by(w, 2) == 30);
    CHECK(done_by(w, 3) == 10);
}

TEST_CASE("zone-aware calls stay in their zone while that has its share of the replicas") {
    const std::string aware = GENERATE(as<std::string>(), "true", "false");
    world w(R"j({"name":"t","services":{
        "front":{"replicas":2,"zones":["a","b"],"endpoints":{"x":{"steps":[{"call":"s.x",
            "balancer":{"policy":"round_robin","zone_aware":)j" +
                aware + R"j(,"min_cluster_size":1}}]}}},
        "s":{"replicas":4,"zones":["b","a"],"endpoints":{"x":{"work":"1ms"}}}}})j",
            {R"({"call":"front.x"})"});
    w.act(0ms, [&] { w.at_replica(0, 1).crash(); }); // what comes through is of zone a
    send_many(w, 40, 10ms, 1ms);
    w.run();
    const auto of_b = w.pool(1, 0).started + w.pool(1, 2).started;
    CHECK(w.pool(1, 1).started + w.pool(1, 3).started + of_b == 20);
    CHECK(of_b == (aware == "true" ? 0 : 10));
}

TEST_CASE("a replica that fails fast attracts requests, unless failures are penalised") {
    const bool penalty = GENERATE(true, false);
    world w(service_of(R"("replicas":5)"),
            {call_with(R"("balancer":{"policy":"peak_ewma","choices":5,"failure_penalty":")" +
                       std::string(penalty ? "5s" : "0s") + R"("})")});
    error_injection always{.share = 1, .status = 500, .random = random_stream(1, "errors")};
    w.act(1ms, [&] { w.at_replica(0, 0).errors.add(always); });
    send_many(w, 400, 5ms, 2ms);
    w.run();
    if (penalty)
        CHECK(failed(w, 0s, 1h) < 20);
    else
        CHECK(failed(w, 0s, 1h) > 300);
    w.at_replica(0, 0).errors.remove(always);
}

TEST_CASE("a balancer may go by the load that replicas report with their answers") {
    world w(service_of(R"("replicas":2)"),
            {call_with(R"("balancer":{"policy":"least_request","load":"reported"})"),
             R"({"call":"s.x"})"});
    send_many(w, 20, 20ms);
    w.run();
    // One at a time: each answer leaves nobody behind, so both are reported idle and drawn
    // alike.
    CHECK(view_of(w).balancer().load(0) == 0);
    CHECK(view_of(w).balancer().load(1) == 0);
    CHECK(done_by(w, 0) + done_by(w, 1) == 20);
    CHECK(done_by(w, 0) > 3);
}

// ---- outlier detection ------------------------------------------------------------------------

TEST_CASE("a replica that fails in a row is ejected, and is back after its ejection") {
    world w(service_of(R"("replicas":10)"),
            {call_with(R"("outlier_detection":{"interval":"1s","base_ejection_time":"5s"})")});
    error_injection always{.share = 1, .status = 500, .random = random_stream(1, "errors")};
    w.act(1s, [&] { w.at_replica(0, 0).errors.add(always); });
    w.act(4s, [&] { w.at_replica(0, 0).errors.remove(always); });
    send_many(w, 2000, 10ms);
    w.run(4s);
    CHECK(failed(w, 0s, 4s) == 5);
    CHECK(view_of(w).usable() == 9);
    CHECK(view_of(w).outliers()->ejected_hosts() == 1);
    const auto before = done_by(w, 0);
    w.run();
    CHECK(failed(w, 0s, 1h) == 5);
    CHECK(view_of(w).usable() == 10);
    CHECK(done_by(w, 0) > before + 100);
}

TEST_CASE("attempts that time out count as failures of the replica, and callers who leave do not") {
    const bool times_out = GENERATE(true, false);
    world w(R"j({"name":"t","services":{"s":{"replicas":10,"workers":100,
                 "endpoints":{"x":{"work":"100ms"}}}}})j",
            {call_with(times_out ? R"("timeout":"50ms","outlier_detection":{})"
                                 : R"("hedge":{"delay_from":"fixed","delay":"50ms"},
                                      "outlier_detection":{})")});
    send_many(w, 200, 10ms);
    w.run(10s);
    CHECK(view_of(w).outliers()->metrics().ejected == (times_out ? 1 : 0));
}

TEST_CASE("ejections are told as they happen, and counted with what else peers do") {
    world w(service_of(R"("replicas":10)"),
            {call_with(R"("outlier_detection":{"interval":"1s","base_ejection_time":"5s"})")});
    error_injection always{.share = 1, .status = 500, .random = random_stream(1, "errors")};
    w.act(1s, [&] { w.at_replica(0, 3).errors.add(always); });
    w.act(4s, [&] { w.at_replica(0, 3).errors.remove(always); });
    send_many(w, 1000, 10ms);
    w.run(10s);
    REQUIRE(w.books.changes.size() == 2);
    CHECK(w.books.changes[0].kind == "outlier_detection");
    CHECK(w.books.changes[0].caller == "user");
    CHECK(w.books.changes[0].from == "used");
    CHECK(w.books.changes[0].to == "ejected");
    CHECK(w.books.changes[0].why == "s#3: consecutive_failures");
    CHECK(w.books.changes[1].to == "used");
    CHECK(w.books.changes[1].at >= w.books.changes[0].at + 5s);
    std::vector<std::string> kinds;
    for (const policy_reading& each : policy_readings(*w.running)) {
        kinds.emplace_back(each.kind->name);
        policy_figures figures;
        each.read(at(10s), figures);
        if (each.kind->name == "outlier_detection")
            CHECK(figures.counters().front() ==
                  std::pair<std::string_view, std::uint64_t>{"ejected", 1});
        if (each.kind->name == "balancer") // one of ten was out for 5 s to 6 s
            CHECK(static_cast<double>(figures.levels().front().second) ==
                  Approx(94.5e9).margin(1e9));
    }
    CHECK(kinds == std::vector<std::string>{"balancer", "outlier_detection"});
    w.at_replica(0, 3).errors.remove(always);
}

TEST_CASE("when most replicas would be ejected, all are used") {
    world w(service_of(R"("replicas":4)"),
            {call_with(R"("outlier_detection":{"interval":"1s","max_ejection_percent":100})")});
    error_injection always{.share = 1, .status = 500, .random = random_stream(1, "errors")};
    w.act(1ms, [&] {
        for (std::size_t i = 0; i < 3; ++i)
            w.at_replica(0, i).errors.add(always);
    });
    send_many(w, 200, 10ms, 2ms);
    w.run(2s);
    CHECK(view_of(w).outliers()->panicking());
    CHECK(view_of(w).usable() == 4);
    CHECK(view_of(w).counts().panic_picks > 100);
    for (std::size_t i = 0; i < 3; ++i)
        w.at_replica(0, i).errors.remove(always);
}

// ---- health checks ----------------------------------------------------------------------------

namespace {
const std::string checked =
    R"("health_check":{"endpoint":"health","interval":"1s","timeout":"200ms",)"
    R"("initial_jitter":"0s"})";

} // namespace

TEST_CASE("a replica that answers no health check gets no calls until it does again") {
    world w(service_of(R"("replicas":2)", R"(,"health":{})"), {call_with(checked)});
    w.act(2s, [&] { w.at_replica(0, 0).crash(); });
    w.act(20s, [&] { w.at_replica(0, 0).restart(); });
    send_many(w, 400, 100ms, 100ms);
    w.run(19s);
    CHECK(failed(w, 0s, 2s) == 0);
    CHECK(failed(w, 2s, 6s) > 5);
    CHECK(failed(w, 6s, 19s) == 0);
    const auto misrouted = view_of(w).counts().misrouted; // one was under way in the crash
    CHECK(misrouted <= failed(w, 0s, 19s));
    CHECK(misrouted + 1 >= failed(w, 0s, 19s));
    CHECK(view_of(w).usable() == 1);
    CHECK(view_of(w).health()->healthy_hosts() == 1);
    w.run();
    CHECK(failed(w, 19s, 1h) == 0);
    CHECK(view_of(w).usable() == 2);
    CHECK(view_of(w).health()->failed_probes() > 10);
    CHECK(done_by(w, 0) > 100);
}

TEST_CASE("probes are no calls of their edge, and are counted by themselves") {
    world w(service_of(R"("replicas":2)", R"(,"health":{})"), {call_with(checked)});
    w.act(5s, [&] { w.at_replica(0, 1).crash(); });
    send_many(w, 90, 100ms, 100ms);
    w.run(10s);
    CHECK(w.books.calls.size() == 90);
    CHECK(w.books.requests.size() > 105); // at the replicas they are requests like others
    for (const policy_reading& each : policy_readings(*w.running)) {
        if (each.kind->name != "health_check")
            continue;
        policy_figures told;
        each.read(at(10s), told);
        CHECK(told.counters()[0].second == view_of(w).health()->probes());
        CHECK(told.counters()[1].second == view_of(w).health()->failed_probes());
        CHECK(told.counters()[1].second > 2);
        // Two for 5 s and until the third failure, then one.
        CHECK(static_cast<double>(told.levels()[0].second) == Approx(17.5e9).margin(1.5e9));
    }
}

TEST_CASE("calls find nobody before the first check, and learn it at once but not inside") {
    world w(service_of(R"("replicas":2)", R"(,"health":{"work":"1ms"})"), {call_with(checked)});
    const visit& v = w.send(0ms);
    w.run(1s);
    REQUIRE(v.over);
    CHECK(v.ended == at(0ms));
    CHECK(v.result.failed().kind == failure_kind::unavailable);
    CHECK(v.result.failed().not_processed);
    CHECK(view_of(w).counts().unserved == 1);
}

TEST_CASE("a check that waits behind the requests finds the overloaded ill") {
    world w(R"j({"name":"t","services":{"s":{"replicas":2,"endpoints":{
                 "x":{"work":"400ms"},"health":{"work":"1ms"}}}}})j",
            {call_with(checked)});
    send_many(w, 200, 50ms, 100ms);
    w.run(12s);
    CHECK(view_of(w).usable() == 0);
    CHECK(view_of(w).counts().unserved > 20);
}

TEST_CASE(
    "a world with checks and lists that is taken down while they are under way leaks nothing") {
    world w(R"j({"name":"t","discovery":{"heartbeat_interval":"1s","fetch_interval":"1s"},
                 "services":{"s":{"replicas":2,"endpoints":{"x":{},"health":{"work":"1ms"}}}},
                 "network":{"latency":"500ms"}})j",
            {call_with(checked)});
    send_many(w, 20, 50ms);
    w.run(1350ms);
    CHECK(w.running->in_flight() > 0);
}

} // namespace windtunnel::topology
