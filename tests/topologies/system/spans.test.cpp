// SPDX-License-Identifier: BSL-1.0
// The tree of spans of requests whose every time is known.
#include <catch2/catch.hpp>

#include "patterns/trace/trace_text.hpp"
#include "topologies/system/world.hpp"

namespace windtunnel::topology {

using namespace std::chrono_literals;
using test::tree_of;

namespace {

std::string tree(const world& w, std::size_t i = 0) {
    return tree_of(w.spans->kept().at(i));
}

/// One service that works 10 ms, 1 ms away.
const std::string near = R"({"name":"t","services":{"a":{"endpoints":{"x":{"work":"10ms"}}}},)"
                         R"("network":{"latency":"1ms"}})";

} // namespace

TEST_CASE("a request through a chain is queue, work and network at every hop") {
    world w(R"({"name":"t","services":{
                "web":{"endpoints":{"x":{"work":"5ms","steps":[{"call":"db.q"},{"work":"2ms"}]}}},
                "db":{"endpoints":{"q":{"work":"10ms"}}}},
                "network":{"latency":"1ms"}})",
            {R"({"call":"web.x"})"}, 1, trace_options{});
    w.send(0ms);
    w.send(3ms);
    w.run();
    CHECK(tree(w, 0) == "call 0-21\n"
                        " attempt.1#0 0-21\n"
                        "  network 0-1\n"
                        "  server#0 1-20\n"
                        "   work 1-6\n"
                        "   attempt.1#0 6-18\n"
                        "    network 6-7\n"
                        "    server#0 7-17\n"
                        "     work 7-17\n"
                        "    network 17-18\n"
                        "   work 18-20\n"
                        "  network 20-21\n");
    CHECK(tree(w, 1) == "call 3-31\n"
                        " attempt.1#0 3-31\n"
                        "  network 3-4\n"
                        "  server#0 4-30\n"
                        "   queue 4-6\n"
                        "   work 6-11\n"
                        "   attempt.1#0 11-28\n"
                        "    network 11-12\n"
                        "    server#0 12-27\n"
                        "     queue 12-17\n"
                        "     work 17-27\n"
                        "    network 27-28\n"
                        "   work 28-30\n"
                        "  network 30-31\n");
    CHECK(w.spans->spans_under_way() == 0);
    CHECK(w.spans->kept()[0].spans[3].subject == 0);
    CHECK(w.spans->kept()[0].spans[5].subject == 1);
    CHECK(w.settled());
}

TEST_CASE("a worker that is held while its request waits is queued for once") {
    world w(R"({"name":"t","services":{
                "web":{"waiting":"holds",
                       "endpoints":{"x":{"work":"5ms","steps":[{"call":"db.q"}]}}},
                "db":{"endpoints":{"q":{"work":"10ms"}}}}})",
            {R"({"call":"web.x"})"}, 1, trace_options{});
    w.send(0ms);
    w.send(0ms);
    w.run();
    CHECK(tree(w, 1) == "call 0-30\n"
                        " attempt.1#0 0-30\n"
                        "  server#0 0-30\n"
                        "   queue 0-15\n"
                        "   work 15-20\n"
                        "   attempt.1#0 20-30\n"
                        "    server#0 20-30\n"
                        "     work 20-30\n");
}

TEST_CASE("a retry after a crashed callee refused is two attempts with a back-off between") {
    world w(
        near,
        {R"({"call":"a.x","retry":{"max_attempts":2,"initial_backoff":"20ms","jitter":"none"}})"},
        1, trace_options{});
    w.act(0ms, [&] { w.at_replica(0).crash(); });
    w.act(15ms, [&] { w.at_replica(0).restart(); });
    w.send(5ms);
    w.run();
    CHECK(tree(w) == "call 5-39\n"
                     " attempt.1#0 5-7 unavailable\n"
                     "  network 5-6\n"
                     "  server#0 6-6 unavailable\n"
                     "  network 6-7\n"
                     " back-off.2 7-27\n"
                     " attempt.2#0 27-39\n"
                     "  network 27-28\n"
                     "  server#0 28-38\n"
                     "   work 28-38\n"
                     "  network 38-39\n");
}

TEST_CASE("what a crash took down ended there") {
    world w(near, {R"({"call":"a.x"})"}, 1, trace_options{});
    w.act(5ms, [&] { w.at_replica(0).crash(); });
    w.send(0ms);
    w.send(1ms); // queued
    w.run();
    CHECK(tree(w, 0) == "call 0-6 connection_lost\n"
                        " attempt.1#0 0-6 connection_lost\n"
                        "  network 0-1\n"
                        "  server#0 1-5 connection_lost\n"
                        "   work 1-5 connection_lost\n"
                        "  network 5-6\n");
    CHECK(tree(w, 1) == "call 1-6 connection_lost\n"
                        " attempt.1#0 1-6 connection_lost\n"
                        "  network 1-2\n"
                        "  server#0 2-5 connection_lost\n"
                        "   queue 2-5 connection_lost\n"
                        "  network 5-6\n");
}

TEST_CASE("the attempts of a hedge run beside each other, and the loser is cancelled") {
    world w(R"({"name":"t","services":{"a":{"replicas":2,"endpoints":{"x":{"work":"10ms"}}}}})",
            {R"({"call":"a.x","hedge":{"delay":"15ms"},"on_give_up":"cancelled"})"}, 1,
            trace_options{});
    w.act(0ms, [&] { w.at_replica(0).slow_down(10); });
    w.send(0ms);
    w.run();
    CHECK(tree(w) == "call 0-25\n"
                     " attempt.1#0 0-25 cancelled\n"
                     "  server#0 0-25 cancelled\n"
                     "   work 0-25 cancelled\n"
                     " attempt.2#1 15-25\n"
                     "  server#1 15-25\n"
                     "   work 15-25\n");
}

TEST_CASE("branches of a parallel step overlap, and one that is not needed is given up") {
    world w(R"({"name":"t","services":{
                "web":{"endpoints":{"x":{"steps":[{"parallel":[
                    [{"call":"a.x"}],[{"call":"b.x","on_give_up":"cancelled"}],
                    [{"sleep":"4ms"},{"call":"a.x"}]],"need":2}]}}},
                "a":{"workers":2,"endpoints":{"x":{"work":"10ms"}}},
                "b":{"endpoints":{"x":{"work":"30ms"}}}}})",
            {R"({"call":"web.x"})"}, 1, trace_options{});
    w.send(0ms);
    w.run();
    CHECK(tree(w) == "call 0-14\n"
                     " attempt.1#0 0-14\n"
                     "  server#0 0-14\n"
                     "   attempt.1#0 0-10\n"
                     "    server#0 0-10\n"
                     "     work 0-10\n"
                     "   attempt.1#0 0-14 cancelled\n"
                     "    server#0 0-14 cancelled\n"
                     "     work 0-14 cancelled\n"
                     "   sleep 0-4\n"
                     "   attempt.1#0 4-14\n"
                     "    server#0 4-14\n"
                     "     work 4-14\n");
    CHECK(w.settled());
}

TEST_CASE("a cache that has the answer sends nothing, and who waits for another's says so") {
    world w(R"({"name":"t","services":{"a":{"workers":4,"endpoints":{"x":{"work":"10ms"}}}}})",
            {R"-({"call":"a.x","key":"uniform(1)","cache":{"ttl":"1s"},"coalescing":{}})-"}, 1,
            trace_options{});
    w.send(0ms);
    w.send(4ms);
    w.send(100ms);
    w.run();
    CHECK(w.spans->kept().size() == 3);
    std::string all;
    for (const trace& t : w.spans->kept())
        all += tree_of(t);
    CHECK_THAT(all, Catch::Contains("call 0-10\n attempt.1#0 0-10\n  server#0 0-10\n"
                                    "   work 0-10\n"));
    CHECK_THAT(all, Catch::Contains("call 4-10\n flight.1 4-10\n"));
    CHECK_THAT(all, Catch::Contains("call 100-100\n cached.1 100-100\n"));
}

TEST_CASE("a request that the callee drops, or refuses, says why") {
    world w(R"({"name":"t","services":{"a":{"queue":{"capacity":1,"patience":"4ms"},
                "endpoints":{"x":{"work":"10ms"}}}}})",
            {R"({"call":"a.x"})"}, 1, trace_options{});
    w.send(0ms);
    w.send(1ms);
    w.send(2ms);
    w.run();
    REQUIRE(w.spans->kept().size() == 3);
    CHECK(tree(w, 0) == "call 2-2 overloaded\n"
                        " attempt.1#0 2-2 overloaded\n"
                        "  server#0 2-2 overloaded\n"
                        "   queue 2-2 overloaded\n");
    CHECK(tree(w, 1) == "call 1-5 overloaded\n"
                        " attempt.1#0 1-5 overloaded\n"
                        "  server#0 1-5 overloaded\n"
                        "   queue 1-5 overloaded\n");
}

TEST_CASE("when a caller gives up, the callee's spans show how long it worked in vain") {
    world w(near, {R"({"call":"a.x","timeout":"5ms"})"}, 1, trace_options{});
    w.send(0ms);
    w.run();
    CHECK(tree(w) == "call 0-5 timed_out\n"
                     " attempt.1#0 0-5 timed_out\n"
                     "  network 0-1\n"
                     "  server#0 1-11\n"
                     "   work 1-11\n");
}

TEST_CASE("a message that is lost is a leg that failed, and the caller waits for nothing") {
    world w(R"({"name":"t","services":{"a":{"endpoints":{"x":{}}}},
                "network":{"latency":"1ms","loss":"100%"}})",
            {R"({"call":"a.x","timeout":"50ms"})"}, 1, trace_options{});
    w.send(0ms);
    w.run();
    CHECK_THAT(tree(w), Catch::StartsWith("call 0-50 timed_out\n"
                                          " attempt.1#0 0-50 timed_out\n"
                                          "  network 0-"));
    CHECK_THAT(tree(w), Catch::EndsWith(" connection_lost\n"));
}

TEST_CASE("a cold start is time before the queue") {
    world w(R"({"name":"t","services":{"a":{"cold_start":{"after_idle":"1s","takes":"20ms"},
                "endpoints":{"x":{"work":"10ms"}}}}})",
            {R"({"call":"a.x"})"}, 1, trace_options{});
    w.send(0ms);
    w.run();
    CHECK(tree(w) == "call 0-30\n"
                     " attempt.1#0 0-30\n"
                     "  server#0 0-30\n"
                     "   cold start 0-20\n"
                     "   work 20-30\n");
}

// ---- broken traces ------------------------------------------------------------------------------

namespace {

std::string chain_with(const std::string& use) {
    return R"({"name":"t","services":{
        "web":{"trace_context":")" +
           use + R"(","endpoints":{"x":{"work":"5ms","steps":[{"call":"db.q"}]}}},
        "db":{"endpoints":{"q":{"work":"10ms"}}}}})";
}

} // namespace

TEST_CASE("a service that drops the context makes its calls traces of their own") {
    world w(chain_with("drop"), {R"({"call":"web.x"})"}, 1, trace_options{});
    w.send(0ms);
    w.run();
    const auto kept = w.spans->kept();
    REQUIRE(kept.size() == 2);
    CHECK(kept[0].origin == 0); // the service
    CHECK(tree_of(kept[0]) == "call 5-15\n"
                              " attempt.1#0 5-15\n"
                              "  server#0 5-15\n"
                              "   work 5-15\n");
    CHECK(kept[1].origin == 2); // the user, behind two services
    CHECK(tree_of(kept[1]) == "call 0-15\n"
                              " attempt.1#0 0-15\n"
                              "  server#0 0-15\n"
                              "   work 0-5\n");
    CHECK(kept[1].broken());
    CHECK(kept[1].spans[2].lost_calls == 1);
    CHECK(kept[0].low != kept[1].low);
    CHECK(w.spans->counted().begun == std::vector<std::uint64_t>{1, 0, 1});
}

TEST_CASE("a service that knows X-Trace-ID alone leaves its calls hanging in the same trace") {
    world w(chain_with("x-trace-id"), {R"({"call":"web.x"})"}, 1, trace_options{});
    w.send(0ms);
    w.run();
    REQUIRE(w.spans->kept().size() == 1);
    CHECK(tree(w) == "call 0-15\n"
                     " attempt.1#0 0-15\n"
                     "  server#0 0-15\n"
                     "   work 0-5\n"
                     "call 5-15\n"
                     " attempt.1#0 5-15\n"
                     "  server#0 5-15\n"
                     "   work 5-15\n");
    CHECK(w.spans->kept()[0].broken());
    CHECK(w.spans->counted().detached == 1);
}

TEST_CASE("context that is not told to be anything else is carried") {
    world w(chain_with("carry"), {R"({"call":"web.x"})"}, 1, trace_options{});
    w.send(0ms);
    w.run();
    CHECK_FALSE(w.spans->kept().at(0).broken());
    CHECK(w.spans->counted().broken == 0);
}

// ---- nothing else changes -----------------------------------------------------------------------

TEST_CASE("recording changes no event and no draw") {
    const std::string topology =
        R"j({"name":"t","services":{
            "web":{"trace_context":"drop","workers":2,"endpoints":{"x":{
                "work":"exponential(mean=3ms)","steps":[
                    {"call":"db.q","timeout":"20ms","retry":{"max_attempts":3},
                     "bulkhead":{"max_concurrent":2,"max_queue":3,"max_wait":"5ms"}}]}}},
            "db":{"replicas":2,"endpoints":{"q":{"work":"exponential(mean=8ms)","errors":"5%"}}}},
            "network":{"latency":"exponential(mean=1ms)","loss":"1%"}})j";
    const auto run = [&](const std::optional<trace_options>& traces) {
        world w(topology, {R"({"call":"web.x","timeout":"80ms"})"}, 7, traces);
        for (int i = 0; i < 500; ++i)
            w.send(i * 5ms);
        w.act(700ms, [&] { w.at_replica(1, 1).crash(); });
        w.act(900ms, [&] { w.at_replica(1, 1).restart(); });
        w.run();
        std::string all = std::to_string(w.simulation.events());
        for (const visit& v : w.visits)
            all += " " + test::milliseconds(v.ended) + (v.result.ok() ? "" : "!");
        if (w.spans) {
            CHECK(w.spans->spans_under_way() == 0);
            CHECK(w.spans->under_way() == 0);
        }
        return all;
    };
    const std::string without = run(std::nullopt);
    CHECK(run(trace_options{}) == without);
    CHECK(run(trace_options{.head = 0.1}) == without);
}

TEST_CASE("a run may end with recorded requests under way") {
    world w(near, {R"({"call":"a.x","retry":{},"timeout":"5ms"})"}, 1, trace_options{});
    for (int i = 0; i < 20; ++i)
        w.send(i * 1ms);
    w.run(11ms);
    CHECK(w.spans->under_way() > 0);
}

} // namespace windtunnel::topology
