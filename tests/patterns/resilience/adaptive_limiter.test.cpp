// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/adaptive_limiter.hpp"

#include <list>
#include <optional>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

concurrency_limit_options aimd(int initial) {
    return {.kind = concurrency_limit_kind::aimd,
            .initial_limit = initial,
            .min_limit = 1,
            .sampling = limit_sampling::each};
}

std::vector<adaptive_limiter::permit> fill(adaptive_limiter& limiter, time_point now = {}) {
    std::vector<adaptive_limiter::permit> permits;
    while (auto permit = limiter.try_acquire(now))
        permits.push_back(std::move(permit));
    return permits;
}

} // namespace

TEST_CASE("a limiter admits as many as its limit says, and refuses the next") {
    adaptive_limiter limiter{aimd(3)};
    auto permits = fill(limiter);
    CHECK(permits.size() == 3);
    CHECK(limiter.in_flight() == 3);
    CHECK(limiter.metrics().rejected == 1);
    permits.pop_back();
    CHECK(limiter.in_flight() == 2);
    CHECK(limiter.try_acquire({}));
}

TEST_CASE("what is served well makes room, what is dropped takes it, the rest does nothing") {
    adaptive_limiter limiter{aimd(20)};
    auto permits = fill(limiter);
    permits.back().record(limit_lesson::latency, time_point{1ms}); // it was the 20th
    CHECK(limiter.limit() == 21);
    permits[18].record(limit_lesson::dropped, time_point{2ms});
    CHECK(limiter.limit() == 18);
    permits[17].record(limit_lesson::nothing, time_point{2ms});
    permits[16].drop();
    permits[16].drop(); // harmless
    { auto gone = std::move(permits[15]); }
    CHECK(limiter.limit() == 18);
    CHECK(limiter.in_flight() == 15);
    const auto m = limiter.metrics();
    CHECK(m.admitted == 20);
    CHECK(m.dropped == 1);
    CHECK(m.neutral == 3);
    CHECK(m.limit == 18);
    CHECK(m.in_flight == 15);
}

TEST_CASE("R14: when a limit shrinks, calls under way end by themselves") {
    adaptive_limiter limiter{aimd(10)};
    auto permits = fill(limiter);
    permits[9].record(limit_lesson::dropped, {});
    CHECK(limiter.limit() == 9);
    CHECK(limiter.in_flight() == 9);
    permits[8].record(limit_lesson::dropped, {});
    permits[7].record(limit_lesson::dropped, {});
    CHECK(limiter.limit() == 7);
    CHECK(limiter.in_flight() == 7);
    CHECK_FALSE(limiter.try_acquire({})); // at the limit is enough
    permits[6].drop();
    CHECK(limiter.try_acquire({}));
}

TEST_CASE("the latency is that of the service, from the permit to its end") {
    auto options = aimd(20);
    options.timeout = 100ms;
    adaptive_limiter limiter{options};
    auto permits = fill(limiter, time_point{5s});
    CHECK(permits[0].admitted_at() == time_point{5s});
    permits[19].record(limit_lesson::latency, time_point{5s + 100ms});
    CHECK(limiter.limit() == 21);
    permits[18].record(limit_lesson::latency, time_point{5s + 100ms + 1ns});
    CHECK(limiter.limit() == 18);
}

TEST_CASE("a limit that is not used does not grow, whoever ends late") {
    adaptive_limiter limiter{aimd(20)};
    auto permits = fill(limiter);
    for (std::size_t i = 0; i < 9; ++i) // they began with at most 9 in flight
        permits[i].record(limit_lesson::latency, time_point{1ms});
    CHECK(limiter.limit() == 20);
    permits[9].record(limit_lesson::latency, time_point{1ms});
    CHECK(limiter.limit() == 21);
}

TEST_CASE("R1: after a reset the calls under way teach nothing, and still hold their slots") {
    adaptive_limiter limiter{aimd(4)};
    auto old = fill(limiter);
    limiter.reset();
    CHECK(limiter.in_flight() == 4);
    CHECK_FALSE(limiter.try_acquire({}));
    old[3].record(limit_lesson::dropped, time_point{1s});
    old[2].record(limit_lesson::nothing, time_point{1s});
    CHECK(limiter.limit() == 4);
    CHECK(limiter.in_flight() == 2);
    CHECK(limiter.metrics().late_results == 1);
    CHECK(limiter.metrics().neutral == 0);
    limiter.try_acquire({}).record(limit_lesson::dropped, time_point{1s});
    CHECK(limiter.limit() == 3);
}

TEST_CASE("a reset forgets latencies, as they were another backend's") {
    auto options = netflix_defaults(concurrency_limit_kind::vegas);
    adaptive_limiter limiter{options};
    limiter.try_acquire({}).record(limit_lesson::latency, time_point{10ms});
    CHECK(limiter.algorithm().least_rtt() == 10ms);
    limiter.reset();
    CHECK(limiter.algorithm().least_rtt() == 0ms);
}

TEST_CASE("a permit may be moved, and moved onto") {
    adaptive_limiter limiter{aimd(4)};
    auto one = limiter.try_acquire({});
    auto two = limiter.try_acquire({});
    one = std::move(two);
    CHECK(limiter.in_flight() == 1);
    CHECK_FALSE(two); // NOLINT(bugprone-use-after-move)
    one = {};
    CHECK(limiter.in_flight() == 0);
}

TEST_CASE("a timeout and a refusal for overload are drops, and no other failure is") {
    CHECK(lesson_of(outcome<int>{1}) == limit_lesson::latency);
    CHECK(lesson_of(outcome<int>{failure_kind::timed_out}) == limit_lesson::dropped);
    for (int i = 0; i < failure_kind_count; ++i) {
        const auto kind = static_cast<failure_kind>(i);
        const bool drop = kind == failure_kind::overloaded || kind == failure_kind::timed_out;
        CHECK(lesson_of(failure{.kind = kind}) ==
              (drop ? limit_lesson::dropped : limit_lesson::nothing));
    }
    CHECK(to_string(limit_lesson::dropped) == "dropped");
}

TEST_CASE("R2: no permit is lost or made, whatever ends how") {
    REQUIRE(rc::check([](const std::vector<std::pair<std::uint8_t, std::uint8_t>>& script) {
        const auto kind =
            *rc::gen::element(concurrency_limit_kind::aimd, concurrency_limit_kind::vegas,
                              concurrency_limit_kind::gradient2);
        adaptive_limiter limiter{
            {.kind = kind, .initial_limit = 5, .min_limit = 1, .sampling = limit_sampling::each}};
        std::list<adaptive_limiter::permit> out;
        time_point now{};
        for (const auto& [what, which] : script) {
            now += std::chrono::microseconds{which};
            if (what % 8 < 4) {
                const bool room = static_cast<int>(out.size()) < limiter.limit();
                auto permit = limiter.try_acquire(now);
                RC_ASSERT(static_cast<bool>(permit) == room);
                if (permit)
                    out.push_back(std::move(permit));
            } else if (!out.empty()) {
                const auto ended = std::next(out.begin(), which % static_cast<int>(out.size()));
                if (what % 8 < 7)
                    ended->record(static_cast<limit_lesson>(what % 8 - 4), now);
                out.erase(ended);
            }
            if (what == 255)
                limiter.reset();
            RC_ASSERT(limiter.in_flight() == static_cast<int>(out.size()));
            RC_ASSERT(limiter.limit() >= 1);
        }
    }));
}

namespace {

/// A service of `servers` that takes 10ms a call, behind a limiter and before it an endless demand:
/// with `limit` calls in flight each lasts max(10ms, limit / servers * 10ms).
int settled(concurrency_limit_kind kind, int servers) {
    auto options = netflix_defaults(kind);
    options.min_limit = 1;
    options.probe_multiplier = 1'000'000; // never: what it measures under load is not without load
    concurrency_limit limit{options};
    for (int i = 0; i < 5000; ++i) {
        const int in_flight = limit.limit();
        limit.update({}, std::max<duration>(10ms, duration{10ms} * in_flight / servers), in_flight,
                     in_flight > 4 * servers); // its queue is full
    }
    return limit.limit();
}

} // namespace

TEST_CASE("against a service of known size each algorithm finds a limit of that order") {
    CHECK(settled(concurrency_limit_kind::aimd, 25) <= 101); // all that fits without drops
    CHECK(settled(concurrency_limit_kind::aimd, 25) >= 90);
    CHECK(settled(concurrency_limit_kind::vegas, 25) == 31); // a queue of 6, which is beta
}
