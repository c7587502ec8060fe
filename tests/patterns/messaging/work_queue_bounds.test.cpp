// SPDX-License-Identifier: BSL-1.0
// What a queue does when it is full, and with messages that come back too often.
#include <catch2/catch.hpp>

#include "patterns/messaging/work_queue.hpp"
#include "work_queue_test.hpp"

using namespace windtunnel;
using namespace windtunnel::test;
using namespace std::chrono_literals;

namespace {

queue_message sized(std::uint64_t tag, std::uint64_t size) {
    auto m = tagged(tag);
    m.body.size = size;
    return m;
}

constexpr auto maxlen = static_cast<std::size_t>(dead_letter_reason::maxlen);

} // namespace

TEST_CASE("a full queue drops its head, the oldest that is ready") {
    work_queue q{{.max_length = 2, .dead_letter = dead_letter_all}, "orders"};
    publish(q, {1, 2});
    CHECK(q.publish(tagged(3), start).pushed_out == 1);
    CHECK(q.ready() == 2);
    const auto dead = q.take_dead_letters();
    CHECK(tags_of(dead) == tags{1});
    CHECK(dead[0].reason == dead_letter_reason::maxlen);
    CHECK(drain(q) == tags{2, 3});
    CHECK(q.metrics().dead_lettered[maxlen] == 1);
    CHECK(conserves(q));
}

TEST_CASE("what is in hands does not count against the bounds") {
    work_queue q{{.max_length = 1, .max_bytes = 1}};
    publish(q, {1});
    receive(q);
    CHECK(q.publish(tagged(2), start).pushed_out == 0);
    CHECK(q.ready() == 1);
    CHECK(q.unacked() == 1);
}

TEST_CASE("bytes push out as many messages as it takes, maybe the one that came") {
    const auto [size, gone, left] = GENERATE(table<std::uint64_t, int, tags>({
        {4, 0, {1, 2, 3}},
        {5, 1, {2, 3}},
        {7, 1, {2, 3}},
        {8, 2, {3}},
        {10, 2, {3}},
        {11, 3, {}},
    }));
    work_queue q{{.max_bytes = 10}};
    q.publish(sized(1, 3), start);
    q.publish(sized(2, 3), start);
    CAPTURE(size);
    CHECK(q.publish(sized(3, size), start).pushed_out == gone);
    CHECK(drain(q) == left);
    CHECK(conserves(q));
}

TEST_CASE("a queue that rejects does so at its bound, and takes again below it") {
    work_queue q{{.max_length = 2, .overflow = queue_overflow::reject_publish}};
    publish(q, {1, 2});
    CHECK(q.publish(tagged(3), start).status == publish_status::rejected);
    CHECK(q.metrics().rejected == 1);
    CHECK(q.metrics().published == 2);
    q.ack(receive(q).tag, start);
    CHECK(q.publish(tagged(4), start).status == publish_status::accepted);
    CHECK(drain(q) == tags{2, 4});
    CHECK(q.take_dead_letters().empty());
}

TEST_CASE("a queue that rejects by bytes takes what fills it exactly") {
    const auto [size, status] = GENERATE(table<std::uint64_t, publish_status>({
        {7, publish_status::accepted},
        {8, publish_status::rejected},
        {11, publish_status::rejected},
        {UINT64_MAX, publish_status::rejected},
    }));
    work_queue q{{.max_bytes = 10, .overflow = queue_overflow::reject_publish}};
    q.publish(sized(1, 3), start);
    CAPTURE(size);
    CHECK(q.publish(sized(2, size), start).status == status);
}

TEST_CASE("what is rejected may be a dead letter, and was never accepted") {
    work_queue q{{.max_length = 1,
                  .overflow = queue_overflow::reject_publish_dead_letter,
                  .dead_letter = dead_letter_all},
                 "orders"};
    publish(q, {1, 2});
    const auto dead = q.take_dead_letters();
    REQUIRE(tags_of(dead) == tags{2});
    CHECK(dead[0].what.deaths.at(0).reason == dead_letter_reason::maxlen);
    CHECK(dead[0].what.published == start);
    CHECK(q.metrics().rejected_dead_lettered == 1);
    CHECK(q.metrics().all_dead_lettered() == 0);
    CHECK(conserves(q));
}

TEST_CASE("what comes back is let in, full or not") {
    const auto overflow = GENERATE(queue_overflow::drop_head, queue_overflow::reject_publish);
    work_queue q{{.max_length = 1, .overflow = overflow}};
    publish(q, {1});
    const auto d = receive(q);
    publish(q, {2});
    q.nack(d.tag, nack_action::requeue, start);
    CHECK(drain(q) == tags{1, 2});
}

TEST_CASE("a message leaves when it comes back from its last delivery, by whichever way") {
    enum class way { nack, timeout, give_back, unsubscribe, crash };
    const auto how =
        GENERATE(way::nack, way::timeout, way::give_back, way::unsubscribe, way::crash);
    work_queue q{{.visibility_timeout = 30s, .max_deliveries = 3, .dead_letter = dead_letter_all},
                 "orders"};
    publish(q, {1, 2});
    auto now = start;
    for (int delivery = 1; delivery <= 3; ++delivery) {
        CHECK(q.take_dead_letters().empty());
        const auto who = q.subscribe({.prefetch = 1});
        const auto d = next_delivery(q, now);
        CHECK(d.what->tag == 1);
        switch (how) {
        case way::nack:
            q.nack(d.tag, nack_action::requeue, now);
            break;
        case way::timeout:
            q.advance(now += 30s);
            break;
        case way::give_back:
            q.extend(d.tag, 0s, now);
            break;
        case way::unsubscribe:
            q.unsubscribe(who, now);
            break;
        case way::crash:
            q.crash(now);
            break;
        }
        q.unsubscribe(who, now);
    }
    const auto dead = q.take_dead_letters();
    REQUIRE(tags_of(dead) == tags{1});
    CHECK(dead[0].reason == dead_letter_reason::delivery_limit);
    CHECK(dead[0].what.deliveries == 3);
    CHECK(drain(q, now) == tags{2});
    CHECK(conserves(q));
}

TEST_CASE("a quorum queue delivers 21 times: the limit of 20 counts the redeliveries") {
    work_queue q{rabbitmq_quorum()};
    publish(q, {1});
    int deliveries = 0;
    while (const auto d = q.receive(start)) {
        ++deliveries;
        q.nack(d->tag, nack_action::requeue, start);
    }
    CHECK(deliveries == 21);
    CHECK(q.metrics().all_dropped() == 1);
}

TEST_CASE("a message that goes round two queues is caught when it would come a second time") {
    work_queue waiting{{.message_ttl = 5s, .dead_letter = dead_letter_all}, "waiting"};
    work_queue orders{{.max_deliveries = 1, .dead_letter = dead_letter_all}, "orders"};
    publish(orders, {1});
    orders.nack(receive(orders).tag, nack_action::requeue, start); // too often: delivery_limit
    auto letters = orders.take_dead_letters();
    REQUIRE(letters.size() == 1);
    CHECK_FALSE(is_dead_letter_cycle(letters[0].what, "waiting"));
    waiting.publish(std::move(letters[0].what), start);
    waiting.advance(start + 5s);
    letters = waiting.take_dead_letters();
    REQUIRE(letters.size() == 1);
    CHECK(is_dead_letter_cycle(letters[0].what, "orders"));
    publish(orders, {2}, start + 5s);
    orders.nack(receive(orders, start + 5s).tag, nack_action::dead_letter, start + 5s);
    letters = orders.take_dead_letters();
    waiting.publish(std::move(letters[0].what), start + 5s);
    waiting.advance(start + 10s);
    letters = waiting.take_dead_letters();
    CHECK_FALSE(is_dead_letter_cycle(letters.at(0).what, "orders")); // retried on purpose
}
