// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/sliding_window.hpp"

#include <deque>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{};

struct seen_call {
    bool failed, slow;
    time_point at;
    duration took{};
};

call_counts count(const std::deque<seen_call>& calls) {
    call_counts result;
    for (const auto& call : calls)
        result.add(call.failed, call.slow);
    return result;
}

duration total(const std::deque<seen_call>& calls) {
    duration result{};
    for (const auto& call : calls)
        result += call.took;
    return result;
}

} // namespace

TEST_CASE("a slow failure counts as failed and as slow, a slow success as slow only") {
    sliding_window window{sliding_window_type::count, 10, {}, start};
    window.add(true, true, start);
    window.add(false, true, start);
    window.add(true, false, start);
    CHECK(window.counts(start) ==
          call_counts{.calls = 3, .failed = 2, .slow = 2, .slow_failed = 1});
}

TEST_CASE("a time window of five seconds forgets second by second") { // resilience4j's vector
    sliding_window window{sliding_window_type::time, 5, 5s, start};
    window.add(true, false, start, 100ms);
    window.add(false, false, start + 100ms, 100ms);
    window.add(true, true, start + 800ms, 1s);
    const call_counts all{.calls = 3, .failed = 2, .slow = 1, .slow_failed = 1};
    CHECK(window.total_duration(start + 800ms) == 1200ms);
    CHECK(window.total_duration(start + 5s - 1ns) == 1200ms);
    CHECK(window.total_duration(start + 5s) == 0ms);
    CHECK(window.counts(start + 800ms) == all);
    CHECK(window.counts(start + 4800ms) == all);
    CHECK(window.counts(start + 5s - 1ns) == all);
    CHECK(window.counts(start + 5s) == call_counts{});
    CHECK(window.counts(start + 5800ms) == call_counts{});
}

TEST_CASE("a time window of five seconds, call by call") { // resilience4j's other vector
    struct row {
        duration at;
        bool failed;
        std::uint32_t calls, failures; ///< in the window, this one included
    };
    const auto rows = {row{0ms, true, 1, 1},   {100ms, false, 2, 1},  {200ms, false, 3, 1},
                       {1200ms, false, 4, 1},  {2200ms, false, 5, 1}, {3200ms, true, 6, 2},
                       {4200ms, false, 7, 2},  {5200ms, false, 5, 1}, {6200ms, false, 5, 1},
                       {11'200ms, false, 1, 0}};
    sliding_window window{sliding_window_type::time, 5, 5s, start};
    for (const auto& r : rows) {
        window.add(r.failed, false, start + r.at, 100ms);
        CAPTURE(r.at.count());
        CHECK(window.counts(start + r.at) == call_counts{.calls = r.calls, .failed = r.failures});
        CHECK(window.total_duration(start + r.at) == r.calls * 100ms);
    }
}

TEST_CASE("R10: calls that took longer than can be added up make the largest total, and leave it") {
    for (const auto type : {sliding_window_type::count, sliding_window_type::time}) {
        sliding_window window{type, 10, 10s, start};
        for (int i = 0; i < 10; ++i) // 73 years, at least
            window.add(true, true, start, duration::max());
        CHECK(window.total_duration(start) == duration::max());
        for (int i = 0; i < 10; ++i)
            window.add(false, false, start + 10s, 3ns);
        CHECK(window.total_duration(start + 10s) == 30ns);
    }
}

TEST_CASE("the first bucket of a time window is as long as the others, whenever it starts") {
    const auto odd_start = start + 12'345'678ns;
    sliding_window window{sliding_window_type::time, 2, 2s, odd_start};
    window.add(true, false, odd_start);
    CHECK(window.counts(odd_start + 2s - 1ns).calls == 1);
    CHECK(window.counts(odd_start + 2s).calls == 0);
}

TEST_CASE("looking at a time window changes nothing") {
    sliding_window window{sliding_window_type::time, 3, 3s, start};
    window.add(true, false, start);
    CHECK(window.counts(start + 100s).calls == 0);
    CHECK(window.counts(start + 1s).calls == 1);
}

TEST_CASE("a count window is what a list of the last calls says it is") {
    REQUIRE(rc::check([](const std::vector<std::tuple<bool, bool, std::uint32_t>>& calls) {
        const auto size = *rc::gen::inRange<std::uint32_t>(1, 70);
        sliding_window window{sliding_window_type::count, size, {}, start};
        std::deque<seen_call> last;
        for (const auto& [failed, slow, took] : calls) {
            window.add(failed, slow, start, duration{took});
            last.push_back({failed, slow, start, duration{took}});
            if (last.size() > size)
                last.pop_front();
            RC_ASSERT(window.counts(start) == count(last));
            RC_ASSERT(window.total_duration(start) == total(last));
        }
    }));
}

TEST_CASE("a time window is what a list of the calls of its buckets says it is") {
    REQUIRE(rc::check([](const std::vector<std::pair<bool, std::uint16_t>>& calls) {
        const auto buckets = *rc::gen::inRange<std::uint32_t>(1, 12);
        const auto width = 10ms;
        sliding_window window{sliding_window_type::time, buckets, width * buckets, start};
        std::deque<seen_call> kept;
        auto now = start;
        for (const auto& [failed, pause] : calls) {
            now += std::chrono::microseconds{pause % 4 == 0 ? pause : pause % 1000};
            window.add(failed, false, now, duration{pause});
            kept.push_back({failed, false, now, duration{pause}});
            const auto oldest = (now - start) / width - buckets + 1;
            while ((kept.front().at - start) / width < oldest)
                kept.pop_front();
            RC_ASSERT(window.counts(now) == count(kept));
            RC_ASSERT(window.total_duration(now) == total(kept));
        }
    }));
}

TEST_CASE("a cleared window is empty and starts anew") {
    for (const auto type : {sliding_window_type::count, sliding_window_type::time}) {
        sliding_window window{type, 3, 3s, start};
        for (int i = 0; i < 5; ++i)
            window.add(true, true, start + 500ms);
        window.clear(start + 700ms);
        CHECK(window.counts(start + 700ms) == call_counts{});
        window.add(false, false, start + 700ms);
        CHECK(window.counts(start + 3600ms).calls == 1);
        window.add(false, false, start + 2s);
        CHECK(window.counts(start + 3700ms).calls == (type == sliding_window_type::count ? 2 : 1));
    }
}

TEST_CASE("a clock that jumps far ahead costs no loop over what it passed") {
    constexpr auto far = start + std::chrono::hours{1'000'000};
    sliding_window window{sliding_window_type::time, 10, 10ns, start};
    window.add(true, false, start);
    window.add(true, false, far);
    CHECK(window.counts(far).calls == 1);
    pending_calls pending{15ns, start};
    pending.started(start);
    CHECK(pending.overdue(far) == 1);
}

TEST_CASE("a pending call becomes overdue after the threshold, at most a fifteenth late") {
    pending_calls pending{1500ms, start};
    pending.started(start + 10ms);
    CHECK(pending.overdue(start + 10ms + 1500ms) == 0);
    CHECK(pending.overdue(start + 10ms + 1601ms) == 1);
    pending.ended(start + 10ms);
    CHECK(pending.overdue(start + 20s) == 0);
}

TEST_CASE("pending calls are never overdue early, never late by more than a slot, never lost") {
    REQUIRE(rc::check([](const std::vector<std::pair<std::uint8_t, std::uint16_t>>& steps) {
        const duration threshold = duration{*rc::gen::inRange(1, *rc::gen::element(60, 2'000'000))};
        const duration slot = threshold / 15 + 1ns;
        pending_calls pending{threshold, start};
        std::deque<time_point> running;
        auto now = start;
        for (const auto& [what, pause] : steps) {
            now += threshold * (pause % 500) / 1000 + duration{pause % 3};
            if (what % 3 != 0) {
                pending.started(now);
                running.push_back(now);
            } else if (!running.empty()) {
                const auto which = running.begin() + what % static_cast<int>(running.size());
                pending.ended(*which);
                running.erase(which);
            }
            std::uint32_t certainly = 0;
            std::uint32_t possibly = 0;
            for (const auto since : running) {
                possibly += now - since > threshold;
                certainly += now - since >= 16 * slot;
            }
            const auto overdue = pending.overdue(now);
            RC_ASSERT(overdue >= certainly);
            RC_ASSERT(overdue <= possibly);
        }
    }));
}
