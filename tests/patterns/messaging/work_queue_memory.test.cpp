// SPDX-License-Identifier: BSL-1.0
// Memory follows the most messages there were at once: a queue that has seen its load takes none.
#include <memory>
#include <string>

#include <catch2/catch.hpp>

#include "patterns/messaging/work_queue.hpp"
#include "support/allocations.hpp"
#include "work_queue_test.hpp"

using namespace windtunnel;
using namespace windtunnel::test;
using namespace std::chrono_literals;

namespace {

/// A hundred messages, of which each comes back once: half by a nack, half by time.
void round_of_work(work_queue& q, const payload& body, std::uint64_t& number, time_point now) {
    for (int i = 0; i < 100; ++i) {
        ++number;
        auto m = of_group(1 + number % 10, number);
        m.deduplication_id = number;
        m.body = body;
        q.publish(std::move(m), now);
    }
    while (const auto d = q.next_delivery(now))
        if (d->what->redelivered)
            q.ack(d->tag, now);
        else if (d->what->tag % 2 == 0)
            q.nack(d->tag, nack_action::requeue, now);
    q.advance(now + 30s);
    while (const auto d = q.next_delivery(now + 30s))
        q.ack(d->tag, now + 30s);
}

} // namespace

TEST_CASE("a queue that has seen its load allocates nothing any more") {
    auto options = GENERATE(rabbitmq_classic(), sqs_standard(), sqs_fifo());
    options.visibility_timeout = 30s;
    work_queue q{options};
    q.subscribe({});
    const payload body{1024, std::make_shared<const std::string>(1024, 'x')};
    std::uint64_t number = 0;
    auto now = start;
    std::uint64_t taken = 0;
    for (int round = 0; round < 40; ++round, now += 1min) {
        if (round == 20)
            taken = allocations();
        round_of_work(q, body, number, now);
    }
    taken = allocations() - taken;
    CHECK(taken == 0);
    CHECK(q.metrics().acked > 0);
    CHECK(conserves(q));
}

TEST_CASE("what was acknowledged leaves its body to whoever else has it, at once") {
    work_queue q{{}};
    auto m = tagged(1);
    m.body = {1024, std::make_shared<const std::string>(1024, 'x')};
    const std::weak_ptr<const std::string> body = m.body.bytes;
    q.publish(std::move(m), start);
    CHECK_FALSE(body.expired());
    q.ack(test::receive(q).tag, start);
    CHECK(body.expired());
}
