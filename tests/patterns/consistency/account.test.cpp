// SPDX-License-Identifier: BSL-1.0
// The account of the guide: created with 0, deposited 1000, withdrew 300, withdrew 200: 500 now,
// and 700 as of the third event. And what an aggregate does when it is overtaken.
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "patterns/consistency/aggregate.hpp"
#include "storage_world.hpp"

using namespace std::chrono_literals;
using namespace windtunnel;
using Catch::Matchers::Contains;
using test::at_start;
using test::in_memory;
using test::in_sqlite;

namespace {

struct account {
    long balance = 0;
    bool open = false;
};

aggregate_definition<account> account_definition(std::uint64_t snapshot_every = 0) {
    return {.apply =
                [](account& a, const recorded_event& e) {
                    if (e.data.type == "created")
                        a.open = true;
                    const long amount = e.data.body.empty() ? 0 : std::stol(e.data.body);
                    a.balance += e.data.type == "withdrew" ? -amount : amount;
                },
            .save = [](const account& a) { return std::to_string(a.balance); },
            .restore =
                [](std::string_view s) {
                    return account{std::stol(std::string{s}), true};
                },
            .snapshot_every = snapshot_every};
}

event_data event(const std::string& type, long amount) {
    return {.type = type, .body = std::to_string(amount)};
}

void tell_the_story(event_store& store) {
    const std::vector<event_data> story{event("created", 0), event("deposited", 1000),
                                        event("withdrew", 300), event("withdrew", 200)};
    std::uint64_t version = 0;
    for (const auto& e : story) {
        store.append("account-1", std::span{&e, 1}, expected_version::exactly(version),
                     at_start + static_cast<int>(version) * 1h);
        ++version;
    }
}

} // namespace

TEMPLATE_TEST_CASE("The account has 500, and had 700 as of the third event", "", in_memory,
                   in_sqlite) {
    TestType world;
    event_store store{world.get()};
    tell_the_story(store);
    world.restart();
    event_store again{world.get()};
    const aggregate_repository<account> accounts{again, account_definition()};
    CHECK(accounts.load("account-1").state.balance == 500);
    CHECK(accounts.load("account-1").version == 4);
    CHECK(accounts.load_as_of("account-1", 3).state.balance == 700);
    CHECK(accounts.load_as_of("account-1", 1).state.balance == 0);
    CHECK(accounts.load_as_of("account-1", at_start + 2h).state.balance == 700);
    CHECK(accounts.load_as_of("account-1", at_start + 3h - 1ns).state.balance == 700);
    CHECK(accounts.load_as_of("account-1", at_start + 3h).state.balance == 500);
    CHECK_FALSE(accounts.load_as_of("account-1", at_start - 1ns).state.open);
    CHECK(accounts.load("account-2").version == 0);
}

TEMPLATE_TEST_CASE("Replay and snapshot agree after every event", "", in_memory, in_sqlite) {
    REQUIRE(rc::check([](const std::vector<std::int16_t>& amounts) {
        TestType world;
        event_store store{world.get()};
        const aggregate_repository<account> cached{store, account_definition(3)};
        auto plain_definition = account_definition();
        plain_definition.save = {};
        plain_definition.restore = {};
        const aggregate_repository<account> plain{store, plain_definition};
        for (const auto amount : amounts) {
            cached.execute(
                "a", [&](const auto&) { return std::vector{event("deposited", amount)}; },
                at_start);
            const auto with = cached.load("a");
            const auto without = plain.load("a");
            RC_ASSERT(with.state.balance == without.state.balance);
            RC_ASSERT(with.version == without.version);
            RC_ASSERT(with.replayed < 3);
            for (std::uint64_t v = 0; v <= with.version; ++v)
                RC_ASSERT(cached.load_as_of("a", v).state.balance ==
                          plain.load_as_of("a", v).state.balance);
        }
    }));
}

TEMPLATE_TEST_CASE("Who is overtaken decides anew on what is there now", "", in_memory, in_sqlite) {
    TestType world;
    event_store store{world.get()};
    tell_the_story(store);
    const aggregate_repository<account> accounts{store, account_definition()};
    int overtaken = 0;
    const auto withdraw_400 = [&](const loaded_aggregate<account>& a) {
        if (overtaken-- > 0)
            store.append("account-1", std::vector{event("withdrew", 200)}, expected_version::any(),
                         at_start + 9h);
        return a.state.balance < 400 ? std::vector<event_data>{}
                                     : std::vector{event("withdrew", 400)};
    };
    overtaken = 1;
    auto r = accounts.execute("account-1", withdraw_400, at_start + 9h);
    CHECK(r.status == execute_status::unchanged); // 300 are left: the second time it said no
    CHECK(r.attempts == 2);
    CHECK(accounts.load("account-1").state.balance == 300);

    store.append("account-1", std::vector{event("deposited", 5000)}, expected_version::any(),
                 at_start + 9h);
    overtaken = 2;
    r = accounts.execute("account-1", withdraw_400, at_start + 9h);
    CHECK(r.status == execute_status::appended);
    CHECK(r.attempts == 3);
    overtaken = 99;
    r = accounts.execute("account-1", withdraw_400, at_start + 9h);
    CHECK(r.status == execute_status::conflict);
    CHECK(r.attempts == 3);
}

TEMPLATE_TEST_CASE("What is done along with an append is done once, and only with it", "",
                   in_memory, in_sqlite) {
    TestType world;
    event_store store{world.get()};
    const aggregate_repository<account> accounts{store, account_definition()};
    const auto deposit = [&](const std::string& id) {
        return accounts.execute(
            "a",
            [&](const auto&) {
                auto e = event("deposited", 10);
                e.id = id;
                return std::vector{e};
            },
            at_start,
            [](storage_transaction& t) {
                t.put("also", "count", t.get("also", "count").value_or("") + "x");
            });
    };
    CHECK(deposit("1").status == execute_status::appended);
    CHECK(deposit("1").status == execute_status::appended); // by its id
    CHECK(accounts.load("a").state.balance == 10);
    CHECK(world.get().begin_read()->get("also", "count") == "x");
}

TEMPLATE_TEST_CASE("A replay has no side effects", "", in_memory, in_sqlite) {
    TestType world;
    event_store store{world.get()};
    const aggregate_repository<account> accounts{store, account_definition(2)};
    int letters = 0;
    for (int i = 0; i < 5; ++i)
        accounts.execute(
            "a", [](const auto&) { return std::vector{event("deposited", 10)}; }, at_start,
            [&](storage_transaction&) { ++letters; });
    const auto head = store.head();
    for (int i = 0; i < 5; ++i)
        CHECK(accounts.load("a").state.balance == 50);
    CHECK(letters == 5);
    CHECK(store.head() == head);
}

TEST_CASE("An aggregate that lacks something is refused by name") {
    memory_storage kept;
    event_store store{kept};
    const auto refuses = [&](aggregate_definition<account> d, const char* what) {
        CHECK_THROWS_WITH((aggregate_repository<account>{store, std::move(d)}), Contains(what));
    };
    refuses({}, "apply is not there");
    auto d = account_definition();
    d.save = {};
    refuses(d, "save and restore belong together");
    d.restore = {};
    d.snapshot_every = 5;
    refuses(d, "snapshot_every needs");
    d = account_definition();
    d.max_attempts = 0;
    refuses(d, "max_attempts must be at least 1");
}

TEST_CASE("An account that was erased is as if it had never been used") {
    memory_storage kept;
    event_store store{kept};
    tell_the_story(store);
    const auto t = kept.begin();
    store.erase_stream(*t, "account-1");
    t->commit();
    const aggregate_repository<account> accounts{store, account_definition()};
    CHECK(accounts.load("account-1").state.balance == 0);
    CHECK(accounts
              .execute(
                  "account-1", [](const auto&) { return std::vector{event("deposited", 1)}; },
                  at_start)
              .status == execute_status::refused);
}
