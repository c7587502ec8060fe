// SPDX-License-Identifier: BSL-1.0
// What a group has committed, and who may commit.
#include "patterns/messaging/group_offsets.hpp"

#include <optional>
#include <vector>

#include <catch2/catch.hpp>

#include "patterns/messaging/event_log.hpp"
#include "patterns/messaging/group_test_support.hpp"
#include "patterns/messaging/log_test_support.hpp"

using namespace windtunnel;
using namespace windtunnel::test;
using namespace std::chrono_literals;

TEST_CASE("R1: a commit counts in its generation only: zombies are refused") {
    consumer_group g{at_once, four};
    two_members(g);
    CHECK(commit(g, "a", 2, 0, 10) == group_status::ok);
    CHECK(commit(g, "a", 1, 0, 11) == group_status::illegal_generation);
    CHECK(commit(g, "a", 2, 3, 11) == group_status::not_owner); // it is b's
    CHECK(commit(g, "z", 2, 0, 11) == group_status::unknown_member);
    g.heartbeat("b", 2, start + 30s);
    g.advance(start + 45s); // a is out
    CHECK(commit(g, "a", 2, 0, 12, start + 46s) == group_status::unknown_member);
    CHECK(commit(g, "b", 2, 2, 7, start + 46s) == group_status::ok); // while it rebalances
    g.join(reader("b"), start + 47s);
    CHECK(commit(g, "b", 3, 2, 8, start + 47s) == group_status::rebalance_in_progress);
    g.sync("b", 3, start + 47s);
    g.join(reader("a"), start + 48s);
    g.join(reader("b"), start + 48s);
    CHECK(commit(g, "a", 2, 0, 12, start + 48s) == group_status::illegal_generation);
    CHECK(g.committed(orders(0)) == 10);
    CHECK(g.committed(orders(2)) == 7);
    CHECK(g.metrics().commits == 2);
    CHECK(g.metrics().fenced_commits == 6);
}

TEST_CASE("committed offsets never go back but by a reset") {
    consumer_group g{at_once, four};
    two_members(g);
    commit(g, "a", 2, 0, 10);
    const std::vector<partition_offset> mixed{{orders(0), 4}, {orders(1), 3}};
    CHECK(g.commit("a", 2, mixed, start) == group_status::ok);
    CHECK(g.committed(orders(0)) == 10);
    CHECK(g.committed(orders(1)) == 3);
    CHECK(g.metrics().stale_offsets == 1);
    g.reset_offset(orders(0), 2);
    CHECK(g.committed(orders(0)) == 2);
    commit(g, "a", 2, 0, 5);
    CHECK(g.committed(orders(0)) == 5);
}

TEST_CASE("where a partition begins, and what its lag is") {
    struct row {
        offset_reset policy;
        log_offset committed; ///< -1: none
        std::optional<log_offset> begin;
        std::optional<std::int64_t> lag;
    };
    // the log has 10 to 50
    const auto r = GENERATE(
        row{offset_reset::earliest, -1, 10, 40}, row{offset_reset::latest, -1, 50, 0},
        row{offset_reset::none, -1, std::nullopt, std::nullopt},
        row{offset_reset::earliest, 30, 30, 20}, row{offset_reset::latest, 50, 50, 0},
        row{offset_reset::none, 10, 10, 40},
        row{offset_reset::earliest, 9, 10, 40}, // deleted meanwhile
        row{offset_reset::latest, 9, 50, 0}, row{offset_reset::none, 9, std::nullopt, std::nullopt},
        row{offset_reset::latest, 51, 50, 0}); // truncated meanwhile
    consumer_group g{{.reset = r.policy}, four};
    if (r.committed >= 0)
        g.reset_offset(orders(0), r.committed);
    CHECK(g.starting_offset(orders(0), 10, 50) == r.begin);
    CHECK(g.lag(orders(0), 10, 50) == r.lag);
}

TEST_CASE("an empty group keeps its offsets for a time, then it is dead; who joins begins anew") {
    consumer_group g{at_once, four};
    two_members(g);
    commit(g, "a", 2, 0, 10);
    g.leave("a", start);
    g.leave("b", start);
    CHECK(g.state() == group_state::empty);
    CHECK(g.next_event() == start + 168h);
    g.advance(start + 168h - 1ns);
    CHECK(g.committed(orders(0)) == 10);
    g.advance(start + 168h);
    CHECK(g.state() == group_state::dead);
    CHECK_FALSE(g.committed(orders(0)));
    CHECK(g.next_event() == never);
    g.join(reader("c"), start + 200h);
    g.sync("c", g.generation(), start + 200h);
    CHECK(g.state() == group_state::stable);
}

TEST_CASE(
    "1000/s produced and 800/s consumed for 600 s is a lag of 120,000; 1500/s drain it in 240 s") {
    event_log log{{.retention = 150s, .segment_records = 10'000}};
    consumer_group g{at_once, {{"orders", 1}}};
    g.join(reader("a"), start);
    g.sync("a", 1, start);
    log_offset position = 0;
    const auto second = [&](int i, int consumed) {
        const auto now = start + i * 1s;
        log.append(0, records(1000, 0, now), append_acks::all, now);
        for (const auto end = std::min(position + consumed, log.partition(0).log_end());
             position < end;) {
            const auto found =
                log.fetch(0, {.offset = position, .max_records = static_cast<int>(end - position)});
            REQUIRE_FALSE(found.records.empty());
            position = found.next_offset();
        }
        g.polled("a", now);
        REQUIRE(commit(g, "a", 1, 0, position, now) == group_status::ok);
        return *g.lag(orders(0), log.partition(0).log_start(), log.partition(0).log_end());
    };
    for (int i = 1; i < 600; ++i)
        second(i, 800);
    CHECK(second(600, 800) == 120'000);
    for (int i = 601; i < 840; ++i)
        CHECK(second(i, 1500) > 0);
    CHECK(second(840, 1500) == 0);
}

TEST_CASE("after an unclean election the owner begins where the policy says, and resets") {
    consumer_group g{{.initial_rebalance_delay = 0s, .reset = offset_reset::earliest}, four};
    g.join(reader("a"), start);
    g.sync("a", 1, start);
    commit(g, "a", 1, 0, 10);
    CHECK(g.starting_offset(orders(0), 0, 7) == 0); // 7 to 9 are lost
    g.reset_offset(orders(0), 7);
    CHECK(commit(g, "a", 1, 0, 8) == group_status::ok);
    CHECK(g.committed(orders(0)) == 8);
}
