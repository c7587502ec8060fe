// SPDX-License-Identifier: BSL-1.0
// Who gets the next message, and what happens when a consumer or the broker goes.
#include <catch2/catch.hpp>

#include "patterns/messaging/work_queue.hpp"
#include "work_queue_test.hpp"

using namespace windtunnel;
using namespace windtunnel::test;
using namespace std::chrono_literals;

namespace {

/// The own words of those who get the messages, as long as somebody gets one.
tags served(work_queue& q, time_point now = start) {
    tags found;
    while (const auto d = q.next_delivery(now))
        found.push_back(d->consumer_tag);
    return found;
}

} // namespace

TEST_CASE("without a consumer nothing is delivered; consumers are served in turn") {
    work_queue q{{}};
    publish(q, {1, 2, 3, 4, 5});
    CHECK_FALSE(q.next_delivery(start));
    for (std::uint64_t who : {11, 12, 13})
        q.subscribe({.tag = who});
    CHECK(served(q) == tags{11, 12, 13, 11, 12});
    CHECK(q.consumers() == 3);
}

TEST_CASE("nobody has more in hand than its prefetch") {
    work_queue q{{}};
    const auto a = q.subscribe({.prefetch = 1, .tag = 11});
    const auto b = q.subscribe({.prefetch = 3, .tag = 12});
    publish(q, {1, 2, 3, 4, 5, 6});
    const auto first = next_delivery(q);
    CHECK(first.consumer == a);
    CHECK(served(q) == tags{12, 12, 12});
    CHECK(q.unacked(a) == 1);
    CHECK(q.unacked(b) == 3);
    CHECK(q.ready() == 2);
    q.ack(first.tag, start);
    CHECK(served(q) == tags{11});
}

TEST_CASE("lower priorities are served only when the higher ones have no room") {
    work_queue q{{}};
    q.subscribe({.prefetch = 2, .priority = -1, .tag = 1});
    q.subscribe({.prefetch = 1, .priority = 5, .tag = 2});
    q.subscribe({.prefetch = 2, .priority = 5, .tag = 3});
    q.subscribe({.prefetch = 1, .tag = 4});
    publish(q, {1, 2, 3, 4, 5, 6, 7, 8});
    CHECK(served(q) == tags{2, 3, 3, 4, 1, 1});
}

TEST_CASE("who gets room again stands at the end of the turn") {
    work_queue q{{}};
    for (std::uint64_t who : {1, 2, 3})
        q.subscribe({.prefetch = 1, .tag = who});
    publish(q, {1, 2, 3, 4, 5, 6});
    const auto one = next_delivery(q);
    const auto two = next_delivery(q);
    q.ack(two.tag, start);
    q.ack(one.tag, start);
    CHECK(served(q) == tags{3, 2, 1});
}

TEST_CASE("what a consumer had goes back to where it was when it leaves, marked as redelivered") {
    work_queue q{{}};
    const auto a = q.subscribe({.prefetch = 2});
    publish(q, {1, 2, 3});
    const auto one = next_delivery(q);
    next_delivery(q);
    CHECK(q.unsubscribe(a, start));
    CHECK_FALSE(q.unsubscribe(a, start));
    CHECK_FALSE(q.unsubscribe(consumer_id{}, start));
    CHECK(q.consumers() == 0);
    CHECK(q.unacked(a) == 0);
    CHECK_FALSE(q.ack(one.tag, start));
    const auto again = receive(q);
    CHECK(again.what->tag == 1);
    CHECK(again.what->redelivered);
    CHECK(drain(q) == tags{2, 3});
    CHECK(conserves(q));
}

TEST_CASE("an id is never given twice, and those who ask cannot be unsubscribed") {
    work_queue q{{}};
    const auto a = q.subscribe({});
    q.unsubscribe(a, start);
    const auto b = q.subscribe({.tag = 7});
    CHECK(b.slot == a.slot);
    CHECK_FALSE(a == b);
    CHECK_FALSE(q.unsubscribe(a, start));
    publish(q, {1});
    const auto d = receive(q);
    CHECK_FALSE(q.unsubscribe(d.consumer, start));
    CHECK(q.ack(d.tag, start));
}

TEST_CASE("a consumer that leaves keeps nobody's turn") {
    work_queue q{{}};
    q.subscribe({.prefetch = 1, .tag = 1});
    const auto b = q.subscribe({.tag = 2});
    q.subscribe({.prefetch = 1, .tag = 3});
    publish(q, {1, 2, 3});
    q.unsubscribe(b, start);
    CHECK(served(q) == tags{1, 3});
}

TEST_CASE("a crash: hands are empty, consumers gone, receipts stale, what is durable is there") {
    const auto [durability, left] = GENERATE(table<queue_durability, tags>({
        {queue_durability::always, {1, 2, 3, 4}},
        {queue_durability::by_message, {1, 3}},
        {queue_durability::transient, {}},
    }));
    work_queue q{{.dead_letter = dead_letter_all, .durability = durability, .keep_dropped = true}};
    q.subscribe({.prefetch = 2});
    for (std::uint64_t i : {1, 2, 3, 4}) {
        auto m = tagged(i);
        m.durable = i % 2 == 1;
        q.publish(m, start);
    }
    const auto one = next_delivery(q);
    const auto two = next_delivery(q);
    q.crash(start + 1s);
    CHECK(q.consumers() == 0);
    CHECK(q.unacked() == 0);
    CHECK(q.ready() == left.size());
    CHECK_FALSE(q.ack(one.tag, start + 1s));
    CHECK_FALSE(q.ack(two.tag, start + 1s));
    CHECK(q.take_dead_letters().empty());
    CHECK(q.take_dropped().size() == 4 - left.size());
    if (!left.empty()) {
        const auto again = receive(q, start + 1s);
        CHECK(again.what->tag == 1);
        CHECK(again.what->redelivered);
        q.nack(again.tag, nack_action::requeue, start + 1s);
    }
    CHECK(drain(q, start + 1s) == left);
    CHECK(conserves(q));
}

TEST_CASE("after a crash new consumers are served, and deduplication ids stay unless all is lost") {
    const auto [durability, status] = GENERATE(table<queue_durability, publish_status>({
        {queue_durability::always, publish_status::duplicate},
        {queue_durability::transient, publish_status::accepted},
    }));
    work_queue q{{.deduplication_window = 5min, .durability = durability}};
    auto m = tagged(1);
    m.deduplication_id = 77;
    q.publish(m, start);
    q.crash(start);
    CHECK(q.publish(m, start).status == status);
    q.subscribe({.tag = 5});
    CHECK(served(q) == tags{5});
}
