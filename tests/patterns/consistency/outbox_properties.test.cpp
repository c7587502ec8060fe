// SPDX-License-Identifier: BSL-1.0
// Whatever dies when: what was committed arrives, in the order of its key, and has one effect.
#include <array>
#include <catch2/catch.hpp>
#include <optional>
#include <rapidcheck.h>

#include "patterns/consistency/inbox.hpp"
#include "patterns/consistency/outbox_relay.hpp"
#include "storage_world.hpp"

using namespace std::chrono_literals;
using namespace windtunnel;
using test::at_start;
using test::in_memory;
using test::in_sqlite;

namespace {

using script = std::vector<std::pair<std::uint8_t, std::uint8_t>>;

/// Two relays, of which each may die at any commit, and a consumer with an inbox.
struct world_of_messages {
    test::mortal_storage kept;
    outbox box{kept, {.lease = 5s, .max_keys = 2, .max_per_key = 3, .initial_backoff = 1s}};
    inbox seen{kept};
    std::array<std::optional<outbox_relay>, 2> relays;
    std::array<std::vector<claimed_message>, 2> in_flight;
    time_point now = at_start;
    int last = 0;

    explicit world_of_messages(storage& s) : kept(s) {
        restart(0);
        restart(1);
    }

    void restart(std::size_t who) {
        in_flight[who].clear();
        relays[who].emplace(box, 3);
    }

    /// The state that messages tell of is a list for each key, in the same transaction.
    static void append(storage_transaction& t, const char* table, const std::string& key,
                       const std::string& id) {
        t.put(table, key, t.get(table, key).value_or("") + id + " ");
    }
    void add(std::uint8_t which) {
        const std::string key(1, static_cast<char>('a' + which % 3));
        const auto t = kept.begin();
        const std::string id = std::to_string(++last);
        box.add(*t, {.id = id, .key = key});
        append(*t, "changes", key, id);
        if (which % 4 != 0)
            t->commit();
    }

    /// The broker has it, and the consumer gets it.
    void arrives(const outbox_message& m) {
        const auto t = kept.begin();
        if (!seen.first(*t, "consumer", m.id, now))
            return;
        append(*t, "effects", m.key, m.id);
        t->commit();
    }

    void relay_step(std::size_t who, std::uint8_t which) {
        if (const auto m = relays[who]->next(now))
            in_flight[who].push_back(*m);
        if (in_flight[who].empty())
            return;
        const auto one =
            in_flight[who].begin() + which % static_cast<std::ptrdiff_t>(in_flight[who].size());
        const claimed_message m = *one;
        if (which % 5 != 0) {
            arrives(m.message);
            if (which % 5 == 1)
                return restart(who); // published, and not marked
        }
        in_flight[who].erase(one);
        if (which % 5 == 0)
            relays[who]->failed(m.receipt, "no", now, 0.5);
        else
            relays[who]->published(m.receipt);
    }

    void step(std::uint8_t what, std::uint8_t which) {
        const std::size_t who = which % 2U;
        if (what % 8 < 3)
            add(which);
        else if (what % 8 == 3)
            now += which % 7 * 1s;
        else if (what % 8 == 4)
            kept.die_at(1 + which % 3, which % 2 == 0);
        else if (what % 8 == 5 && !in_flight[who].empty())
            arrives(in_flight[who].front().message); // and once more
        else
            relay_step(who, which);
    }
};

} // namespace

TEMPLATE_TEST_CASE("An outbox whose relays die anywhere loses nothing, keeps the order of each "
                   "key, and doubles no effect",
                   "", in_memory, in_sqlite) {
    REQUIRE(rc::check([](const script& all) {
        TestType world;
        world_of_messages w{world.get()};
        for (const auto& [what, which] : all)
            try {
                w.step(what, which);
            } catch (const test::crash&) {
                w.restart(which % 2U);
            }
        w.kept.die_at(0, false);
        for (int round = 0; round < 1000 && w.box.pending(1) > 0; ++round) {
            w.now += 6s;
            w.relay_step(0, 2);
            w.relay_step(0, 2);
        }
        RC_ASSERT(w.box.pending(1) == 0U);
        const auto t = world.get().begin_read();
        RC_ASSERT(t->scan("effects", {}, 10) == t->scan("changes", {}, 10));
    }));
}
