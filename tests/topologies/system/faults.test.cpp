// SPDX-License-Identifier: BSL-1.0
// Slowness that overlaps, patience in the queue, and crashes and cancellations in the middle of
// everything: the books balance, and a system can be torn down after any event.
#include <catch2/catch.hpp>

#include "patterns/base/random_stream.hpp"
#include "sim-core/physics/delay_network.hpp"
#include "topologies/system/world.hpp"

using namespace std::chrono_literals;

namespace windtunnel::topology {

namespace {

using end = request_record::end;

std::string service(const std::string& fields) {
    return R"({"name":"t","services":{"a":{)" + fields + "}}}";
}

} // namespace

TEST_CASE("slowness multiplies, and when all of it has gone the speed is what it was") {
    world w(service(R"("endpoints":{"x":{"work":"10ms"}})"), {R"({"call":"a.x"})"});
    replica& r = w.at_replica(0);
    for (int i = 0; i < 60; ++i)
        r.slow_down(1e6);
    const visit& slow = w.send(0ms);
    w.act(1h, [&] {
        for (int i = 0; i < 60; ++i)
            r.speed_up(1e6);
    });
    w.run(2h);
    CHECK(slow.ended == at(1h + 10ms)); // as good as nothing was done before
    r.slow_down(3);
    r.slow_down(0.1);
    r.speed_up(3);
    r.speed_up(0.1);
    CHECK(r.workers().speed() == 1);
}

TEST_CASE("each work has the queue's patience anew, also in branches") {
    // One worker, busy for 1 s from 50 ms on; patience is 200 ms.
    const std::string steps = GENERATE(as<std::string>(), R"([{"sleep":"100ms"},{"work":"10ms"}])",
                                       R"([{"parallel":[[{"sleep":"100ms"},{"work":"10ms"}]]}])");
    world w(service(R"("queue":{"patience":"200ms"},"endpoints":{"x":{"work":"10ms","steps":)" +
                    steps + R"(},"long":{"work":"1s"}})"),
            {R"({"call":"a.x"})", R"({"call":"a.long"})"});
    const visit& v = w.send(0ms, 0);
    w.send(50ms, 1);
    w.run();
    INFO(steps);
    // Its second work enters the queue at 110 ms.
    CHECK(v.ended == at(310ms));
    CHECK_FALSE(v.result.ok());
    CHECK(w.settled());
}

TEST_CASE("a request that held out once is not held to the patience it had then") {
    world w(service(R"("queue":{"patience":"50ms"},
                       "endpoints":{"x":{"work":"10ms",
                         "steps":[{"sleep":"1s"},{"work":"10ms"}]}})"),
            {R"({"call":"a.x"})"});
    const visit& first = w.send(0ms);
    const visit& second = w.send(5ms); // its second work waits for 5 ms
    w.run();
    CHECK(first.ended == at(1020ms));
    CHECK(second.result.ok());
    CHECK(second.ended == at(1030ms));
}

// ---- everything at once -------------------------------------------------------------------------

namespace {

/// Services that hold and release, call in branches, sleep and queue, with each way to give up.
std::string mixture(const std::string& how, const std::string& waiting, const std::string& queue) {
    const std::string call =
        R"("timeout":"20ms","on_give_up":")" + how + R"(","on_error":"ignore"})";
    const std::string retried =
        R"("timeout":"15ms","retry":{"max_attempts":2,"initial_backoff":"2ms"},"on_give_up":")" +
        how + "\"}";
    return R"j({"name":"t","services":{
"a":{"replicas":2,"workers":2,"waiting":")j" +
           waiting + R"j(","queue":)j" + queue + R"j(,
     "endpoints":{"x":{"work":"exponential(mean=2ms)","errors":"5%","steps":[
       {"parallel":[{"call":"b.x",)j" +
           call + R"j(,[{"sleep":"3ms"},{"call":"c.x",)j" + retried +
           R"j(]],"need":1},{"work":"1ms"}]}}},
"b":{"workers":1,"queue":{"capacity":4,"patience":"30ms"},
     "cold_start":{"after_idle":"50ms","takes":"5ms"},
     "endpoints":{"x":{"work":"exponential(mean=4ms)",
                       "steps":[{"parallel":[{"work":"1ms"},{"call":"c.x",)j" +
           retried + R"j(]}]}}},
"c":{"workers":2,"max_in_flight":6,"endpoints":{"x":{"work":"exponential(mean=5ms)"}}}},
"network":{"latency":"exponential(mean=2ms)","loss":0.1}})j";
}

struct dice : sim::rule {
    sim::verdict judge(const sim::message&) override {
        const double u = draws.uniform();
        if (u < 0.05)
            return sim::verdict::duplicate();
        if (u < 0.08)
            return sim::verdict::reject();
        return u < 0.2 ? sim::verdict::delay(10ms) : sim::verdict::pass();
    }
    random_stream draws{5, "dice"};
};

struct storm {
    storm(const std::string& how, const std::string& waiting, const std::string& queue,
          std::uint64_t seed)
        : w(mixture(how, waiting, queue),
            {R"({"call":"a.x","timeout":"40ms","on_give_up":")" + how + "\"}"}, seed),
          guard(w.running->messages()->install(rule)) {
        for (int i = 0; i < 60; ++i)
            w.send(i * 2ms);
        for (std::size_t s = 0; s < 3; ++s)
            for (int round = 0; round < 3; ++round) {
                const duration begin = 17ms + 7ms * static_cast<int>(s) + 37ms * round;
                replica* r = &w.at_replica(s);
                w.act(begin, [r] { r->crash(); });
                w.act(begin + 6ms, [r] { r->restart(); });
                w.act(begin + 10ms, [r] { r->pause(); });
                w.act(begin + 14ms, [r] { r->resume(); });
            }
    }
    world w;
    dice rule;
    sim::rule_guard guard;
};

const std::string queues[] = {R"({"capacity":8,"patience":"50ms"})",
                              R"({"discipline":"preemptive_priority"})",
                              R"({"discipline":"processor_sharing"})"};

} // namespace

TEST_CASE("crashes, losses, cancellations, holding and branches: the books balance") {
    const std::string how = GENERATE("runs_on", "dropped_at_dequeue", "cancelled");
    const std::string waiting = GENERATE("holds", "releases");
    const int queue = GENERATE(0, 1, 2);
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        storm s(how, waiting, queues[queue], seed);
        s.w.run();
        INFO(how << ' ' << waiting << ' ' << queues[queue] << ' ' << seed);
        for (const visit& v : s.w.visits)
            CHECK(v.over);
        CHECK(s.w.settled());
        CHECK(s.w.books.count(end::answered) > 0);
        CHECK(s.w.books.count(end::lost) > 0);
        for (const auto& r : s.w.books.requests)
            CHECK(r.over >= r.arrived);
        for (const auto& c : s.w.books.calls)
            CHECK(c.over - c.sent <= 100ms);
    }
}

TEST_CASE("a system can be torn down after any event") {
    const std::string how = GENERATE("runs_on", "cancelled");
    const std::string waiting = GENERATE("holds", "releases");
    for (std::uint64_t events = 0; events < 1500; events += 7) {
        storm s(how, waiting, queues[events % 3], 1 + events);
        while (s.w.simulation.events() < events && s.w.simulation.step()) {
        }
        s.guard.remove();
    }
    SUCCEED();
}

} // namespace windtunnel::topology
