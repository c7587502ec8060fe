// SPDX-License-Identifier: BSL-1.0
// What a rebalance costs: for how long nobody reads a partition. Clients that heartbeat every 3 s
// and answer at once; time goes by seconds, so the sums are exact.
#include <map>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "patterns/messaging/consumer_group.hpp"

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{1000s};
constexpr int partition_count = 12;
using partitions = std::set<topic_partition>;

struct client {
    int beat = 0; ///< heartbeats at seconds of this remainder by 3
    bool alive = true;
    int busy_until = 0; ///< cannot join before
    bool joining = false;
    std::int32_t generation = -1;
    partitions reading{};
};

struct small_world {
    consumer_group group;
    std::map<std::string, client> clients;
    std::map<int, int> stalled; ///< seconds without a reader, by partition
    int second = 0;

    explicit small_world(rebalance_protocol protocol)
        : group({.initial_rebalance_delay = 0s,
                 .protocol = protocol,
                 .assignor = protocol == rebalance_protocol::eager
                                 ? assignor_kind::range
                                 : assignor_kind::cooperative_sticky},
                {{"t", partition_count}}) {}

    bool eager() const { return group.options().protocol == rebalance_protocol::eager; }
    time_point now() const { return start + 1s * second; }

    void add(const std::string& name, int beat) {
        clients[name].beat = beat;
        join(name);
        deliver();
    }

    void join(const std::string& name) {
        auto& c = clients[name];
        if (second < c.busy_until)
            return;
        c.joining = true;
        if (eager())
            c.reading.clear();
        group.join({.member = name,
                    .topics = {"t"},
                    .owned = {c.reading.begin(), c.reading.end()},
                    .generation = c.generation},
                   now());
    }

    void deliver() {
        while (const auto a = group.take_answer()) {
            auto& c = clients[a->member];
            if (!c.alive)
                continue;
            c.generation = a->generation;
            if (a->what == group_answer_kind::joined)
                group.sync(a->member, a->generation, now());
            else if (a->what == group_answer_kind::rejoin)
                join(a->member);
            else
                take(a->member, {a->partitions.begin(), a->partitions.end()});
        }
    }

    void take(const std::string& name, const partitions& got) {
        auto& c = clients[name];
        c.joining = false;
        bool gives_up = false;
        for (const auto& p : c.reading)
            gives_up = gives_up || !got.contains(p);
        c.reading = got;
        if (gives_up && !eager())
            join(name);
    }

    void beat(const std::string& name) {
        auto& c = clients[name];
        if (!c.alive || c.joining || second % 3 != c.beat)
            return;
        if (group.heartbeat(name, c.generation, now()) != group_status::ok)
            join(name);
    }

    void run(int seconds) {
        for (const int end = second + seconds; second < end; ++second) {
            group.advance(now());
            deliver();
            for (const auto& [name, c] : clients) {
                beat(name);
                deliver();
            }
            account();
        }
    }

    void account() {
        partitions read;
        for (const auto& [name, c] : clients)
            if (c.alive)
                read.insert(c.reading.begin(), c.reading.end());
        for (int p = 0; p < partition_count; ++p)
            stalled[p] += !read.contains({"t", p});
    }

    /// "9 for 0 s, 3 for 44 s": how many partitions stalled for how long.
    std::string stalls() const {
        std::map<int, int> counts;
        for (const auto& [p, seconds] : stalled)
            ++counts[seconds];
        std::string result;
        for (const auto& [seconds, count] : counts)
            result += (result.empty() ? "" : ", ") + std::to_string(count) + " for " +
                      std::to_string(seconds) + " s";
        return result;
    }
};

/// So many consumers, all settled; c1 beats at seconds 1, 4, 7, c2 at 2, 5, c3 at 0, 3 and so on.
small_world& settled(small_world& w, int consumers) {
    for (int i = 0; i < consumers; ++i)
        w.add("c" + std::to_string(i), i % 3);
    w.run(30);
    w.stalled.clear();
    REQUIRE(w.group.state() == group_state::stable);
    return w;
}

} // namespace

TEST_CASE("1 of 4 killed: its quarter stalls for the session timeout, eager stalls the rest, too") {
    small_world w{rebalance_protocol::eager};
    settled(w, 4);
    w.run(1); // c0 beats a last time in second 30
    w.clients["c0"].alive = false;
    w.stalled.clear();
    w.run(44);
    CHECK(w.stalls() == "9 for 0 s, 3 for 44 s"); // a quarter
    // Second 75: the session is over. c3 hears of it at once, c1 at 76, c2 at 77, when all go on.
    w.run(30);
    CHECK(w.stalls() == "3 for 0 s, 3 for 1 s, 3 for 2 s, 3 for 46 s");
    CHECK(w.group.metrics().sessions_expired == 1);
}

TEST_CASE("1 of 4 killed: cooperative stalls its quarter only") {
    small_world w{rebalance_protocol::cooperative};
    settled(w, 4);
    w.run(1);
    w.clients["c0"].alive = false;
    w.stalled.clear();
    w.run(74);
    CHECK(w.stalls() == "9 for 0 s, 3 for 46 s");
}

TEST_CASE("one more joins: eager stalls all until the slowest has joined, cooperative what moves") {
    const auto protocol = GENERATE(rebalance_protocol::eager, rebalance_protocol::cooperative);
    small_world w{protocol};
    settled(w, 3);
    w.clients["c2"].busy_until = 60; // works on a batch until then
    w.add("c3", 0);
    w.run(40);
    if (protocol == rebalance_protocol::eager) {
        // c0 stops at second 30, c1 at 31; c2 reads until its heartbeat at 62, and all go on.
        CHECK(w.stalls() == "4 for 0 s, 4 for 31 s, 4 for 32 s");
    } else {
        // At 62 the three that were there give up one each and join again; c3 hears of it at 63.
        CHECK(w.stalls() == "9 for 0 s, 3 for 1 s");
    }
    for (const auto& [name, c] : w.clients)
        CHECK(c.reading.size() == 3);
}
