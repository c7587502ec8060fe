// SPDX-License-Identifier: BSL-1.0
// Replicas, the high watermark and elections.
#include <vector>

#include <catch2/catch.hpp>

#include "patterns/messaging/event_log.hpp"
#include "patterns/messaging/log_test_support.hpp"

using namespace windtunnel;
using namespace std::chrono_literals;
using test::committed_words;
using test::records;
using test::words;

namespace {

constexpr time_point start{10s};
using numbers = std::vector<std::uint64_t>;
constexpr event_log_options three{.replication_factor = 3, .min_insync_replicas = 2};

/// Both followers have the whole log.
void catch_up(event_log& log, time_point now) {
    const auto& p = log.partition(0);
    for (int r = 0; r < 3; ++r)
        log.replicated(0, r, p.log_end(), p.replicas().epoch(), now);
}

} // namespace

TEST_CASE("the high watermark is the smallest end of the in-sync replicas") {
    event_log log{three};
    const auto batch = log.append(0, records(4), append_acks::all, start);
    CHECK(log.partition(0).high_watermark() == 0);
    CHECK(log.committed(0, batch) == commit_status::waiting);
    CHECK(log.fetch(0, {.offset = 0}).records.empty());
    CHECK(log.fetch(0, {.offset = 0, .up_to = read_up_to::log_end}).records.size() == 4);
    CHECK(log.replicated(0, 1, 4, 0, start));
    CHECK(log.partition(0).high_watermark() == 0);
    CHECK(log.replicated(0, 2, 3, 0, start));
    CHECK(log.partition(0).high_watermark() == 3);
    CHECK(words(log.fetch(0, {.offset = 0})) == numbers{0, 1, 2});
    CHECK(log.committed(0, batch) == commit_status::waiting);
    CHECK(log.replicated(0, 2, 4, 0, start));
    CHECK(log.committed(0, batch) == commit_status::committed);
}

TEST_CASE("a replica alone commits what it takes") {
    event_log log{{}};
    const auto batch = log.append(0, records(1), append_acks::all, start);
    CHECK(log.committed(0, batch) == commit_status::committed);
    CHECK(words(log.fetch(0, {.offset = 0})) == numbers{0});
}

TEST_CASE("reports that say nothing are ignored") {
    event_log log{three};
    log.append(0, records(4), append_acks::all, start);
    CHECK(log.replicated(0, 1, 2, 0, start));
    CHECK_FALSE(log.replicated(0, 1, 1, 0, start)); // overtaken
    CHECK_FALSE(log.replicated(0, 1, 5, 0, start)); // more than there is
    CHECK_FALSE(log.replicated(0, 1, 3, 1, start)); // another epoch
    CHECK_FALSE(log.replicated(0, 0, 4, 0, start)); // the leader
    CHECK_FALSE(log.replicated(0, 3, 4, 0, start)); // nobody
    CHECK(log.partition(0).replicas().end(1) == 2);
}

TEST_CASE("R8: a replica is out when for the lag time it has lacked something") {
    event_log log{three};
    log.append(0, records(1), append_acks::all, start);
    CHECK(log.replicated(0, 1, 1, 0, start));
    CHECK(log.next_event() == start + 30s);
    log.advance(start + 30s - 1ns);
    CHECK(log.partition(0).replicas().in_sync() == 3);
    log.advance(start + 30s);
    CHECK(log.partition(0).replicas().in_sync() == 2);
    CHECK_FALSE(log.partition(0).replicas().in_sync(2));
    CHECK(log.partition(0).high_watermark() == 1);
    CHECK(log.metrics().shrinks == 1);
    CHECK(log.replicated(0, 2, 1, 0, start + 31s)); // has all that is committed: in again
    CHECK(log.partition(0).replicas().in_sync() == 3);
    CHECK(log.metrics().expansions == 1);
}

TEST_CASE("who had everything lags from the next record on, however long nothing came") {
    event_log log{three};
    log.append(0, records(1), append_acks::all, start);
    catch_up(log, start);
    log.append(0, records(1), append_acks::all, start + 1h);
    log.advance(start + 1h + 30s - 1ns);
    CHECK(log.partition(0).replicas().in_sync() == 3);
    log.advance(start + 1h + 30s);
    CHECK(log.partition(0).replicas().in_sync() == 1); // the leader
}

TEST_CASE("a replica that is always one report behind stays in sync") {
    event_log log{{.replication_factor = 2}};
    for (int i = 0; i < 100; ++i) {
        const auto now = start + i * 1s;
        log.append(0, records(1), append_acks::leader, now);
        log.replicated(0, 1, i, 0, now); // what there was a second ago
    }
    CHECK(log.partition(0).replicas().in_sync() == 2);
    CHECK(log.partition(0).high_watermark() == 99);
}

TEST_CASE("with acks all an append is refused below min_insync_replicas, others are not") {
    event_log log{three};
    log.fail(0, 1, start);
    CHECK(log.append(0, records(1), append_acks::all, start).taken());
    log.fail(0, 2, start);
    CHECK(log.append(0, records(1), append_acks::all, start).status ==
          append_status::not_enough_replicas);
    CHECK(log.append(0, records(1), append_acks::leader, start).taken());
    CHECK(log.append(0, records(1), append_acks::none, start).taken());
    CHECK(log.metrics().not_enough_replicas == 1);
    CHECK(log.partition(0).log_end() == 3);
}

TEST_CASE("a batch is not committed while too few are in sync, though the rest have it") {
    event_log log{three};
    const auto batch = log.append(0, records(1), append_acks::all, start);
    log.fail(0, 1, start);
    log.fail(0, 2, start);
    CHECK(log.partition(0).high_watermark() == 1);
    CHECK(log.committed(0, batch) == commit_status::unknown);
}

TEST_CASE("without a leader nothing is taken or read") {
    event_log log{three};
    log.fail(0, 0, start);
    CHECK(log.append(0, records(1), append_acks::leader, start).status == append_status::no_leader);
    CHECK(log.fetch(0, {.offset = 0}).status == fetch_status::no_leader);
    CHECK(log.metrics().no_leader == 1);
    CHECK(log.partition(0).replicas().candidate() == 1);
    CHECK(log.elect(0, 1, start) == election_result::elected);
    CHECK(log.append(0, records(1), append_acks::leader, start).leader_epoch == 1);
}

TEST_CASE("a new leader's log is the truth: what it lacks is cut, and the epoch grows") {
    event_log log{three};
    log.append(0, records(2), append_acks::all, start);
    catch_up(log, start);
    const auto unsafe = log.append(0, records(3, 10), append_acks::leader, start);
    const auto waits = log.append(0, records(1, 13), append_acks::all, start);
    log.replicated(0, 1, 3, 0, start);
    log.fail(0, 0, start);
    REQUIRE(log.elect(0, 1, start) == election_result::elected);
    CHECK(log.partition(0).log_end() == 3);
    CHECK(log.partition(0).replicas().epoch() == 1);
    CHECK(log.partition(0).high_watermark() == 2);
    CHECK(log.metrics().truncated == 3);
    CHECK(log.metrics().lost == 0);
    CHECK(log.committed(0, waits) == commit_status::unknown);
    CHECK(log.committed(0, unsafe) == commit_status::unknown);
    CHECK(log.append(0, records(1, 20), append_acks::leader, start).base_offset == 3);
    log.replicated(0, 2, 4, 1, start);
    CHECK(committed_words(log, 0, 0) == numbers{0, 1, 10, 20});
}

TEST_CASE("an old leader comes back without what it alone had, and catches up") {
    event_log log{three};
    log.append(0, records(2), append_acks::all, start);
    catch_up(log, start);
    log.append(0, records(5), append_acks::leader, start);
    log.fail(0, 0, start);
    log.elect(0, 1, start);
    log.restore(0, 0, start + 1s);
    CHECK(log.partition(0).replicas().end(0) == 2);
    CHECK_FALSE(log.partition(0).replicas().in_sync(0));
    CHECK(log.replicated(0, 0, 2, 1, start + 1s));
    CHECK(log.partition(0).replicas().in_sync(0));
}

TEST_CASE("who joins the in-sync set with all that is committed has the lag time for the rest") {
    event_log log{three};
    log.append(0, records(2), append_acks::all, start);
    log.replicated(0, 1, 2, 0, start);
    log.advance(start + 30s); // 2 is out
    log.append(0, records(3), append_acks::all, start + 40s);
    REQUIRE(log.partition(0).high_watermark() == 2);
    log.replicated(0, 2, 3, 0, start + 50s);
    CHECK(log.partition(0).replicas().in_sync() == 3);
    log.replicated(0, 1, 5, 0, start + 60s);
    log.advance(start + 80s - 1ns);
    CHECK(log.partition(0).replicas().in_sync(2));
    log.advance(start + 80s);
    CHECK_FALSE(log.partition(0).replicas().in_sync(2));
}

TEST_CASE("a replica that lost its disk comes back empty") {
    event_log log{three};
    log.append(0, records(2), append_acks::all, start);
    catch_up(log, start);
    log.restore(0, 1, start, 0); // it was not down
    CHECK(log.partition(0).replicas().end(1) == 2);
    log.fail(0, 1, start);
    log.fail(0, 1, start);
    log.restore(0, 1, start, 0);
    CHECK(log.partition(0).replicas().end(1) == 0);
    CHECK(log.partition(0).replicas().in_sync() == 2);
    CHECK(log.elect(0, 1, start) == election_result::not_in_sync);
}

TEST_CASE("who lags is not elected unless an unclean election is allowed, which loses") {
    const bool unclean = GENERATE(false, true);
    event_log log{{.replication_factor = 2, .unclean_leader_election = unclean}};
    log.append(0, records(2), append_acks::all, start);
    log.replicated(0, 1, 1, 0, start);
    log.advance(start + 30s); // replica 1 is out, and all is committed
    REQUIRE(log.partition(0).high_watermark() == 2);
    log.fail(0, 0, start + 31s);
    CHECK_FALSE(log.partition(0).replicas().candidate());
    const auto result = log.elect(0, 1, start + 31s);
    CHECK(result == (unclean ? election_result::elected_unclean : election_result::not_in_sync));
    CHECK(log.metrics().lost == (unclean ? 1 : 0));
    if (unclean) {
        CHECK(log.partition(0).log_end() == 1);
        CHECK(log.partition(0).high_watermark() == 1);
        CHECK(log.metrics().unclean_elections == 1);
        CHECK(log.fetch(0, {.offset = 2}).status == fetch_status::out_of_range);
    } else {
        CHECK(log.elect(0, 0, start + 31s) == election_result::offline);
        log.restore(0, 0, start + 40s);
        CHECK(log.elect(0, 0, start + 40s) == election_result::elected);
        CHECK(log.partition(0).log_end() == 2);
    }
}

TEST_CASE("a leader may be changed while it is up, and loses nothing that is committed") {
    event_log log{three};
    log.append(0, records(2), append_acks::all, start);
    catch_up(log, start);
    CHECK(log.elect(0, 2, start) == election_result::elected);
    CHECK(log.partition(0).replicas().leader() == 2);
    CHECK(log.partition(0).replicas().in_sync() == 3);
    CHECK(committed_words(log, 0, 0) == numbers{0, 1});
}

TEST_CASE("retention takes nothing that is not committed") {
    event_log log{{.replication_factor = 2, .retention = 5s, .segment_records = 1}};
    log.append(0, records(1, 0, start), append_acks::leader, start);
    log.append(0, records(1, 1, start), append_acks::leader, start);
    log.replicated(0, 1, 1, 0, start);
    log.advance(start + 10s);
    CHECK(log.partition(0).log_start() == 1);
    log.replicated(0, 1, 2, 0, start + 10s);
    CHECK(log.partition(0).log_start() == 2);
}
