// SPDX-License-Identifier: BSL-1.0
// Idempotent producers: duplicates, gaps, fencing, the wrap of sequence numbers, truncation,
// expiry.
#include "patterns/messaging/producer_states.hpp"

#include <limits>

#include <catch2/catch.hpp>

#include "patterns/messaging/event_log.hpp"
#include "patterns/messaging/log_test_support.hpp"

using namespace windtunnel;
using namespace std::chrono_literals;
using test::records;

namespace {

constexpr time_point start{10s};
constexpr auto last_number = std::numeric_limits<std::int32_t>::max();

append_result send(event_log& log, std::int32_t sequence, int count = 1, std::int32_t epoch = 0,
                   time_point now = start) {
    return log.append(0, records(count), append_acks::leader, now,
                      {.producer = 1, .epoch = epoch, .sequence = sequence});
}
append_status status_of(event_log& log, std::int32_t sequence, int count = 1,
                        std::int32_t epoch = 0) {
    return send(log, sequence, count, epoch).status;
}

} // namespace

TEST_CASE("a batch sent twice is appended once, and gets its offsets again") {
    event_log log{{}};
    const auto first = send(log, 0, 3);
    const auto again = send(log, 0, 3);
    CHECK(again.status == append_status::duplicate);
    CHECK(again.base_offset == first.base_offset);
    CHECK(again.end_offset == first.end_offset);
    CHECK(log.partition(0).log_end() == 3);
    CHECK(log.metrics().duplicates == 1);
}

TEST_CASE("the last five batches are known, an older one is out of order") {
    event_log log{{}};
    for (int i = 0; i < 6; ++i)
        CHECK(status_of(log, i) == append_status::appended);
    for (int i = 1; i < 6; ++i)
        CHECK(send(log, i).base_offset == i);
    CHECK(status_of(log, 0) == append_status::out_of_order_sequence);
    CHECK(log.partition(0).log_end() == 6);
}

TEST_CASE("sequences follow each other") {
    struct row {
        std::int32_t sequence;
        int count;
        append_status status;
    };
    // 0 to 4 are there, as two batches
    const auto r =
        GENERATE(row{5, 1, append_status::appended}, row{5, 9, append_status::appended},
                 row{6, 1, append_status::out_of_order_sequence},
                 row{4, 1, append_status::out_of_order_sequence},
                 row{2, 2, append_status::out_of_order_sequence},
                 row{0, 5, append_status::out_of_order_sequence},
                 row{2, 3, append_status::duplicate}, row{0, 2, append_status::duplicate});
    event_log log{{}};
    send(log, 0, 2);
    send(log, 2, 3);
    CHECK(status_of(log, r.sequence, r.count) == r.status);
    CHECK(log.metrics().out_of_order == (r.status == append_status::out_of_order_sequence));
}

TEST_CASE("after the largest sequence comes 0, within a batch and between two") {
    CHECK(advance_sequence(last_number, 1) == 0);
    CHECK(advance_sequence(last_number - 9, 14) == 4);
    producer_states states;
    const auto check = [&states](std::int32_t sequence, std::size_t count) {
        return states.check({.producer = 1, .sequence = sequence}, count).status;
    };
    states.append({{.producer = 1, .sequence = last_number - 10}, last_number, 0, 11}, start);
    CHECK(check(1, 1) == append_status::out_of_order_sequence);
    CHECK(check(0, 2) == append_status::appended);
    states.append({{.producer = 1, .sequence = 0}, 1, 11, 13}, start);
    CHECK(check(last_number - 10, 11) == append_status::duplicate);
    states.append({{.producer = 1, .sequence = last_number - 9}, 4, 13, 28}, start);
    CHECK(check(5, 1) == append_status::appended);
    CHECK(check(last_number - 9, 15) == append_status::duplicate);
}

TEST_CASE("a newer epoch begins at 0 and fences the older one") {
    event_log log{{}};
    send(log, 0, 4);
    CHECK(status_of(log, 4, 1, 1) == append_status::out_of_order_sequence);
    CHECK(status_of(log, 0, 1, 1) == append_status::appended);
    CHECK(status_of(log, 4, 1, 0) == append_status::fenced);
    CHECK(status_of(log, 0, 4, 0) == append_status::fenced); // though it was appended
    CHECK(status_of(log, 0, 1, 1) == append_status::duplicate);
    CHECK(log.metrics().fenced == 2);
}

TEST_CASE("producers and partitions do not know each other") {
    event_log log{{.partitions = 2}};
    const auto from = [&log](int partition, std::int64_t producer, std::int32_t sequence) {
        return log
            .append(partition, records(1), append_acks::leader, start,
                    {.producer = producer, .sequence = sequence})
            .status;
    };
    CHECK(from(0, 1, 0) == append_status::appended);
    CHECK(from(0, 2, 0) == append_status::appended);
    CHECK(from(1, 1, 0) == append_status::appended);
    CHECK(from(0, 1, 1) == append_status::appended);
    CHECK(from(0, 2, 2) == append_status::out_of_order_sequence);
}

TEST_CASE("a producer that is not known begins at 0, in whatever epoch") {
    event_log log{{}};
    CHECK(status_of(log, 1) == append_status::unknown_producer); // it has overtaken the first
    CHECK(log.metrics().unknown_producers == 1);
    CHECK(status_of(log, 0, 1, 7) == append_status::appended);
    CHECK(status_of(log, 1, 1, 7) == append_status::appended);
}

TEST_CASE("R8: a producer is forgotten when it has been silent for its expiry") {
    event_log log{{.producer_expiry = 60s}};
    send(log, 0);
    send(log, 1, 1, 0, start + 10s);
    log.advance(start + 70s - 1ns);
    CHECK(log.partition(0).producers() == 1);
    CHECK(log.next_event() <= start + 70s);
    log.advance(start + 70s);
    CHECK(log.partition(0).producers() == 0);
    CHECK(send(log, 2, 1, 0, start + 70s).status == append_status::unknown_producer);
    CHECK(send(log, 0, 1, 1, start + 70s).status == append_status::appended);
}

TEST_CASE("a truncated batch is no duplicate, and one that stayed is") {
    event_log log{{.replication_factor = 2}};
    for (int i = 0; i < 3; ++i)
        send(log, i);
    log.replicated(0, 1, 1, 0, start);
    log.elect(0, 1, start);
    CHECK(log.partition(0).log_end() == 1);
    CHECK(status_of(log, 2) == append_status::out_of_order_sequence);
    CHECK(status_of(log, 0) == append_status::duplicate);
    CHECK(status_of(log, 1) == append_status::appended);
    CHECK(status_of(log, 2) == append_status::appended);
}

TEST_CASE("when all of the window is cut the log tells what came before, its epoch too") {
    event_log log{{.replication_factor = 2}};
    for (int i = 0; i < 3; ++i)
        send(log, i);
    for (int i = 0; i < 7; ++i)
        send(log, i, 1, 1);
    log.replicated(0, 1, 3, 0, start);
    log.elect(0, 1, start);
    CHECK(log.partition(0).log_end() == 3);
    CHECK(status_of(log, 2) == append_status::duplicate);
    CHECK(status_of(log, 4) == append_status::out_of_order_sequence);
    CHECK(status_of(log, 3) == append_status::appended);
    CHECK(status_of(log, 0, 1, 1) == append_status::appended);
}

TEST_CASE("a replica has a batch of an idempotent producer when it has all of it") {
    event_log log{{.replication_factor = 2}};
    send(log, 0, 4);
    log.replicated(0, 1, 3, 0, start);
    CHECK(log.partition(0).high_watermark() == 0);
    log.replicated(0, 1, 4, 0, start);
    CHECK(log.partition(0).high_watermark() == 4);
}
