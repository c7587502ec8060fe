// SPDX-License-Identifier: BSL-1.0
#include "patterns/messaging/consumer_group.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{100s};
constexpr consumer_group_options at_once{.initial_rebalance_delay = 0s};
const topic_sizes four{{"orders", 4}};

group_subscription reader(const std::string& name, std::vector<topic_partition> owned = {}) {
    return {.member = name, .topics = {"orders"}, .owned = std::move(owned)};
}
topic_partition orders(int n) {
    return {"orders", n};
}
std::vector<topic_partition> partitions(const std::vector<int>& numbers) {
    std::vector<topic_partition> result;
    for (const int n : numbers)
        result.push_back(orders(n));
    return result;
}

/// "joined a 1", "assigned b 1 2": who got what answer in which generation, with how many.
std::vector<std::string> answers(consumer_group& g) {
    std::vector<std::string> result;
    while (const auto a = g.take_answer()) {
        const auto generation = " " + a->member + " " + std::to_string(a->generation);
        if (a->what == group_answer_kind::joined)
            result.push_back("joined" + generation + (a->leader ? " leads" : ""));
        else if (a->what == group_answer_kind::rejoin)
            result.push_back("rejoin" + generation);
        else
            result.push_back("assigned" + generation + " " + std::to_string(a->partitions.size()));
    }
    return result;
}
using texts = std::vector<std::string>;

group_status commit(consumer_group& g, const std::string& who, std::int32_t generation,
                    int partition, log_offset offset, time_point now = start) {
    const partition_offset o{orders(partition), offset};
    return g.commit(who, generation, {&o, 1}, now);
}

/// a and b are in, in generation 2, and stable.
void two_members(consumer_group& g) {
    g.join(reader("a"), start);
    g.join(reader("b"), start);
    g.join(reader("a"), start);
    for (const auto* name : {"b", "a"})
        REQUIRE(g.sync(name, g.generation(), start) == group_status::ok);
    REQUIRE(g.state() == group_state::stable);
    answers(g);
}

} // namespace

TEST_CASE("a group goes from empty through a rebalance to stable") {
    consumer_group g{at_once, four};
    CHECK(g.state() == group_state::empty);
    g.join(reader("a"), start);
    CHECK(g.state() == group_state::completing_rebalance);
    CHECK(g.generation() == 1);
    CHECK(answers(g) == texts{"joined a 1 leads"});
    CHECK(g.assignment_of("a").empty());
    CHECK(g.sync("a", 1, start) == group_status::ok);
    CHECK(g.state() == group_state::stable);
    CHECK(answers(g) == texts{"assigned a 1 4"});
    CHECK(g.owner_of(orders(3)) == "a");
    CHECK(g.heartbeat("a", 1, start) == group_status::ok);
}

TEST_CASE("a rebalance waits for all members to join, and followers for the leader to sync") {
    consumer_group g{at_once, four};
    g.join(reader("a"), start);
    g.sync("a", 1, start);
    answers(g);
    g.join(reader("b"), start + 1s);
    CHECK(g.state() == group_state::preparing_rebalance);
    CHECK(answers(g).empty());
    CHECK(g.heartbeat("a", 1, start + 2s) == group_status::rebalance_in_progress);
    CHECK(g.sync("a", 1, start + 2s) == group_status::rebalance_in_progress);
    g.join(reader("a"), start + 2s);
    CHECK(answers(g) == texts{"joined a 2 leads", "joined b 2"});
    CHECK(g.sync("b", 2, start + 2s) == group_status::ok);
    CHECK(g.state() == group_state::completing_rebalance);
    CHECK(answers(g).empty());
    CHECK(g.sync("a", 2, start + 3s) == group_status::ok);
    CHECK(g.state() == group_state::stable);
    CHECK(answers(g) == texts{"assigned a 2 2", "assigned b 2 2"});
    CHECK(g.owner_of(orders(0)) == "a");
    CHECK(g.owner_of(orders(3)) == "b");
    CHECK(g.metrics().rebalances == 2);
}

TEST_CASE("an empty group waits for more members, longer while more come") {
    consumer_group g{{.rebalance_timeout = 8s}, four};
    g.join(reader("a"), start);
    CHECK(g.next_event() == start + 3s);
    g.join(reader("b"), start + 1s);
    g.advance(start + 3s);
    CHECK(g.state() == group_state::preparing_rebalance);
    CHECK(g.next_event() == start + 6s);
    g.join(reader("c"), start + 5s);
    g.advance(start + 6s);
    CHECK(g.next_event() == start + 8s); // the rebalance timeout
    g.join(reader("d"), start + 7s);
    g.advance(start + 8s);
    CHECK(g.generation() == 1);
    CHECK(g.size() == 4);
}

TEST_CASE("an initial delay in which nobody comes is over by itself") {
    consumer_group g{{}, four};
    g.join(reader("a"), start);
    g.advance(start + 3s - 1ns);
    CHECK(g.generation() == 0);
    g.advance(start + 3s);
    CHECK(answers(g) == texts{"joined a 1 leads"});
}

TEST_CASE("R8: a session is over at its instant, and what renews it") {
    const auto renewal = GENERATE("nothing", "heartbeat", "sync", "commit", "join");
    CAPTURE(renewal);
    consumer_group g{at_once, four};
    g.join(reader("a"), start);
    g.sync("a", 1, start);
    const std::string how = renewal;
    const auto at = start + 40s;
    if (how == "heartbeat")
        g.heartbeat("a", 1, at);
    else if (how == "sync")
        g.sync("a", 1, at);
    else if (how == "commit")
        commit(g, "a", 1, 0, 1, at);
    else if (how == "join")
        g.join(reader("a"), at);
    const auto end = (how == "nothing" ? start : at) + 45s;
    CHECK(g.next_event() == end);
    g.advance(end - 1ns);
    CHECK(g.size() == 1);
    g.advance(end);
    CHECK(g.size() == 0);
    CHECK(g.state() == group_state::empty);
    CHECK(g.metrics().sessions_expired == 1);
}

TEST_CASE("who heartbeats and does not poll is put out at the poll interval") {
    consumer_group g{at_once, four};
    g.join(reader("a"), start);
    g.sync("a", 1, start);
    g.polled("a", start + 10s);
    for (auto t = start; t < start + 310s; t += 3s)
        CHECK(g.heartbeat("a", 1, t) == group_status::ok);
    CHECK(g.heartbeat("a", 1, start + 310s) == group_status::unknown_member);
    CHECK(g.metrics().polls_expired == 1);
}

TEST_CASE("who does not join in time is out, and so is who does not sync") {
    consumer_group g{
        {.session_timeout = 10min, .max_poll_interval = 20min, .initial_rebalance_delay = 0s},
        four};
    two_members(g);
    g.join(reader("c"), start);
    g.join(reader("b"), start);
    CHECK(g.next_event() == start + 5min);
    g.advance(start + 5min); // a has not joined
    CHECK(g.generation() == 3);
    CHECK(g.size() == 2);
    CHECK(answers(g) == texts{"joined b 3 leads", "joined c 3"});
    CHECK(g.sync("b", 3, start + 5min) == group_status::ok);
    CHECK(g.next_event() == start + 10min);
    g.advance(start + 10min); // c has not asked what it got
    CHECK(g.state() == group_state::preparing_rebalance);
    CHECK(g.size() == 1);
    CHECK_FALSE(g.owner_of(orders(3)));
    CHECK(g.heartbeat("b", 3, start + 10min) == group_status::rebalance_in_progress);
    CHECK(g.metrics().late_members == 2);
}

TEST_CASE("a leader that dies before it syncs does not hold the others for ever") {
    consumer_group g{at_once, four};
    two_members(g);
    g.join(reader("c"), start);
    g.join(reader("a"), start);
    g.join(reader("b"), start);
    CHECK(g.sync("b", 3, start) == group_status::ok);
    CHECK(g.sync("c", 3, start) == group_status::ok);
    answers(g);
    g.advance(start + 45s);
    CHECK(answers(g) == texts{"rejoin b 3", "rejoin c 3"});
    g.join(reader("b"), start + 45s);
    g.join(reader("c"), start + 45s);
    CHECK(g.leader() == "b");
    CHECK(g.generation() == 4);
}

TEST_CASE("who leaves is gone at once, and the others rebalance") {
    consumer_group g{at_once, four};
    two_members(g);
    g.leave("a", start);
    CHECK(g.heartbeat("a", 2, start) == group_status::unknown_member);
    CHECK(g.heartbeat("b", 2, start) == group_status::rebalance_in_progress);
    g.join(reader("b"), start);
    CHECK(g.generation() == 3);
    g.leave("nobody", start);
    g.leave("b", start);
    CHECK(g.state() == group_state::empty);
}

TEST_CASE("a member that leaves while the others have joined lets the rebalance go on") {
    consumer_group g{at_once, four};
    two_members(g);
    g.join(reader("c"), start);
    g.join(reader("b"), start);
    CHECK(g.state() == group_state::preparing_rebalance);
    g.leave("a", start);
    CHECK(g.state() == group_state::completing_rebalance);
    CHECK(answers(g) == texts{"joined b 3 leads", "joined c 3"});
}

TEST_CASE("who joins again as it was gets its place without a rebalance") {
    consumer_group g{at_once, four};
    two_members(g);
    g.join(reader("b"), start); // it was restarted
    CHECK(answers(g) == texts{"joined b 2"});
    CHECK(g.sync("b", 2, start) == group_status::ok);
    CHECK(answers(g) == texts{"assigned b 2 2"});
    auto more = reader("b");
    more.topics.emplace_back("refunds");
    g.join(more, start);
    CHECK(g.state() == group_state::preparing_rebalance);
}

TEST_CASE("a topic that grows makes the members join again") {
    consumer_group g{at_once, four};
    two_members(g);
    g.set_topics(four, start);
    CHECK(g.state() == group_state::stable);
    g.set_topics({{"orders", 8}}, start);
    CHECK(g.heartbeat("a", 2, start) == group_status::rebalance_in_progress);
}

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

TEST_CASE("cooperative: a member gets what another has only when that has given it up") {
    consumer_group g{{.initial_rebalance_delay = 0s,
                      .protocol = rebalance_protocol::cooperative,
                      .assignor = assignor_kind::cooperative_sticky},
                     four};
    g.join(reader("a"), start);
    g.sync("a", 1, start);
    g.join(reader("b"), start);
    auto a = reader("a", partitions({0, 1, 2, 3}));
    a.generation = 1;
    g.join(a, start);
    g.sync("a", 2, start);
    g.sync("b", 2, start);
    CHECK(g.assignment_of("a") == partitions({0, 1}));
    CHECK(g.assignment_of("b").empty());
    CHECK_FALSE(g.owner_of(orders(2)));
    CHECK(commit(g, "a", 2, 2, 9) == group_status::ok); // its last word on what it gives up
    a.owned = partitions({0, 1});
    a.generation = 2;
    g.join(a, start);
    CHECK(g.heartbeat("b", 2, start) == group_status::rebalance_in_progress);
    g.join(reader("b"), start);
    g.sync("a", 3, start);
    g.sync("b", 3, start);
    CHECK(g.assignment_of("a") == partitions({0, 1}));
    CHECK(g.assignment_of("b") == partitions({2, 3}));
    CHECK(g.committed(orders(2)) == 9);
}

TEST_CASE("words of a group have names") {
    CHECK(to_string(rebalance_protocol::cooperative) == "cooperative");
    CHECK(to_string(offset_reset::none) == "none");
    CHECK(to_string(group_state::dead) == "dead");
    CHECK(to_string(group_status::not_owner) == "not_owner");
}
