// SPDX-License-Identifier: BSL-1.0
#include "patterns/messaging/producer_buffer.hpp"

#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{100s};

log_record record(std::uint64_t word, std::uint64_t size = 100) {
    return {.key = {}, .body = {.size = size, .bytes = nullptr}, .timestamp = start, .word = word};
}

/// One partition, batches of 3 records, no jitter.
struct producer {
    random_stream chance{1, "producer"};
    producer_buffer buffer;
    std::uint64_t word = 0;

    explicit producer(producer_options o = {}, int partitions = 1)
        : buffer(
              [&o] {
                  o.batch_bytes = 300;
                  o.retry_jitter = 0;
                  return o;
              }(),
              partitions, 7) {}

    void add(int n, time_point now = start, int partition = 0) {
        for (int i = 0; i < n; ++i)
            REQUIRE(buffer.add(partition, record(word++), now));
    }
    std::vector<outgoing_batch> send(time_point now = start) {
        std::vector<outgoing_batch> result;
        while (const auto batch = buffer.next_send(now))
            result.push_back(*batch);
        return result;
    }
    void answer(const outgoing_batch& b, send_outcome outcome, time_point now = start) {
        buffer.answer({b.partition, b.id, b.attempt, outcome, 0}, now, chance);
    }
    /// "delivered 0 1 2": how the next batch ended, and its words.
    std::string finished() {
        const auto f = buffer.take_finished();
        if (!f)
            return "none";
        std::string result{to_string(f->end)};
        for (const auto& r : f->records)
            result += " " + std::to_string(r.word);
        return result;
    }
};

constexpr auto ok = send_outcome::acknowledged;
constexpr auto failed = send_outcome::retriable;
constexpr auto out_of_order = send_outcome::out_of_order;
constexpr auto refused = send_outcome::refused;

std::vector<std::int32_t> sequences(const std::vector<outgoing_batch>& batches) {
    std::vector<std::int32_t> result;
    for (const auto& b : batches)
        result.push_back(b.stamp.sequence);
    return result;
}
using numbers = std::vector<std::int32_t>;

} // namespace

TEST_CASE("records go in batches of the batch size, and what is larger goes alone") {
    producer p;
    p.add(4);
    p.buffer.add(0, record(4, 1000), start);
    p.add(1);
    const auto sent = p.send();
    REQUIRE(sent.size() == 4);
    CHECK(sent[0].records.size() == 3);
    CHECK(sent[1].records.size() == 1); // the large one did not fit
    CHECK(sent[2].records.size() == 1);
    CHECK(sent[3].records.size() == 1);
    CHECK(sequences(sent) == numbers{0, 3, 4, 5});
    CHECK(sent[0].stamp.producer == 7);
    CHECK(sent[0].acks == append_acks::all);
}

TEST_CASE("a batch waits for its linger to fill, and goes at once when it is full") {
    producer p{{.linger = 5ms}};
    p.add(2);
    CHECK(p.send().empty());
    CHECK(p.buffer.next_event() == start + 5ms);
    CHECK(p.send(start + 5ms - 1ns).empty());
    CHECK(p.send(start + 5ms).size() == 1);
    p.add(3, start + 6ms);
    CHECK(p.send(start + 6ms).size() == 1);
    p.add(1, start + 6ms);
    p.buffer.flush();
    CHECK(p.send(start + 6ms).size() == 1);
}

TEST_CASE("without linger a batch goes at once, and fills while it must wait") {
    producer p{{.max_in_flight = 1}};
    p.add(1);
    const auto first = p.send();
    REQUIRE(first.size() == 1);
    p.add(2);
    CHECK(p.send().empty());
    p.answer(first[0], ok);
    CHECK(p.send().at(0).records.size() == 2);
}

TEST_CASE("so many batches of a partition are in flight at most, and partitions take turns") {
    producer p{{}, 2};
    p.add(21, start, 0);
    p.add(3, start, 1);
    const auto sent = p.send();
    REQUIRE(sent.size() == 6);
    CHECK(sent[0].partition == 0);
    CHECK(sent[1].partition == 1);
    CHECK(sent[2].partition == 0);
    CHECK(p.buffer.in_flight(0) == 5);
    CHECK(p.buffer.in_flight(1) == 1);
    p.answer(sent[0], ok);
    CHECK(p.send().size() == 1);
}

TEST_CASE("the retry ladder of 100 ms, 2, 400 ms: 100, 200, 400, 400") {
    const producer_options o{.retry_backoff_max = 400ms, .retry_jitter = 0};
    CHECK(retry_delay(o, 1, 0.5) == 100ms);
    CHECK(retry_delay(o, 2, 0.5) == 200ms);
    CHECK(retry_delay(o, 3, 0.5) == 400ms);
    CHECK(retry_delay(o, 4, 0.5) == 400ms);
    CHECK(retry_delay(o, 1'000'000, 0.5) == 400ms);
}

TEST_CASE("the retry ladder of 100 ms, 2, 2 s, 0.2: within 20 % of 100 * 2^n, and at most 2.4 s") {
    const producer_options o{.retry_backoff_max = 2000ms};
    random_stream chance{1, "ladder"};
    for (int n = 0; n <= 10; ++n)
        for (int i = 0; i < 200; ++i) {
            const auto delay = retry_delay(o, n + 1, chance.uniform());
            const auto term = std::min<duration>(100ms * (1 << n), 2000ms);
            CHECK(delay >= term * 8 / 10);
            CHECK(delay <= term * 12 / 10);
            CHECK(delay <= 2400ms);
        }
}

TEST_CASE("a batch that failed is sent again after its back-off, with its sequence") {
    producer p;
    p.add(3);
    auto sent = p.send();
    auto now = start;
    for (const auto delay : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms}) {
        p.answer(sent.at(0), failed, now);
        CHECK(p.buffer.next_event() == now + delay);
        CHECK(p.send(now + delay - 1ns).empty());
        now += delay;
        const int attempt = sent[0].attempt;
        sent = p.send(now);
        CHECK(sent.at(0).attempt == attempt + 1);
        CHECK(sent[0].stamp == producer_stamp{7, 0, 0});
    }
    p.answer(sent[0], ok, now);
    CHECK(p.finished() == "delivered 0 1 2");
    CHECK(p.buffer.empty());
    CHECK(p.buffer.next_event() == never);
    CHECK(p.buffer.metrics().sends == 7);
    CHECK(p.buffer.metrics().retries == 6);
}

TEST_CASE(
    "while a batch waits to be sent again nothing new goes, and batches go again one by one") {
    producer p;
    p.add(9);
    const auto sent = p.send();
    REQUIRE(sent.size() == 3);
    p.answer(sent[0], failed);
    p.answer(sent[1], out_of_order);
    p.add(3);
    CHECK(p.send().empty());
    auto again = p.send(start + 100ms);
    CHECK(sequences(again) == numbers{0});
    p.answer(again[0], ok, start + 100ms);
    again = p.send(start + 100ms);
    CHECK(sequences(again) == numbers{3, 9}); // nothing waits any more
    p.answer(again[0], ok, start + 100ms);
    CHECK(p.finished() == "delivered 0 1 2");
    CHECK(p.finished() == "delivered 3 4 5");
}

TEST_CASE("nothing is sent that would drive an open batch out of the log's window") {
    producer p;
    p.add(3 * 8);
    const auto sent = p.send();
    REQUIRE(sent.size() == 5);
    for (std::size_t i = 1; i < 5; ++i)
        p.answer(sent[i], ok); // the first answer is lost
    CHECK(p.send().empty());
    p.answer(sent[0], ok);
    CHECK(p.send().size() == 3);
}

TEST_CASE("without idempotence batches have no number, and those in flight overtake a retry") {
    producer p{{.idempotent = false, .acks = append_acks::leader}};
    p.add(6);
    const auto sent = p.send();
    CHECK_FALSE(sent.at(0).stamp.idempotent());
    p.answer(sent[0], failed);
    p.answer(sent[1], ok);
    p.answer(p.send(start + 100ms).at(0), ok, start + 100ms);
    CHECK(p.finished() == "delivered 3 4 5");
    CHECK(p.finished() == "delivered 0 1 2");
}

TEST_CASE("R8: a request is lost at its timeout, and its answer comes too late then") {
    producer p;
    p.add(3);
    const auto sent = p.send();
    CHECK(p.buffer.next_event() == start + 30s);
    p.buffer.advance(start + 30s - 1ns, p.chance);
    CHECK(p.buffer.in_flight(0) == 1);
    p.buffer.advance(start + 30s, p.chance);
    CHECK(p.buffer.in_flight(0) == 0);
    p.answer(sent[0], ok, start + 30s);
    CHECK(p.finished() == "none");
    CHECK(p.buffer.metrics().late_answers == 1);
    CHECK(p.send(start + 30s + 100ms).at(0).attempt == 2);
}

TEST_CASE("at the delivery timeout a batch is given up, whether it is in flight or waits") {
    producer p{{.max_in_flight = 1}};
    p.add(3);
    p.add(3, start + 1s);
    auto sent = p.send();
    for (auto now = start; now < start + 119s; now += 10s) {
        p.answer(sent.at(0), failed, now);
        sent = p.send(now + 1s);
    }
    REQUIRE(p.buffer.in_flight(0) == 1);
    p.buffer.advance(start + 120s - 1ns, p.chance);
    CHECK(p.finished() == "none");
    p.buffer.advance(start + 120s, p.chance);
    CHECK(p.finished() == "timed_out 0 1 2");
    p.buffer.advance(start + 121s, p.chance);
    CHECK(p.finished() == "timed_out 3 4 5");
    CHECK(p.buffer.empty());
    CHECK(p.buffer.metrics().timed_out == 2);
}

TEST_CASE("after a batch is given up the next begins a new epoch, when what has a number is done") {
    producer p;
    p.add(6);
    const auto sent = p.send();
    p.answer(sent.at(0), refused);
    CHECK(p.finished() == "refused 0 1 2");
    p.add(3);
    CHECK(p.send().empty()); // 3 has its number, and may be in the log or not
    p.answer(sent.at(1), ok);
    CHECK(p.send().at(0).stamp == producer_stamp{7, 1, 0});
}

TEST_CASE("when the log lacks what came before, what is open gets new numbers in a new epoch") {
    producer p;
    p.add(3);
    p.answer(p.send().at(0), ok); // and an unclean election loses it
    p.add(6);
    const auto sent = p.send();
    CHECK(sequences(sent) == numbers{3, 6});
    p.answer(sent[0], out_of_order);
    CHECK(p.send(start + 1s).empty()); // one is still in flight
    p.answer(sent[1], out_of_order, start + 1s);
    const auto again = p.send(start + 2s);
    REQUIRE(again.size() == 2);
    CHECK(again[0].stamp == producer_stamp{7, 1, 0});
    CHECK(again[1].stamp == producer_stamp{7, 1, 3});
}

TEST_CASE("a full buffer takes nothing, and its batches do not wait to fill") {
    producer p{{.linger = 1s, .buffer_bytes = 500}};
    p.add(5);
    CHECK(p.send().size() == 1);
    CHECK_FALSE(p.buffer.add(0, record(9), start));
    const auto rest = p.send();
    REQUIRE(rest.size() == 1);
    CHECK(rest[0].records.size() == 2);
    p.answer(rest[0], ok);
    CHECK(p.buffer.bytes() == 300);
    CHECK(p.buffer.add(0, record(9), start));
    CHECK(p.send().empty()); // there is room: it waits again
    CHECK(p.buffer.metrics().buffer_full == 1);
}

TEST_CASE("what a log answers to an append is an outcome to its producer") {
    CHECK(outcome_of(append_status::appended) == ok);
    CHECK(outcome_of(append_status::duplicate) == ok);
    CHECK(outcome_of(append_status::no_leader) == failed);
    CHECK(outcome_of(append_status::not_enough_replicas) == failed);
    CHECK(outcome_of(append_status::out_of_order_sequence) == out_of_order);
    CHECK(outcome_of(append_status::unknown_producer) == out_of_order);
    CHECK(outcome_of(append_status::fenced) == refused);
    CHECK(to_string(out_of_order) == "out_of_order");
    CHECK(to_string(delivery_end::timed_out) == "timed_out");
}

TEST_CASE("that a batch was out of order while others were before it does not make it new") {
    producer p;
    p.add(6);
    const auto sent = p.send();
    p.answer(sent.at(0), ok);
    p.answer(sent.at(1), out_of_order); // it had overtaken the first
    CHECK(p.send(start + 100ms).at(0).stamp == producer_stamp{7, 0, 3});
}
