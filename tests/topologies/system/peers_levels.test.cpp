// SPDX-License-Identifier: BSL-1.0
// The own zone before the others, and replicas on probation, as an edge of a topology switches them
// on.
#include <catch2/catch.hpp>

#include <map>

#include "topologies/system/world.hpp"

using namespace std::chrono_literals;

namespace windtunnel::topology {

namespace {

/// Fronts in two zones, of which the one in the west calls; ten replicas in turn.
std::string zones_with(const std::string& policies) {
    return R"({"name":"t","services":{
        "front":{"zones":["west"],"workers":100,"endpoints":{"x":{"steps":[{"call":"s.y",)" +
           policies + R"(}]}}},
        "s":{"replicas":10,"zones":["west","east"],"workers":100,
             "endpoints":{"y":{"work":"1ms"},"health":{}}}}})";
}

const std::string first = R"("balancer":{"policy":"round_robin","own_zone_first":true,
    "overprovisioning_factor":1.4})";

/// How many requests the replicas of the west, which have even numbers, have taken up.
std::uint64_t in_the_west(world& w) {
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < 10; i += 2)
        all += w.pool(1, i).started;
    return all;
}

void send_many(world& w, int requests, duration every, duration from) {
    for (int i = 0; i < requests; ++i)
        w.send(from + i * every);
}

} // namespace

TEST_CASE("requests stay in the caller's zone while 1 / 1.4 of it is well, and then some leave") {
    for (const std::size_t away : {0U, 1U, 3U, 5U}) {
        world w(zones_with(first + R"(,"health_check":{"endpoint":"health","interval":"1s"})"),
                {R"({"call":"front.x"})"});
        for (std::size_t i = 0; i < away; ++i)
            w.act(1ms, [&w, i] { w.at_replica(1, 2 * i).crash(); });
        w.run(20s);
        const auto before = in_the_west(w);
        send_many(w, 2000, 1ms, 20s);
        w.run(23s);
        const double west = static_cast<double>(in_the_west(w) - before) / 2000;
        const std::map<std::size_t, double> expected{{0, 1}, {1, 1}, {3, .56}, {5, 0}};
        CAPTURE(away);
        CHECK(west == Approx(expected.at(away)).margin(0.04)); // 15 of them are health checks
    }
}

TEST_CASE("a replica on probation gets one request, is told as such, and is back or out by it") {
    for (const bool well_again : {true, false}) {
        world w(R"({"name":"t","services":{"s":{"replicas":4,"workers":100,
                   "endpoints":{"x":{"work":"10ms"}}}}})",
                {R"({"call":"s.x","outlier_detection":{"interval":"1s","base_ejection_time":"2s",
                     "consecutive_failures":1,"probation":1,"memory":"until_recovered",
                     "success_rate":{"enforcement":0}}})"});
        error_injection always{.share = 1, .status = 500, .random = random_stream(1, "errors")};
        w.act(100ms, [&] { w.at_replica(0, 0).errors.add(always); });
        w.act(500ms, [&] {
            if (well_again)
                w.at_replica(0, 0).errors.remove(always);
        });
        send_many(w, 500, 10ms, 101ms);
        w.run(5s);
        REQUIRE(w.books.changes.size() >= 3);
        CHECK(w.books.changes[0].to == "ejected");
        CHECK(w.books.changes[1].from == "ejected");
        CHECK(w.books.changes[1].to == "probation");
        CHECK(w.books.changes[2].from == "probation");
        CHECK(w.books.changes[2].to == (well_again ? "used" : "ejected"));
        CHECK(w.books.changes[2].why ==
              (well_again ? "s#0: consecutive_failures" : "s#0: probation"));
        if (!well_again)
            w.at_replica(0, 0).errors.remove(always);
    }
}

} // namespace windtunnel::topology
