// SPDX-License-Identifier: BSL-1.0
#include <catch2/catch.hpp>
#include <optional>

#include "patterns/consistency/inbox.hpp"
#include "patterns/consistency/outbox_relay.hpp"
#include "storage_world.hpp"

using namespace std::chrono_literals;
using namespace windtunnel;
using Catch::Matchers::Contains;
using test::at_start;
using test::in_memory;
using test::in_sqlite;

namespace {

outbox_message message(const std::string& id, const std::string& key = {}) {
    return {.id = id, .key = key, .topic = "orders", .body = "body of " + id, .headers = "h"};
}

void add(storage& s, outbox& o, const std::vector<outbox_message>& all) {
    const auto t = s.begin();
    for (const auto& m : all)
        o.add(*t, m);
    t->commit();
}

std::string ids(const std::vector<claimed_message>& all) {
    std::string text;
    for (const auto& m : all)
        text += m.message.id + " ";
    return text;
}

std::vector<outbox_receipt> receipts(const std::vector<claimed_message>& all) {
    std::vector<outbox_receipt> found;
    for (const auto& m : all)
        found.push_back(m.receipt);
    return found;
}

} // namespace

TEMPLATE_TEST_CASE("A message is there with its change or not at all", "", in_memory, in_sqlite) {
    TestType world;
    outbox o{world.get()};
    {
        const auto t = world.get().begin();
        t->put("orders", "1", "placed");
        o.add(*t, message("lost"));
    }
    CHECK(o.claim(at_start).empty());
    CHECK(o.next_event() == never);
    const auto t = world.get().begin();
    t->put("orders", "2", "placed");
    o.add(*t, message("kept", "key"));
    t->commit();
    world.restart();
    outbox again{world.get()};
    const auto claimed = again.claim(at_start);
    REQUIRE(claimed.size() == 1);
    CHECK(claimed.front().message == message("kept", "key"));
    CHECK(claimed.front().lease_ends == at_start + 30s);
}

TEMPLATE_TEST_CASE("A claim is one relay's until its lease ends, at that very instant", "",
                   in_memory, in_sqlite) {
    TestType world;
    outbox o{world.get(), {.lease = 10s}};
    add(world.get(), o, {message("1", "a"), message("2", "a"), message("3")});
    const auto first = o.claim(at_start);
    CHECK(ids(first) == "1 2 3 ");
    CHECK(o.claim(at_start + 10s - 1ns).empty());
    CHECK(o.next_event() == at_start + 10s);
    const auto second = o.claim(at_start + 10s);
    CHECK(ids(second) == "1 2 3 ");
    CHECK(o.published(receipts(first)) == 0); // fenced off
    CHECK_FALSE(o.failed(first.front().receipt, "late", at_start + 11s, 0));
    CHECK(o.published(receipts(second)) == 3);
    CHECK(o.published(receipts(second)) == 0);
    CHECK(o.pending(10) == 0);
    CHECK(o.next_event() == never);
}

TEMPLATE_TEST_CASE("A late mark counts while nobody has taken over", "", in_memory, in_sqlite) {
    TestType world;
    outbox o{world.get(), {.lease = 10s}};
    add(world.get(), o, {message("1")});
    const auto claimed = o.claim(at_start);
    CHECK(o.published(receipts(claimed)) == 1);
    CHECK(o.claim(at_start + 1h).empty());
}

TEMPLATE_TEST_CASE("The first failure of a key holds its others up, and no other key", "",
                   in_memory, in_sqlite) {
    TestType world;
    outbox o{world.get(), {.initial_backoff = 1s, .max_backoff = 3s, .jitter = 0}};
    add(world.get(), o, {message("a1", "a"), message("b1", "b"), message("a2", "a")});
    auto claimed = o.claim(at_start);
    CHECK(ids(claimed) == "a1 a2 b1 ");
    CHECK(o.failed(claimed[0].receipt, "broker down", at_start, 0));
    CHECK(o.published(std::vector{claimed[1].receipt}) == 0); // a2 would be before a1
    CHECK(o.published(std::vector{claimed[2].receipt}) == 1);
    CHECK(o.claim(at_start + 1s - 1ns).empty());
    time_point now = at_start + 1s;
    for (const auto wait : {2s, 3s, 3s}) {
        claimed = o.claim(now);
        CHECK(ids(claimed) == "a1 a2 ");
        CHECK(o.failed(claimed[0].receipt, "broker down", now, 0));
        now += wait;
        CHECK(o.next_event() == now);
    }
    claimed = o.claim(now);
    CHECK(claimed[0].attempts == 4);
    CHECK(claimed[1].attempts == 0);
    CHECK(o.published(receipts(claimed)) == 2);
}

TEMPLATE_TEST_CASE("A message that fails too often parks its key, until somebody releases it", "",
                   in_memory, in_sqlite) {
    TestType world;
    outbox o{world.get(), {.initial_backoff = 1s, .max_attempts = 2}};
    add(world.get(), o, {message("1", "a"), message("2", "a")});
    o.failed(o.claim(at_start)[0].receipt, "no", at_start, 0);
    o.failed(o.claim(at_start + 2s)[0].receipt, "never", at_start + 2s, 0);
    world.restart();
    outbox again{world.get()};
    CHECK(again.claim(at_start + 1h).empty());
    CHECK(again.next_event() == never);
    const auto parked = again.parked(10);
    REQUIRE(parked.size() == 1);
    CHECK(parked[0].key == "a");
    CHECK(parked[0].reason == "never");
    CHECK(parked[0].attempts == 2);
    CHECK(again.release(parked[0].lane, at_start + 1h));
    CHECK_FALSE(again.release(parked[0].lane, at_start + 1h));
    CHECK(ids(again.claim(at_start + 1h)) == "1 2 ");
}

TEMPLATE_TEST_CASE("Or it goes to the dead letters, and those behind it go on", "", in_memory,
                   in_sqlite) {
    TestType world;
    outbox o{world.get(), {.max_attempts = 1, .when_exhausted = outbox_exhausted::dead_letter}};
    add(world.get(), o, {message("1", "a"), message("2", "a")});
    o.failed(o.claim(at_start)[0].receipt, "too large", at_start, 0);
    const auto dead = o.dead_letters(10);
    REQUIRE(dead.size() == 1);
    CHECK(dead[0].message == message("1", "a"));
    CHECK(dead[0].reason == "too large");
    o.erase_dead_letters(1);
    CHECK(o.dead_letters(10).empty());
    const auto rest = o.claim(at_start);
    CHECK(ids(rest) == "2 ");
    CHECK(o.published(receipts(rest)) == 1);
    CHECK(o.pending(1) == 0);
}

TEMPLATE_TEST_CASE("A claim is bounded in keys and in messages of a key, and keys take turns", "",
                   in_memory, in_sqlite) {
    TestType world;
    outbox o{world.get(), {.max_keys = 2, .max_per_key = 2}};
    std::vector<outbox_message> all;
    for (const char* key : {"a", "a", "a", "b", "c", "c"})
        all.push_back(message(std::to_string(all.size()), key));
    add(world.get(), o, all);
    const auto first = o.claim(at_start);
    CHECK(ids(first) == "0 1 3 ");
    const auto second = o.claim(at_start);
    CHECK(ids(second) == "4 5 ");
    o.published(receipts(first));
    CHECK(ids(o.claim(at_start)) == "2 ");
}

TEMPLATE_TEST_CASE("Two relays never have messages of one key at once", "", in_memory, in_sqlite) {
    TestType world;
    outbox o{world.get(), {.max_per_key = 1}};
    add(world.get(), o, {message("a1", "a"), message("a2", "a"), message("b1", "b")});
    outbox_relay one{o, 5}, other{o, 5};
    const auto first = one.next(at_start);
    REQUIRE(first);
    CHECK(first->message.id == "a1");
    CHECK(one.next(at_start)->message.id == "b1");
    CHECK_FALSE(other.next(at_start));
    one.published(first->receipt);
    CHECK(other.next(at_start)->message.id == "a2");
    CHECK(one.metrics().published == 1);
    CHECK(one.in_flight() == 1);
}

TEMPLATE_TEST_CASE("A relay hands out one message of a key at a time, and none too late", "",
                   in_memory, in_sqlite) {
    TestType world;
    outbox o{world.get(), {.lease = 10s}};
    add(world.get(), o, {message("1", "a"), message("2", "a"), message("3", "a")});
    outbox_relay relay{o, 5};
    const auto m1 = relay.next(at_start);
    CHECK_FALSE(relay.next(at_start));
    relay.published(m1->receipt);
    const auto m2 = relay.next(at_start + 9s);
    CHECK(m2->message.id == "2");
    outbox_relay other{o};
    CHECK(other.next(at_start + 10s)->message.id == "2");
    relay.published(m2->receipt); // late: the other one has it
    CHECK(relay.metrics().stale == 1);
    CHECK_FALSE(relay.next(at_start + 10s));
    CHECK(relay.in_flight() == 0);
}

TEMPLATE_TEST_CASE("A relay that stops gives back what it has not begun", "", in_memory,
                   in_sqlite) {
    TestType world;
    outbox o{world.get()};
    add(world.get(), o, {message("1", "a"), message("2", "b")});
    outbox_relay relay{o};
    CHECK(relay.next(at_start)->message.id == "1");
    CHECK(relay.next_event() == never); // no room
    relay.stop();
    CHECK(ids(o.claim(at_start)) == "2 ");
}

TEMPLATE_TEST_CASE("At least once: what was published and not marked is published again", "",
                   in_memory, in_sqlite) {
    TestType world;
    std::string broker; // what it got
    const auto publish_one = [&](outbox& o, bool marks, time_point now) {
        outbox_relay relay{o};
        if (const auto m = relay.next(now)) {
            broker += m->message.id + " ";
            if (marks)
                relay.published(m->receipt);
        }
    };
    outbox first{world.get(), {.lease = 10s}};
    add(world.get(), first, {message("1", "a"), message("2", "a")});
    publish_one(first, false, at_start); // and dies
    world.restart();
    outbox second{world.get(), {.lease = 10s}};
    publish_one(second, true, at_start + 9s); // too soon
    CHECK(broker == "1 ");
    publish_one(second, true, at_start + 10s);
    publish_one(second, true, at_start + 20s);
    CHECK(broker == "1 1 2 ");
    CHECK(second.pending(1) == 0);
}

TEMPLATE_TEST_CASE("A relay goes on with nothing of a claim that is over or was taken away", "",
                   in_memory, in_sqlite) {
    TestType world;
    outbox o{world.get(), {.lease = 10s}};
    add(world.get(), o, {message("1", "a"), message("2", "a"), message("3", "a")});
    outbox_relay relay{o};
    const auto first = relay.next(at_start);
    relay.published(first->receipt);
    const auto second = relay.next(at_start + 10s); // the lease has just ended
    CHECK(second->message.id == "2");
    CHECK(second->lease_ends == at_start + 20s); // so it is claimed anew
    o.give_back(std::vector{second->receipt});   // by somebody else
    CHECK(o.published(std::vector{second->receipt}) == 0);
    relay.published(second->receipt);
    CHECK(relay.metrics().stale == 1);
    CHECK(relay.next(at_start + 11s)->message.id == "2"); // not 3
}

TEMPLATE_TEST_CASE("A publisher slower than its lease makes a duplicate, not a loss", "", in_memory,
                   in_sqlite) {
    TestType world;
    outbox o{world.get(), {.lease = 10s}};
    add(world.get(), o, {message("1", "a"), message("2", "a")});
    outbox_relay slow{o}, other{o};
    const auto late = slow.next(at_start);
    const auto again = other.next(at_start + 10s);
    CHECK(again->message == late->message); // the inbox knows it by its id
    slow.published(late->receipt);
    CHECK(slow.metrics().stale == 1);
    CHECK_FALSE(slow.next(at_start + 11s)); // the key is the other one's
    other.published(again->receipt);
    CHECK(other.next(at_start + 11s)->message.id == "2");
}

TEMPLATE_TEST_CASE("Polling is by commit order: what was undone leaves no gap, what is late is not "
                   "skipped",
                   "", in_memory, in_sqlite) {
    TestType world;
    outbox o{world.get()};
    {
        const auto t = world.get().begin();
        o.add(*t, message("undone"));
    }
    add(world.get(), o, {message("1")});
    CHECK(ids(o.claim(at_start)) == "1 ");
    add(world.get(), o, {message("2")});
    CHECK(ids(o.claim(at_start)) == "2 ");
}

TEMPLATE_TEST_CASE("An inbox lets each message in once for each consumer", "", in_memory,
                   in_sqlite) {
    TestType world;
    std::optional<inbox> kept;
    kept.emplace(world.get(), inbox_options{.retention = 10s});
    const auto handle = [&](const std::string& who, const std::string& id, bool commits,
                            time_point now = at_start) {
        const auto t = world.get().begin();
        const bool is_first = kept->first(*t, who, id, now);
        if (commits)
            t->commit();
        return is_first;
    };
    CHECK(handle("shop", "1", false)); // its effect is undone, and so is this
    CHECK(handle("shop", "1", true));
    world.restart();
    kept.emplace(world.get(), inbox_options{.retention = 10s});
    CHECK_FALSE(handle("shop", "1", true));
    CHECK(handle("bank", "1", true, at_start + 1s));
    CHECK(kept->next_event() == at_start + 10s);
    CHECK(kept->advance(at_start + 10s - 1ns, 10) == 0);
    CHECK(kept->advance(at_start + 10s, 10) == 1);
    CHECK(handle("shop", "1", false, at_start + 10s));
    CHECK_FALSE(handle("bank", "1", false, at_start + 10s));
    CHECK_THROWS_WITH(handle("shop", "", true), Contains("a message has no id"));
}

TEST_CASE("Outbox, relay and inbox refuse options that make no sense, by name") {
    memory_storage s;
    const auto refuses = [&](const outbox_options& o, const char* what) {
        CHECK_THROWS_WITH((outbox{s, o}), Contains("outbox: ") && Contains(what));
    };
    refuses({.lease = 0s}, "lease");
    refuses({.max_keys = 0}, "max_keys");
    refuses({.max_per_key = 0}, "max_per_key");
    refuses({.initial_backoff = 0s}, "initial_backoff");
    refuses({.max_backoff = 1ms}, "max_backoff");
    refuses({.jitter = 1.5}, "jitter");
    refuses({.max_attempts = -1}, "max_attempts");
    CHECK_THROWS_WITH((inbox{s, {.retention = 0s}}), Contains("inbox: retention"));
    outbox o{s};
    CHECK_THROWS_WITH((outbox_relay{o, 0}), Contains("max_in_flight is 0"));
    CHECK_THROWS_WITH(o.add(*s.begin(), {}), Contains("no id"));
}
