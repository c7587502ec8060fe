// SPDX-License-Identifier: BSL-1.0
#include <catch2/catch.hpp>
#include <optional>
#include <rapidcheck.h>

#include "patterns/consistency/projection.hpp"
#include "storage_world.hpp"

using namespace windtunnel;
using Catch::Matchers::Contains;
using test::at_start;
using test::in_memory;
using test::in_sqlite;

namespace {

/// The balance of each account; the order of events matters to it.
projection_definition balances(std::uint32_t version = 1) {
    return {.name = "balances", .version = version, .apply = [version](auto& view, const auto& e) {
                const long before = std::stol(view.get(e.stream).value_or("0"));
                const long amount = std::stol(e.data.body);
                const long after = (before * 3 + amount) % 1'000'003 + (version - 1);
                if (after % 17 == 0)
                    view.erase(e.stream);
                else
                    view.put(e.stream, std::to_string(after));
            }};
}

void deposit(event_store& store, int account, int count, int amount = 7) {
    std::vector<event_data> events;
    for (int i = 0; i < count; ++i)
        events.push_back({.type = "deposited", .body = std::to_string(amount + i)});
    store.append("account-" + std::to_string(account), events, expected_version::any(), at_start);
}

std::vector<storage_entry> rows(const projection& p, storage& s) {
    const auto t = s.begin_read();
    return p.view(*t).scan({}, 1'000'000);
}

void run_to_the_end(projection& p, std::size_t limit) {
    while (p.run(limit) > 0) {
    }
}

} // namespace

TEMPLATE_TEST_CASE("A projection rebuilt from 100,000 events equals the live one", "", in_memory,
                   in_sqlite) {
    TestType world;
    event_store store{world.get()};
    projection p{store, balances()};
    for (int i = 0; i < 100; ++i) {
        deposit(store, i % 37, 1000, i);
        p.run(1000);
    }
    CHECK(p.progress().position == 100'000);
    CHECK(p.progress().lag() == 0);
    const auto live = rows(p, world.get());
    CHECK(live.size() > 30);

    p.rebuild();
    p.run(60'000);
    CHECK(p.progress().rebuilding);
    CHECK(p.progress().rebuilt == 60'000);
    CHECK(rows(p, world.get()) == live); // the old one is read
    run_to_the_end(p, 60'000);
    CHECK_FALSE(p.progress().rebuilding);
    CHECK(rows(p, world.get()) == live);
    std::size_t purged = 0;
    while (const std::size_t more = p.purge(10))
        purged += more;
    CHECK(purged == live.size());
    CHECK(rows(p, world.get()) == live);
}

TEMPLATE_TEST_CASE("A projection says how far it is", "", in_memory, in_sqlite) {
    TestType world;
    event_store store{world.get()};
    projection p{store, balances()};
    CHECK(p.progress().version == 0);
    CHECK(p.run(10) == 0);
    deposit(store, 1, 25);
    CHECK(p.progress().lag() == 25);
    CHECK(p.run(10) == 10);
    CHECK(p.progress().position == 10);
    CHECK(p.progress().head == 25);
    CHECK(p.run(100) == 15);
    CHECK(p.progress().lag() == 0);
}

TEMPLATE_TEST_CASE("A rebuild goes on while events come, and both are kept up", "", in_memory,
                   in_sqlite) {
    TestType world;
    event_store store{world.get()};
    projection p{store, balances()};
    deposit(store, 1, 100);
    run_to_the_end(p, 50);
    p.rebuild();
    deposit(store, 2, 20);
    CHECK(p.run(60) == 80);
    CHECK(p.progress().position == 120);
    CHECK(p.progress().rebuilt == 60);
    p.rebuild(); // anew
    p.run(10);
    CHECK(p.progress().rebuilt == 10);
    deposit(store, 1, 5);
    run_to_the_end(p, 60);
    CHECK(p.progress().position == 125);
    CHECK_FALSE(p.progress().rebuilding);
}

TEMPLATE_TEST_CASE("Another version of apply rebuilds the view, and the old one is read meanwhile",
                   "", in_memory, in_sqlite) {
    TestType world;
    event_store store{world.get()};
    deposit(store, 1, 100);
    std::vector<storage_entry> old;
    {
        projection p{store, balances(1)};
        run_to_the_end(p, 50);
        old = rows(p, world.get());
    }
    projection p{store, balances(2)};
    CHECK(p.progress().version == 1);
    deposit(store, 2, 5);
    CHECK(p.run(50) == 50);
    CHECK(rows(p, world.get()) == old);
    run_to_the_end(p, 50);
    CHECK(p.progress().version == 2);
    CHECK(p.progress().lag() == 0);
    CHECK(rows(p, world.get()) != old);
    CHECK(rows(p, world.get()).size() == 2);
}

TEMPLATE_TEST_CASE("Whoever dies when, each event is in the view once", "", in_memory, in_sqlite) {
    REQUIRE(rc::check([](const std::vector<std::pair<std::uint8_t, std::uint8_t>>& script) {
        TestType world;
        test::mortal_storage kept{world.get()};
        event_store store{kept};
        std::optional<projection> p{std::in_place, store, balances()};
        for (const auto& [what, which] : script)
            try {
                if (what % 5 == 0)
                    deposit(store, which % 3, 1 + which % 4);
                else if (what % 5 == 1)
                    kept.die_at(1 + which % 2, which % 3 == 0);
                else if (what % 5 == 2 && which % 4 == 0)
                    p->rebuild();
                else if (what % 5 == 3)
                    p->purge(1U + which % 3U);
                else
                    p->run(1U + which % 5U);
            } catch (const test::crash&) {
                p.emplace(store, balances());
            }
        kept.die_at(0, false);
        run_to_the_end(*p, 3);
        auto plain = balances();
        plain.name = "another";
        projection fresh{store, plain};
        run_to_the_end(fresh, 1000);
        RC_ASSERT(rows(*p, world.get()) == rows(fresh, world.get()));
    }));
}

TEST_CASE("A projection that lacks something is refused by name") {
    memory_storage s;
    event_store store{s};
    CHECK_THROWS_WITH((projection{store, {}}), Contains("its name is empty"));
    CHECK_THROWS_WITH((projection{store, {.name = "p"}}), Contains("apply is not there"));
    CHECK_THROWS_WITH((projection{store, balances(0)}), Contains("version is 0"));
}
