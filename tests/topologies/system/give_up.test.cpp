// SPDX-License-Identifier: BSL-1.0
// Callers that give up: what the callee does then, when it hears of it, and what loss makes of it.
#include <catch2/catch.hpp>

#include "patterns/base/random_stream.hpp"
#include "sim-core/physics/delay_network.hpp"
#include "topologies/system/world.hpp"

using namespace std::chrono_literals;

namespace windtunnel::topology {

namespace {

using end = request_record::end;

/// One service that works 200 ms, 100 ms away.
const std::string far_away = R"({"name":"t","services":{"a":{"endpoints":{"x":{"work":"200ms"}}}},)"
                             R"("network":{"latency":"100ms"}})";

/// Disturbs the n-th message that is sent, counted from 0.
struct nth_message : sim::rule {
    nth_message(int n, sim::verdict v) : nth(n), what(v) {}
    sim::verdict judge(const sim::message&) override {
        return sent++ == nth ? what : sim::verdict::pass();
    }
    int nth, sent = 0;
    sim::verdict what;
};

} // namespace

TEST_CASE("a request given up on its way is processed until the notice is there") {
    world w(far_away, {R"({"call":"a.x","timeout":"50ms","on_give_up":"cancelled"})"});
    const visit& v = w.send(0ms);
    w.run();
    CHECK(v.ended == at(50ms));
    CHECK(v.result.failed().kind == failure_kind::timed_out);
    // There at 100 ms; the notice leaves at 50 ms and is there at 150 ms.
    REQUIRE(w.books.requests.size() == 1);
    CHECK(w.books.requests[0].arrived == at(100ms));
    CHECK(w.books.requests[0].over == at(150ms));
    CHECK(w.books.requests[0].how == end::abandoned);
    CHECK(w.pool(0).working_ns == 50'000'000);
    CHECK(w.settled());
}

TEST_CASE("a request given up on its way and taken up before the notice is there runs on") {
    world w(far_away, {R"({"call":"a.x","timeout":"50ms","on_give_up":"dropped_at_dequeue"})"});
    w.send(0ms);
    w.send(10ms); // queued when its notice comes at 160 ms
    w.run();
    REQUIRE(w.books.requests.size() == 2);
    CHECK(w.books.requests[0].how == end::answered);
    CHECK(w.books.requests[0].over == at(300ms));
    CHECK(w.books.requests[1].how == end::abandoned);
    CHECK(w.books.requests[1].over == at(300ms));
    CHECK(w.pool(0).working_ns == 200'000'000);
    CHECK(w.settled());
}

TEST_CASE("a notice that overtakes its request waits for it, and nothing is worked") {
    world w(R"({"name":"t","services":{"a":{"endpoints":{"x":{"work":"200ms"}}}},
               "network":{"latency":"10ms","bandwidth":"1MB/s"}})",
            {R"({"call":"a.x","request_size":"1MB","timeout":"50ms","on_give_up":"cancelled"})"});
    w.send(0ms);
    w.run();
    REQUIRE(w.books.requests.size() == 1);
    CHECK(w.books.requests[0].over == at(1010ms));
    CHECK(w.books.requests[0].how == end::abandoned);
    CHECK(w.pool(0).working_ns == 0);
    CHECK(w.settled());
}

TEST_CASE("nobody tells a callee that runs on") {
    world w(far_away, {R"({"call":"a.x","timeout":"50ms"})"});
    w.send(0ms);
    w.run();
    REQUIRE(w.books.requests.size() == 1);
    CHECK(w.books.requests[0].how == end::answered);
    CHECK(w.books.requests[0].over == at(300ms));
    CHECK(w.settled());
}

TEST_CASE("a request that an injected delay holds back is never sent once it is given up") {
    world w(far_away, {R"({"call":"a.x","timeout":"50ms","on_give_up":"cancelled"})",
                       R"({"call":"a.x","timeout":"50ms"})"});
    delay_injection hold{sim::distribution::constant(1s), 1, random_stream{1, "hold"}};
    w.running->edges()[0]->delays.add(hold);
    w.send(0ms, 0);
    w.send(0ms, 1);
    w.run();
    REQUIRE(w.books.requests.size() == 1); // of the one that nobody takes back
    CHECK(w.books.requests[0].arrived == at(1100ms));
    CHECK(w.settled());
}

TEST_CASE("without its notice the callee serves to the end") {
    const auto lost_or_refused = GENERATE(0, 1);
    world w(far_away, {R"({"call":"a.x","timeout":"150ms","on_give_up":"cancelled"})"});
    nth_message notice(1, lost_or_refused == 0 ? sim::verdict::drop() : sim::verdict::reject());
    const auto guard = w.running->messages()->install(notice);
    w.send(0ms);
    w.run();
    REQUIRE(w.books.requests.size() == 1);
    CHECK(w.books.requests[0].how == end::answered);
    CHECK(w.books.requests[0].over == at(300ms));
    CHECK(w.settled());
}

TEST_CASE("losing any one message of a call that is given up leaves nothing behind") {
    const int nth = GENERATE(range(0, 8));
    const auto timeout = GENERATE("20ms", "150ms", "350ms");
    const auto how = GENERATE("runs_on", "dropped_at_dequeue", "cancelled");
    const std::string options =
        std::string(R"(","timeout":")") + timeout + R"(","on_give_up":")" + how + "\"}";
    world w(R"({"name":"t","services":{
                "a":{"endpoints":{"x":{"steps":[{"call":"b.x)" +
                options + R"(]}}},
                "b":{"endpoints":{"x":{"work":"50ms","steps":[{"call":"c.x)" +
                options + R"(]}}},
                "c":{"endpoints":{"x":{"work":"100ms"}}}},"network":{"latency":"10ms"}})",
            {R"({"call":"a.x","timeout":"400ms"})"});
    nth_message lost(nth, sim::verdict::drop());
    const auto guard = w.running->messages()->install(lost);
    const visit& v = w.send(0ms);
    w.run();
    CHECK(v.over);
    CHECK(w.settled());
}

TEST_CASE("of two copies the second is discarded, of a request and of a notice") {
    const int nth = GENERATE(0, 1);
    world w(far_away, {R"({"call":"a.x","timeout":"150ms","on_give_up":"cancelled"})"});
    nth_message twice(nth, sim::verdict::duplicate());
    const auto guard = w.running->messages()->install(twice);
    w.send(0ms);
    w.run();
    REQUIRE(w.books.requests.size() == 1);
    CHECK(w.books.requests[0].over == at(250ms));
    CHECK(w.settled());
}

TEST_CASE("a request that arrives twice is served when its first copy arrives, once") {
    // The latencies of a run are those of the same run without copies.
    const std::string spread = R"j({"name":"t","services":{"a":{"endpoints":{"x":{"work":"1s"}}}},
        "network":{"latency":"uniform(10ms, 500ms)"}})j";
    bool earlier = false;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        world plain(spread, {R"({"call":"a.x"})"}, seed);
        world copied(spread, {R"({"call":"a.x"})"}, seed);
        nth_message twice(0, sim::verdict::duplicate());
        const auto guard = copied.running->messages()->install(twice);
        plain.send(0ms);
        const visit& v = copied.send(0ms);
        plain.run();
        copied.run();
        REQUIRE(copied.books.requests.size() == 1);
        CHECK(copied.books.requests[0].arrived <= plain.books.requests[0].arrived);
        earlier = earlier || copied.books.requests[0].arrived < plain.books.requests[0].arrived;
        CHECK(v.result.ok());
        CHECK(copied.settled());
    }
    CHECK(earlier); // where the second copy was the faster one
}

TEST_CASE("an answer that arrives twice is the caller's when its first copy arrives") {
    world w(far_away, {R"({"call":"a.x"})"});
    nth_message twice(1, sim::verdict::duplicate());
    const auto guard = w.running->messages()->install(twice);
    const visit& v = w.send(0ms);
    w.run();
    CHECK(v.result.ok());
    CHECK(v.ended == at(400ms));
    CHECK(w.books.calls.size() == 1);
    CHECK(w.settled());
}

TEST_CASE("a refusal takes the way there and back, once") {
    world w(far_away, {R"({"call":"a.x"})"});
    nth_message refused(0, sim::verdict::reject());
    const auto guard = w.running->messages()->install(refused);
    const visit& v = w.send(0ms);
    w.run();
    CHECK(v.ended == at(200ms));
    CHECK(v.result.failed().kind == failure_kind::unavailable);
    CHECK(v.result.failed().not_processed);
    CHECK(refused.sent == 1); // no message back beside the refusal
    CHECK(w.books.arrived == 0);
    CHECK(w.settled());
}

TEST_CASE("an answer that is refused reaches nobody") {
    world w(far_away, {R"({"call":"a.x","timeout":"1s"})"});
    nth_message refused(1, sim::verdict::reject());
    const auto guard = w.running->messages()->install(refused);
    const visit& v = w.send(0ms);
    w.run();
    CHECK(v.ended == at(1s));
    CHECK(v.result.failed().kind == failure_kind::timed_out);
    CHECK(w.settled());
}

} // namespace windtunnel::topology
