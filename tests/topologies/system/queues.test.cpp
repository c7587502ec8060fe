// SPDX-License-Identifier: BSL-1.0
// Queues of brokers in a running topology, to the millisecond: who gets a message when, and what
// is left of it when somebody crashes, fails or takes too long.
#include <catch2/catch.hpp>

#include "topologies/system/messaging_world.hpp"

namespace windtunnel::topology {

using namespace std::chrono_literals;

namespace {

struct setup {
    std::string queue = "{}";
    std::string consumes = ""; ///< more options, with a comma before each
    std::string worker = R"("replicas":1,"workers":10)";
    std::string endpoint = R"("work":"10ms")";
    std::string more_queues = "";
    std::string more_services = "";
};

/// The broker "mq", and "worker" that consumes its queue "orders".
std::string with(const setup& s) {
    return R"({"name":"t","services":{"mq":{"queues":{"orders":)" + s.queue + s.more_queues +
           R"(}},"worker":{)" + s.worker + R"(,"endpoints":{"handle":{)" + s.endpoint +
           R"(,"consumes":{"from":"mq.orders")" + s.consumes + "}}}}" + s.more_services + "}}";
}
/// The same without anybody who consumes.
std::string alone(const std::string& queue, const std::string& more_queues = "") {
    return R"({"name":"t","services":{"mq":{"queues":{"orders":)" + queue + more_queues + "}}}}";
}

const std::vector<std::string> publish{R"({"publish":"mq.orders"})"};
constexpr std::size_t mq = 0, worker = 1;

/// When the only work was over, and how.
void check_work(const world& w, duration over, bool is_lost) {
    REQUIRE(w.books.works.size() == 1);
    CHECK(w.books.works[0].over == at(over));
    CHECK(w.books.works[0].lost == is_lost);
    CHECK(w.running->unfinished_work() == 0);
}

} // namespace

// ---- from publisher to consumer -----------------------------------------------------------------

TEST_CASE("a request is accepted when its message is, and completed when that was worked on") {
    world w(with({}), publish);
    const visit& v = w.send(5ms);
    w.act(6ms, [&] { CHECK(w.running->unfinished_work() == 1); });
    w.run();
    CHECK(v.result.ok());
    CHECK(v.ended == at(5ms));
    check_work(w, 15ms, false);
    CHECK(w.books.works[0].sent == at(5ms));
    CHECK(w.settled());
}

TEST_CASE("the broker's work and its disk come before the confirmation, the network on each way") {
    std::string text = with({.queue = R"({"work":"2ms","sync":"3ms"})"});
    text.insert(text.size() - 1, R"(,"network":{"latency":"1ms"})");
    world w(text, publish);
    const visit& v = w.send(0ms);
    w.run();
    CHECK(v.ended == at(7ms));
    check_work(w, 18ms, false); // taken at 6 ms, there at 7 ms, and the acknowledgement travels
}

TEST_CASE("consumers of a queue share its messages") {
    world w(with({.consumes = R"(,"prefetch":1)", .worker = R"("replicas":3)"}), publish);
    for (int i = 0; i < 9; ++i)
        w.send(0ms);
    w.run();
    for (std::size_t i = 0; i < 3; ++i)
        CHECK(w.pool(worker, i).completed == 3);
    REQUIRE(w.books.works.size() == 9);
    CHECK(w.books.works.back().over == at(30ms));
}

TEST_CASE("a consumer has no more messages in its hand than its prefetch") {
    const auto [prefetch, in_hand] = GENERATE(table<int, std::size_t>({{1, 1}, {3, 3}, {0, 10}}));
    const std::string kind = GENERATE("rabbitmq", "rabbitmq_quorum", "sqs");
    world w(with({.queue = R"({"kind":")" + kind + "\"}",
                  .consumes = R"(,"prefetch":)" + std::to_string(prefetch)}),
            publish);
    for (int i = 0; i < 10; ++i)
        w.send(0ms);
    w.act(5ms, [&, expected = in_hand] {
        CHECK(w.at_replica(worker).in_flight() == expected);
        CHECK(queue_in(w).ready() == 10 - expected);
        CHECK(queue_in(w).unacked() == expected);
    });
    w.run();
    CHECK(completed(w) == 10);
}

TEST_CASE("a queue without consumers keeps what it gets, and the work is not done") {
    world w(alone("{}"), publish);
    const visit& v = w.send(0ms);
    w.run();
    CHECK(v.result.ok());
    CHECK(queue_in(w).ready() == 1);
    CHECK(w.books.works.empty());
    CHECK(w.running->unfinished_work() == 1);
}

TEST_CASE("work goes on through a second queue until the last message was worked on") {
    world w(with({.endpoint = R"("work":"10ms","steps":[{"publish":"mq.mails"},
                                                        {"publish":"mq.mails"}])",
                  .more_queues = R"(,"mails":{})",
                  .more_services = R"(,"mailer":{"endpoints":{"send":{"work":"20ms",
                                     "consumes":{"from":"mq.mails"}}}})"}),
            publish);
    w.send(0ms);
    w.run();
    check_work(w, 50ms, false); // one mailer, two mails
}

// ---- consumers that crash or are slow -----------------------------------------------------------

TEST_CASE("what was in the hand of a crashed consumer comes back, unless it was acknowledged") {
    const bool after = GENERATE(true, false);
    world w(with({.consumes = std::string(R"(,"reconnect":"1s","acknowledge":)") +
                              (after ? R"("after")" : R"("on_delivery")")}),
            publish);
    w.send(0ms);
    crash(w, worker, 0, 5ms, 100ms);
    w.run();
    if (after)
        check_work(w, 1110ms, false);
    else
        check_work(w, 5ms, true);
    CHECK(queue_in(w).metrics().redelivered == (after ? 1 : 0));
}

TEST_CASE("RabbitMQ gives the messages of a crashed consumer to another at once, SQS later") {
    const auto [queue, done] =
        GENERATE(table<std::string, int>({{R"({"kind":"rabbitmq_quorum"})", 15},
                                          {R"({"kind":"sqs","visibility_timeout":"1s"})", 1010}}));
    world w(with({.queue = queue, .consumes = R"(,"prefetch":1)", .worker = R"("replicas":2)"}),
            publish);
    w.send(0ms);
    crash(w, worker, 0, 5ms, 1h);
    w.run(10min);
    check_work(w, std::chrono::milliseconds(done), false);
}

TEST_CASE("a message that is worked on for longer than it is invisible is worked on twice") {
    world w(with({.queue = R"({"kind":"sqs","visibility_timeout":"100ms"})",
                  .consumes = R"(,"prefetch":1)",
                  .worker = R"("replicas":2)"}),
            publish);
    w.at_replica(worker, 0).slow_down(15);
    w.send(0ms);
    w.run();
    check_work(w, 110ms, false);
    CHECK(w.books.count(request_record::end::answered) == 3); // with what publishes
    CHECK(queue_in(w).metrics().redelivered == 1);
    CHECK(queue_in(w).metrics().timed_out == 1);
    CHECK(queue_in(w).metrics().stale_acks == 1);
}

// ---- failures and the dead ----------------------------------------------------------------------

TEST_CASE("a message whose work fails is requeued, rejected or left, and dies in the end") {
    struct fate {
        std::string queue, on_error;
        int lost_at;
    };
    const auto each = GENERATE(values<fate>(
        {{R"({"max_deliveries":3})", "requeue", 33},
         {R"({"max_deliveries":3})", "reject", 10},
         {R"({"kind":"sqs","visibility_timeout":"1s","max_deliveries":2})", "leave", 2000},
         {R"({"kind":"sqs","visibility_timeout":"1s","max_deliveries":2})", "requeue", 22}}));
    INFO(each.queue << each.on_error);
    world w(with({.queue = each.queue,
                  .consumes = R"(,"on_error":")" + each.on_error + "\"",
                  .endpoint = R"("work":"10ms","errors":"100%")"}),
            publish);
    const visit& v = w.send(0ms);
    w.run();
    CHECK(v.result.ok());
    check_work(w, std::chrono::milliseconds(each.lost_at), true);
}

TEST_CASE("what is requeued is worked on again, and is done when that is good") {
    world w(with({.consumes = R"(,"requeue_after":"90ms")"}), publish);
    auto& endpoint = *w.running->find_endpoint({"worker", "handle"});
    error_injection all;
    all.share = 1;
    endpoint.errors.add(all);
    w.send(0ms);
    w.act(50ms, [&] { endpoint.errors.remove(all); });
    w.run();
    check_work(w, 100ms, false); // an injected error takes no work
    CHECK(queue_in(w).metrics().requeued == 1);
}

TEST_CASE("a dead letter that somebody consumes is work that is done, others are lost") {
    const bool consumed = GENERATE(true, false);
    world w(with({.queue = R"({"dead_letter":"dead"})",
                  .consumes = R"(,"on_error":"reject")",
                  .endpoint = R"("work":"10ms","errors":"100%")",
                  .more_queues = R"(,"dead":{})",
                  .more_services = consumed ? R"(,"undertaker":{"endpoints":{"bury":{"work":"5ms",
                                                 "consumes":{"from":"mq.dead"}}}})"
                                            : ""}),
            publish);
    w.send(0ms);
    w.run();
    check_work(w, consumed ? 15ms : 10ms, !consumed);
    CHECK(queue_in(w).metrics().all_dead_lettered() == 1);
    CHECK(queue_in(w, "dead").ready() == (consumed ? 0 : 1));
}

TEST_CASE("a message that nobody gets in time expires, and its work is lost") {
    world w(alone(R"({"message_ttl":"100ms"})"), publish);
    w.send(3ms);
    w.run();
    check_work(w, 103ms, true);
    CHECK(figures(w).counters.at("mq.orders queue: expired") == 1);
}

// ---- bounds -------------------------------------------------------------------------------------

TEST_CASE("a full queue refuses what is new, and who publishes is told") {
    const bool buries = GENERATE(false, true);
    world w(alone(buries ? R"({"max_length":2,"overflow":"reject_publish_dead_letter",
                               "dead_letter":"dead"})"
                         : R"({"max_length":2,"overflow":"reject_publish"})",
                  R"(,"dead":{})"),
            publish);
    for (int i = 0; i < 3; ++i)
        w.send(i * 1ms);
    w.run();
    CHECK(w.visits[1].result.ok());
    REQUIRE_FALSE(w.visits[2].result.ok());
    CHECK(w.visits[2].result.failed().kind == failure_kind::overloaded);
    CHECK(w.visits[2].result.failed().status == 503);
    CHECK(queue_in(w).ready() == 2);
    CHECK(queue_in(w, "dead").ready() == (buries ? 1 : 0));
    CHECK(w.books.works.empty()); // it failed, and that was said
    CHECK(w.running->unfinished_work() == 2);
}

TEST_CASE("a full queue that drops its head loses the oldest message") {
    world w(alone(R"({"max_length":2})"), publish);
    for (int i = 0; i < 3; ++i)
        w.send(i * 1ms);
    w.run();
    for (const visit& v : w.visits)
        CHECK(v.result.ok());
    REQUIRE(w.books.works.size() == 1);
    CHECK(w.books.works[0].sent == at(0ms));
    CHECK(w.books.works[0].over == at(2ms));
    CHECK(w.books.works[0].lost);
}

// ---- order and doubles --------------------------------------------------------------------------

TEST_CASE("the messages of a FIFO group are worked on one at a time, in order, by many") {
    world w(with({.queue = R"({"kind":"sqs_fifo"})",
                  .consumes = R"(,"prefetch":2)",
                  .worker = R"("replicas":4,"workers":2)",
                  .endpoint = R"-("work":"exponential(mean=10ms)")-"}),
            {R"-({"publish":"mq.orders","key":"uniform(1)"})-"});
    for (int i = 0; i < 50; ++i)
        w.send(i * 1ms);
    for (int i = 0; i < 100; ++i)
        w.act(i * 5ms, [&] { CHECK(queue_in(w).unacked() <= 1); });
    w.run();
    REQUIRE(completed(w) == 50);
    for (std::size_t i = 0; i < 50; ++i)
        CHECK(w.books.works[i].sent == at(static_cast<int>(i) * 1ms));
}

TEST_CASE("FIFO groups are independent of each other") {
    world w(with({.queue = R"({"kind":"sqs_fifo"})", .worker = R"("replicas":4)"}),
            {R"-({"publish":"mq.orders","key":"uniform(1000000)"})-"});
    for (int i = 0; i < 4; ++i)
        w.send(0ms);
    w.run();
    REQUIRE(completed(w) == 4);
    CHECK(w.books.works.back().over == at(10ms));
}

TEST_CASE("a publish that is tried again after a lost answer has one effect with deduplication") {
    const auto [queue, effects] = GENERATE(table<std::string, std::size_t>(
        {{R"({"kind":"sqs_fifo"})", 1}, {R"({"kind":"rabbitmq"})", 2}}));
    world w(with({.queue = queue}),
            {R"-({"publish":"mq.orders","key":"uniform(1)","timeout":"100ms",
                  "retry":{"max_attempts":2,"initial_backoff":"1ms"}})-"});
    int answers = 0;
    drops first([&](const sim::message& m) {
        return m.from == w.at_replica(mq).node() && m.to == w.user->node() && ++answers == 1;
    });
    const auto guard = w.running->messages()->install(first);
    const visit& v = w.send(0ms);
    w.run();
    CHECK(v.result.ok());
    CHECK(v.attempts == 2);
    CHECK(w.pool(worker).completed == effects);
    CHECK(queue_in(w).metrics().duplicates == 2 - effects);
    REQUIRE(w.books.works.size() == 1);
    CHECK_FALSE(w.books.works[0].lost);
}

// ---- the broker crashes, or its disk is full ----------------------------------------------------

TEST_CASE("durable messages survive a crash of the broker, transient ones are lost") {
    const bool durable = GENERATE(true, false);
    world w(
        with({.queue = durable ? R"({"durability":"durable"})" : R"({"durability":"transient"})",
              .consumes = R"(,"prefetch":1,"reconnect":"2s")"}),
        publish);
    for (int i = 0; i < 3; ++i)
        w.send(0ms);
    const visit& refused = w.send(500ms);
    crash(w, mq, 0, 5ms, 1s);
    w.act(2999ms, [&] { CHECK(queue_in(w).unacked() == 0); });
    w.run();
    REQUIRE_FALSE(refused.result.ok());
    CHECK(refused.result.failed().kind == failure_kind::unavailable);
    REQUIRE(w.books.works.size() == 3);
    CHECK(completed(w) == (durable ? 3 : 0));
    CHECK(w.books.works.front().over == at(durable ? 3010ms : 5ms));
    CHECK(w.books.works.back().over == at(durable ? 3030ms : 5ms));
    CHECK(w.running->unfinished_work() == 0);
}

TEST_CASE("who does not wait for the confirmation goes on, and does not hear of a loss") {
    const bool down = GENERATE(false, true);
    const std::string confirm = GENERATE("true", "false");
    world w(with({.more_services = R"(,"shop":{"endpoints":{"order":{"steps":[
                {"publish":"mq.orders","confirm":)" +
                                   confirm + R"(},{"work":"1ms"}]}}})"}),
            {R"({"call":"shop.order"})"});
    if (down)
        crash(w, mq, 0, 0ms, 30min);
    const visit& v = w.send(1ms);
    w.run();
    const bool waits = confirm == "true";
    CHECK(v.result.ok() == (!waits || !down));
    if (waits && down)
        CHECK(w.books.works.empty()); // the request failed, and that was said
    else if (down)
        CHECK(lost(w) == 1);
    else
        check_work(w, 11ms, false);
    CHECK(w.running->unfinished_work() == 0);
}

TEST_CASE("a slow confirmation holds up who waits for it alone") {
    const std::string confirm = GENERATE("true", "false");
    world w(with({.queue = R"({"sync":"50ms"})",
                  .more_services = R"(,"shop":{"endpoints":{"order":{"steps":[
                {"publish":"mq.orders","confirm":)" +
                                   confirm + "}]}}}"}),
            {R"({"call":"shop.order"})"});
    const visit& v = w.send(0ms);
    w.run();
    CHECK(v.ended == at(confirm == "true" ? 50ms : 0ms));
    check_work(w, 60ms, false);
}

TEST_CASE("while the broker's disk is full who publishes waits, and who consumes goes on") {
    world w(with({.consumes = R"(,"prefetch":1)"}),
            {R"({"publish":"mq.orders"})", R"({"publish":"mq.orders","timeout":"20ms"})"});
    for (int i = 0; i < 3; ++i)
        w.send(0ms);
    w.act(5ms, [&] { destination_in(w, "mq", "orders").disk_full(0, true); });
    w.act(100ms, [&] { destination_in(w, "mq", "orders").disk_full(0, false); });
    const visit& patient = w.send(10ms);
    const visit& gives_up = w.send(10ms, 1);
    w.act(99ms, [&] { CHECK(completed(w) == 3); });
    w.run();
    CHECK(patient.result.ok());
    CHECK(patient.ended == at(100ms));
    CHECK(gives_up.ended == at(30ms));
    REQUIRE_FALSE(gives_up.result.ok());
    CHECK(gives_up.result.failed().kind == failure_kind::timed_out);
    CHECK(w.running->unfinished_work() == 0);
    CHECK(w.settled());
}

TEST_CASE("a broker that crashes while its disk is full keeps nobody waiting") {
    world w(with({}), publish);
    w.act(0ms, [&] { destination_in(w, "mq", "orders").disk_full(0, true); });
    const visit& v = w.send(1ms);
    crash(w, mq, 0, 10ms, 20ms);
    w.act(1s, [&] { destination_in(w, "mq", "orders").disk_full(0, false); });
    w.run();
    CHECK(v.ended == at(10ms));
    CHECK_FALSE(v.result.ok());
    CHECK(w.settled());
}

} // namespace windtunnel::topology
