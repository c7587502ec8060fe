// SPDX-License-Identifier: BSL-1.0
// A topology with a registry: what callers know of the replicas, and when.
#include <catch2/catch.hpp>

#include "topologies/system/world.hpp"

using namespace std::chrono_literals;

namespace windtunnel::topology {

namespace {

/// Three replicas, known by a lease of 10 s, and a network of 1 ms.
std::string topology_with(const std::string& discovery) {
    return R"({"name":"t","discovery":{"lease":"10s","heartbeat_interval":"3s",)" + discovery +
           R"(},"services":{"s":{"replicas":3,"endpoints":{"x":{}}}},
              "network":{"latency":"1ms"}})";
}

const peers& view_of(const world& w) {
    return *w.user->own().peer_groups().front();
}

std::size_t failed(const world& w, duration from, duration until) {
    return static_cast<std::size_t>(
        std::count_if(w.visits.begin(), w.visits.end(), [&](const visit& v) {
            return v.over && !v.result.ok() && v.sent >= at(from) && v.sent < at(until);
        }));
}

void send_many(world& w, int requests, duration every) {
    for (int i = 0; i < requests; ++i)
        w.send(i * every);
}

const std::string poll = R"("fetch_interval":"5s")";

} // namespace

TEST_CASE("who has crashed is called until its lease is over and the list has been fetched") {
    world w(topology_with(poll), {R"({"call":"s.x"})"});
    w.act(20s, [&] { w.at_replica(0, 1).crash(); });
    send_many(w, 600, 100ms);
    w.run(60s);
    CHECK(failed(w, 0s, 20s) == 0);
    CHECK(failed(w, 20s, 27s) > 20); // its last heartbeat is at most 3 s old
    CHECK(failed(w, 36s, 60s) == 0); // 10 s of lease, 5 s to the next fetch, and the ways
    CHECK(view_of(w).usable() == 2);
    CHECK(view_of(w).counts().misrouted == failed(w, 0s, 60s));
    CHECK(w.running->registry()->leases().metrics().expired == 1);
}

TEST_CASE("who watches hears of it when the lease is over") {
    world w(topology_with(R"("fetch_interval":"10m","watch":true)"), {R"({"call":"s.x"})"});
    w.act(20s, [&] { w.at_replica(0, 1).crash(); });
    send_many(w, 400, 100ms);
    w.run(40s);
    CHECK(failed(w, 20s, 27s) > 20);
    CHECK(failed(w, 31s, 40s) == 0);
}

TEST_CASE("who starts again registers at once, and gets calls with the next list") {
    world w(topology_with(poll), {R"({"call":"s.x"})"});
    w.act(20s, [&] { w.at_replica(0, 1).crash(); });
    w.act(50s, [&] { w.at_replica(0, 1).restart(); });
    w.run(49s);
    CHECK(view_of(w).usable() == 2);
    w.run(56s);
    CHECK(view_of(w).usable() == 3);
    CHECK(w.running->registry()->leases().metrics().registered == 4);
}

TEST_CASE("without a registry callers call the crashed for ever") {
    world w(R"({"name":"t","services":{"s":{"replicas":3,"endpoints":{"x":{}}}}})",
            {R"({"call":"s.x"})"});
    w.act(1s, [&] { w.at_replica(0, 1).crash(); });
    send_many(w, 300, 100ms);
    w.run();
    CHECK(failed(w, 2s, 30s) > 80);
    CHECK(w.running->registry() == nullptr);
}

TEST_CASE("a registry that is down changes nothing while it is, and then what it did not hear") {
    world w(topology_with(poll), {R"({"call":"s.x"})"});
    w.act(10s, [&] { w.running->registry()->stop(); });
    send_many(w, 1000, 100ms);
    w.run(60s);
    CHECK(view_of(w).usable() == 3);
    CHECK(failed(w, 0s, 60s) == 0);
    CHECK(view_of(w).discovery()->unanswered() >= 8);
    // it comes back with leases that are over: the list is empty, which the caller does not believe
    w.act(60s, [&] { w.running->registry()->start(false); });
    w.run(100s);
    CHECK(failed(w, 60s, 100s) == 0);
    CHECK(view_of(w).usable() == 3);
    CHECK(w.running->registry()->leases().metrics().expired == 3);
    CHECK(w.running->registry()->leases().metrics().refused_renewals == 3);
}

TEST_CASE("a caller that believes an empty list loses a service that is well") {
    const bool believes = GENERATE(true, false);
    world w(topology_with(R"("watch":true,"fetch_interval":"1s","empty_hold":")" +
                          std::string(believes ? "0s" : "forever") + "\""),
            {R"({"call":"s.x"})"});
    w.act(10s, [&] { w.running->registry()->stop(); });
    w.act(11s, [&] { w.running->registry()->start(true); });
    send_many(w, 300, 100ms);
    w.run(30s);
    CHECK(w.running->registry()->leases().snapshot("s").instances.size() == 3);
    CHECK(view_of(w).usable() == 3);
    CHECK((view_of(w).counts().unserved > 0) == believes);
    CHECK((view_of(w).discovery()->disbelieved() > 0) != believes);
}

TEST_CASE("self-preservation keeps those whose heartbeats are lost, and so do shrunken lists") {
    const std::string by = GENERATE(as<std::string>(), R"("self_preservation":0.8,)",
                                    R"("shrink_threshold":0.8,"shrink_hold":"10m",)", "");
    world w(topology_with(by + poll), {R"({"call":"s.x"})"});
    w.act(20s, [&] { w.at_replica(0, 0).crash(); });
    w.act(20s, [&] { w.at_replica(0, 1).crash(); });
    w.run(60s);
    CHECK(view_of(w).usable() == (by.empty() ? 1 : 3));
}

} // namespace windtunnel::topology
