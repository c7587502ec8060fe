// SPDX-License-Identifier: BSL-1.0
// A partition under random faults: replicas that lag, fail and come back, elections, and a producer
// that sends again, late and out of order. Nothing that was acknowledged with acks all is lost
// without an unclean election, an idempotent producer leaves one copy, and the order stands.
#include <algorithm>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "patterns/base/random_stream.hpp"
#include "patterns/messaging/event_log.hpp"
#include "patterns/messaging/log_test_support.hpp"

using namespace windtunnel;
using namespace std::chrono_literals;
using test::records;

namespace {

/// A producer keeps at most 5 batches in flight, of one record each; the word is the sequence.
struct faulty_partition {
    event_log log;
    std::vector<append_result> receipts; ///< by sequence: the last answer
    std::vector<bool> acknowledged;
    std::int32_t sent = 0;
    log_offset watermark = 0;
    time_point now{10s};

    explicit faulty_partition(int min_insync, bool unclean = false)
        : log({.replication_factor = 3,
               .min_insync_replicas = min_insync,
               .replica_lag_time = 5s,
               .unclean_leader_election = unclean,
               .segment_records = 7}) {}

    const log_partition& partition() const { return log.partition(0); }
    const replica_set& replicas() const { return partition().replicas(); }

    std::int32_t first_open() const {
        const auto at = std::find(acknowledged.begin(), acknowledged.end(), false);
        return static_cast<std::int32_t>(at - acknowledged.begin());
    }

    void transmit(std::int32_t sequence) {
        const auto at = static_cast<std::size_t>(sequence);
        const auto result = log.append(0, records(1, at, now), append_acks::all, now,
                                       {.producer = 1, .sequence = sequence});
        if (result.taken())
            receipts[at] = result;
    }

    void send_new() {
        if (sent - first_open() >= 5)
            return;
        receipts.push_back({.status = append_status::no_leader});
        acknowledged.push_back(false);
        transmit(sent++);
    }
    /// Again, any of those in flight or already done: late and out of order.
    void send_again(int which) {
        if (sent == 0)
            return;
        transmit(std::max(0, sent - 1 - which % 6));
    }

    void replicate(int which, int how_much) {
        const int r = which % 3;
        const auto behind = partition().log_end() - replicas().end(r);
        if (behind >= 0)
            log.replicated(0, r, replicas().end(r) + std::min<log_offset>(behind, how_much % 8),
                           replicas().epoch(), now);
    }

    void elect(int which) {
        if (const auto any = replicas().candidate(); any && replicas().leader() < 0)
            log.elect(0, *any, now);
        else if (replicas().online(which % 3))
            log.elect(0, which % 3, now);
    }

    void step(int what, int which) {
        now += 100ms;
        if (what < 8)
            send_new();
        else if (what < 13)
            send_again(which);
        else if (what < 23)
            replicate(which, which / 3);
        else if (what == 23)
            log.fail(0, which % 3, now);
        else if (what < 26 && !replicas().online(which % 3))
            log.restore(0, which % 3, now);
        else if (what == 26 || replicas().leader() < 0)
            elect(which);
        else if (what == 27)
            now += 1s * (which % 8);
        log.advance(now);
        RC_ASSERT(log.next_event() > now);
        note_acknowledged();
    }

    void note_acknowledged() {
        for (std::size_t i = 0; i < receipts.size(); ++i)
            if (log.committed(0, receipts[i]) == commit_status::committed)
                acknowledged[i] = true;
    }

    std::vector<std::uint64_t> whole_log() const {
        std::vector<std::uint64_t> result;
        for (auto at = partition().log_start(); at < partition().log_end();) {
            const auto found = log.fetch(0, {.offset = at, .up_to = read_up_to::log_end});
            if (found.records.empty())
                break;
            for (const auto& r : found.records)
                result.push_back(r.word);
            at = found.next_offset();
        }
        return result;
    }

    /// All replicas come back and the best is elected.
    void heal() {
        for (int r = 0; r < 3; ++r)
            if (!replicas().online(r))
                log.restore(0, r, now);
        if (replicas().leader() < 0)
            RC_ASSERT(log.elect(0, *replicas().candidate(), now) == election_result::elected);
    }

    void check_invariants() {
        RC_ASSERT(partition().log_start() <= partition().high_watermark());
        RC_ASSERT(partition().high_watermark() <= partition().log_end());
        RC_ASSERT(replicas().in_sync() >= 1);
        const auto m = log.metrics();
        const auto gone = m.truncated + m.lost;
        RC_ASSERT(m.records == static_cast<std::uint64_t>(partition().log_end()) + gone);
        RC_ASSERT(partition().high_watermark() >= watermark || m.lost > 0);
        watermark = partition().high_watermark();
    }

    /// Of what was acknowledged, how much the log has not.
    std::size_t check_order() {
        const auto found = whole_log();
        for (std::size_t i = 0; i < found.size(); ++i)
            RC_ASSERT(found[i] == i); // in order, one copy, no gap
        return static_cast<std::size_t>(
            std::count(acknowledged.begin() +
                           static_cast<std::ptrdiff_t>(std::min(found.size(), acknowledged.size())),
                       acknowledged.end(), true));
    }
    void check_log() {
        RC_ASSERT(check_order() == 0U);
        RC_ASSERT(log.metrics().lost == 0U);
    }
};

} // namespace

TEST_CASE("what is acknowledged is in the log once and in order, whatever fails and is elected") {
    REQUIRE(rc::check([](const std::vector<std::pair<std::uint8_t, std::uint8_t>>& script) {
        faulty_partition p{*rc::gen::inRange(1, 4)};
        for (const auto& [what, which] : script) {
            p.step(what % 30, which);
            p.check_invariants();
        }
        p.heal();
        p.check_log();
    }));
}

TEST_CASE("the same in long runs, with all the faults many times") {
    event_log_metrics seen;
    std::size_t acknowledged = 0;
    REQUIRE(rc::check([&](std::uint32_t seed) {
        random_stream chance{seed, "faults"};
        faulty_partition p{2};
        for (int i = 0; i < 600; ++i) {
            p.step(static_cast<int>(chance.below(30)), static_cast<int>(chance.below(256)));
            p.check_invariants();
        }
        p.heal();
        p.check_log();
        seen += p.log.metrics();
        acknowledged += static_cast<std::size_t>(p.first_open());
    }));
    CHECK(acknowledged > 500);
    CHECK(seen.duplicates > 500);
    CHECK(seen.truncated > 100);
    CHECK(seen.elections > 500);
    CHECK(seen.expansions > 100);
}

TEST_CASE("an unclean election loses what was acknowledged, and says how much") {
    std::size_t missing = 0;
    REQUIRE(rc::check([&](std::uint32_t seed) {
        random_stream chance{seed, "unclean"};
        faulty_partition p{2, true};
        for (int i = 0; i < 300; ++i) {
            p.step(static_cast<int>(chance.below(30)), static_cast<int>(chance.below(256)));
            p.check_invariants();
        }
        p.heal();
        const auto not_there = p.check_order();
        RC_ASSERT(not_there <= p.log.metrics().lost);
        missing += not_there;
    }));
    CHECK(missing > 0);
}

TEST_CASE("a log keeps the records of a plain list, by offset, through retention and elections") {
    REQUIRE(rc::check([](std::uint32_t seed) {
        random_stream chance{seed, "list"};
        event_log log{{.retention = 20s, .segment_bytes = 1 + chance.below(900)}};
        std::vector<std::uint64_t> all;
        time_point now{10s};
        for (int i = 0; i < 100; ++i) {
            now += 1s * static_cast<int>(chance.below(5));
            const int count = 1 + static_cast<int>(chance.below(4));
            const auto batch = records(count, all.size(), now);
            for (const auto& r : batch)
                all.push_back(r.word);
            log.append(0, batch, append_acks::leader, now);
            const auto start = log.partition(0).log_start();
            const auto kept = test::committed_words(log, 0, start);
            RC_ASSERT(kept.size() + static_cast<std::size_t>(start) == all.size());
            RC_ASSERT(std::equal(kept.begin(), kept.end(), all.begin() + start));
            RC_ASSERT(log.partition(0).bytes() == 100 * kept.size());
        }
    }));
}
