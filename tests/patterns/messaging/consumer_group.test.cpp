// SPDX-License-Identifier: BSL-1.0
#include "patterns/messaging/consumer_group.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "patterns/messaging/group_test_support.hpp"

using namespace windtunnel;
using namespace windtunnel::test;
using namespace std::chrono_literals;

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
