// SPDX-License-Identifier: BSL-1.0
#include "patterns/messaging/event_log.hpp"

#include <vector>

#include <catch2/catch.hpp>

#include "patterns/messaging/log_test_support.hpp"

using namespace windtunnel;
using namespace std::chrono_literals;
using test::records;
using test::words;

namespace {

constexpr time_point start{10s};
using numbers = std::vector<std::uint64_t>;

} // namespace

TEST_CASE("a batch gets the next offsets of its partition, and partitions count by themselves") {
    event_log log{{.partitions = 2}};
    const auto first = log.append(0, records(3), append_acks::leader, start);
    CHECK(first == append_result{.base_offset = 0, .end_offset = 3});
    CHECK(log.append(0, records(2), append_acks::leader, start).base_offset == 3);
    CHECK(log.append(1, records(1), append_acks::leader, start).base_offset == 0);
    CHECK(log.partition(0).log_end() == 5);
    CHECK(log.partition(1).log_end() == 1);
    CHECK(log.metrics().batches == 3);
    CHECK(log.metrics().records == 6);
}

TEST_CASE("a fetch reads from any kept offset, again and again, with the record as it was") {
    event_log log{{}};
    const log_record one{
        .key = "cart-1", .body = {.size = 10, .bytes = nullptr}, .timestamp = start, .word = 7};
    log.append(0, {&one, 1}, append_acks::leader, start);
    log.append(0, records(4, 10), append_acks::leader, start);
    for (int again = 0; again < 2; ++again) {
        const auto found = log.fetch(0, {.offset = 0});
        REQUIRE(found.records.size() == 5);
        CHECK(found.records[0] == one);
        CHECK(found.next_offset() == 5);
        CHECK(words(log.fetch(0, {.offset = 3})) == numbers{12, 13});
    }
}

TEST_CASE("a fetch ends at its bounds, and a first record that is too large comes alone") {
    struct row {
        int max_records;
        std::uint64_t max_bytes;
        std::size_t found;
    };
    event_log log{{}};
    log.append(0, records(10), append_acks::leader, start); // 100 bytes each
    const auto [most, bytes, found] = GENERATE(table<int, std::uint64_t, std::size_t>({
        {500, 1 << 20, 10},
        {3, 1 << 20, 3},
        {500, 300, 3},
        {500, 299, 2},
        {500, 99, 1},
        {500, 0, 1},
    }));
    CAPTURE(most, bytes);
    CHECK(log.fetch(0, {.offset = 0, .max_records = most, .max_bytes = bytes}).records.size() ==
          found);
}

TEST_CASE("a fetch at the end is empty, and one outside of the log out of range") {
    event_log log{{}};
    log.append(0, records(3), append_acks::leader, start);
    CHECK(log.fetch(0, {.offset = 3}).status == fetch_status::ok);
    CHECK(log.fetch(0, {.offset = 3}).records.empty());
    CHECK(log.fetch(0, {.offset = 4}).status == fetch_status::out_of_range);
    CHECK(log.fetch(0, {.offset = -1}).status == fetch_status::out_of_range);
}

TEST_CASE("a fetch reads one segment, and the next fetch the next") {
    event_log log{{.segment_records = 4}};
    for (int i = 0; i < 3; ++i)
        log.append(0, records(3, static_cast<std::uint64_t>(3 * i)), append_acks::leader, start);
    CHECK(log.partition(0).segments() == 3); // a batch is not split
    CHECK(words(log.fetch(0, {.offset = 0})) == numbers{0, 1, 2});
    CHECK(words(log.fetch(0, {.offset = 4})) == numbers{4, 5});
    CHECK(test::committed_words(log, 0, 1) == numbers{1, 2, 3, 4, 5, 6, 7, 8});
}

TEST_CASE("a segment ends before it is too large, by bytes, records and age") {
    struct row {
        event_log_options options;
        std::size_t segments;
    };
    const auto r = GENERATE(row{{.segment_bytes = 300}, 4}, row{{.segment_bytes = 299}, 5},
                            row{{.segment_bytes = 1}, 10}, row{{.segment_records = 5}, 2},
                            row{{.segment_time = 5s}, 2}, row{{}, 1});
    event_log log{r.options};
    for (int i = 0; i < 10; ++i)
        log.append(0, records(1), append_acks::leader, start + i * 1s);
    CHECK(log.partition(0).segments() == r.segments);
}

TEST_CASE("R8: a segment goes when its newest record is as old as the retention") {
    event_log log{{.retention = 60s, .segment_records = 2}};
    log.append(0, records(2, 0, start), append_acks::leader, start);
    log.append(0, records(2, 2, start + 10s), append_acks::leader, start + 10s);
    CHECK(log.next_event() == start + 60s);
    log.advance(start + 60s - 1ns);
    CHECK(log.partition(0).log_start() == 0);
    log.advance(start + 60s);
    CHECK(log.partition(0).log_start() == 2);
    CHECK(log.fetch(0, {.offset = 1}).status == fetch_status::out_of_range);
    CHECK(words(log.fetch(0, {.offset = 2})) == numbers{2, 3});
    log.advance(start + 70s);
    CHECK(log.partition(0).log_start() == 4);
    CHECK(log.partition(0).log_end() == 4);
    CHECK(log.partition(0).segments() == 0);
    CHECK(log.metrics().deleted == 4);
    CHECK(log.append(0, records(1), append_acks::leader, start + 70s).base_offset == 4);
}

TEST_CASE("the first segment goes when the others have the bytes to be kept") {
    event_log log{{.retention_bytes = 400, .segment_records = 2}};
    for (int i = 0; i < 3; ++i) {
        log.append(0, records(2), append_acks::leader, start);
        CHECK(log.partition(0).log_start() == (i < 2 ? 0 : 2));
    }
    CHECK(log.partition(0).bytes() == 400);
    log.append(0, records(1), append_acks::leader, start);
    CHECK(log.partition(0).log_start() == 2); // 300 bytes would be left, not 400
}

TEST_CASE("with endless retention nothing goes and nothing is awaited") {
    event_log log{{.retention = duration::max()}};
    log.append(0, records(2, 0, start), append_acks::leader, start);
    CHECK(log.next_event() == never);
}

TEST_CASE("an offset is found by time") {
    event_log log{{.segment_records = 2}};
    for (int i = 0; i < 5; ++i)
        log.append(0, records(1, 0, start + i * 10s), append_acks::leader, start + i * 10s);
    CHECK(log.offset_at(0, time_point{}) == 0);
    CHECK(log.offset_at(0, start + 10s) == 1);
    CHECK(log.offset_at(0, start + 11s) == 2);
    CHECK(log.offset_at(0, start + 41s) == 5);
}

TEST_CASE("answers have names") {
    CHECK(to_string(append_acks::all) == "all");
    CHECK(to_string(append_status::out_of_order_sequence) == "out_of_order_sequence");
    CHECK(to_string(append_status::fenced) == "fenced");
    CHECK(to_string(commit_status::unknown) == "unknown");
    CHECK(to_string(fetch_status::out_of_range) == "out_of_range");
    CHECK(to_string(election_result::elected_unclean) == "elected_unclean");
    CHECK(to_string(election_result::offline) == "offline");
}
