// SPDX-License-Identifier: BSL-1.0
// CPU quotas and garbage collection of the replicas of a running system.
#include "topologies/src/system/host_limits.hpp"

#include <catch2/catch.hpp>

#include "topologies/src/system/policy_kinds.hpp"
#include "topologies/system/world.hpp"

using namespace std::chrono_literals;

namespace windtunnel::topology {

namespace {

std::string service(const std::string& fields) {
    return R"({"name":"t","services":{"a":{)" + fields + R"(,"endpoints":{"x":{"work":"40ms"}}}}})";
}

/// All replicas of the system together, of the kind of that name.
policy_figures figures(const world& w, std::string_view kind) {
    policy_figures told;
    for (const policy_reading& each : policy_readings(*w.running))
        if (each.kind->name == kind)
            each.read(w.simulation.now(), told);
    return told;
}

} // namespace

TEST_CASE("a replica that has used up its quota answers in the next period") {
    world w(service(R"("workers":4,"cpu":{"limit":1})"), {R"({"call":"a.x"})"});
    std::vector<const visit*> visits;
    for (int i = 0; i < 4; ++i)
        visits.push_back(&w.send(0ms));
    const visit& alone = w.send(200ms);
    w.run(1s);
    for (const visit* each : visits)
        CHECK(each->ended == at(115ms)); // 25 ms, then 15 ms of the next period
    CHECK(alone.ended == at(240ms));
    const auto told = figures(w, "cpu");
    CHECK(told.counters() ==
          policy_figures::list<std::uint64_t>{{"periods", 3}, {"throttled_periods", 1}});
    CHECK(told.levels() ==
          policy_figures::list<wide_integer>{{"throttled", wide_integer{75'000'000}}});
}

TEST_CASE("each replica has a quota of its own, and their periods are not in step") {
    world w(service(R"("workers":2,"replicas":2,"cpu":{"limit":0.5})"), {R"({"call":"a.x"})"});
    for (int i = 0; i < 40; ++i)
        w.send(i * 10ms);
    w.run(20s);
    CHECK(figures(w, "cpu").machines() == 2);
    const auto& of = w.at_replica(0, 0).limits()->cpu()->totals();
    const auto& other = w.at_replica(0, 1).limits()->cpu()->totals();
    CHECK(of.throttled > 0);
    CHECK(other.throttled > 0);
    CHECK(of.throttled_for != other.throttled_for);
    CHECK(w.settled());
}

TEST_CASE("while its garbage is collected a replica works on nothing") {
    world w(service(R"("garbage_collection":{"every":"100ms","takes":"500ms"})"),
            {R"({"call":"a.x"})"});
    const visit& before = w.send(0ms);
    const visit& cut = w.send(80ms);
    const visit& during = w.send(300ms);
    w.run(1s);
    CHECK(before.ended == at(40ms));
    CHECK(cut.ended == at(620ms));
    CHECK(during.ended == at(660ms));
    const auto told = figures(w, "garbage_collection");
    CHECK(told.counters() == policy_figures::list<std::uint64_t>{{"pauses", 2}});
    // From 100 to 600 ms, and from 700 ms on.
    CHECK(told.levels() ==
          policy_figures::list<wide_integer>{{"paused", wide_integer{800'000'000}}});
}

TEST_CASE("a crash in a throttled period or a pause takes everything, and what follows is sound") {
    world w(service(R"("workers":2,"cpu":{"limit":0.2},
                       "garbage_collection":{"every":"30ms","takes":"10ms"})"),
            {R"({"call":"a.x"})"});
    for (int i = 0; i < 20; ++i)
        w.send(i * 20ms);
    for (int i = 0; i < 5; ++i) {
        w.act(20ms + i * 70ms, [&] { w.at_replica(0).crash(); });
        w.act(45ms + i * 70ms, [&] { w.at_replica(0).restart(); });
    }
    const visit& late = w.send(5s);
    w.run(10s);
    CHECK(late.result.ok());
    CHECK(w.settled());
}

TEST_CASE("a service without limits has none, and modules have those of their process") {
    world w(R"({"name":"t","services":{"a":{"cpu":{"limit":1},"endpoints":{"x":{}}},
                "m":{"in":"a","endpoints":{"x":{}}},"b":{"endpoints":{"x":{}}}}})",
            {R"({"call":"a.x"})"});
    CHECK(w.at_replica(0).limits() != nullptr);
    CHECK(w.at_replica(1).limits() == nullptr);
    CHECK(w.at_replica(2).limits() == nullptr);
}

} // namespace windtunnel::topology
