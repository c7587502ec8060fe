// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/rate_limiter.hpp"

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{100s};
constexpr rate_decision admitted{.admitted = true};
constexpr auto bucket = rate_limiter_kind::token_bucket;
constexpr auto gcra = rate_limiter_kind::gcra;
constexpr auto window = rate_limiter_kind::sliding_window;

rate_decision refused(duration retry_after) {
    return {.retry_after = retry_after};
}

int take_all(rate_limiter& limiter, time_point now) {
    int n = 0;
    while (limiter.try_acquire(now))
        ++n;
    return n;
}

} // namespace

TEST_CASE("a burst passes at once, then permits come at the rate") {
    const auto kind = GENERATE(bucket, gcra);
    rate_limiter limiter{{.kind = kind, .permits = 10, .period = 1s, .burst = 3}, start};
    CHECK(take_all(limiter, start) == 3);
    CHECK(limiter.try_acquire(start) == refused(100ms));
    CHECK(limiter.try_acquire(start + 100ms - 1ns) == refused(1ns));
    CHECK(limiter.try_acquire(start + 100ms) == admitted);
    CHECK(limiter.try_acquire(start + 100ms) == refused(100ms));
    CHECK(take_all(limiter, start + 300ms) == 2);
}

TEST_CASE("a burst of one spaces permits evenly") {
    rate_limiter limiter{{.kind = gcra, .permits = 4, .period = 1s, .burst = 1}, start};
    for (const auto at : {0ms, 250ms, 500ms, 750ms, 1000ms}) {
        CHECK(limiter.try_acquire(start + at) == admitted);
        CHECK(limiter.try_acquire(start + at) == refused(250ms));
    }
    CHECK(limiter.try_acquire(start + 1100ms) == refused(150ms)); // the refusals cost nothing
}

TEST_CASE("parts of a nanosecond are not lost: three permits in ten nanoseconds") {
    const auto kind = GENERATE(bucket, gcra);
    rate_limiter limiter{{.kind = kind, .permits = 3, .period = 10ns, .burst = 1}, start};
    std::vector<duration> at;
    for (auto t = 0ns; t <= 30ns; t += 1ns)
        if (limiter.try_acquire(start + t))
            at.push_back(t);
    // A bucket of one is full before the ns has ended, and holds no more; with two nothing is lost.
    CHECK(at == std::vector<duration>{0ns, 4ns, 8ns, 12ns, 16ns, 20ns, 24ns, 28ns});
    rate_limiter two{{.kind = kind, .permits = 3, .period = 10ns, .burst = 2}, start};
    int n = 0;
    for (auto t = 0ns; t < 3000ns; t += 1ns)
        n += two.try_acquire(start + t).admitted;
    CHECK(n == 2 + 899); // exactly the rate: 3 * 2999 / 10
}

TEST_CASE("a sliding window never has more than its permits in any period") {
    rate_limiter limiter{{.kind = window, .permits = 3, .period = 1s}, start};
    CHECK(limiter.try_acquire(start) == admitted);
    CHECK(limiter.try_acquire(start + 400ms, 2) == admitted);
    CHECK(limiter.try_acquire(start + 500ms) == refused(500ms));
    CHECK(limiter.try_acquire(start + 500ms, 2) == refused(900ms));
    CHECK(limiter.try_acquire(start + 1s - 1ns) == refused(1ns));
    CHECK(limiter.try_acquire(start + 1s) == admitted);
    CHECK(limiter.try_acquire(start + 1s) == refused(400ms));
    CHECK(limiter.try_acquire(start + 1400ms, 2) == admitted);
    CHECK(limiter.try_acquire(start + 1400ms, 3) == refused(1s));
}

TEST_CASE("refilled at once, twice the permits pass around a boundary") { // resilience4j's cycle
    rate_limiter limiter{{.permits = 10, .period = 1s, .refill_at_once = true}, start};
    CHECK(take_all(limiter, start + 1s - 1ns) == 10);
    CHECK(limiter.try_acquire(start + 1s - 1ns) == refused(1ns));
    CHECK(take_all(limiter, start + 1s) == 10);
    CHECK(limiter.try_acquire(start + 1s) == refused(1s));
    CHECK(limiter.try_acquire(start + 1999ms) == refused(1ms));
}

TEST_CASE("refilled at once, a cost above one refill waits for several") {
    rate_limiter limiter{{.permits = 3, .period = 1s, .burst = 7, .refill_at_once = true}, start};
    CHECK(take_all(limiter, start + 500ms) == 7);
    CHECK(limiter.try_acquire(start + 500ms, 4) == refused(1500ms)); // 3 at 1 s, 6 at 2 s
    CHECK(limiter.try_acquire(start + 2s - 1ns, 4) == refused(1ns));
    CHECK(limiter.try_acquire(start + 2s, 4) == admitted);
    CHECK(limiter.try_acquire(start + 2s, 2) == admitted);
    CHECK(limiter.available(start + 2s) == 0);
}

TEST_CASE("a cost above the burst is impossible, whoever asks how long it waits") {
    const auto kind = GENERATE(bucket, gcra, window);
    rate_limiter limiter{{.kind = kind, .permits = 5, .period = 1s}, start};
    CHECK(limiter.try_acquire(start, 6) == refused(duration::max()));
    CHECK(limiter.try_acquire(start, 6).impossible());
    CHECK_FALSE(limiter.reserve(start, duration::max(), 6));
    CHECK(limiter.try_acquire(start, 5) == admitted); // nothing was taken
    CHECK_FALSE(limiter.try_acquire(start, 5).impossible());
}

TEST_CASE("retry_after is exact for any cost, and refusals change nothing") {
    const auto kind = GENERATE(bucket, gcra, window);
    const int cost = GENERATE(1, 2, 3, 6, 7);
    rate_limiter limiter{{.kind = kind, .permits = 7, .period = 1001ms}, start};
    for (int i = 0; i < 7; ++i)
        CHECK(limiter.try_acquire(start + i * 13ms));
    const auto now = start + 100ms;
    const auto wait = limiter.try_acquire(now, cost).retry_after;
    CAPTURE(cost, wait.count());
    REQUIRE(wait > 0ns);
    CHECK(limiter.try_acquire(now + wait - 1ns, cost) == refused(1ns));
    CHECK(limiter.try_acquire(now + wait, cost) == admitted);
}

TEST_CASE("after a very long time a limiter is full, at once, and no fuller") {
    const auto kind = GENERATE(bucket, gcra, window);
    rate_limiter limiter{{.kind = kind, .permits = 5, .period = 1ns}, time_point{}};
    CHECK(take_all(limiter, time_point{}) == 5);
    CHECK(take_all(limiter, never - 1ns) == 5);
    CHECK(limiter.try_acquire(never - 1ns) == refused(duration::max())); // beyond the clock
}

TEST_CASE("R10: the extremes of options and time do not overflow") {
    const auto kind = GENERATE(bucket, gcra);
    constexpr int most = 1'000'000'000;
    rate_limiter slow{{.kind = kind, .permits = 1, .period = duration::max(), .burst = most}};
    CHECK(slow.try_acquire(never - 1ns, most) == admitted);
    CHECK(slow.try_acquire(never - 1ns, 1).impossible());
    CHECK(slow.options().restored_after() == duration::max());
    rate_limiter fast{{.kind = kind, .permits = most, .period = 1ns}, time_point::min()};
    CHECK(fast.try_acquire(time_point{}, most) == admitted);
    CHECK(fast.try_acquire(time_point{}, most) == refused(1ns));
    CHECK(fast.try_acquire(time_point{} + 1ns, most) == admitted);
    CHECK(fast.try_acquire(never - 1ns, most) == admitted);
}

TEST_CASE("a time before the latest counts as the latest") {
    const auto kind = GENERATE(bucket, gcra, window);
    rate_limiter limiter{{.kind = kind, .permits = 1, .period = 1s}, start};
    CHECK(limiter.try_acquire(start + 5s) == admitted);
    CHECK(limiter.try_acquire(start) == refused(1s));
    CHECK(limiter.try_acquire(start + 6s) == admitted);
}

TEST_CASE("what is available, and for how long it must do") {
    rate_limiter limiter{{.permits = 4, .period = 1s, .burst = 8}, start};
    CHECK(limiter.available(start) == 8);
    CHECK(limiter.effective_window(start) == 250ms);
    CHECK(limiter.try_acquire(start, 7));
    CHECK(limiter.available(start) == 1);
    CHECK(limiter.available(start + 600ms) == 3);
    CHECK(limiter.effective_window(start + 600ms) == 150ms); // 2.4 more have come
    CHECK(limiter.try_acquire(start + 600ms, 3));
    CHECK(limiter.available(start + 600ms) == 0);
    CHECK(limiter.effective_window(start + 600ms) ==
          limiter.try_acquire(start + 600ms).retry_after);
}

TEST_CASE("what is available in a window") {
    rate_limiter limiter{{.kind = window, .permits = 4, .period = 1s}, start};
    CHECK(limiter.available(start) == 4);
    CHECK(limiter.effective_window(start) == 1s);
    CHECK(limiter.try_acquire(start, 1));
    CHECK(limiter.try_acquire(start + 100ms, 2));
    CHECK(limiter.available(start + 200ms) == 1);
    CHECK(limiter.effective_window(start + 200ms) == 800ms);
    CHECK(limiter.available(start + 1s) == 2);
    CHECK(limiter.available(start + 1100ms) == 4);
}

TEST_CASE("a limiter that is reset, or idle for long enough, is as new") {
    const auto options = GENERATE(
        rate_limiter_options{.permits = 3, .period = 1s, .burst = 5},
        rate_limiter_options{.permits = 3, .period = 1s, .burst = 5, .refill_at_once = true},
        rate_limiter_options{.kind = gcra, .permits = 3, .period = 1s, .burst = 5},
        rate_limiter_options{.kind = window, .permits = 3, .period = 1s});
    rate_limiter limiter{options, start};
    const int all = options.most_at_once();
    CHECK(take_all(limiter, start) == all);
    limiter.reset();
    CHECK(take_all(limiter, start) == all);
    const auto idle = options.restored_after();
    CHECK(limiter.available(start + idle - 1ns) < all);
    CHECK(limiter.available(start + idle) == all);
}

TEST_CASE("how long until a limiter is as new") {
    using o = rate_limiter_options;
    CHECK(o{.permits = 3, .period = 1s, .burst = 5}.restored_after() == 1666666667ns);
    CHECK(o{.permits = 3, .period = 1s, .burst = 5, .refill_at_once = true}.restored_after() == 2s);
    CHECK(o{.kind = window, .permits = 3, .period = 7s}.restored_after() == 7s);
}

TEST_CASE("the rate limiter refuses options that make no sense") {
    using o = rate_limiter_options;
    const std::vector<std::pair<std::function<void(o&)>, std::string>> rows{
        {[](o& x) { x.permits = 0; }, "rate_limiter: permits is 0; it must be from 1 to 1e9"},
        {[](o& x) { x.permits = 1'000'000'001; }, "rate_limiter: permits is 1000000001"},
        {[](o& x) { x.period = 0s; }, "rate_limiter: period is 0s; it must be above 0"},
        {[](o& x) { x.burst = -1; }, "rate_limiter: burst is -1; it must be from 1 to 1e9, or 0"},
        {[](o& x) { x.max_wait = -1ns; },
         "rate_limiter: max_wait is -1ns; it must not be negative"},
        {[](o& x) { x = {.kind = window, .permits = 1'000'001}; },
         "rate_limiter: permits is 1000001; it must be at most 1e6 for a sliding_window"},
        {[](o& x) { x = {.kind = window, .permits = 10, .burst = 9}; },
         "rate_limiter: burst is 9; it must be 0 or as many as permits for a sliding_window"},
        {[](o& x) { x = {.kind = gcra, .refill_at_once = true}; },
         "rate_limiter: refill_at_once is true; it must be false for other kinds"},
    };
    CHECK_NOTHROW(o{}.validate());
    CHECK_NOTHROW(o{.kind = window, .permits = 10, .burst = 10}.validate());
    for (const auto& [spoil, message] : rows) {
        o options;
        spoil(options);
        CHECK_THROWS_AS(options.validate(), std::invalid_argument);
        CHECK_THROWS_WITH(rate_limiter(options), Catch::Matchers::StartsWith(message));
    }
}

TEST_CASE("the kinds of rate limiters have names") {
    CHECK(to_string(bucket) == "token_bucket");
    CHECK(to_string(gcra) == "gcra");
    CHECK(to_string(window) == "sliding_window");
}
