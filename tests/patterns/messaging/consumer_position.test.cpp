// SPDX-License-Identifier: BSL-1.0
#include "patterns/messaging/consumer_position.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{100s};

topic_partition part(int n) {
    return {"t", n};
}
std::vector<topic_partition> parts(const std::vector<int>& numbers) {
    std::vector<topic_partition> result;
    for (const int n : numbers)
        result.push_back(part(n));
    return result;
}
using offsets = std::vector<partition_offset>;

/// Has these, all from offset 0.
consumer_position reading(const std::vector<int>& numbers,
                          const consumer_position_options& options = {}) {
    consumer_position c{options};
    c.assign(parts(numbers));
    for (const int n : numbers)
        c.start(part(n), 0);
    return c;
}

/// A poll that finds so many records in each partition that has its turn; returns the turns.
std::vector<int> poll(consumer_position& c, int available, time_point now = start) {
    c.begin_poll(now);
    std::vector<int> turns;
    while (const auto turn = c.next_fetch()) {
        const int got = std::min(available, turn->max_records);
        c.returned(turn->partition, turn->offset + got);
        turns.push_back(turn->partition.partition);
    }
    return turns;
}

} // namespace

TEST_CASE("a poll asks each partition once, until it is full; the next goes on behind") {
    auto c = reading({0, 1, 2}, {.max_poll_records = 500});
    CHECK(poll(c, 300) == std::vector<int>{0, 1});
    CHECK(c.position(part(0)) == 300);
    CHECK(c.position(part(1)) == 200);
    CHECK(poll(c, 300) == std::vector<int>{2, 0});
    CHECK(poll(c, 10) == std::vector<int>{1, 2, 0});
}

TEST_CASE("a partition that is not started is not read") {
    consumer_position c;
    c.assign(parts({0, 1}));
    CHECK_FALSE(c.position(part(0)));
    c.start(part(1), 7);
    c.start(part(2), 7); // not its own
    c.begin_poll(start);
    const auto turn = c.next_fetch();
    REQUIRE(turn);
    CHECK(turn->partition == part(1));
    CHECK(turn->offset == 7);
    CHECK(turn->max_records == 500);
    CHECK_FALSE(c.next_fetch());
    CHECK(c.size() == 2);
}

TEST_CASE("an auto commit commits what the polls before have returned") {
    auto c = reading({0});
    CHECK(c.begin_poll(start).empty());
    c.returned(part(0), 10);
    CHECK(c.begin_poll(start + 4s).empty()); // not yet
    c.returned(part(0), 15);
    CHECK(c.begin_poll(start + 5s) == offsets{{part(0), 15}});
    c.returned(part(0), 20);
    CHECK(c.committable() == offsets{{part(0), 15}}); // 15 to 19 are being worked on
    CHECK(c.begin_poll(start + 5s).empty());
    CHECK(c.begin_poll(start + 10s) == offsets{{part(0), 20}});
}

TEST_CASE("without auto commit the application says what is processed") {
    auto c = reading({0}, {.auto_commit = false});
    c.begin_poll(start);
    c.returned(part(0), 10);
    CHECK(c.begin_poll(start + 1h).empty());
    CHECK(c.committable() == offsets{{part(0), 0}});
    c.processed(part(0), 4);
    c.processed(part(0), 3); // never back
    CHECK(c.committable() == offsets{{part(0), 4}});
    c.processed(part(0), 99); // never beyond what was returned
    CHECK(c.committable() == offsets{{part(0), 10}});
    c.processed(part(1), 5); // not its own
    CHECK(c.committable().size() == 1);
}

TEST_CASE("an assignment keeps what stays, with its position, and says what comes and goes") {
    auto c = reading({0, 1});
    poll(c, 10);
    c.begin_poll(start + 1s);
    c.returned(part(0), 15); // being worked on
    const auto change = c.assign(parts({3, 1, 2}));
    CHECK(change.revoked == parts({0}));
    CHECK(change.to_commit == offsets{{part(0), 10}});
    CHECK(change.added == parts({2, 3}));
    CHECK(c.partitions() == parts({1, 2, 3}));
    CHECK(c.position(part(1)) == 10);
    CHECK_FALSE(c.position(part(2)));
    CHECK_FALSE(c.position(part(0)));
    c.returned(part(0), 20); // too late
    CHECK(c.assign(parts({1, 2, 3})).revoked.empty());
    CHECK(c.assign(parts({1, 2})).to_commit.empty()); // 3 was never started
}

TEST_CASE("before an eager rebalance all is given up; who was put out has nothing to commit") {
    auto c = reading({0, 1});
    poll(c, 10);
    c.begin_poll(start);
    auto d = c;
    CHECK(c.revoke_all() == offsets{{part(0), 10}, {part(1), 10}});
    CHECK(c.size() == 0);
    CHECK(poll(c, 10).empty());
    d.lose_all();
    CHECK(d.committable().empty());
}

TEST_CASE("a seek moves the position, also backwards") {
    auto c = reading({0});
    poll(c, 10);
    c.start(part(0), 3);
    CHECK(c.position(part(0)) == 3);
    CHECK(c.committable() == offsets{{part(0), 3}});
}
