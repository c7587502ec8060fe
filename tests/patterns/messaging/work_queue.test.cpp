// SPDX-License-Identifier: BSL-1.0
#include "patterns/messaging/work_queue.hpp"

#include <catch2/catch.hpp>

#include "work_queue_test.hpp"

using namespace windtunnel;
using namespace windtunnel::test;
using namespace std::chrono_literals;

TEST_CASE("messages come out as they were published, once, with what they carry") {
    work_queue q{{}};
    auto first = tagged(1);
    first.body = {3, std::make_shared<const std::string>("abc")};
    first.key = 9;
    CHECK(q.publish(first, start).status == publish_status::accepted);
    q.publish(tagged(2), start + 1s);
    CHECK(q.ready() == 2);
    CHECK(q.bytes() == 4);
    const auto d = receive(q, start + 2s);
    CHECK(*d.what->body.bytes == "abc");
    CHECK(d.what->key == 9);
    CHECK(d.what->published == start);
    CHECK(d.what->deliveries == 1);
    CHECK_FALSE(d.what->redelivered);
    CHECK(d.deadline == never);
    CHECK(receive(q, start + 2s).what->tag == 2);
    CHECK_FALSE(q.receive(start + 2s));
    CHECK(q.unacked() == 2);
    CHECK(q.bytes() == 4);
    CHECK(q.ready_bytes() == 0);
}

TEST_CASE("an acknowledged message is gone, and its receipt is stale") {
    work_queue q{{}};
    publish(q, {1});
    const auto body = std::make_shared<const std::string>("abc");
    auto m = tagged(2);
    m.body = {3, body};
    q.publish(std::move(m), start);
    const auto one = receive(q);
    const auto two = receive(q);
    CHECK(q.ack(two.tag, start));
    CHECK(body.use_count() == 1);
    CHECK_FALSE(q.ack(two.tag, start));
    CHECK(q.ack(one.tag, start));
    CHECK(q.unacked() == 0);
    CHECK(q.bytes() == 0);
    CHECK(q.metrics().acked == 2);
    CHECK(q.metrics().stale_acks == 1);
    CHECK(conserves(q));
}

TEST_CASE("R1: a receipt of an earlier delivery changes nothing, whatever the slot holds now") {
    work_queue q{{}};
    publish(q, {1});
    const auto old = receive(q);
    q.ack(old.tag, start);
    publish(q, {2});
    const auto now = receive(q);
    CHECK(now.tag.slot == old.tag.slot);
    CHECK_FALSE(q.ack(old.tag, start));
    CHECK_FALSE(q.nack(old.tag, nack_action::dead_letter, start));
    CHECK(q.extend(old.tag, 1s, start) == extend_result::stale);
    CHECK(q.ack_up_to(old.tag, start) == 0);
    CHECK_FALSE(q.ack(delivery_tag{}, start));
    CHECK_FALSE(q.ack({.number = 1, .slot = 1'000'000}, start));
    CHECK_FALSE(q.ack({.number = 0, .slot = 3}, start));
    CHECK(q.unacked() == 1);
    CHECK(q.metrics().stale_acks == 7);
    CHECK(q.ack(now.tag, start));
}

TEST_CASE("a nack puts a message back where it was, marked as redelivered") {
    work_queue q{{}};
    publish(q, {1, 2, 3, 4});
    const auto one = receive(q);
    const auto two = receive(q);
    receive(q);
    CHECK(q.nack(two.tag, nack_action::requeue, start));
    CHECK(q.nack(one.tag, nack_action::requeue, start));
    const auto again = receive(q);
    CHECK(again.what->tag == 1);
    CHECK(again.what->redelivered);
    CHECK(again.what->deliveries == 2);
    CHECK(again.tag.number > two.tag.number);
    CHECK(drain(q) == tags{2, 4});
    CHECK(q.metrics().nacked == 2);
    CHECK(q.metrics().requeued == 2);
    CHECK(q.metrics().redelivered == 2);
    CHECK(q.metrics().delivered == 6);
    CHECK(conserves(q));
}

TEST_CASE(
    "a rejected message is a dead letter where the queue has somewhere for it, else dropped") {
    const bool has_target = GENERATE(false, true);
    work_queue q{{.dead_letter = {.rejected = has_target}, .keep_dropped = true}, "orders"};
    publish(q, {1, 2});
    CHECK(q.nack(receive(q).tag, nack_action::dead_letter, start + 1s));
    CHECK(q.ready() == 1);
    CHECK(q.unacked() == 0);
    CHECK(q.has_dead_letters() == has_target);
    const auto dead = q.take_dead_letters();
    const auto dropped = q.take_dropped();
    CHECK(tags_of(dead) == (has_target ? tags{1} : tags{}));
    CHECK(tags_of(dropped) == (has_target ? tags{} : tags{1}));
    if (has_target)
        CHECK(dead[0].what.deaths ==
              std::vector<death_record>{
                  {"orders", dead_letter_reason::rejected, 1, start + 1s, duration::max()}});
    else
        CHECK(dropped[0].what.deaths.empty());
    CHECK(q.metrics().all_dead_lettered() == (has_target ? 1 : 0));
    CHECK(q.metrics().all_dropped() == (has_target ? 0 : 1));
    CHECK(q.take_dead_letters().empty());
    CHECK(q.take_dropped().empty());
    CHECK(conserves(q));
}

TEST_CASE("what is dropped is kept for nobody, unless somebody asked for it") {
    work_queue q{{}};
    publish(q, {1});
    q.nack(receive(q).tag, nack_action::dead_letter, start);
    CHECK(q.take_dropped().empty());
    CHECK(q.metrics().all_dropped() == 1);
}

TEST_CASE("acknowledging up to a delivery takes all before it in that hand, and no other's") {
    work_queue q{{}};
    const auto a = q.subscribe({.prefetch = 3});
    const auto b = q.subscribe({.prefetch = 3});
    publish(q, {1, 2, 3, 4, 5, 6});
    std::vector<queue_delivery> all;
    while (const auto d = q.next_delivery(start))
        all.push_back(*d);
    REQUIRE(all.size() == 6); // a and b in turn
    CHECK(q.ack_up_to(all[2].tag, start) == 2);
    CHECK(q.unacked(a) == 1);
    CHECK(q.unacked(b) == 3);
    CHECK(q.ack_up_to(all[2].tag, start) == 0);
    CHECK(q.ack_up_to(all[5].tag, start) == 3);
    CHECK(q.ack(all[4].tag, start));
    CHECK(q.unacked() == 0);
    CHECK(q.metrics().acked == 6);
}

TEST_CASE(
    "one who asks gets at most what it asks for, what a batch has, and what may be in hands") {
    const auto [max_batch, max_unacked, max, got] = GENERATE(table<int, int, int, std::size_t>({
        {0, 0, 3, 3},
        {0, 0, 30, 20},
        {10, 0, 10, 10},
        {10, 0, 30, 10},
        {0, 4, 10, 4},
        {3, 4, 10, 3},
    }));
    work_queue q{{.max_unacked = max_unacked, .max_batch = max_batch}};
    for (std::uint64_t i = 0; i < 20; ++i)
        publish(q, {i});
    CAPTURE(max_batch, max_unacked, max);
    CHECK(q.receive(max, start).size() == got);
    CHECK(q.unacked() == got);
}

TEST_CASE("a message in a hand frees a place when it is settled") {
    work_queue q{{.max_unacked = 1}};
    q.subscribe({});
    publish(q, {1, 2});
    const auto d = next_delivery(q);
    CHECK_FALSE(q.next_delivery(start));
    CHECK_FALSE(q.receive(start));
    q.ack(d.tag, start);
    CHECK(next_delivery(q).what->tag == 2);
}

TEST_CASE("higher priorities come first, each in its order, also when they come back") {
    work_queue q{{.max_priority = 2}};
    const auto with = [](std::uint64_t tag, int priority) {
        auto m = tagged(tag);
        m.priority = static_cast<std::uint8_t>(priority);
        return m;
    };
    for (const auto& m : {with(1, 0), with(2, 1), with(3, 2), with(4, 1), with(5, 9), with(6, 0)})
        q.publish(m, start);
    const auto three = receive(q);
    CHECK(three.what->tag == 3);
    CHECK(receive(q).what->tag == 5); // 9 counts as 2
    const auto two = receive(q);
    q.nack(two.tag, nack_action::requeue, start);
    q.nack(three.tag, nack_action::requeue, start);
    CHECK(drain(q) == tags{3, 2, 4, 1, 6});
    work_queue plain{{}};
    plain.publish(with(1, 0), start);
    plain.publish(with(2, 7), start);
    CHECK(drain(plain) == tags{1, 2});
}

TEST_CASE("the oldest message may be in a hand") {
    work_queue q{{}};
    CHECK(q.oldest_age(start) == 0s);
    publish(q, {1}, start);
    publish(q, {2}, start + 3s);
    const auto one = receive(q, start + 4s);
    CHECK(q.oldest_age(start + 5s) == 5s);
    q.ack(one.tag, start + 5s);
    CHECK(q.oldest_age(start + 5s) == 2s);
}

TEST_CASE("R10: the end of time does not overflow") {
    work_queue q{{.visibility_timeout = duration::max(), .max_visibility = duration::max()}};
    auto m = tagged(1);
    m.ttl = duration::max() - 1ns;
    q.publish(m, start);
    const auto d = receive(q);
    CHECK(d.deadline == never);
    CHECK(q.extend(d.tag, duration::max(), start + 1s) == extend_result::extended);
    CHECK(q.next_event() == never);
    q.advance(never - 1ns);
    CHECK(q.unacked() == 1);
    CHECK(q.ack(d.tag, never - 1ns));
}

TEST_CASE("the names of a work queue's answers") {
    CHECK(to_string(publish_status::accepted) == "accepted");
    CHECK(to_string(publish_status::duplicate) == "duplicate");
    CHECK(to_string(publish_status::rejected) == "rejected");
    CHECK(to_string(extend_result::extended) == "extended");
    CHECK(to_string(extend_result::stale) == "stale");
    CHECK(to_string(extend_result::refused) == "refused");
}
