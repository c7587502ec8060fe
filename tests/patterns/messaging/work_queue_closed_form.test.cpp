// SPDX-License-Identifier: BSL-1.0
// A work queue against arithmetic. Each delivery fails independently with probability p, so a
// message is redelivered with probability p, and delivered 1 / (1 - p) times on average. Means over
// eight seeds agree with x within three standard errors, which are at most 1 % of it.
#include <cmath>
#include <numeric>
#include <vector>

#include <catch2/catch.hpp>

#include "patterns/base/random_stream.hpp"
#include "patterns/messaging/work_queue.hpp"
#include "work_queue_test.hpp"

using namespace windtunnel;
using namespace windtunnel::test;
using namespace std::chrono_literals;

namespace {

constexpr int seeds = 8;
constexpr int messages = 60'000;

void check_mean(const std::vector<double>& values, double expected) {
    const auto n = static_cast<double>(values.size());
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
    double squares = 0;
    for (const double v : values)
        squares += (v - mean) * (v - mean);
    const double error = std::sqrt(squares / (n - 1) / n);
    CAPTURE(mean, error, expected);
    CHECK(error <= 0.01 * expected);
    CHECK(std::abs(mean - expected) <= 3 * error);
}

struct shares {
    std::vector<double> redelivered; ///< of the messages, at least once
    std::vector<double> deliveries;  ///< of a message
};

/// `serve(queue, now, random)`: one delivery of the one message; returns when the next begins.
template <class Serve>
shares run(const work_queue_options& options, Serve serve) {
    shares found;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        work_queue q{options};
        random_stream random{seed, "work"};
        time_point now = start;
        int again = 0;
        for (int i = 0; i < messages; ++i) {
            q.publish(tagged(1), now);
            const auto before = q.metrics().redelivered;
            while (q.ready() + q.unacked() > 0)
                now = serve(q, now, random);
            again += q.metrics().redelivered > before;
        }
        CHECK(conserves(q));
        found.redelivered.push_back(static_cast<double>(again) / messages);
        found.deliveries.push_back(static_cast<double>(q.metrics().delivered) / messages);
    }
    return found;
}

} // namespace

TEST_CASE("visibility 30 s, work Exp(10 s), no heartbeat: .049787 redelivered, 1.0524 deliveries") {
    const auto found =
        run({.visibility_timeout = 30s}, [](work_queue& q, time_point now, random_stream& random) {
            const auto d = test::receive(q, now);
            const auto done = now + from_seconds(-10 * std::log(random.uniform_open()));
            if (q.next_event() <= done)
                return q.next_event(); // another one takes it then
            q.ack(d.tag, done);
            return done;
        });
    check_mean(found.redelivered, std::exp(-3.0));
    check_mean(found.deliveries, 1 / (1 - std::exp(-3.0)));
}

TEST_CASE("a consumer that crashes before one of ten acknowledgements: 1.1111 deliveries") {
    const auto found =
        run(rabbitmq_classic(), [](work_queue& q, time_point now, random_stream& random) {
            const auto who = q.subscribe({.prefetch = 1});
            const auto d = next_delivery(q, now);
            now += 10ms;
            if (!random.chance(0.1))
                q.ack(d.tag, now);
            q.unsubscribe(who, now);
            return now;
        });
    check_mean(found.redelivered, 0.1);
    check_mean(found.deliveries, 1 / 0.9);
}

TEST_CASE("1000/s in and 800/s out for 600 s, then 1500/s out: lag 120,000, gone in 240 s") {
    work_queue q{{}};
    q.subscribe({.prefetch = 1});
    time_point now{};
    const auto beat = [&](duration period, int in, int out) {
        for (int i = 0; i < in; ++i)
            q.publish(tagged(1), now);
        for (int i = 0; i < out; ++i)
            q.ack(next_delivery(q, now).tag, now);
        now += period;
    };
    while (now < time_point{600s})
        beat(5ms, 5, 4);
    CHECK(q.ready() == 120'000);
    while (q.ready() > 0)
        beat(2ms, 2, 3);
    CHECK(now == time_point{840s});
    CHECK(q.metrics().acked == 840'000);
}
