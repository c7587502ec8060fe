// SPDX-License-Identifier: BSL-1.0
#include <atomic>
#include <catch2/catch.hpp>
#include <rapidcheck.h>
#include <set>
#include <thread>

#include "patterns/consistency/idempotency_store.hpp"
#include "storage_world.hpp"

using namespace std::chrono_literals;
using namespace windtunnel;
using Catch::Matchers::Contains;
using test::at_start;
using test::in_memory;
using test::in_sqlite;
using status = idempotency_status;

namespace {

const idempotency_key pay{"shop", "pay", "k1"};

bool complete(storage& s, idempotency_store& i, std::uint64_t token, time_point now,
              const idempotency_response& r = {200, "paid"}) {
    const auto t = s.begin();
    const bool mine = i.complete(*t, pay, token, r, now);
    if (mine)
        t->commit();
    return mine;
}

} // namespace

TEMPLATE_TEST_CASE("A key is absent, then in progress under a lease, then done", "", in_memory,
                   in_sqlite) {
    TestType world;
    idempotency_store i{world.get(), {.lease = 10s}};
    const auto first = i.begin(pay, "10 EUR", at_start);
    CHECK(first.status == status::started);
    CHECK(first.until == at_start + 10s);
    const auto second = i.begin(pay, "10 EUR", at_start + 1s);
    CHECK(second.status == status::in_progress);
    CHECK(second.until == at_start + 10s);
    CHECK(complete(world.get(), i, first.token, at_start + 2s));
    world.restart();
    idempotency_store again{world.get(), {.lease = 10s}};
    const auto third = again.begin(pay, "10 EUR", at_start + 1h);
    CHECK(third.status == status::replay);
    CHECK(third.response == idempotency_response{200, "paid"});
}

TEMPLATE_TEST_CASE("A crash in progress lets the lease end, and a fenced zombie completes nothing",
                   "", in_memory, in_sqlite) {
    TestType world;
    idempotency_store i{world.get(), {.lease = 10s}};
    const auto zombie = i.begin(pay, "x", at_start);
    world.restart();
    idempotency_store again{world.get(), {.lease = 10s}};
    CHECK(again.begin(pay, "x", at_start + 10s - 1ns).status == status::in_progress);
    const auto second = again.begin(pay, "x", at_start + 10s);
    CHECK(second.status == status::started);
    CHECK(second.token > zombie.token);
    CHECK_FALSE(complete(world.get(), again, zombie.token, at_start + 11s));
    {
        const auto t = world.get().begin();
        CHECK_FALSE(again.forget(*t, pay, zombie.token));
        CHECK_FALSE(again.extend(*t, pay, zombie.token, at_start + 11s));
    }
    CHECK(complete(world.get(), again, second.token, at_start + 12s));
    CHECK_FALSE(complete(world.get(), again, second.token, at_start + 12s)); // once
}

TEMPLATE_TEST_CASE("Another request under the same key is refused, in progress and done", "",
                   in_memory, in_sqlite) {
    TestType world;
    idempotency_store i{world.get()};
    const auto first = i.begin(pay, "10 EUR", at_start);
    CHECK(i.begin(pay, "20 EUR", at_start).status == status::mismatch);
    complete(world.get(), i, first.token, at_start);
    CHECK(i.begin(pay, "20 EUR", at_start).status == status::mismatch);
    CHECK(http_status(status::mismatch) == 422);
    CHECK(http_status(status::in_progress) == 409);
    CHECK(http_status(status::replay) == 0);
}

TEMPLATE_TEST_CASE("Keys of other tenants and operations are other keys", "", in_memory,
                   in_sqlite) {
    TestType world;
    idempotency_store i{world.get()};
    for (const auto& k :
         {pay, idempotency_key{"shop2", "pay", "k1"}, idempotency_key{"shop", "refund", "k1"},
          idempotency_key{"sho", "ppay", "k1"}})
        CHECK(i.begin(k, "x", at_start).status == status::started);
    CHECK_THROWS_WITH(i.begin({"shop", "pay", ""}, "x", at_start),
                      Contains("operation \"pay\": the key is empty"));
}

TEMPLATE_TEST_CASE("An answer is forgotten when it expires, at that very instant", "", in_memory,
                   in_sqlite) {
    TestType world;
    idempotency_store i{world.get(), {.expiry = 1h}};
    const auto first = i.begin(pay, "x", at_start);
    complete(world.get(), i, first.token, at_start + 1s);
    const time_point end = at_start + 1s + 1h;
    CHECK(i.next_event() == end);
    CHECK(i.begin(pay, "x", end - 1ns).status == status::replay);
    CHECK(i.advance(end - 1ns, 10) == 0);
    CHECK(i.begin(pay, "y", end).status == status::started); // also as another request
    CHECK(i.advance(end + 1h, 10) == 1);
    CHECK(i.next_event() == never);
}

TEMPLATE_TEST_CASE("A long work keeps its lease by extending it", "", in_memory, in_sqlite) {
    TestType world;
    idempotency_store i{world.get(), {.lease = 10s}};
    const auto first = i.begin(pay, "x", at_start);
    const auto t = world.get().begin();
    CHECK(i.extend(*t, pay, first.token, at_start + 9s) == at_start + 19s);
    CHECK(i.begin(*t, pay, "x", at_start + 18s).status == status::in_progress);
}

TEMPLATE_TEST_CASE("Idempotent failure result: stored or forgotten by its class", "", in_memory,
                   in_sqlite) {
    using ending = idempotency_ending;
    const auto of = [](std::uint16_t http, failure_kind kind = failure_kind::error) {
        return idempotency_ending_of({.kind = kind, .status = http});
    };
    CHECK(of(404) == ending::store); // the same again, whenever
    CHECK(of(422) == ending::store);
    for (const int passing : {408, 409, 425, 429, 500, 503})
        CHECK(of(static_cast<std::uint16_t>(passing)) == ending::forget);
    CHECK(of(0, failure_kind::timed_out) == ending::forget);
    CHECK(of(429, failure_kind::overloaded) == ending::forget);
    CHECK(idempotency_ending_of({.status = 404, .not_processed = true}) == ending::forget);

    TestType world;
    idempotency_store i{world.get()};
    const auto stored = i.begin(pay, "x", at_start);
    complete(world.get(), i, stored.token, at_start, {404, "no such account"});
    CHECK(i.begin(pay, "x", at_start).response == idempotency_response{404, "no such account"});
    const idempotency_key other{"shop", "pay", "k2"};
    const auto t = world.get().begin();
    const auto forgotten = i.begin(*t, other, "x", at_start);
    CHECK(i.forget(*t, other, forgotten.token));
    CHECK(i.begin(*t, other, "x", at_start).status == status::started);
}

TEST_CASE("Of many that begin at once one starts: insert if absent is atomic") {
    const test::in_sqlite world;
    std::atomic<int> started = 0, others = 0;
    std::vector<std::thread> all;
    for (int me = 0; me < 4; ++me)
        all.emplace_back([&] {
            const auto mine = world.open();
            sqlite3_busy_timeout(mine->handle(), 20'000);
            idempotency_store i{*mine};
            for (int n = 0; n < 10; ++n) {
                const auto r = i.begin({"shop", "pay", std::to_string(n)}, "x", at_start);
                ++(r.status == status::started ? started : others);
            }
        });
    for (auto& t : all)
        t.join();
    CHECK(started == 10);
    CHECK(others == 30);
}

TEMPLATE_TEST_CASE("A concurrent duplicate is refused with 409, or waits and gets the answer", "",
                   in_memory, in_sqlite) {
    TestType world;
    idempotency_store i{world.get(), {.lease = 10s}};
    const auto first = i.begin(pay, "x", at_start);
    const auto second = i.begin(pay, "x", at_start + 1s);
    CHECK(http_status(second.status) == 409);
    SECTION("the first one answers") {
        complete(world.get(), i, first.token, at_start + 3s);
        CHECK(i.begin(pay, "x", second.until).status == status::replay);
    }
    SECTION("the first one has died: who has waited until then works itself") {
        CHECK(i.begin(pay, "x", second.until).status == status::started);
    }
}

TEMPLATE_TEST_CASE("An expiry below the last retry of a client lets it act twice", "", in_memory,
                   in_sqlite) {
    TestType world;
    const auto expiry = GENERATE(59min, 61min);
    idempotency_store i{world.get(), {.expiry = expiry}};
    int acted = 0;
    for (const auto attempt : {0min, 1min, 60min}) {
        const auto r = i.begin(pay, "x", at_start + attempt);
        if (r.status == status::started && complete(world.get(), i, r.token, at_start + attempt))
            ++acted;
    }
    CHECK(acted == (expiry < 60min ? 2 : 1));
}

TEMPLATE_TEST_CASE("Calls on behalf of a request have the same key each time it is tried", "",
                   in_memory, in_sqlite) {
    TestType world;
    idempotency_store i{world.get(), {.lease = 10s}};
    std::set<std::string> charged; // by a service of its own, which knows its keys
    for (int attempt = 0; attempt < 3; ++attempt)
        if (i.begin(pay, "x", at_start + attempt * 10s).status == status::started)
            charged.insert(derived_key(pay, "charge")); // and dies
    CHECK(charged.size() == 1);
}

TEST_CASE("Fingerprints and derived keys tell any two lists of parts apart") {
    CHECK(request_fingerprint({"ab", "c"}) != request_fingerprint({"a", "bc"}));
    CHECK(request_fingerprint({"a"}) != request_fingerprint({"a", ""}));
    CHECK(derived_key(pay, "charge") == "4:shop/3:pay/2:k1/6:charge");
    CHECK(derived_key(pay, "charge") != derived_key({"shop", "pay", "k1/"}, "charge"));
}

TEMPLATE_TEST_CASE("Whoever dies when, a request acts once and all see the same answer", "",
                   in_memory, in_sqlite) {
    REQUIRE(rc::check([](const std::vector<std::pair<std::uint8_t, std::uint8_t>>& script) {
        TestType world;
        test::mortal_storage kept{world.get()};
        idempotency_store i{kept, {.lease = 3s}};
        std::set<std::uint64_t> working; // tokens that somebody has, zombies too
        std::set<std::string> answers;
        time_point now = at_start;
        for (const auto& [what, which] : script)
            try {
                if (what % 4 == 0) {
                    const auto r = i.begin(pay, "x", now);
                    if (r.status == status::started)
                        working.insert(r.token);
                    if (r.status == status::replay)
                        answers.insert(r.response.body);
                } else if (what % 4 == 1 && !working.empty()) {
                    const auto token =
                        *std::next(working.begin(), which % static_cast<int>(working.size()));
                    const auto t = kept.begin();
                    t->put("effects", std::to_string(token), "");
                    if (i.complete(*t, pay, token, {200, std::to_string(token)}, now))
                        t->commit();
                } else if (what % 4 == 2) {
                    now += which % 5 * 1s;
                } else {
                    kept.die_at(1 + which % 2, which % 3 == 0);
                }
            } catch (const test::crash&) {
            }
        const auto effects = world.get().begin_read()->scan("effects", {}, 10);
        RC_ASSERT(effects.size() <= 1U);
        RC_ASSERT(answers.size() <= effects.size());
        for (const auto& a : answers)
            RC_ASSERT(a == effects.front().key);
    }));
}

TEST_CASE("An idempotency store refuses options that make no sense, by name") {
    memory_storage s;
    CHECK_THROWS_WITH((idempotency_store{s, {.lease = 0s}}), Contains("idempotency_store: lease"));
    CHECK_THROWS_WITH((idempotency_store{s, {.expiry = 0s}}), Contains("expiry"));
}
