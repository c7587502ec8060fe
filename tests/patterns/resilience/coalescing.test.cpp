// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/coalescing.hpp"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

using group = coalescing<std::string, int>;
constexpr time_point start{10s};

/// A waiter that notes what it was told, and when among the others.
struct caller : group::waiter {
    explicit caller(int my_number = 0, std::vector<int>* order_of_calls = nullptr)
        : waiter(&on_told), number(my_number), order(order_of_calls) {}
    static void on_told(waiter& w, const int* result) {
        auto& self = static_cast<caller&>(w);
        ++self.times_told;
        self.result = result != nullptr ? std::optional{*result} : std::nullopt;
        if (self.order != nullptr)
            self.order->push_back(self.number);
    }
    int number;
    std::vector<int>* order;
    int times_told = 0;
    std::optional<int> result;
};

void note(void* context) {
    ++*static_cast<int*>(context);
}

} // namespace

TEST_CASE("the first to ask leads, those who ask meanwhile follow, all get the one result") {
    group g;
    std::vector<int> order;
    caller first{1, &order}, second{2, &order}, third{3, &order}, other{4, &order};
    auto flight = g.join("a", first, never, start);
    REQUIRE(flight);
    CHECK_FALSE(g.join("a", second, never, start));
    CHECK_FALSE(g.join("a", third, never, start));
    auto other_flight = g.join("b", other, never, start);
    REQUIRE(other_flight);
    flight.complete(7);
    CHECK_FALSE(flight);
    CHECK(order == std::vector{1, 2, 3});
    CHECK(first.result == 7);
    CHECK(third.result == 7);
    CHECK(other.waiting());
    CHECK(g.flights() == 1);
    CHECK(g.metrics().flights == 2);
    CHECK(g.metrics().followers == 2);
    other_flight.complete(8);
    CHECK(other.result == 8);
    CHECK(g.flights() == 0);
}

TEST_CASE("who asks after the result starts a new flight") {
    group g;
    caller a;
    g.join("a", a, never, start).complete(1);
    auto again = g.join("a", a, never, start);
    REQUIRE(again);
    again.complete(2);
    CHECK(a.result == 2);
    CHECK(a.times_told == 2);
}

TEST_CASE("a leader that gives up does not end the flight while a follower waits") {
    group g;
    caller follower;
    int abandoned = 0;
    group::flight flight;
    {
        caller leader;
        flight = g.join("a", leader, never, start);
        flight.on_abandoned(&note, &abandoned);
        CHECK_FALSE(g.join("a", follower, never, start));
    } // the leader is destroyed
    CHECK(abandoned == 0);
    CHECK_FALSE(flight.abandoned());
    flight.complete(7);
    CHECK(follower.result == 7);
}

TEST_CASE("when the last one leaves the flight is abandoned, once, and nobody can join it") {
    group g;
    caller leader, follower, late;
    int abandoned = 0;
    auto flight = g.join("a", leader, never, start);
    flight.on_abandoned(&note, &abandoned);
    CHECK_FALSE(g.join("a", follower, never, start));
    leader.leave();
    leader.leave();
    CHECK(abandoned == 0);
    follower.leave();
    CHECK(abandoned == 1);
    CHECK(flight.abandoned());
    CHECK(g.metrics().abandoned == 1);
    auto anew = g.join("a", late, never, start);
    REQUIRE(anew);
    flight.complete(7); // too late for anybody
    CHECK(late.times_told == 0);
    anew.complete(8);
    CHECK(late.result == 8);
}

TEST_CASE("a flight may end itself from within its abandonment") {
    group g;
    caller leader;
    auto flight = g.join("a", leader, never, start);
    flight.on_abandoned([](void* f) { *static_cast<group::flight*>(f) = {}; }, &flight);
    leader.leave();
    CHECK_FALSE(flight);
    CHECK(g.flights() == 0);
}

TEST_CASE("a flight that is dropped tells everybody so") {
    group g;
    caller leader, follower;
    {
        auto flight = g.join("a", leader, never, start);
        CHECK_FALSE(g.join("a", follower, never, start));
        auto moved = std::move(flight);
    }
    CHECK(leader.times_told == 1);
    CHECK(follower.times_told == 1);
    CHECK_FALSE(follower.result);
    CHECK(g.flights() == 0);
}

TEST_CASE("after forget the next starts a new flight, and the old one still tells its waiters") {
    group g;
    caller before, after;
    auto old_flight = g.join("a", before, never, start);
    g.forget("b");
    g.forget("a");
    g.forget("a");
    auto new_flight = g.join("a", after, never, start);
    REQUIRE(new_flight);
    new_flight.complete(2);
    CHECK(before.times_told == 0);
    old_flight.complete(1);
    CHECK(before.result == 1);
    CHECK(after.result == 2);
}

TEST_CASE("R1: a flight's end does not unregister the newer flight of its key") {
    group g;
    caller before, after, follower;
    auto old_flight = g.join("a", before, never, start);
    g.forget("a");
    auto new_flight = g.join("a", after, never, start);
    old_flight.complete(1);
    CHECK_FALSE(g.join("a", follower, never, start));
    new_flight.complete(2);
    CHECK(follower.result == 2);
}

TEST_CASE("R8: a flight of max_age is joined no more, a younger one is") {
    const auto [age, leads] = GENERATE(table<duration, bool>({{5s - 1ns, false}, {5s, true}}));
    group g{{.max_age = 5s}};
    caller first, second;
    auto hanging = g.join("a", first, never, start);
    auto flight = g.join("a", second, never, start + age);
    CHECK(static_cast<bool>(flight) == leads);
    hanging.complete(1);
    CHECK(second.times_told == (leads ? 0 : 1));
}

TEST_CASE("the deadline of a flight is the latest of those who wait") {
    group g;
    caller a, b, c;
    auto flight = g.join("a", a, start + 2s, start);
    CHECK(flight.deadline() == start + 2s);
    CHECK_FALSE(g.join("a", b, start + 5s, start));
    CHECK_FALSE(g.join("a", c, start + 1s, start));
    CHECK(flight.deadline() == start + 5s);
    b.leave();
    CHECK(flight.deadline() == start + 2s);
    flight.complete(1);
}

TEST_CASE("a waiter may, when told, destroy another, ask again, and lead") {
    struct greedy : group::waiter {
        explicit greedy(group& its_group) : waiter(&on_told), g(its_group) {}
        static void on_told(waiter& w, const int*) {
            auto& self = static_cast<greedy&>(w);
            self.victim.reset();
            for (int i = 0; i < 100; ++i) { // moves the tables
                auto& extra = self.extras.emplace_back(std::make_unique<caller>());
                self.flights.push_back(self.g.join(std::to_string(i), *extra, never, start));
            }
            self.next = self.g.join("a", self, never, start);
        }
        group& g;
        std::unique_ptr<caller> victim = std::make_unique<caller>();
        std::vector<std::unique_ptr<caller>> extras;
        std::vector<group::flight> flights;
        group::flight next;
    };
    group g;
    greedy first{g};
    caller last;
    auto flight = g.join("a", first, never, start);
    CHECK_FALSE(g.join("a", *first.victim, never, start));
    CHECK_FALSE(g.join("a", last, never, start));
    flight.complete(7);
    CHECK(last.result == 7);
    CHECK(first.next);
    CHECK(g.flights() == 101);
    first.leave();
}

TEST_CASE("R2: everybody is told exactly once or left, and no key flies twice at once") {
    REQUIRE(rc::check([](const std::vector<std::pair<std::uint8_t, std::uint8_t>>& script) {
        coalescing<int, int> g;
        struct guest : coalescing<int, int>::waiter {
            guest() : waiter([](waiter& w, const int*) { ++static_cast<guest&>(w).told; }) {}
            int told = 0;
            bool left = false;
        };
        std::vector<std::unique_ptr<guest>> guests;
        std::vector<std::optional<coalescing<int, int>::flight>> flights(4);
        for (const auto& [what, which] : script) {
            const int key = which % 4;
            auto& flight = flights[static_cast<std::size_t>(key)];
            if (what % 4 < 2) {
                auto& w = *guests.emplace_back(std::make_unique<guest>());
                if (auto f = g.join(key, w, never, start)) {
                    const bool free = !flight || flight->abandoned();
                    RC_ASSERT(free);
                    flight = std::move(f);
                }
            } else if (what % 4 == 2 && flight) {
                flight->complete(1);
                flight.reset();
            } else if (what % 4 == 3 && !guests.empty()) {
                auto& w = *guests[which % guests.size()];
                w.left = w.left || w.waiting();
                w.leave();
            }
        }
        flights.clear();
        for (const auto& w : guests)
            RC_ASSERT(w->told + w->left == 1);
        RC_ASSERT(g.flights() == 0U);
    }));
}

TEST_CASE("coalescing refuses options that make no sense") {
    CHECK_NOTHROW(coalescing_options{}.validate());
    CHECK_THROWS_WITH((coalescing_options{.max_age = 0s}.validate()),
                      "coalescing: max_age is 0s; it must be above 0");
    CHECK_THROWS_AS(group({.max_age = -1s}), std::invalid_argument);
}
