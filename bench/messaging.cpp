// SPDX-License-Identifier: BSL-1.0
// What a broker costs a message of 1 KiB, from its publishing to its acknowledgement by one
// consumer that does nothing: 64 are published, then taken one by one. The baseline is a std::deque
// of the same messages. All share one body. SQS FIFO: each has an id, and one of 16 groups, with
// about 19,000 ids in the window.
#include <deque>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "bench/benchmark.hpp"
#include "patterns/messaging/work_queue.hpp"

namespace windtunnel::bench {

namespace {

constexpr int batches = 10'000;
constexpr int per_batch = 64; ///< published before they are taken
constexpr int rounds = 7;

queue_message kibibyte() {
    queue_message m;
    m.body = {1024, std::make_shared<const std::string>(1024, 'x')};
    return m;
}

double through_deque() {
    const auto m = kibibyte();
    std::deque<queue_message> queue;
    std::uint64_t bytes = 0;
    for (int batch = 0; batch < batches; ++batch) {
        for (int i = 0; i < per_batch; ++i)
            queue.push_back(m);
        for (; !queue.empty(); queue.pop_front())
            bytes += queue.front().body.size;
    }
    if (bytes != 1024ULL * batches * per_batch)
        throw std::logic_error("the deque of the benchmark lost a message");
    return static_cast<double>(batches) * per_batch;
}

void publish(work_queue& queue, const queue_message& like, std::uint64_t number, time_point now) {
    auto m = like;
    m.key = 1 + number % 16;
    m.deduplication_id = 1 + number;
    queue.publish(std::move(m), now);
}

double through_queue(const work_queue_options& options) {
    const auto m = kibibyte();
    work_queue queue{options, "bench"};
    queue.subscribe({.prefetch = 10});
    std::uint64_t number = 0;
    time_point now{};
    for (int batch = 0; batch < batches; ++batch, now += std::chrono::seconds{1}) {
        for (int i = 0; i < per_batch; ++i)
            publish(queue, m, number++, now);
        while (const auto d = queue.next_delivery(now))
            queue.ack(d->tag, now);
    }
    if (queue.metrics().acked != number)
        throw std::logic_error("the queue of the benchmark lost a message");
    return static_cast<double>(number);
}

} // namespace

std::vector<measurement> messaging() {
    return time_interleaved(
        {{"messaging.deque", through_deque},
         {"messaging.work_queue", [] { return through_queue({}); }},
         {"messaging.work_queue_sqs_fifo", [] { return through_queue(sqs_fifo()); }}},
        rounds, "ns/message");
}

} // namespace windtunnel::bench
