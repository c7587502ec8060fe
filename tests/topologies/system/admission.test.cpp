// SPDX-License-Identifier: BSL-1.0
// What a replica refuses and drops: the machines of the library decide on what its queue does.
#include "topologies/src/system/admission.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <utility>

#include "topologies/src/system/server_door.hpp"
#include "topologies/system/world.hpp"

namespace windtunnel::topology {

using namespace std::chrono_literals;
using end = request_record::end;

namespace {

/// One worker, 10 ms a request, with this admission; `call` is how the client calls it.
struct guarded : world {
    explicit guarded(const std::string& admission, const std::string& call = "", int workers = 1)
        : world(R"({"name":"t","services":{"a":{"workers":)" + std::to_string(workers) +
                    R"(,"admission":)" + admission + R"(,"endpoints":{"x":{"work":"10ms"}}}}})",
                {R"({"call":"a.x")" + call + "}", R"({"call":"a.x","priority":3})"}) {}

    const admission& decides() { return *at_replica(0).admission(); }
    /// Of the visits from `first` on the places of those that were answered well.
    std::vector<std::size_t> good() {
        std::vector<std::size_t> places;
        for (std::size_t i = 0; i < visits.size(); ++i)
            if (visits[i].result.ok())
                places.push_back(i);
        return places;
    }
};

} // namespace

TEST_CASE("CoDel drops who leaves the queue after too long a wait, once it stands") {
    guarded w(R"({"codel":{"target":"5ms","interval":"100ms"}})");
    for (int i = 0; i < 30; ++i)
        w.send(0ms);
    w.run();
    CHECK(w.settled());
    // Waits reach the target at 10 ms; the first drop is an interval later, the next 100 ms on.
    CHECK(w.decides().codel()->dropped() == 2);
    CHECK(w.pool(0).dropped == 2);
    CHECK(w.good().size() == 28);
    REQUIRE(w.books.count(end::abandoned) == 2);
    std::vector<duration> drops;
    for (const auto& each : w.books.requests)
        if (each.how == end::abandoned) {
            CHECK(each.why == failure_kind::overloaded);
            drops.push_back(each.over.time_since_epoch());
        }
    CHECK(drops == std::vector<duration>{110ms, 210ms});
}

TEST_CASE("CoDel leaves a burst alone that drains within an interval") {
    guarded w(R"({"codel":{}})");
    for (int i = 0; i < 10; ++i)
        w.send(0ms);
    w.run();
    CHECK(w.good().size() == 10);
}

TEST_CASE("adaptive LIFO serves the newest while the queue stands, and drops the oldest") {
    guarded w(R"({"adaptive_lifo":{"target":"20ms","interval":"50ms"}})");
    for (int i = 0; i < 20; ++i)
        w.send(0ms);
    for (int i = 0; i < 40; ++i)
        w.send(81ms + i * 5ms); // twice what it can do
    w.run();
    CHECK(w.settled());
    CHECK(w.decides().adaptive_lifo()->dropped() > 10);
    std::size_t served = 0, overtakes = 0;
    for (std::size_t i = 20; i < 60; ++i) {
        if (!w.visits[i].result.ok())
            continue;
        ++served;
        overtakes += i > 20 && w.visits[i].ended < w.visits[i - 1].ended;
        CHECK(w.visits[i].ended - w.visits[i].sent <= 50ms + 10ms);
    }
    CHECK(served >= 18);
    CHECK(overtakes > 0);
}

TEST_CASE("adaptive LIFO drops nobody whose work has begun") {
    world w(R"({"name":"t","services":{"a":{"admission":{
        "adaptive_lifo":{"target":"20ms","interval":"50ms"}},
        "endpoints":{"x":{"work":"5ms","steps":[{"sleep":"1ms"},{"work":"5ms"}]}}}}})",
            {R"({"call":"a.x"})"});
    for (int i = 0; i < 200; ++i)
        w.send(i * 5ms); // twice what it can do
    w.run();
    CHECK(w.settled());
    CHECK(w.at_replica(0).admission()->adaptive_lifo()->dropped() > 20);
    CHECK(w.books.count(end::abandoned) == w.at_replica(0).admission()->adaptive_lifo()->dropped());
    for (const request_record& each : w.books.requests)
        CHECK((each.ok || each.how == end::abandoned)); // none with half of its work
}

TEST_CASE("the priority shedder refuses the least important while requests queue for too long") {
    guarded w(R"({"priority_shedder":{"business_levels":4,"user_levels":1,"window":"100ms"}})",
              R"(,"priority":0)");
    for (int i = 0; i < 200; ++i) {
        w.send(i * 5ms, 0); // twice what it can do
        if (i % 4 == 0)
            w.send(i * 5ms + 1ms, 1);
    }
    w.run();
    CHECK(w.settled());
    const auto metrics = w.decides().priority_shedder()->metrics();
    CHECK(metrics.rejected > 0);
    CHECK(metrics.rejected == w.books.count(end::rejected));
    std::size_t important = 0;
    for (const auto& each : w.visits)
        important += each.call == 1 && each.result.ok();
    CHECK(important == 50);
}

TEST_CASE("a request's calls are ranked by its user, so that both of a task are served or none") {
    const auto tasks_done = [](const std::string& of_each_call) {
        const std::string call = R"({"call":"a.x")" + of_each_call + "}";
        world w(R"({"name":"t","services":{
            "front":{"workers":1000,"endpoints":{"x":{"steps":[)" +
                    call + "," + call +
                    R"(]}}},
            "a":{"admission":{"priority_shedder":{"business_levels":1}},
                 "endpoints":{"x":{"work":"10ms"}}}}})",
                {R"-({"call":"front.x","user":"uniform(100000)"})-"});
        for (int i = 0; i < 6000; ++i)
            w.send(i * 10ms); // 200 calls a second, and 100 can be done
        w.run();
        return std::count_if(w.visits.begin(), w.visits.end(),
                             [](const visit& v) { return v.result.ok(); });
    };
    const auto by_user = tasks_done(""), by_coin = tasks_done(R"-(,"user":"uniform(100000)")-");
    CHECK(by_user > 2400); // of 3000 that fit
    CHECK(by_coin < by_user * 3 / 4);
}

TEST_CASE("callers who are told the shedder's levels do not send what would be refused") {
    const auto run_with = [](const std::string& tells) {
        guarded w(R"({"tells_callers":)" + tells +
                      R"(,"priority_shedder":{"business_levels":1,"window":"200ms"}})",
                  R"-(,"user":"uniform(1000)","retry":{"max_attempts":1})-");
        for (int i = 0; i < 4000; ++i)
            w.send(i * 5ms); // twice what it can do
        w.run();
        CHECK(w.settled());
        std::size_t throttled = 0;
        for (const auto& each : w.visits)
            if (each.result.failed_with(failure_kind::throttled)) {
                ++throttled;
                CHECK(each.attempts == 0);
            }
        return std::pair(throttled, w.books.count(end::rejected));
    };
    const auto [unsent, refused] = run_with("true");
    const auto [none, all_refused] = run_with("false");
    CHECK(unsent > 500);
    CHECK(refused < all_refused / 2);
    CHECK(none == 0);
}

TEST_CASE("an adaptive limit at the service bounds what it has at once") {
    guarded w(R"({"adaptive_limit":{"initial_limit":4,"min_limit":4,"max_limit":4}})");
    for (int i = 0; i < 10; ++i)
        w.send(0ms);
    w.run();
    CHECK(w.settled());
    CHECK(w.good().size() == 4);
    CHECK(w.books.count(end::rejected) == 6);
    CHECK(w.decides().adaptive_limit()->in_flight() == 0);
    CHECK(w.decides().adaptive_limit()->metrics().rejected == 6);
}

TEST_CASE("a crash gives back the places of the adaptive limit") {
    guarded w(R"({"adaptive_limit":{"initial_limit":4,"min_limit":4,"max_limit":4}})");
    for (int i = 0; i < 4; ++i)
        w.send(0ms);
    w.act(5ms, [&] { w.at_replica(0).crash(); });
    w.act(6ms, [&] { w.at_replica(0).restart(); });
    w.run();
    CHECK(w.settled());
    CHECK(w.decides().adaptive_limit()->in_flight() == 0);
}

TEST_CASE("a rate limiter at the service refuses what comes too fast, and says when to come") {
    guarded w(R"({"rate_limiter":{"permits":2,"period":"1s"}})");
    for (int i = 0; i < 5; ++i)
        w.send(0ms);
    w.send(2s);
    w.run();
    CHECK(w.good() == std::vector<std::size_t>{0, 1, 5});
    const failure& refused = w.visits[4].result.failed();
    CHECK(refused.kind == failure_kind::overloaded);
    CHECK(refused.status == 429);
    CHECK(refused.retry_after == 500ms);
    CHECK(w.decides().rate().refused == 3);
    CHECK(w.decides().rate().admitted == 3);
}

TEST_CASE("a rate limiter by caller counts each caller for himself") {
    world w(R"({"name":"t","services":{
        "front":{"workers":10,"endpoints":{"x":{"steps":[{"call":"a.x"}]}}},
        "a":{"workers":10,"admission":{"rate_limiter_by_caller":{"permits":2}},
             "endpoints":{"x":{"work":"1ms"}}}}})",
            {R"({"call":"a.x"})", R"({"call":"front.x"})"});
    for (int i = 0; i < 4; ++i) {
        w.send(0ms, 0);
        w.send(0ms, 1);
    }
    w.run();
    std::array<int, 2> good{};
    for (const auto& each : w.visits)
        good.at(each.call) += each.result.ok();
    CHECK(good == std::array<int, 2>{2, 2});
}

TEST_CASE("what one of the two rate limiters refuses takes nothing from the other") {
    world w(R"({"name":"t","services":{
        "front":{"workers":10,"endpoints":{"x":{"steps":[{"call":"a.x"}]}}},
        "a":{"workers":10,"admission":{"rate_limiter_by_caller":{"permits":2,"period":"100s"},
                                       "rate_limiter":{"permits":3,"period":"10s"}},
             "endpoints":{"x":{"work":"1ms"}}}}})",
            {R"({"call":"a.x"})", R"({"call":"front.x"})"});
    for (int i = 0; i < 4; ++i)
        w.send(0ms, 0); // two of them, and one permit of the common limiter is left
    for (int i = 0; i < 4; ++i)
        w.send(1s, 1); // one of them, by the common limiter: front has one of its own left
    w.send(12s, 1);
    w.run();
    std::array<int, 2> good{};
    for (const auto& each : w.visits)
        good.at(each.call) += each.result.ok();
    CHECK(good == std::array<int, 2>{2, 2});
    const admission& decides = *w.at_replica(1).admission();
    CHECK(decides.rate_by_caller().admitted == 4);
    CHECK(decides.rate_by_caller().refused == 2);
    CHECK(decides.rate().admitted == 4);
    CHECK(decides.rate().refused == 3);
}

// ---- the preset ---------------------------------------------------------------------------------

namespace {

const std::string four_at_once = R"("limit":{"initial_limit":4,"min_limit":4,"max_limit":4})";

/// At the door of `guarded`.
const admission_queue& queue_of(guarded& w) {
    return w.decides().door()->queue();
}

} // namespace

TEST_CASE("at the door of the preset those wait for whom there is no room, before any worker") {
    guarded w(R"({"server_admission":{)" + four_at_once + R"(,"max_queue":3}})", "", 10);
    for (int i = 0; i < 9; ++i)
        w.send(0ms);
    w.act(5ms, [&] {
        CHECK(w.pool(0).arrivals == 4);
        CHECK(queue_of(w).queued() == 3);
        CHECK(w.at_replica(0).in_flight() == 7);
    });
    w.run();
    CHECK(w.settled());
    CHECK(w.good() == std::vector<std::size_t>{0, 1, 2, 3, 4, 5, 6});
    CHECK(w.visits[6].ended == at(20ms));
    CHECK(w.visits[8].result.failed().kind == failure_kind::overloaded);
    CHECK(w.visits[8].result.failed().not_processed);
    CHECK(w.books.count(end::rejected) == 2);
    CHECK(queue_of(w).in_flight() == 0);
}

TEST_CASE("who has waited too long at the door is refused, and so is whose time is over") {
    guarded w(R"({"server_admission":{)" + four_at_once + R"(,"max_wait":"4ms"}})",
              R"(,"deadline":"travels","total_timeout":"100ms")", 10);
    for (int i = 0; i < 6; ++i)
        w.send(0ms);
    w.run();
    CHECK(w.settled());
    CHECK(w.good().size() == 4);
    CHECK(w.books.count(end::abandoned) == 2);
    CHECK(w.visits[5].ended == at(4ms));
    CHECK(queue_of(w).metrics()[admission_verdict::waited_too_long] == 2);

    guarded late(R"({"server_admission":{)" + four_at_once + R"(,"retry_after":"2s"}})",
                 R"(,"deadline":"travels","total_timeout":"5ms")", 10);
    for (int i = 0; i < 6; ++i)
        late.send(0ms);
    late.run();
    CHECK(late.settled());
    CHECK(queue_of(late).metrics()[admission_verdict::deadline_passed] == 2);
}

TEST_CASE("CoDel sheds at the door while its queue stands") {
    guarded w(R"({"server_admission":{)" + four_at_once +
                  R"(,"codel":{"target":"5ms","interval":"20ms"}}})",
              "", 4);
    for (int i = 0; i < 400; ++i)
        w.send(i * 1ms); // more than twice what it can do
    w.run();
    CHECK(w.settled());
    CHECK(queue_of(w).metrics()[admission_verdict::shed] > 50);
    for (const auto& each : w.visits)
        if (each.result.ok())
            CHECK(each.ended - each.sent <= 40ms);
}

TEST_CASE("a caller who gives up, and a crash, leave nothing at the door") {
    guarded w(R"({"server_admission":{)" + four_at_once + "}}",
              R"(,"timeout":"6ms","on_give_up":"cancelled")", 10);
    for (int i = 0; i < 4; ++i)
        w.send(0ms, 1); // patient
    for (int i = 0; i < 4; ++i)
        w.send(0ms);
    w.act(20ms, [&] { w.at_replica(0).crash(); });
    w.act(21ms, [&] {
        CHECK(queue_of(w).metrics()[admission_verdict::cancelled] == 8);
        w.at_replica(0).restart();
    });
    for (int i = 0; i < 8; ++i)
        w.send(17ms);
    w.send(30ms);
    w.run();
    CHECK(w.settled());
    CHECK(queue_of(w).in_flight() == 0);
    CHECK(queue_of(w).queued() == 0);
    CHECK(queue_of(w).metrics()[admission_verdict::cancelled] == 0);    // of its new life
    CHECK(w.visits.back().result.failed_with(failure_kind::timed_out)); // let in, and too slow
    CHECK(w.pool(0).cancelled == 1);
}

TEST_CASE("health checks do not go through the door") {
    world w(R"({"name":"t","services":{"a":{"workers":10,
        "admission":{"server_admission":{)" +
                four_at_once + R"(,"max_queue":0}},
        "endpoints":{"x":{"work":"100s"},"health":{"work":"1ms"}}}}})",
            {R"({"call":"a.x","health_check":{"endpoint":"health","interval":"1s"}})"});
    for (int i = 0; i < 8; ++i)
        w.send(5s);
    w.run(20s);
    CHECK(w.user->own().peer_groups().front()->health()->healthy_hosts() == 1);
    CHECK(w.at_replica(0).admission()->door()->queue().metrics()[admission_verdict::queue_full] ==
          4);
}

TEST_CASE("a world that is taken down while requests wait at a door leaks nothing") {
    guarded w(R"({"server_admission":{)" + four_at_once + "}}");
    for (int i = 0; i < 20; ++i)
        w.send(0ms);
    w.run(7ms);
    CHECK(queue_of(w).queued() == 16);
}

TEST_CASE("a shedder before the door hears of the waits there") {
    guarded w(R"({"server_admission":{)" + four_at_once +
                  R"(},"priority_shedder":{"business_levels":4,"user_levels":1,"window":"100ms"}})",
              R"(,"priority":0)", 10);
    for (int i = 0; i < 600; ++i) {
        w.send(i * 2ms, 0);
        if (i % 4 == 0)
            w.send(i * 2ms + 1ms, 1);
    }
    w.run();
    CHECK(w.settled());
    CHECK(w.decides().priority_shedder()->metrics().rejected > 50);
}

TEST_CASE("a service that takes all has no admission") {
    world w(R"({"name":"t","services":{"a":{"endpoints":{"x":{}}}}})", {R"({"call":"a.x"})"});
    CHECK(w.at_replica(0).admission() == nullptr);
}

} // namespace windtunnel::topology
