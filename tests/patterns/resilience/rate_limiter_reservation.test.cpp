// SPDX-License-Identifier: BSL-1.0
#include <optional>
#include <vector>

#include <catch2/catch.hpp>

#include "patterns/resilience/rate_limiter.hpp"

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{100s};
using reservation = rate_limiter::reservation;

/// One permit a second, one at once: the first has been taken, so that the k-th is due at k s.
struct one_a_second {
    explicit one_a_second(rate_limiter_kind kind = rate_limiter_kind::token_bucket)
        : limiter({.kind = kind, .permits = 1, .period = 1s, .burst = 1}, start) {
        CHECK(limiter.try_acquire(start).admitted);
    }
    reservation reserve(duration at, duration max_wait = 1h) {
        return limiter.reserve(start + at, max_wait);
    }
    rate_limiter limiter;
};

auto all_kinds() {
    return GENERATE(rate_limiter_kind::token_bucket, rate_limiter_kind::gcra,
                    rate_limiter_kind::sliding_window);
}

} // namespace

TEST_CASE("a reservation with permits there is ready at once") {
    rate_limiter limiter{{.kind = all_kinds(), .permits = 2, .period = 1s}, start};
    auto one = limiter.reserve(start, 0s, 2);
    REQUIRE(one);
    CHECK(one.ready_at() == start);
    CHECK(limiter.waiting() == 0);
    CHECK_FALSE(limiter.try_acquire(start)); // it has them
    CHECK_FALSE(one.cancel(start));          // due: spent
    CHECK_FALSE(limiter.try_acquire(start));
}

TEST_CASE("reservations stand in line, each a permit after the other") {
    one_a_second world{all_kinds()};
    auto first = world.reserve(0s);
    auto second = world.reserve(300ms);
    CHECK(first.ready_at() == start + 1s);
    CHECK(second.ready_at() == start + 2s);
    CHECK(world.limiter.waiting() == 2);
    CHECK(world.limiter.try_acquire(start + 1s) == rate_decision{.retry_after = 2s});
    CHECK(world.limiter.waiting() == 1);
    first.take(start + 1s);
    CHECK_FALSE(first);
    second.take(start + 5s); // late is no matter
    CHECK(world.limiter.try_acquire(start + 5s));
}

TEST_CASE("who would have to wait for too long gets nothing, and changes nothing") {
    one_a_second world{all_kinds()};
    CHECK_FALSE(world.reserve(0s, 1s - 1ns));
    CHECK_FALSE(world.reserve(0s, -1ns));
    CHECK(world.limiter.waiting() == 0);
    auto exactly = world.reserve(0s, 1s);
    REQUIRE(exactly);
    CHECK(exactly.ready_at() == start + 1s);
    CHECK_FALSE(world.reserve(0s, 2s - 1ns));
    auto next = world.reserve(0s, 2s);
    CHECK(next.ready_at() == start + 2s); // the refused one left no hole
}

TEST_CASE("nobody overtakes who waits, even with permits for a smaller cost") {
    rate_limiter limiter{{.kind = all_kinds(), .permits = 4, .period = 4s}, start};
    CHECK(limiter.try_acquire(start, 2));
    auto heavy = limiter.reserve(start, 1h, 4);
    REQUIRE(heavy);
    CHECK(heavy.ready_at() > start);
    CHECK(limiter.available(start) == 0);
    const auto refused = limiter.try_acquire(start);
    CHECK_FALSE(refused);
    CHECK(start + refused.retry_after > heavy.ready_at());
}

TEST_CASE("A reservation given up is returned, and those behind move up") {
    one_a_second world{all_kinds()};
    auto first = world.reserve(0s);
    auto second = world.reserve(0s);
    auto third = world.reserve(0s);
    CHECK(third.ready_at() == start + 3s);
    CHECK(first.cancel(start + 1s - 1ns));
    CHECK_FALSE(first);
    CHECK(second.ready_at() == start + 1s);
    CHECK(third.ready_at() == start + 2s);
    CHECK(third.cancel(start + 1s - 1ns));
    CHECK(second.ready_at() == start + 1s); // it stood in front
    CHECK(world.reserve(1s - 1ns).ready_at() == start + 2s);
}

TEST_CASE("cancelled when it is due, a reservation is spent and nobody moves") {
    one_a_second world{all_kinds()};
    auto first = world.reserve(0s);
    auto second = world.reserve(0s);
    CHECK_FALSE(first.cancel(start + 1s));
    CHECK_FALSE(first);
    CHECK(second.ready_at() == start + 2s);
    CHECK_FALSE(first.cancel(start + 1s)); // harmless
}

TEST_CASE("a heavy one that gives up lets the light ones behind it go at once") {
    rate_limiter limiter{{.permits = 10, .period = 10s}, start};
    CHECK(limiter.try_acquire(start, 8)); // two left
    auto heavy = limiter.reserve(start, 1h, 9);
    auto light = limiter.reserve(start, 1h, 1);
    auto other = limiter.reserve(start, 1h, 3);
    CHECK(heavy.ready_at() == start + 7s);
    CHECK(light.ready_at() == start + 8s);
    CHECK(other.ready_at() == start + 11s);
    CHECK(heavy.cancel(start + 500ms)); // 2.5 there
    CHECK(light.ready_at() == start + 500ms);
    CHECK(other.ready_at() == start + 2s);
    CHECK(limiter.try_acquire(start + 500ms).retry_after == 2500ms);
    light.take(start + 500ms);
}

TEST_CASE("a window knows when permits leave it that are not even due yet") {
    rate_limiter limiter{{.kind = rate_limiter_kind::sliding_window, .permits = 2, .period = 1s},
                         start};
    CHECK(limiter.try_acquire(start));
    CHECK(limiter.try_acquire(start + 100ms));
    std::vector<reservation> line;
    for (int i = 0; i < 6; ++i)
        line.push_back(limiter.reserve(start + 100ms, 1h));
    const std::vector<duration> due{1000ms, 1100ms, 2000ms, 2100ms, 3000ms, 3100ms};
    for (std::size_t i = 0; i < line.size(); ++i)
        CHECK(line[i].ready_at() == start + due[i]);
    CHECK(limiter.try_acquire(start + 100ms).retry_after == 3900ms);
    CHECK(line[1].cancel(start + 200ms));
    CHECK(line[2].ready_at() == start + 1100ms);
    CHECK(line[3].ready_at() == start + 2000ms);
    CHECK(line[5].ready_at() == start + 3000ms);
    CHECK(limiter.reserve(start + 200ms, 1h, 2).ready_at() == start + 4000ms);
}

TEST_CASE("the destructor cancels, as of the latest instant that the limiter was told") {
    one_a_second world{all_kinds()};
    std::optional<reservation> first{world.reserve(0s)};
    auto second = world.reserve(0s);
    first.reset();
    CHECK(second.ready_at() == start + 1s);
    CHECK(world.limiter.waiting() == 1);
    {
        auto third = world.reserve(0s);
        CHECK_FALSE(world.limiter.try_acquire(start + 2s)); // both are due now
        CHECK(world.limiter.waiting() == 0);
    }
    CHECK_FALSE(world.limiter.try_acquire(start + 2s)); // spent
    CHECK(world.limiter.try_acquire(start + 3s));
}

TEST_CASE("a reservation keeps its place when it is moved") {
    one_a_second world;
    auto first = world.reserve(0s);
    auto second = world.reserve(0s);
    auto third = world.reserve(0s);
    reservation moved{std::move(second)};
    CHECK_FALSE(second); // NOLINT(bugprone-use-after-move)
    CHECK(moved);
    CHECK(moved.ready_at() == start + 2s);
    first.cancel(start);
    CHECK(moved.ready_at() == start + 1s);
    third = std::move(moved); // the third's own is cancelled
    CHECK(world.limiter.waiting() == 1);
    CHECK(third.ready_at() == start + 1s);
    auto& itself = third;
    third = std::move(itself);
    CHECK(third);
    third.take(start + 1s);
    CHECK(world.limiter.try_acquire(start + 2s));
}

TEST_CASE("a reservation that is due may outlive its limiter") {
    reservation due;
    CHECK_FALSE(due);
    {
        rate_limiter limiter{{.permits = 1, .period = 1s}, start};
        due = limiter.reserve(start, 0s);
    }
    CHECK(due);
    due.take(start);
    CHECK_FALSE(due.cancel(start));
}

TEST_CASE("those who move up are told, and nobody else") {
    one_a_second world{all_kinds()};
    int told[3] = {};
    const auto count = [](void* n) { ++*static_cast<int*>(n); };
    reservation line[3] = {world.reserve(0s), world.reserve(0s), world.reserve(0s)};
    for (int i = 0; i < 3; ++i)
        line[i].on_earlier(count, &told[i]);
    line[1].cancel(start + 10ms);
    CHECK(told[0] == 0);
    CHECK(told[1] == 0);
    CHECK(told[2] == 1);
    line[0].cancel(start + 1s); // spent: nobody moves
    CHECK(told[2] == 1);
}

TEST_CASE("who is told may cancel others from within, and nobody is told inside of that") {
    one_a_second world;
    auto first = world.reserve(0s);
    auto second = world.reserve(0s);
    auto third = world.reserve(0s);
    auto fourth = world.reserve(0s);
    struct {
        reservation* victim;
        bool inside = false;
        int told = 0;
    } context{&third};
    using shared = decltype(context);
    second.on_earlier(
        [](void* c) {
            auto& self = *static_cast<shared*>(c);
            self.inside = true;
            CHECK(self.victim->cancel(start));
            self.inside = false;
        },
        &context);
    third.on_earlier([](void*) { FAIL("it has gone"); }, nullptr);
    fourth.on_earlier(
        [](void* c) {
            CHECK_FALSE(static_cast<shared*>(c)->inside);
            ++static_cast<shared*>(c)->told;
        },
        &context);
    CHECK(first.cancel(start));
    CHECK(second.ready_at() == start + 1s);
    CHECK(fourth.ready_at() == start + 2s);
    CHECK(context.told == 1);
    CHECK(world.limiter.waiting() == 2);
}

TEST_CASE("all who are due at once are told, though the first takes its permits in the call") {
    rate_limiter limiter{{.kind = all_kinds(), .permits = 10, .period = 10s}, start};
    CHECK(limiter.try_acquire(start, 5));
    auto heavy = limiter.reserve(start, 1h, 9);
    struct guest {
        reservation place;
        bool told = false;
    } guests[3];
    for (auto& g : guests) {
        g.place = limiter.reserve(start, 1h);
        g.place.on_earlier(
            [](void* c) {
                auto& self = *static_cast<guest*>(c);
                CHECK_FALSE(std::exchange(self.told, true));
                self.place.take(start + 10ms);
            },
            &g);
    }
    CHECK(heavy.cancel(start + 10ms));
    for (const auto& g : guests) {
        CHECK(g.told);
        CHECK_FALSE(g.place);
        CHECK(g.place.ready_at() == start + 10ms);
    }
    CHECK(limiter.waiting() == 0);
    CHECK(limiter.available(start + 10ms) == 2);
}

TEST_CASE("who is told may give up its own place, or be gone before it is told") {
    one_a_second world;
    auto first = world.reserve(0s);
    std::optional<reservation> second{world.reserve(0s)};
    std::optional<reservation> third{world.reserve(0s)};
    auto fourth = world.reserve(0s);
    struct {
        std::optional<reservation>&own, &other;
    } context{second, third};
    second->on_earlier(
        [](void* c) {
            auto& self = *static_cast<decltype(context)*>(c);
            self.other.reset();
            self.own.reset();
        },
        &context);
    third->on_earlier([](void*) { FAIL("it has gone"); }, nullptr);
    CHECK(first.cancel(start));
    CHECK(fourth.ready_at() == start + 1s);
    CHECK(world.limiter.waiting() == 1);
}
