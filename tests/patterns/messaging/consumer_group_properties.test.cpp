// SPDX-License-Identifier: BSL-1.0
// A log, a group and its consumers under random crashes, pauses, rebalances and elections: what
// each partition holds is processed in order and without a gap, though perhaps more than once, and
// never changes; committed offsets never go back and never run ahead of the work; a partition has
// one owner in a generation.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "patterns/base/random_stream.hpp"
#include "patterns/messaging/consumer_group.hpp"
#include "patterns/messaging/consumer_position.hpp"
#include "patterns/messaging/event_log.hpp"
#include "patterns/messaging/log_test_support.hpp"

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

constexpr int partition_count = 6;

struct worker {
    consumer_position place{{.max_poll_records = 4, .auto_commit_interval = 5s}};
    std::int32_t generation = -1;
    bool up = true;
    bool in_group = false; ///< has joined, as far as it knows
    bool joining = false;
    std::vector<std::pair<partition_offset, std::uint64_t>> work{}; ///< returned, not yet processed
};

struct random_world {
    random_stream chance;
    event_log log{
        {.partitions = partition_count, .replication_factor = 3, .min_insync_replicas = 2}};
    consumer_group group;
    std::map<std::string, worker> workers;
    std::map<int, std::vector<std::uint64_t>> done; ///< words, by offset
    std::map<int, log_offset> committed;            ///< as was seen last
    std::uint64_t words = 0, repeats = 0, zombies = 0;
    time_point now{100s};

    random_world(std::uint32_t seed, rebalance_protocol protocol)
        : chance(seed, "world"), group({.session_timeout = 20s,
                                        .max_poll_interval = 60s,
                                        .rebalance_timeout = 60s,
                                        .protocol = protocol,
                                        .assignor = protocol == rebalance_protocol::eager
                                                        ? assignor_kind::round_robin
                                                        : assignor_kind::cooperative_sticky,
                                        .reset = offset_reset::earliest},
                                       {{"t", partition_count}}) {
        for (const auto* name : {"a", "b", "c", "d"})
            workers[name];
    }

    bool eager() const { return group.options().protocol == rebalance_protocol::eager; }

    void produce() {
        const auto p = static_cast<int>(chance.below(partition_count));
        const auto batch = test::records(1 + static_cast<int>(chance.below(3)), words);
        words += batch.size();
        log.append(p, batch, append_acks::all, now);
    }

    /// Followers copy, and sometimes one of them leads: what none has copied is cut.
    void replicate(bool all) {
        for (int p = 0; p < partition_count; ++p) {
            const auto& replicas = log.partition(p).replicas();
            for (int r = 0; r < 3; ++r)
                if (all || chance.chance(0.3))
                    log.replicated(p, r, log.partition(p).log_end(), replicas.epoch(), now);
            if (!all && chance.chance(0.02))
                log.elect(p, static_cast<int>(chance.below(3)), now);
        }
    }

    void commit(const std::string& name, const std::vector<partition_offset>& offsets) {
        if (!offsets.empty() &&
            group.commit(name, workers[name].generation, offsets, now) != group_status::ok)
            ++zombies;
    }

    void join(const std::string& name) {
        auto& w = workers[name];
        if (eager())
            commit(name, w.place.revoke_all());
        w.in_group = w.joining = true;
        group.join({.member = name,
                    .topics = {"t"},
                    .owned = w.place.partitions(),
                    .generation = w.generation},
                   now);
    }

    /// A pause: the answer comes, and is found later.
    void deliver() {
        while (const auto a = group.take_answer()) {
            auto& w = workers[a->member];
            if (!w.up || !w.joining)
                continue;
            w.generation = a->generation;
            if (a->what == group_answer_kind::joined)
                group.sync(a->member, a->generation, now);
            else if (a->what == group_answer_kind::rejoin)
                join(a->member);
            else
                take(a->member, a->partitions);
            check_readers();
        }
    }

    /// Zombies aside, who are of an older generation.
    void check_readers() {
        std::map<topic_partition, int> readers;
        for (const auto& [name, w] : workers)
            if (w.generation == group.generation())
                for (const auto& p : w.place.partitions())
                    RC_ASSERT(++readers[p] == 1);
    }

    void take(const std::string& name, const std::vector<topic_partition>& got) {
        auto& w = workers[name];
        w.joining = false;
        const auto change = w.place.assign(got);
        commit(name, change.to_commit);
        for (const auto& p : change.added)
            w.place.start(
                p, *group.starting_offset(p, 0, log.partition(p.partition).high_watermark()));
        if (!change.revoked.empty())
            join(name);
    }

    void heed(const std::string& name, group_status status) {
        auto& w = workers[name];
        if (status == group_status::ok)
            return;
        if (status != group_status::rebalance_in_progress) { // it was put out
            w.place.lose_all();
            w.generation = -1;
        }
        join(name);
    }

    /// The application does what it was given. A zombie does, too: its work is a repeat.
    void do_work(worker& w) {
        for (const auto& [what, word] : w.work) {
            auto& words_done = done[what.partition.partition];
            const auto at = static_cast<std::size_t>(what.offset);
            RC_ASSERT(at <= words_done.size()); // no gap
            repeats += at < words_done.size();
            if (at == words_done.size())
                words_done.push_back(word);
            RC_ASSERT(words_done[at] == word);
        }
        w.work.clear();
    }

    void poll(const std::string& name) {
        auto& w = workers[name];
        do_work(w);
        group.polled(name, now);
        commit(name, w.place.begin_poll(now));
        while (const auto turn = w.place.next_fetch()) {
            const auto found =
                log.fetch(turn->partition.partition,
                          {.offset = turn->offset, .max_records = turn->max_records});
            for (auto at = turn->offset; const auto& r : found.records)
                w.work.push_back({{turn->partition, at++}, r.word});
            w.place.returned(turn->partition, found.next_offset());
        }
    }

    void crash(worker& w) {
        w = {};
        w.up = false;
    }

    void act(const std::string& name) {
        auto& w = workers[name];
        const auto what = chance.below(40);
        if (!w.up) {
            w.up = what < 6; // it starts again
        } else if (what == 0) {
            crash(w);
        } else if (what == 1 && w.in_group) {
            do_work(w);
            commit(name, w.place.committable());
            group.leave(name, now);
            crash(w);
        } else if (!w.in_group) {
            join(name);
        } else if (what < 20) {
            if (!w.joining)
                heed(name, group.heartbeat(name, w.generation, now));
        } else if (!w.joining || !eager()) {
            poll(name);
        }
    }

    void step() {
        now += 100ms * static_cast<int>(chance.below(30));
        if (chance.chance(0.01))
            now += 25s; // a pause of all: sessions end
        group.advance(now);
        RC_ASSERT(group.next_event() > now);
        deliver();
        produce();
        replicate(false);
        // Some are asked seldom: their sessions end while they still read.
        const auto who = chance.below(10);
        act(who < 4 ? "a" : who < 7 ? "b" : who < 9 ? "c" : "d");
        deliver();
        check();
    }

    void check() {
        std::map<topic_partition, int> owners;
        for (const auto& [name, w] : workers)
            for (const auto& p : group.assignment_of(name))
                RC_ASSERT(++owners[p] == 1);
        for (int p = 0; p < partition_count; ++p) {
            const auto end = log.partition(p).high_watermark();
            const auto at = group.committed({"t", p}).value_or(0);
            RC_ASSERT(at >= committed[p]);                            // never back
            RC_ASSERT(at <= static_cast<log_offset>(done[p].size())); // never ahead of the work
            RC_ASSERT(group.lag({"t", p}, 0, end) == end - at);
            committed[p] = at;
        }
    }

    /// No more faults: everything that was produced is processed and committed.
    void drain() {
        for (int i = 0; i < 200; ++i) {
            now += 1s;
            replicate(true);
            group.advance(now);
            deliver();
            for (auto& [name, w] : workers) {
                w.up = true;
                if (!w.in_group)
                    join(name);
                else if (!w.joining)
                    heed(name, group.heartbeat(name, w.generation, now));
                deliver();
                if (!w.joining)
                    poll(name);
            }
        }
        for (int p = 0; p < partition_count; ++p)
            RC_ASSERT(group.committed({"t", p}).value_or(0) == log.partition(p).log_end());
    }
};

} // namespace

TEST_CASE("through crashes and rebalances each partition is processed in order, without a gap") {
    const auto protocol = GENERATE(rebalance_protocol::eager, rebalance_protocol::cooperative);
    std::uint64_t repeats = 0, zombies = 0, rebalances = 0, expired = 0, truncated = 0;
    REQUIRE(rc::check([&](std::uint32_t seed) {
        random_world w{seed, protocol};
        for (int i = 0; i < 400; ++i)
            w.step();
        repeats += w.repeats;
        zombies += w.zombies;
        rebalances += w.group.metrics().rebalances;
        expired += w.group.metrics().sessions_expired;
        truncated += w.log.metrics().truncated;
        w.drain();
    }));
    CHECK(repeats > 100);
    CHECK(zombies > 10);
    CHECK(rebalances > 500);
    CHECK(expired > 100);
    CHECK(truncated > 100);
}
