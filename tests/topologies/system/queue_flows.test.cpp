// SPDX-License-Identifier: BSL-1.0
// Queues of a broker in a running topology: when a request is accepted and when its work is done,
// who gets what, and what crashes and full disks do to it.
#include <catch2/catch.hpp>

#include "topologies/src/system/policy_readings.hpp"
#include "topologies/system/world.hpp"

namespace windtunnel::topology {

using namespace std::chrono_literals;

namespace {

/// Services "shop" (0), which publishes to a queue "q" of "broker" (1) with these options, and
/// "worker" (2), which consumes and takes 10 ms.
std::string flow(const std::string& queue = "{}", const std::string& consumes = "",
                 const std::string& worker = R"("workers":1)", const std::string& publish = "",
                 const std::string& more = "") {
    return R"({"name":"t","services":{
        "shop":{"workers":10,"endpoints":{"x":{"steps":[{"publish":"broker.q")" +
           publish + R"(}]}}},
        "broker":{"workers":10,"queues":{"q":)" +
           queue + more + R"(}},
        "worker":{)" +
           worker +
           R"(,"endpoints":{"go":{"work":"10ms","consumes":{"from":"broker.q","reconnect":"0s")" +
           consumes + R"(}}}}},"network":{"latency":"1ms"}})";
}

const std::vector<std::string> order{R"({"call":"shop.x"})"};

std::uint64_t count(world& w, const std::string& subject, std::string_view counter) {
    for (const policy_reading& each : policy_readings(*w.running)) {
        if (each.caller != subject)
            continue;
        policy_figures told;
        each.read(w.simulation.now(), told);
        for (const auto& [name, value] : told.counters())
            if (name == counter)
                return value;
    }
    throw std::out_of_range(subject);
}

std::size_t lost(const world& w) {
    return static_cast<std::size_t>(std::count_if(w.books.works.begin(), w.books.works.end(),
                                                  [](const work_record& r) { return r.lost; }));
}

} // namespace

TEST_CASE("a request over a queue is accepted by the broker, and done when it is worked on") {
    world w(flow(), order);
    const visit& v = w.send(0ms);
    w.run();
    CHECK(v.result.ok());
    CHECK(v.ended == at(4ms)); // to the shop and the broker, and back
    REQUIRE(w.books.works.size() == 1);
    // At the broker at 2 ms, at the worker at 3 ms, done at 13 ms, acknowledged at 14 ms.
    CHECK(w.books.works[0].over == at(14ms));
    CHECK(w.books.works[0].sent == at(0ms));
    CHECK_FALSE(w.books.works[0].lost);
    CHECK(w.settled());
    CHECK(w.running->unfinished_work() == 0);
}

TEST_CASE("whose work is not done yet is known at every moment") {
    world w(flow(), order);
    for (int i = 0; i < 3; ++i)
        w.send(i * 1ms); // done at 14, 25 and 36 ms
    w.run(3ms);
    CHECK(w.running->unfinished_work() == 3);
    CHECK(w.running->not_done().empty()); // nobody has an answer
    w.run(20ms);
    const auto left = w.running->not_done();
    REQUIRE(left.size() == 2);
    CHECK(left[0].sent == at(1ms));
    CHECK(left[1].sent == at(2ms));
    w.run();
    CHECK(w.running->not_done().empty());
}

TEST_CASE("consumers share a queue's messages, as many each as they may have in hand") {
    world w(flow("{}", R"(,"prefetch":2)", R"("replicas":2,"workers":1)"), order);
    for (int i = 0; i < 8; ++i)
        w.send(0ms);
    w.run(9ms); // delivered at 2 ms, there at 3 ms, the first ones done at 13 ms
    CHECK(w.at_replica(2, 0).in_flight() == 2);
    CHECK(w.at_replica(2, 1).in_flight() == 2);
    w.run();
    CHECK(w.books.works.size() == 8);
    CHECK(w.settled());
}

TEST_CASE("what a consumer has in hand comes back when it crashes, and is marked") {
    world w(flow("{}", R"(,"prefetch":10)"), order);
    for (int i = 0; i < 3; ++i)
        w.send(0ms);
    w.act(15ms, [&] { w.at_replica(2).crash(); }); // one is done, one begun, one waits
    w.act(100ms, [&] { w.at_replica(2).restart(); });
    w.run();
    CHECK(w.books.works.size() == 3);
    CHECK(lost(w) == 0);
    CHECK(count(w, "broker.q", "redelivered") == 2);
    CHECK(count(w, "broker.q", "acked") == 3);
    CHECK(w.settled());
}

TEST_CASE("what was acknowledged on delivery is lost with the consumer") {
    world w(flow("{}", R"(,"acknowledge":"on_delivery")"), order);
    for (int i = 0; i < 3; ++i)
        w.send(0ms);
    w.act(15ms, [&] { w.at_replica(2).crash(); });
    w.act(100ms, [&] { w.at_replica(2).restart(); });
    w.run();
    CHECK(w.books.works.size() == 3);
    CHECK(lost(w) == 2);
    CHECK(count(w, "broker.q", "redelivered") == 0);
}

TEST_CASE("who polls does not tell the queue that it crashed: the visibility timeout does") {
    world w(flow(R"({"kind":"sqs","visibility_timeout":"5s"})"), order);
    w.send(0ms);
    w.act(5ms, [&] { w.at_replica(2).crash(); });
    w.act(6ms, [&] { w.at_replica(2).restart(); });
    w.run();
    REQUIRE(w.books.works.size() == 1);
    CHECK(w.books.works[0].over == at(5014ms)); // again at 5.002 s
    CHECK(count(w, "broker.q", "not_acked_in_time") == 1);
}

TEST_CASE(
    "work that takes longer than the visibility timeout is done twice, and acknowledged late") {
    world w(
        flow(R"({"kind":"sqs","visibility_timeout":"6ms"})", R"(,"prefetch":0)", R"("workers":9)"),
        order);
    w.send(0ms);
    w.run(1s);
    CHECK(w.books.requests.size() > 10); // again and again: nobody is ever in time
    CHECK(w.books.works.empty());
    CHECK(count(w, "broker.q", "stale_acks") > 10);
}

TEST_CASE("work that fails is given back, rejected, or left, as the consumer says") {
    const std::string fails = R"("workers":1)";
    const auto with = [&](const std::string& queue, const std::string& on_error,
                          const std::string& more = "") {
        std::string text = flow(queue, R"(,"on_error":")" + on_error + "\"", fails, "", more);
        text.replace(text.find(R"("work":"10ms")"), 13, R"("work":"10ms","errors":"100%")");
        return text;
    };
    SECTION("given back until it has come too often, then dropped") {
        world w(with(R"({"max_deliveries":3})", "requeue"), order);
        w.send(0ms);
        w.run();
        CHECK(count(w, "broker.q", "delivered") == 3);
        CHECK(lost(w) == 1);
    }
    SECTION("rejected, it is a dead letter, which nobody consumes") {
        world w(with(R"({"dead_letter":"dead"})", "reject", R"(,"dead":{})"), order);
        w.send(0ms);
        w.run();
        CHECK(count(w, "broker.q", "delivered") == 1);
        CHECK(count(w, "broker.q", "dead_lettered") == 1);
        CHECK(count(w, "broker.dead", "published") == 1);
        CHECK(lost(w) == 1);
    }
    SECTION("left, it comes back with the visibility timeout") {
        world w(with(R"({"kind":"sqs","visibility_timeout":"1s","max_deliveries":2})", "leave"),
                order);
        w.send(0ms);
        w.run();
        CHECK(count(w, "broker.q", "delivered") == 2);
        CHECK(lost(w) == 1);
    }
}

TEST_CASE("a full queue drops its oldest message, or refuses the new one") {
    const std::string slow = R"("workers":1)";
    SECTION("drop_head") {
        world w(flow(R"({"max_length":1})", R"(,"prefetch":1)", slow), order);
        for (int i = 0; i < 3; ++i)
            w.send(i * 1ms); // one in hand, then one ready, then one more
        w.run();
        CHECK(count(w, "broker.q", "dropped") == 1);
        CHECK(lost(w) == 1);
        CHECK(w.visits[1].result.ok());
    }
    SECTION("reject_publish") {
        world w(flow(R"({"max_length":1,"overflow":"reject_publish"})", R"(,"prefetch":1)", slow),
                order);
        for (int i = 0; i < 3; ++i)
            w.send(i * 1ms);
        w.run();
        CHECK(w.visits[1].result.ok());
        CHECK_FALSE(w.visits[2].result.ok());
        CHECK(count(w, "broker.q", "overloaded") == 1);
        CHECK(lost(w) == 0); // who asked knows it
    }
}

TEST_CASE("a message that nobody takes up in its time is lost") {
    world w(flow(R"({"message_ttl":"50ms"})", R"(,"prefetch":1)"), order);
    for (int i = 0; i < 10; ++i)
        w.send(0ms);
    w.run();
    CHECK(count(w, "broker.q", "expired") > 3);
    CHECK(lost(w) == count(w, "broker.q", "expired"));
}

TEST_CASE("groups keep the order of a key, whoever works, and consumers without them do not") {
    const auto out_of_order = [](const std::string& queue) {
        std::string text = flow(queue, R"(,"prefetch":1)", R"("replicas":4,"workers":1)",
                                R"-(,"key":"uniform(3)")-");
        text.replace(text.find("10ms"), 4, "exponential(10ms)");
        world w(text, order);
        for (int i = 0; i < 400; ++i)
            w.send(i * 3ms);
        w.run();
        CHECK(w.books.works.size() == 400);
        return count(w, "broker.q", "out_of_order");
    };
    CHECK(out_of_order(R"({"kind":"sqs_fifo"})") == 0);
    CHECK(out_of_order(R"({"kind":"sqs"})") > 0);
}

TEST_CASE("a message that is published again because its confirmation came late is taken once") {
    const std::string again =
        R"(,"timeout":"5ms","retry":{"max_attempts":3,"initial_backoff":"1ms","jitter":"none"})";
    const auto worked = [&](const std::string& queue) {
        world w(flow(queue, "", R"("workers":9)", again), order);
        w.act(1ms, [&] { w.at_replica(1).slow_down(1); });
        w.send(0ms);
        w.run();
        return std::pair{count(w, "broker.q", "published"), count(w, "broker.q", "duplicates")};
    };
    // The disk takes 20 ms: two tries are given up on before they are confirmed.
    const auto once = worked(R"({"kind":"sqs_fifo","sync":"20ms"})");
    CHECK(once.first == 1);
    CHECK(once.second == 2);
    CHECK(worked(R"({"sync":"20ms"})").first == 3);
}

TEST_CASE("who does not wait for a confirmation goes on at once, and never hears of a loss") {
    world w(flow("{}", "", R"("workers":1)", R"(,"confirm":false)"), order);
    w.act(5ms, [&] { w.at_replica(1).crash(); });
    const visit& first = w.send(0ms);
    const visit& second = w.send(50ms);
    w.run();
    CHECK(first.ended == at(2ms));
    CHECK(second.ended == at(52ms));
    CHECK(second.result.ok());
    CHECK(lost(w) == 1);
}

TEST_CASE("a broker's crash keeps what is durable, and loses what is not") {
    for (const bool durable : {true, false}) {
        INFO(durable);
        world w(flow(durable ? "{}" : R"({"durability":"transient"})", R"(,"prefetch":1)"), order);
        for (int i = 0; i < 5; ++i)
            w.send(0ms);
        w.act(20ms, [&] { w.at_replica(1).crash(); });
        const visit& refused = w.send(30ms);
        w.act(50ms, [&] { w.at_replica(1).restart(); });
        w.run();
        CHECK_FALSE(refused.result.ok());
        CHECK(w.books.works.size() == 5);
        CHECK((lost(w) == 0) == durable);
        CHECK(w.settled());
    }
}

TEST_CASE("while a queue's disk is full who publishes waits, and who consumes does not") {
    world w(flow(R"({})", R"(,"prefetch":1)"), order);
    endpoint_runtime& queue = *w.running->find_endpoint(endpoint_ref{"broker", "q"});
    w.send(0ms);
    w.act(1ms, [&] { queue.destination->disk_full(0, true); });
    const visit& waits = w.send(5ms);
    w.act(100ms, [&] { queue.destination->disk_full(0, false); });
    w.run();
    CHECK(w.visits[0].ended == at(102ms)); // it was on its way
    CHECK(waits.ended == at(102ms));
    CHECK(w.books.works.size() == 2);
    CHECK(w.settled());
}

TEST_CASE("who gives up while the disk is full leaves nothing behind") {
    world w(flow("{}", "", R"("workers":1)", R"(,"timeout":"10ms","on_give_up":"cancelled")"),
            order);
    endpoint_runtime& queue = *w.running->find_endpoint(endpoint_ref{"broker", "q"});
    w.act(0ms, [&] { queue.destination->disk_full(0, true); });
    const visit& v = w.send(1ms);
    w.act(1s, [&] { queue.destination->disk_full(0, false); });
    w.run();
    CHECK_FALSE(v.result.ok());
    CHECK(count(w, "broker.q", "published") == 0);
    CHECK(w.settled());
}

TEST_CASE("a run that ends in the middle of deliveries leaves nothing behind") {
    world w(flow("{}", R"(,"on_error":"requeue","requeue_after":"1s")"), order);
    for (int i = 0; i < 20; ++i)
        w.send(i * 1ms);
    w.run(15ms);
    CHECK(w.running->unfinished_work() > 0);
}

} // namespace windtunnel::topology
