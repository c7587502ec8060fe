// SPDX-License-Identifier: BSL-1.0
// What happens by itself: hands that are too slow, messages that are too old, ids that are
// forgotten.
#include <catch2/catch.hpp>

#include "patterns/messaging/work_queue.hpp"
#include "work_queue_test.hpp"

using namespace windtunnel;
using namespace windtunnel::test;
using namespace std::chrono_literals;

namespace {

queue_message living(std::uint64_t tag, duration ttl) {
    auto m = tagged(tag);
    m.ttl = ttl;
    return m;
}

queue_message known_as(std::uint64_t id, std::uint64_t tag) {
    auto m = tagged(tag);
    m.deduplication_id = id;
    return m;
}

} // namespace

TEST_CASE("R8: a message is back at the end of its visibility timeout, not before") {
    work_queue q{{.visibility_timeout = 30s}};
    publish(q, {1, 2});
    const auto d = receive(q);
    CHECK(d.deadline == start + 30s);
    CHECK(q.next_event() == start + 30s);
    q.advance(start + 30s - 1ns);
    CHECK(q.unacked() == 1);
    q.advance(start + 30s);
    CHECK(q.unacked() == 0);
    CHECK(q.next_event() == never);
    CHECK(q.metrics().timed_out == 1);
    const auto again = receive(q, start + 30s);
    CHECK(again.what->tag == 1);
    CHECK(again.what->redelivered);
}

TEST_CASE("an acknowledgement is in time before the end of the timeout, and stale at it") {
    const auto [at, in_time] =
        GENERATE(table<duration, bool>({{30s - 1ns, true}, {30s, false}, {40s, false}}));
    work_queue q{{.visibility_timeout = 30s}};
    publish(q, {1});
    const auto d = receive(q);
    CHECK(q.ack(d.tag, start + at) == in_time);
    CHECK(q.ready() == (in_time ? 0 : 1));
    CHECK(q.metrics().stale_acks == (in_time ? 0 : 1));
}

TEST_CASE("a late acknowledgement does not touch the delivery that came after it") {
    work_queue q{{.visibility_timeout = 30s}};
    publish(q, {1});
    const auto slow = receive(q);
    const auto quick = receive(q, start + 30s);
    CHECK(quick.what->tag == 1);
    CHECK_FALSE(q.ack(slow.tag, start + 31s));
    CHECK(q.unacked() == 1);
    CHECK(q.ack(quick.tag, start + 32s));
    CHECK(conserves(q));
}

TEST_CASE("an extension counts from now, also a shorter one; zero gives the message back") {
    work_queue q{{.visibility_timeout = 30s}};
    publish(q, {1});
    auto d = receive(q);
    CHECK(q.extend(d.tag, 60s, start + 10s) == extend_result::extended);
    CHECK(q.next_event() == start + 70s);
    CHECK(q.extend(d.tag, 5s, start + 20s) == extend_result::extended);
    CHECK(q.next_event() == start + 25s);
    CHECK(q.extend(d.tag, 5s, start + 25s) == extend_result::stale);
    d = receive(q, start + 25s);
    CHECK(q.extend(d.tag, 0s, start + 26s) == extend_result::extended);
    CHECK(q.ready() == 1);
    CHECK(q.next_event() == never);
}

TEST_CASE("extensions end at the longest visibility from the delivery on") {
    const auto [after, visibility, result] = GENERATE(table<duration, duration, extend_result>({
        {0s, 12h, extend_result::extended},
        {0s, 12h + 1ns, extend_result::refused},
        {10s, 12h - 10s, extend_result::extended},
        {10s, 12h, extend_result::refused},
        {0s, duration::max(), extend_result::refused},
    }));
    work_queue q{sqs_standard()};
    publish(q, {1});
    const auto d = receive(q);
    CAPTURE(after.count(), visibility.count());
    CHECK(q.extend(d.tag, visibility, start + after) == result);
    CHECK(q.next_event() ==
          (result == extend_result::extended ? start + after + visibility : start + 30s));
}

TEST_CASE("a queue without a timeout lets a hand keep a message, and gives one where it is asked") {
    work_queue q{{}};
    publish(q, {1});
    const auto d = receive(q);
    q.advance(start + 1000h);
    CHECK(q.extend(d.tag, 1s, start + 2000h) == extend_result::refused); // beyond 12 h
    CHECK(q.ack(d.tag, start + 2000h));
}

TEST_CASE("hands end by themselves, in the order of their deadlines, however far the clock jumps") {
    work_queue q{{.visibility_timeout = 30s}};
    publish(q, {1, 2, 3});
    receive(q, start);
    receive(q, start + 1s);
    receive(q, start + 2s);
    q.advance(start + 31s);
    CHECK(q.unacked() == 1);
    CHECK(q.next_event() == start + 32s);
    q.advance(start + 24h);
    CHECK(drain(q, start + 24h) == tags{1, 2, 3});
    CHECK(q.metrics().timed_out == 3);
}

TEST_CASE("the smaller time to live counts, the queue's or the message's; it is over at its end") {
    const auto [queues, own, lives] = GENERATE(table<duration, duration, duration>({
        {10s, duration::max(), 10s},
        {10s, 5s, 5s},
        {5s, 10s, 5s},
        {duration::max(), 7s, 7s},
        {duration::max(), 0s, 0s},
    }));
    work_queue q{{.message_ttl = queues, .dead_letter = dead_letter_all}, "orders"};
    q.publish(living(1, own), start);
    CHECK(q.next_event() == start + lives);
    if (lives > 0s) {
        q.advance(start + lives - 1ns);
        CHECK(q.ready() == 1);
    }
    CHECK_FALSE(q.receive(start + lives));
    CHECK(q.ready() == 0);
    CHECK(q.metrics().expired() == 1);
    const auto dead = q.take_dead_letters();
    REQUIRE(dead.size() == 1);
    CHECK(dead[0].reason == dead_letter_reason::expired);
    CHECK(dead[0].what.deaths.at(0).original_ttl == own);
    CHECK(conserves(q));
}

TEST_CASE("a message expires only when it is next: until then it stands behind longer lives") {
    work_queue q{{.keep_dropped = true}};
    q.publish(living(1, 60s), start);
    q.publish(living(2, 5s), start);
    CHECK(q.next_event() == start + 60s);
    q.advance(start + 10s);
    CHECK(q.ready() == 2);
    const auto one = receive(q, start + 10s);
    CHECK(one.what->tag == 1);
    CHECK_FALSE(q.receive(start + 10s));
    CHECK(q.ready() == 0);
    CHECK(tags_of(q.take_dropped()) == tags{2});
}

TEST_CASE("a message in a hand does not expire; it does when it comes back") {
    work_queue q{{.message_ttl = 10s, .keep_dropped = true}};
    publish(q, {1, 2});
    const auto one = receive(q);
    const auto two = receive(q);
    q.advance(start + 11s);
    CHECK(q.unacked() == 2);
    CHECK(q.ack(one.tag, start + 11s));
    q.nack(two.tag, nack_action::requeue, start + 11s);
    CHECK(q.next_event() <= start + 11s);
    CHECK_FALSE(q.receive(start + 11s));
    CHECK(tags_of(q.take_dropped()) == tags{2});
    CHECK(conserves(q));
}

TEST_CASE("a dead letter is new in the next queue, or keeps its age where that is so") {
    const auto [keeps, age] = GENERATE(table<bool, duration>({{false, 0s}, {true, 20s}}));
    work_queue source{{.dead_letter = dead_letter_all}, "source"};
    work_queue target{{.message_ttl = 30s, .keep_enqueue_time = keeps}, "target"};
    publish(source, {1}, start);
    const auto d = receive(source, start + 20s);
    source.nack(d.tag, nack_action::dead_letter, start + 20s);
    for (auto& letter : source.take_dead_letters())
        target.publish(std::move(letter.what), start + 20s);
    CHECK(target.oldest_age(start + 21s) == 1s); // here, however old it is
    CHECK(target.next_event() == start + 20s - age + 30s);
    const auto again = receive(target, start + 20s);
    CHECK(again.what->deliveries == 1);
    CHECK_FALSE(again.what->redelivered);
    CHECK(again.what->published == start + 20s - age);
    work_queue fresh{{.keep_enqueue_time = keeps}};
    auto m = tagged(2);
    m.published = start;
    fresh.publish(m, start + 20s);
    CHECK(test::receive(fresh, start + 20s).what->published == start + 20s); // it never died
}

TEST_CASE("a dead letter that nobody gets in its next queue was not redelivered there") {
    work_queue source{{.dead_letter = dead_letter_all}, "source"};
    work_queue target{{.message_ttl = 5s, .dead_letter = dead_letter_all}, "target"};
    publish(source, {1});
    source.nack(receive(source).tag, nack_action::requeue, start);
    source.nack(receive(source).tag, nack_action::dead_letter, start);
    auto letters = source.take_dead_letters();
    REQUIRE(letters.size() == 1);
    CHECK(letters[0].what.redelivered);
    target.publish(std::move(letters[0].what), start);
    target.advance(start + 5s);
    letters = target.take_dead_letters();
    REQUIRE(letters.size() == 1);
    CHECK_FALSE(letters[0].what.redelivered);
    CHECK(letters[0].what.deliveries == 0);
    CHECK(letters[0].what.deaths.size() == 2);
}

TEST_CASE("an id is accepted once in its window, also when its message is gone") {
    work_queue q{{.deduplication_window = 5min}};
    CHECK(q.publish(known_as(7, 1), start).status == publish_status::accepted);
    CHECK(q.publish(known_as(7, 2), start + 1s).status == publish_status::duplicate);
    CHECK(q.publish(known_as(8, 3), start + 1s).status == publish_status::accepted);
    CHECK(drain(q, start + 2s) == tags{1, 3});
    CHECK(q.publish(known_as(7, 4), start + 5min - 1ns).status == publish_status::duplicate);
    CHECK(q.publish(known_as(7, 5), start + 5min).status == publish_status::accepted);
    CHECK(drain(q, start + 5min) == tags{5});
    CHECK(q.metrics().duplicates == 2);
    CHECK(q.metrics().published == 3);
}

TEST_CASE("without an id, or without a window, nothing is a duplicate") {
    const auto [window, id] = GENERATE(table<duration, std::uint64_t>({{5min, 0}, {0s, 7}}));
    work_queue q{{.deduplication_window = window}};
    CHECK(q.publish(known_as(id, 1), start).status == publish_status::accepted);
    CHECK(q.publish(known_as(id, 2), start).status == publish_status::accepted);
}

TEST_CASE("a message that was refused may come again with its id") {
    work_queue q{{.max_length = 1,
                  .overflow = queue_overflow::reject_publish,
                  .deduplication_window = 5min}};
    publish(q, {1});
    CHECK(q.publish(known_as(7, 2), start).status == publish_status::rejected);
    drain(q);
    CHECK(q.publish(known_as(7, 2), start).status == publish_status::accepted);
}
