// SPDX-License-Identifier: BSL-1.0
#include <array>
#include <catch2/catch.hpp>
#include <rapidcheck.h>
#include <set>
#include <thread>

#include "patterns/consistency/event_subscription.hpp"
#include "storage_world.hpp"

using namespace std::chrono_literals;
using namespace windtunnel;
using Catch::Matchers::Contains;
using test::at_start;
using test::in_memory;
using test::in_sqlite;
using status = event_append_status;

namespace {

event_data made(const std::string& id, const std::string& body = {}) {
    return {.id = id, .type = "made", .body = body};
}

using events = std::vector<event_data>;

std::string bodies(const std::vector<recorded_event>& all) {
    std::string text;
    for (const auto& e : all)
        text += e.data.body + "@" + std::to_string(e.version) + " ";
    return text;
}

} // namespace

TEMPLATE_TEST_CASE("An append goes in where the stream is as expected", "", in_memory, in_sqlite) {
    TestType world;
    event_store store{world.get()};
    const auto append = [&](expected_version expected) {
        return store.append("a", events{made("")}, expected, at_start).status;
    };
    CHECK(append(expected_version::stream_exists()) == status::wrong_version);
    CHECK(append(expected_version::exactly(1)) == status::wrong_version);
    CHECK(append(expected_version::no_stream()) == status::appended);
    CHECK(append(expected_version::no_stream()) == status::wrong_version);
    CHECK(append(expected_version::stream_exists()) == status::appended);
    CHECK(append(expected_version::exactly(1)) == status::wrong_version);
    CHECK(append(expected_version::exactly(2)) == status::appended);
    CHECK(append(expected_version::any()) == status::appended);
    CHECK(store.version("a") == 4);
    CHECK(store.version("b") == 0);
    CHECK(store.head() == 4);
}

TEMPLATE_TEST_CASE("Appending events again, by their ids, changes nothing in any mode", "",
                   in_memory, in_sqlite) {
    TestType world;
    event_store store{world.get()};
    const events batch{made("x", "1"), made("y", "2")};
    store.append("a", batch, expected_version::no_stream(), at_start);
    store.append("a", events{made("z", "3")}, expected_version::any(), at_start);
    for (const auto expected :
         {expected_version::any(), expected_version::no_stream(), expected_version::stream_exists(),
          expected_version::exactly(0), expected_version::exactly(3)}) {
        const auto again = store.append("a", batch, expected, at_start + 1s);
        CHECK(again.status == status::already_appended);
        CHECK(again.position == 2);
        CHECK(again.version == 3);
    }
    CHECK(bodies(store.read("a")) == "1@1 2@2 3@3 ");
    const auto mixed = [&](const events& some) {
        return store.append("a", some, expected_version::any(), at_start).status;
    };
    CHECK(mixed({made("y"), made("new")}) == status::id_conflict);
    CHECK(mixed({made("y"), made("x")}) == status::id_conflict);
    CHECK(mixed({made("x"), made("z")}) == status::id_conflict);
    CHECK(store.append("b", batch, expected_version::any(), at_start).status == status::appended);
}

TEMPLATE_TEST_CASE("Of n appends that expect the same version exactly one goes in", "", in_memory,
                   in_sqlite) {
    REQUIRE(rc::check([](const std::vector<std::uint8_t>& order) {
        TestType world;
        event_store store{world.get()};
        std::uint64_t version = 0;
        for (const auto racers : order) {
            int in = 0;
            for (int i = 0; i <= racers % 5; ++i) {
                const std::string id = std::to_string(version) + "-" + std::to_string(i);
                in +=
                    store
                        .append("a", events{made(id)}, expected_version::exactly(version), at_start)
                        .ok();
            }
            RC_ASSERT(in == 1);
            RC_ASSERT(store.version("a") == ++version);
        }
    }));
}

TEST_CASE("Of appends that race on threads exactly one goes in for each version") {
    const test::in_sqlite world;
    constexpr std::uint64_t rounds = 10;
    std::vector<std::thread> all;
    std::array<std::vector<std::uint64_t>, 4> won;
    for (std::size_t me = 0; me < won.size(); ++me)
        all.emplace_back([&, me] {
            const auto mine = world.open();
            sqlite3_busy_timeout(mine->handle(), 20'000);
            event_store store{*mine};
            for (std::uint64_t version = 0; version < rounds; ++version)
                if (store
                        .append("a", events{made("")}, expected_version::exactly(version), at_start)
                        .ok())
                    won[me].push_back(version);
                else
                    while (store.version("a") <= version)
                        std::this_thread::yield();
        });
    for (auto& t : all)
        t.join();
    std::multiset<std::uint64_t> versions;
    for (const auto& mine : won)
        versions.insert(mine.begin(), mine.end());
    CHECK(versions.size() == rounds);
    CHECK(std::set(versions.begin(), versions.end()).size() == rounds);
}

TEMPLATE_TEST_CASE("Positions have no gaps and are in the order of commits", "", in_memory,
                   in_sqlite) {
    TestType world;
    event_store store{world.get()};
    const auto add = [&](const std::string& stream, bool commits) {
        const auto t = world.get().begin();
        store.append(*t, stream, events{made(""), made("")}, expected_version::any(), at_start);
        if (commits)
            t->commit();
    };
    add("a", true);
    add("b", false);
    add("c", true);
    world.restart();
    event_store again{world.get()};
    std::uint64_t expected = 0;
    for (const auto& e : again.read_all(0, 100))
        CHECK(e.position == ++expected);
    CHECK(expected == 4);
    CHECK(again.read_all(3, 100).size() == 1);
    CHECK(again.read_all(1, 2).back().position == 3);
    CHECK(again.read_all(4, 100).empty());
}

TEMPLATE_TEST_CASE("A subscription catches up and goes live without loss or repetition", "",
                   in_memory, in_sqlite) {
    REQUIRE(rc::check([](const std::vector<std::uint8_t>& steps) {
        TestType world;
        event_store store{world.get()};
        event_subscription all{store};
        std::uint64_t appended = 0, seen = 0;
        for (const auto step : steps) {
            if (step % 3 == 0) {
                store.append("a" + std::to_string(step % 4), events(1U + step % 4U, made("")),
                             expected_version::any(), at_start);
                appended += 1U + step % 4U;
            } else {
                for (const auto& e : all.next(1U + step % 5U))
                    RC_ASSERT(e.position == ++seen);
                RC_ASSERT(!all.live() || seen == appended);
            }
            if (step % 7 == 0)
                all = event_subscription{store, seen}; // from where it was
        }
        while (!all.live())
            seen += all.next(3).size();
        seen += all.next(1000).size();
        RC_ASSERT(seen == appended);
    }));
}

TEMPLATE_TEST_CASE("A filter skips events and the position moves on", "", in_memory, in_sqlite) {
    TestType world;
    event_store store{world.get()};
    for (int i = 0; i < 10; ++i)
        store.append(i % 5 == 4 ? "wanted" : "other", events{made("", std::to_string(i))},
                     expected_version::any(), at_start);
    event_subscription some{store, 0, [](const auto& e) { return e.stream == "wanted"; }};
    CHECK(some.next(4).empty());
    CHECK_FALSE(some.live());
    CHECK(some.position() == 4);
    CHECK(bodies(some.next(100)) == "4@1 9@2 ");
    CHECK(some.live());
}

TEMPLATE_TEST_CASE("A stream is read as of an event, a range or an instant", "", in_memory,
                   in_sqlite) {
    TestType world;
    event_store store{world.get()};
    for (int i = 1; i <= 20; ++i)
        store.append("a", events{made("", std::to_string(i))}, expected_version::any(),
                     at_start + (i / 2) * 1s);
    CHECK(bodies(store.read("a", {.last = 2})) == "1@1 2@2 ");
    CHECK(bodies(store.read("a", {.first = 19})) == "19@19 20@20 ");
    CHECK(bodies(store.read("a", {.first = 3, .limit = 1})) == "3@3 ");
    CHECK(store.version_at("a", at_start - 1ns) == 0);
    CHECK(store.version_at("a", at_start) == 1);
    CHECK(store.version_at("a", at_start + 1s - 1ns) == 1);
    CHECK(store.version_at("a", at_start + 1s) == 3);
    CHECK(store.version_at("a", at_start + 1h) == 20);
    CHECK(store.version_at("none", at_start) == 0);
}

TEMPLATE_TEST_CASE("A clock that goes back does not turn the order of events", "", in_memory,
                   in_sqlite) {
    TestType world;
    event_store store{world.get()};
    store.append("a", events{made("")}, expected_version::any(), at_start + 5s);
    store.append("a", events{made("")}, expected_version::any(), at_start);
    CHECK(store.read("a").back().recorded_at == at_start + 5s);
}

TEMPLATE_TEST_CASE("A snapshot is a cache: the latest of its schema, and never of the future", "",
                   in_memory, in_sqlite) {
    TestType world;
    event_store store{world.get()};
    store.append("a", events(5, made("")), expected_version::any(), at_start);
    const auto kept = [&](std::uint32_t schema) {
        return store.snapshot(*world.get().begin_read(), "a", schema);
    };
    CHECK_FALSE(kept(1));
    store.save_snapshot("a", {4, 1, "four"});
    store.save_snapshot("a", {3, 1, "three"}); // late
    CHECK(kept(1) == event_snapshot{4, 1, "four"});
    CHECK_FALSE(kept(2));
    store.save_snapshot("a", {3, 2, "three, of a later schema"});
    CHECK_FALSE(kept(1));
    CHECK(kept(2)->version == 3);
    CHECK_THROWS_WITH(store.save_snapshot("a", {6, 2, ""}), Contains("version 6"));
    const auto t = world.get().begin();
    store.discard_snapshot(*t, "a");
    CHECK_FALSE(store.snapshot(*t, "a", 2));
}

TEMPLATE_TEST_CASE("A tombstone ends a stream: places stay, contents go", "", in_memory,
                   in_sqlite) {
    TestType world;
    event_store store{world.get()};
    store.append("a", events{made("1", "secret")}, expected_version::any(), at_start);
    store.append("b", events{made("1", "kept")}, expected_version::any(), at_start);
    store.save_snapshot("a", {1, 1, "secret"});
    const auto t = world.get().begin();
    CHECK(store.erase_stream(*t, "a"));
    CHECK(store.erase_stream(*t, "a"));
    CHECK_FALSE(store.erase_stream(*t, "none"));
    CHECK(store.append(*t, "a", events{made("2")}, expected_version::any(), at_start).status ==
          status::stream_deleted);
    CHECK_FALSE(store.snapshot(*t, "a", 1));
    const auto all = store.read_all(*t, 0, 10);
    REQUIRE(all.size() == 2);
    CHECK(all[0].erased);
    CHECK(all[0].data.body.empty());
    CHECK(all[1].data.body == "kept");
}

TEMPLATE_TEST_CASE("Upcasters are applied one after the other, and what is stored stays", "",
                   in_memory, in_sqlite) {
    TestType world;
    event_store old{world.get()};
    old.append("a", events{{.id = "1", .type = "made", .body = "7"}}, expected_version::any(),
               at_start);
    upcaster steps;
    steps.add("made", 1, [](event_data e) {
        e.body += " EUR";
        return e;
    });
    steps.rename("made", 2, "deposited", 1, [](event_data e) {
        e.id = "steps cannot change it";
        e.body += ", by cash";
        return e;
    });
    const event_store now{world.get(), "events", steps};
    const auto e = now.read("a").front().data;
    CHECK(e == event_data{.id = "1", .type = "deposited", .body = "7 EUR, by cash"});
    CHECK(old.read("a").front().data.body == "7");
}

TEST_CASE("Upcasters with a gap, a circle or two ways are refused") {
    const auto same = [](event_data e) { return e; };
    upcaster gap;
    gap.add("a", 1, same);
    gap.add("a", 3, same);
    CHECK_THROWS_WITH(gap.validate(), Contains("\"a\" of schema 1 does not lead to schema 3"));
    upcaster circle;
    circle.rename("a", 1, "b", 1, same);
    circle.rename("b", 1, "a", 1, same);
    CHECK_THROWS_WITH(circle.validate(), Contains("leads in a circle"));
    CHECK_THROWS_WITH(circle.add("a", 1, same), Contains("has a step already"));
    CHECK_THROWS_WITH(circle.add("c", 1, {}), Contains("has no function"));
}

TEST_CASE("What cannot be appended is refused by name") {
    memory_storage kept;
    event_store store{kept};
    const auto append = [&](const std::string& stream, const events& some) {
        store.append(stream, some, expected_version::any(), at_start);
    };
    CHECK_THROWS_WITH(append("", {made("")}), Contains("its name is empty"));
    CHECK_THROWS_WITH(append("a", {}), Contains("there are no events"));
    CHECK_THROWS_WITH(append("a", {{.id = "1"}}), Contains("has no type"));
    CHECK_THROWS_WITH(append("a", {{.type = "t", .schema = 0}}), Contains("schema 0"));
    CHECK_THROWS_WITH(append("a", {made("1"), made("1")}), Contains("the same id"));
}
