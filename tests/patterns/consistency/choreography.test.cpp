// SPDX-License-Identifier: BSL-1.0
// An order, a payment and a shipment that only know each other's events.
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "patterns/consistency/choreography.hpp"
#include "storage_world.hpp"

using namespace std::chrono_literals;
using namespace windtunnel;
using Catch::Matchers::Contains;
using test::at_start;
using test::in_memory;
using test::in_sqlite;
using status = choreography_status;

namespace {

struct service {
    test::mortal_storage kept;
    inbox in{kept};
    outbox out{kept};
    choreography c;

    service(storage& s, const std::string& name, int max_hops = 16)
        : kept(s), c(kept, in, out, name, max_hops) {}

    std::vector<choreography_event> sent() {
        std::vector<choreography_event> all;
        for (const auto& m : out.claim(at_start + 1000h))
            all.push_back(event_of(m.message));
        return all;
    }
};

choreography_event event(const std::string& id, const std::string& type,
                         std::uint64_t version = 0) {
    return {
        .id = id, .type = type, .correlation = "saga", .aggregate = "order-1", .version = version};
}

/// Notes the ids that it handles, and says so.
void note_all(service& s) {
    s.c.on("made", [](storage_transaction& t, const choreography_event& e) {
        t.put("mine", "ids", t.get("mine", "ids").value_or("") + e.id + " ");
        return std::vector{choreography_effect{"noted", "note-" + e.id, e.body}};
    });
}

std::string noted(storage& s) {
    return s.begin_read()->get("mine", "ids").value_or("");
}

} // namespace

TEMPLATE_TEST_CASE("A reaction, its effects and its event are one transaction", "", in_memory,
                   in_sqlite) {
    TestType world;
    service s{world.get(), "notes"};
    note_all(s);
    s.kept.die_at(1, false);
    CHECK_THROWS_AS(s.c.handle(event("1", "made"), at_start), test::crash);
    CHECK(noted(world.get()).empty());
    CHECK(s.out.pending(10) == 0);
    CHECK(s.c.handle(event("1", "made"), at_start) == status::handled);
    CHECK(s.c.handle(event("1", "made"), at_start) == status::duplicate);
    CHECK(noted(world.get()) == "1 ");
    const auto sent = s.sent();
    REQUIRE(sent.size() == 1);
    CHECK(sent[0] == choreography_event{.id = "1/notes/1",
                                        .type = "noted",
                                        .correlation = "saga",
                                        .aggregate = "note-1",
                                        .version = 1,
                                        .hops = 1});
    CHECK(s.c.history("saga") == std::vector<std::string>{"handled made", "emitted noted"});
}

TEMPLATE_TEST_CASE("Reordered events of an aggregate: the stale are ignored, a gap is waited for",
                   "", in_memory, in_sqlite) {
    TestType world;
    service s{world.get(), "notes"};
    note_all(s);
    CHECK(s.c.handle(event("3", "made", 3), at_start) == status::waiting);
    CHECK(s.c.handle(event("2", "other", 2), at_start) == status::waiting);
    CHECK(s.c.handle(event("3", "made", 3), at_start) == status::duplicate);
    CHECK(s.c.waiting(10).size() == 2);
    CHECK(s.c.handle(event("1", "made", 1), at_start) == status::handled);
    CHECK(noted(world.get()) == "1 3 ");
    CHECK(s.c.waiting(10).empty());
    CHECK(s.c.handle(event("1 again", "made", 1), at_start) == status::stale);
    CHECK(s.c.handle(event("4", "made", 4), at_start) == status::handled);
}

TEMPLATE_TEST_CASE("A circle of events is cut by the number of hops", "", in_memory, in_sqlite) {
    TestType world;
    service s{world.get(), "echo", 5};
    s.c.on("ping", [](storage_transaction&, const choreography_event&) {
        return std::vector{choreography_effect{"ping", "", ""}};
    });
    {
        const auto t = world.get().begin();
        s.c.emit(*t, "saga", "first", {"ping", "", ""});
        t->commit();
    }
    int handled = 0;
    auto last = status::handled;
    while (last == status::handled) {
        const auto m = s.out.claim(at_start + handled * 1h);
        REQUIRE(m.size() == 1);
        last = s.c.handle(event_of(m[0].message), at_start);
        s.out.published(std::vector{m[0].receipt});
        handled += last == status::handled;
    }
    CHECK(last == status::refused);
    CHECK(handled == 6); // 0 to 5 hops
}

TEMPLATE_TEST_CASE("A watchdog sees that nothing happened", "", in_memory, in_sqlite) {
    TestType world;
    service s{world.get(), "orders"};
    const auto t = world.get().begin();
    s.c.expect(*t, "saga", "paid", at_start + 10s);
    s.c.expect(*t, "saga", "shipped", at_start + 20s);
    s.c.expect(*t, "saga", "shipped", at_start + 30s); // moved
    s.c.expect(*t, "other", "paid", at_start + 5s);
    CHECK(s.c.met(*t, "other", "paid"));
    CHECK_FALSE(s.c.met(*t, "other", "paid"));
    CHECK(s.c.overdue(*t, at_start + 10s - 1ns, 10).empty());
    CHECK(s.c.overdue(*t, at_start + 10s, 10) ==
          std::vector<overdue_expectation>{{"saga", "paid"}});
    CHECK(s.c.overdue(*t, at_start + 29s, 10).empty());
    t->commit();
    CHECK(s.c.next_event() == at_start + 30s);
}

TEMPLATE_TEST_CASE("Events in any order, any number of times, with crashes: each has its effect "
                   "once, in the order of its aggregate",
                   "", in_memory, in_sqlite) {
    REQUIRE(rc::check([](const std::vector<std::pair<std::uint8_t, std::uint8_t>>& script) {
        TestType world;
        service s{world.get(), "notes"};
        note_all(s);
        const auto deliver = [&](int n) {
            try {
                s.c.handle(event(std::to_string(n), "made", static_cast<std::uint64_t>(n)),
                           at_start);
            } catch (const test::crash&) {
            }
        };
        for (const auto& [what, which] : script) {
            if (what % 4 == 0)
                s.kept.die_at(1, which % 2 == 0);
            deliver(1 + which % 6);
        }
        s.kept.die_at(0, false);
        for (int n = 6; n > 0; --n)
            deliver(n);
        RC_ASSERT(noted(world.get()) == "1 2 3 4 5 6 ");
        RC_ASSERT(s.out.pending(100) == 6U);
    }));
}

TEST_CASE("A compensation is an event like any other, and nothing is left reserved") {
    memory_storage orders_storage, payments_storage;
    service orders{orders_storage, "orders"}, payments{payments_storage, "payments"};
    orders.c.on("refused", [](storage_transaction& t, const choreography_event& e) {
        t.erase("reserved", e.correlation); // what was reserved for it is free again
        return std::vector<choreography_effect>{};
    });
    payments.c.on("placed", [](storage_transaction&, const choreography_event& e) {
        return std::vector{choreography_effect{"refused", "payment-" + e.correlation, ""}};
    });
    const auto t = orders_storage.begin();
    t->put("reserved", "saga", "1 piece");
    orders.c.emit(*t, "saga", "placed-1", {"placed", "order-1", ""});
    t->commit();
    for (const auto& e : orders.sent())
        payments.c.handle(e, at_start);
    for (const auto& e : payments.sent())
        CHECK(orders.c.handle(e, at_start) == status::handled);
    CHECK(orders_storage.begin_read()->scan("reserved", {}, 10).empty());
    CHECK(orders.c.history("saga") ==
          std::vector<std::string>{"emitted placed", "handled refused"});
}

TEST_CASE("A choreography refuses what makes no sense, by name") {
    memory_storage storage;
    service s{storage, "notes"};
    note_all(s);
    CHECK_THROWS_WITH(note_all(s), Contains("\"made\" has a reaction already"));
    CHECK_THROWS_WITH((choreography{storage, s.in, s.out, "x", 0}), Contains("max_hops is 0"));
}
