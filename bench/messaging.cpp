// SPDX-License-Identifier: BSL-1.0
// What a broker costs a message of 1 KiB, from its publishing to its acknowledgement by one
// consumer that does nothing, with a few in between; live code, with a clock that is told. The
// baseline is a std::deque of the same messages. All share one body, as the subscribers of a topic
// do.
#include <deque>
#include <memory>
#include <stdexcept>
#include <string>

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

double through_queue(const work_queue_options& options) {
    const auto m = kibibyte();
    work_queue queue{options, "bench"};
    queue.subscribe({.prefetch = 10});
    time_point now{};
    for (int batch = 0; batch < batches; ++batch, now += std::chrono::microseconds{100}) {
        for (int i = 0; i < per_batch; ++i)
            queue.publish(m, now);
        while (const auto d = queue.next_delivery(now))
            queue.ack(d->tag, now);
    }
    if (queue.metrics().acked != static_cast<std::uint64_t>(batches) * per_batch)
        throw std::logic_error("the queue of the benchmark lost a message");
    return static_cast<double>(batches) * per_batch;
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
