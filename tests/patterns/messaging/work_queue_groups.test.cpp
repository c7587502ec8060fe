// SPDX-License-Identifier: BSL-1.0
// FIFO groups: in order within a group, one of it at a time, and no group waits for another.
#include <catch2/catch.hpp>

#include "patterns/messaging/work_queue.hpp"
#include "work_queue_test.hpp"

using namespace windtunnel;
using namespace windtunnel::test;
using namespace std::chrono_literals;

namespace {

struct fixture {
    work_queue q{{.visibility_timeout = 30s,
                  .max_deliveries = 2,
                  .dead_letter = dead_letter_all,
                  .fifo_groups = true}};
    /// Tags are ten times the group and a number.
    explicit fixture(const tags& all) {
        for (const auto tag : all)
            q.publish(of_group(tag / 10, tag), start);
    }
    tags batch(time_point now = start) {
        tags found;
        for (const auto& d : q.receive(10, now))
            found.push_back(d.what->tag);
        return found;
    }
};

} // namespace

TEST_CASE("a group is blocked while one of its messages is in a hand; the others go on") {
    fixture f({11, 12, 21, 13, 22, 31});
    const auto first = receive(f.q);
    CHECK(first.what->tag == 11);
    CHECK(f.batch() == tags{21, 31});
    CHECK(f.q.ready() == 3);
    CHECK_FALSE(f.q.receive(start));
    f.q.ack(first.tag, start);
    CHECK(f.batch() == tags{12});
    CHECK(conserves(f.q));
}

TEST_CASE("the group whose first message is the oldest is next") {
    fixture f({11, 21, 12, 22});
    const auto one = receive(f.q);
    const auto two = receive(f.q);
    f.q.ack(two.tag, start);
    f.q.ack(one.tag, start);
    CHECK(f.batch() == tags{12, 22});
}

TEST_CASE("a message that comes back is the first of its group again") {
    fixture f({11, 12, 13});
    f.q.nack(receive(f.q).tag, nack_action::requeue, start);
    CHECK(drain(f.q) == tags{11, 12, 13});
    fixture slow({11, 12});
    receive(slow.q);
    CHECK(drain(slow.q, start + 30s) == tags{11, 12});
}

TEST_CASE("a group goes on when its message is acknowledged, rejected or came back too often") {
    fixture f({11, 12, 13, 14});
    f.q.ack(receive(f.q).tag, start);
    f.q.nack(receive(f.q).tag, nack_action::dead_letter, start);
    receive(f.q);
    receive(f.q, start + 30s);
    f.q.advance(start + 60s);
    CHECK(tags_of(f.q.take_dead_letters()) == tags{12, 13});
    CHECK(drain(f.q, start + 60s) == tags{14});
    CHECK(conserves(f.q));
}

TEST_CASE("messages without a group wait for nobody, in the order of publishing") {
    fixture f({11, 1, 12, 2, 21});
    CHECK(f.batch() == tags{11, 1, 2, 21});
    CHECK(f.q.ready() == 1);
}

TEST_CASE("without FIFO groups keys mean nothing") {
    work_queue q{{}};
    for (std::uint64_t tag : {11, 12, 21})
        q.publish(of_group(tag / 10, tag), start);
    CHECK(q.receive(10, start).size() == 3);
}

TEST_CASE("what is too old in a blocked group leaves when the group is free again") {
    work_queue q{{.message_ttl = 10s, .fifo_groups = true, .keep_dropped = true}};
    for (std::uint64_t tag : {11, 12, 13})
        q.publish(of_group(1, tag), start);
    const auto one = receive(q);
    q.publish(of_group(1, 14), start + 5s);
    CHECK(q.next_event() == never);
    q.advance(start + 12s);
    CHECK(q.ready() == 3);
    q.ack(one.tag, start + 12s);
    CHECK(q.next_event() == start + 10s);
    CHECK(receive(q, start + 12s).what->tag == 14);
    CHECK(tags_of(q.take_dropped()) == tags{12, 13});
    CHECK(conserves(q));
}

TEST_CASE("a crash keeps the order of each group") {
    work_queue q{{.fifo_groups = true, .durability = queue_durability::by_message}};
    for (std::uint64_t tag : {11, 12, 21, 13, 22, 31}) {
        auto m = of_group(tag / 10, tag);
        m.durable = tag != 12 && tag != 21 && tag != 31;
        q.publish(m, start);
    }
    CHECK(q.receive(10, start).size() == 3);
    q.crash(start + 1s);
    CHECK(drain(q, start + 1s) == tags{11, 13, 22});
    CHECK(conserves(q));
}
