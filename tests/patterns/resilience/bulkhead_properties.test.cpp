// SPDX-License-Identifier: BSL-1.0
// A bulkhead against a plain model of it: a list of who waits, and a sum.
#include <algorithm>
#include <deque>
#include <list>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "patterns/resilience/bulkhead.hpp"

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

struct model {
    int capacity, room;
    int in_use = 0;
    std::deque<std::pair<int, int>> waiting; ///< number and weight
    std::vector<int> granted;                ///< in order

    bool admits(int weight) const { return waiting.empty() && in_use + weight <= capacity; }
    void settle() {
        while (!waiting.empty() && (in_use + waiting.front().second <= capacity || in_use == 0)) {
            in_use += waiting.front().second;
            granted.push_back(waiting.front().first);
            waiting.pop_front();
        }
    }
    void leave(int number) {
        std::erase_if(waiting, [number](const auto& w) { return w.first == number; });
        settle();
    }
    void give_back(int weight) {
        in_use -= weight;
        settle();
    }
};

struct guest : bulkhead::waiter {
    guest(std::vector<int>& order, int my_number, int my_weight)
        : waiter(
              [](waiter& w) {
                  auto& self = static_cast<guest&>(w);
                  self.grants.push_back(self.number);
              },
              my_weight),
          grants(order), number(my_number), weight(my_weight) {}
    std::vector<int>& grants;
    int number, weight;
};

struct held {
    bulkhead::permit permit;
    int weight;
};

/// One bulkhead, its model, and everybody who waits or holds.
struct game {
    bulkhead b;
    model m;
    std::vector<int> granted;
    std::list<guest> guests;
    std::list<held> permits;
    int number = 0;

    game(int slots, int room)
        : b({.max_concurrent = slots, .max_queue = room, .max_wait = room > 0 ? 1s : 0s}),
          m{.capacity = slots, .room = room, .waiting = {}, .granted = {}} {}

    void acquire(int weight) {
        auto permit = b.try_acquire(weight);
        RC_ASSERT(static_cast<bool>(permit) == m.admits(weight));
        if (!permit)
            return;
        m.in_use += weight;
        permits.push_back({std::move(permit), weight});
    }

    void enqueue(int weight) {
        auto& g = guests.emplace_back(granted, ++number, weight);
        const bool at_once = m.admits(weight);
        const bool waits =
            !at_once && weight <= m.capacity && static_cast<int>(m.waiting.size()) < m.room;
        const auto result = b.enqueue(g);
        RC_ASSERT(result == (at_once ? enqueue_result::granted
                             : waits ? enqueue_result::queued
                                     : enqueue_result::rejected_full));
        if (at_once)
            m.in_use += weight;
        else if (waits)
            m.waiting.emplace_back(number, weight);
        else
            guests.pop_back();
    }

    void give_up(std::list<guest>::iterator g, bool by_destructor) {
        const bool had = g->granted();
        if (had)
            m.give_back(g->weight);
        else
            m.leave(g->number);
        if (!by_destructor)
            RC_ASSERT(b.cancel(*g) == had);
        guests.erase(g);
    }

    void claim(std::list<guest>::iterator g) {
        if (!g->granted())
            return;
        permits.push_back({b.claim(*g), g->weight});
        guests.erase(g);
    }

    void release(std::list<held>::iterator p) {
        m.give_back(p->weight);
        permits.erase(p);
    }

    void resize(int slots) {
        m.capacity = slots;
        m.settle();
        b.resize(slots);
    }

    void step(int what, int which) {
        const auto pick = [which](auto& list) {
            return std::next(list.begin(), which % static_cast<int>(list.size()));
        };
        if (what < 2)
            acquire(1 + which % 4);
        else if (what < 6)
            enqueue(1 + which % 4);
        else if (what < 8 && !guests.empty())
            give_up(pick(guests), what == 7);
        else if (what < 11 && !guests.empty())
            claim(pick(guests));
        else if (what < 15 && !permits.empty())
            release(pick(permits));
        else if (what == 15)
            resize(1 + which % 6);
    }
};

} // namespace

TEST_CASE("R2: a bulkhead is first in, first out, and keeps its count, whatever happens when") {
    REQUIRE(rc::check([](const std::vector<std::pair<std::uint8_t, std::uint8_t>>& script) {
        game g{*rc::gen::inRange(1, 6), *rc::gen::inRange(0, 8)};
        for (const auto& [what, which] : script) {
            g.step(what % 16, which);
            RC_ASSERT(g.granted == g.m.granted);
            RC_ASSERT(g.b.in_use() == g.m.in_use);
            RC_ASSERT(g.b.queued() == static_cast<int>(g.m.waiting.size()));
        }
        RC_ASSERT(std::is_sorted(g.granted.begin(), g.granted.end()));
        while (!g.guests.empty())
            g.give_up(g.guests.begin(), false);
        g.permits.clear();
        RC_ASSERT(g.b.in_use() == 0);
        RC_ASSERT(g.b.queued() == 0);
    }));
}
