// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/priority_shedder.hpp"

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "patterns/base/random_stream.hpp"

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

constexpr int never_so_many = 100'000'000;

/// Two business levels of two user levels each: 3 is the most important, 0 the least.
priority_shedder_options small() {
    return {.business_levels = 2,
            .user_levels = 2,
            .window_requests = never_so_many,
            .shed_retries_first = false};
}

admission_request level(int importance) {
    return {.business = importance / 2, .user = importance % 2};
}

/// One window, in which so many requests of each importance come (0 first), and those that are let
/// in wait so long. Returns how many levels are admitted in the next.
struct windows {
    priority_shedder shedder;
    duration now{};

    int pass(const std::vector<int>& came, duration queued) {
        for (std::size_t i = 0; i < came.size(); ++i)
            for (int n = 0; n < came[i]; ++n)
                if (shedder.admit(time_point{now}, level(static_cast<int>(i))))
                    shedder.on_start(time_point{now}, queued);
        now += 1s;
        shedder.on_start(time_point{now}, 0ns); // closes it
        shedder.admit(time_point{now}, level(3));
        return shedder.admitted_levels();
    }
};

} // namespace

TEST_CASE("a shedder that knows of no overload admits everything") {
    priority_shedder shedder{small()};
    for (int i = 0; i < 4; ++i)
        CHECK(shedder.admit({}, level(i)));
    CHECK(shedder.admitted_levels() == 4);
    CHECK(shedder.levels() == 4);
}

TEST_CASE("overload takes the least important levels, business before user") {
    windows w{priority_shedder{small()}};
    CHECK(w.pass({10, 10, 10, 10}, 21ms) == 3);
    CHECK_FALSE(w.shedder.admits(level(0)));
    CHECK(w.shedder.admits(level(1)));
    CHECK(w.pass({10, 10, 10, 10}, 21ms) == 2);
    CHECK_FALSE(w.shedder.admits(level(1))); // business 0, whatever the user
    CHECK(w.shedder.admits(level(2)));       // business 1, whatever the user
    CHECK(w.shedder.metrics().overloaded_windows == 2);
}

TEST_CASE("the most important level is always admitted") {
    windows w{priority_shedder{small()}};
    for (int i = 0; i < 10; ++i)
        CHECK(w.pass({0, 0, 0, 10}, 1s) == 1);
    CHECK(w.shedder.admit(time_point{w.now}, level(3)));
}

TEST_CASE("an average queueing time of 20ms is no overload, a nanosecond more is") {
    windows even{priority_shedder{small()}};
    CHECK(even.pass({10, 10, 10, 10}, 20ms) == 4);
    windows more{priority_shedder{small()}};
    more.shedder.admit({}, level(0));
    more.shedder.on_start({}, 20ms + 1ns);
    for (int i = 0; i < 1000; ++i) // a share of a nanosecond in the average
        more.shedder.on_start({}, 20ms);
    CHECK(more.pass({0, 0, 0, 1}, 20ms) == 3);
}

TEST_CASE("it gives up levels until alpha of what came in the admitted ones is gone") {
    windows few{priority_shedder{small()}};
    CHECK(few.pass({5, 0, 0, 95}, 30ms) == 3); // exactly 5 %
    windows two{priority_shedder{small()}};
    CHECK(two.pass({4, 4, 0, 92}, 30ms) == 2); // 4 % are too few
    windows much{priority_shedder{small()}};
    CHECK(much.pass({80, 0, 0, 20}, 30ms) == 3); // a level is not divided
}

TEST_CASE("it grows over empty levels to the next in which something came, and no further") {
    windows w{priority_shedder{small()}};
    w.pass({10, 10, 0, 10}, 30ms);
    CHECK(w.pass({0, 10, 0, 10}, 30ms) == 2); // without level 1
    CHECK(w.pass({10, 10, 0, 10}, 1ms) == 3); // one is more than beta already
    CHECK(w.pass({10, 10, 0, 10}, 1ms) == 4);
    CHECK(w.pass({10, 10, 0, 10}, 1ms) == 4);
}

TEST_CASE("it grows by no more than beta of what came, where the levels are fine enough") {
    windows w{priority_shedder{small()}};
    w.pass({5, 0, 0, 95}, 30ms);
    REQUIRE(w.pass({5, 5, 0, 89}, 30ms) == 2);
    CHECK(w.pass({1, 1, 0, 97}, 1ms) == 3); // one of a hundred
}

TEST_CASE("a window forgets what came in the one before") {
    windows w{priority_shedder{small()}};
    w.pass({100, 10, 10, 10}, 1ms);
    CHECK(w.pass({0, 10, 10, 10}, 30ms) == 2);
}

TEST_CASE(
    "where nothing comes above, because callers hold it back, it grows by beta of the levels") {
    auto options = small();
    options.user_levels = 128; // 256 levels: 2.56, so 3
    priority_shedder shedder{options};
    const auto second = [&shedder](int n, duration queued, int least) {
        for (int user = least; user < 128; ++user)
            if (shedder.admit(time_point{1s * n}, {.business = 1, .user = user}))
                shedder.on_start(time_point{1s * n}, queued);
        return shedder.admitted_levels();
    };
    second(0, 30ms, 0);
    CHECK(second(1, 1ms, 64) == 121); // 5 % of 128 is 6.4, rounded up
    CHECK(second(2, 1ms, 64) == 124);
    CHECK(second(3, 1ms, 64) == 127);
    shedder.admit(time_point{3s}, {.business = 1, .user = 0}); // it is the next level
    CHECK(second(4, 1ms, 64) == 128);                          // and enough
}

TEST_CASE("a window in which nothing was taken up says nothing") {
    priority_shedder shedder{small()};
    const auto second = [&shedder](int n, duration queued) {
        for (int i = 0; i < 4; ++i)
            if (shedder.admit(time_point{1s * n}, level(i)) && queued > 0s)
                shedder.on_start(time_point{1s * n}, queued);
        return shedder.admitted_levels();
    };
    second(0, 30ms);
    CHECK(second(1, 0ms) == 3); // let in, and still waiting
    CHECK(second(2, 1ms) == 3);
    CHECK(second(3, 1ms) == 4);
}

TEST_CASE("when all was refused at the door, the door opens again") {
    windows w{priority_shedder{small()}};
    for (int i = 0; i < 4; ++i)
        w.pass({0, 0, 0, 10}, 30ms);
    REQUIRE(w.shedder.admitted_levels() == 1);
    for (int n = 1; n <= 4; ++n)
        w.shedder.admit(time_point{w.now + 1s * n}, level(0));
    CHECK(w.shedder.admitted_levels() == 4);
}

TEST_CASE("a window ends after so many requests, too") {
    auto options = small();
    options.window_requests = 4;
    priority_shedder shedder{options};
    for (int i = 0; i < 4; ++i) {
        CHECK(shedder.admit({}, level(0)));
        shedder.on_start({}, 30ms);
    }
    CHECK_FALSE(shedder.admit({}, level(0)));
    CHECK(shedder.metrics().windows == 1);
}

TEST_CASE("retries are refused first, where the options say so") {
    auto options = small();
    options.shed_retries_first = true;
    priority_shedder shedder{options};
    CHECK(shedder.levels() == 8);
    for (int n = 0; n <= 2; ++n)
        for (int i = 0; i < 4; ++i)
            for (const std::uint32_t attempt : {1U, 2U}) {
                auto request = level(i);
                request.attempt = attempt;
                if (shedder.admit(time_point{1s * n}, request))
                    shedder.on_start(time_point{1s * n}, 30ms);
            }
    CHECK(shedder.admitted_levels() == 6);
    CHECK(shedder.admits({.business = 0, .user = 0, .attempt = 1}));
    CHECK_FALSE(shedder.admits({.business = 0, .user = 1, .attempt = 2}));
    CHECK(shedder.admits({.business = 1, .user = 0, .attempt = 9}));
}

TEST_CASE("health checks pass and count nowhere") {
    windows w{priority_shedder{small()}};
    for (int i = 0; i < 10; ++i)
        w.pass({10, 10, 10, 10}, 30ms);
    const auto before = w.shedder.metrics();
    CHECK(w.shedder.admit(time_point{w.now}, {.health_check = true}));
    CHECK(w.shedder.admits({.health_check = true}));
    CHECK(w.shedder.metrics().admitted == before.admitted);
}

TEST_CASE("priorities outside of the levels count as the nearest") {
    windows w{priority_shedder{small()}};
    w.pass({10, 10, 10, 10}, 30ms);
    CHECK_FALSE(w.shedder.admits({.business = -5, .user = -5}));
    CHECK(w.shedder.admits({.business = std::numeric_limits<int>::max(), .user = 0}));
    CHECK(w.shedder.admits({.business = 0, .user = std::numeric_limits<int>::max()}));
}

TEST_CASE("a user's priority is the same everywhere, even over users, and new each epoch") {
    std::vector<int> seen(128);
    int moved = 0;
    for (std::uint64_t user = 0; user < 128'000; ++user) {
        const int now = user_priority(user, 7, 128);
        REQUIRE(now >= 0);
        REQUIRE(now < 128);
        ++seen[static_cast<std::size_t>(now)];
        moved += now != user_priority(user, 8, 128);
    }
    for (const int n : seen) { // 1000 each; five standard deviations
        CHECK(n > 840);
        CHECK(n < 1160);
    }
    CHECK(moved > 126'000);
    CHECK(user_priority(42, 7, 128) == user_priority(42, 7, 128));
    CHECK(user_priority(42, 7, 1) == 0);
}

namespace {

/// A service that can do `capacity` calls a second without a queue.
struct service {
    priority_shedder shedder{{.window_requests = never_so_many}};
    int capacity;
    int admitted = 0;

    bool call(time_point now, int user) {
        const bool in = shedder.admit(now, {.business = 0, .user = user});
        admitted += in;
        return in;
    }
    void second_ends(time_point now) {
        for (int i = 0; i < admitted; ++i)
            shedder.on_start(now, admitted > capacity ? 40ms : 1ms);
        admitted = 0;
    }
};

/// The share of tasks all of whose calls are admitted; 1000 tasks a second, after a warm-up.
double success(const std::function<bool(time_point, int)>& task,
               const std::function<void(time_point)>& second_ends) {
    random_stream users{1, "users"};
    int good = 0;
    for (int second = 0; second < 400; ++second) {
        const time_point now{1s * second};
        for (int i = 0; i < 1000; ++i)
            good += task(now, user_priority(users(), 0, 128)) && second >= 100;
        second_ends(now + 999ms);
    }
    return good / 300'000.0;
}

} // namespace

TEST_CASE(
    "where half of the demand fits and a task needs the service twice, half of them succeed") {
    service s{.capacity = 1000}; // of 2000 calls
    const double by_priority =
        success([&s](time_point now, int user) { return s.call(now, user) && s.call(now, user); },
                [&s](time_point now) { s.second_ends(now); });
    CHECK(by_priority > 0.46); // it saws between 0.95 and 1.01 of what fits
    CHECK(by_priority < 0.51);

    random_stream random{1, "shed"}; // each call refused or not by a coin, and not by its task
    const double at_random =
        success([&random](time_point, int) { return random.chance(0.5) && random.chance(0.5); },
                [](time_point) {});
    CHECK(at_random == Approx(0.25).margin(0.01));
}

TEST_CASE("levels that are fixed stay, whatever the load, and half of them are half of the tasks") {
    priority_shedder fixed{{.business_levels = 1, .window_requests = 100, .fixed_levels = 64}};
    const auto task = [&fixed](time_point now, int user) {
        const bool first = fixed.admit(now, {.user = user});
        return fixed.admit(now, {.user = user}) && first;
    };
    const auto overload = [&fixed](time_point now) { fixed.on_start(now, 1s); };
    CHECK(success(task, overload) == Approx(0.5).margin(0.003)); // 3 standard errors: .0027
    CHECK(fixed.admitted_levels() == 64);
    CHECK(fixed.metrics().overloaded_windows > 0);
    CHECK_FALSE(fixed.admit({}, {.user = 127, .attempt = 2})); // retries rank behind all of them
}

TEST_CASE("services that do not know of each other refuse the same tasks") {
    service first{.capacity = 500};
    service second{.capacity = 500};
    const double both = success(
        [&](time_point now, int user) {
            const bool a = first.call(now, user);
            return second.call(now, user) && a; // both are asked: neither relieves the other
        },
        [&](time_point now) {
            first.second_ends(now);
            second.second_ends(now);
        });
    CHECK(both > 0.46);
    CHECK(both < 0.51);
    for (int user = 0; user < 128; ++user)
        CHECK(first.shedder.admits({.user = user}) == second.shedder.admits({.user = user}));
}

TEST_CASE("who is more important is never refused where a less important one is admitted") {
    REQUIRE(rc::check([](const std::vector<std::tuple<std::uint8_t, std::uint8_t, bool>>& script) {
        priority_shedder shedder{{.business_levels = 4, .user_levels = 4, .window_requests = 8}};
        time_point now{};
        for (const auto& [which, wait, retry] : script) {
            now += 50ms;
            const admission_request request{
                .business = which / 4 % 4, .user = which % 4, .attempt = retry ? 2U : 1U};
            const bool admitted = shedder.admit(now, request);
            RC_ASSERT(admitted == shedder.admits(request));
            if (admitted)
                shedder.on_start(now, std::chrono::milliseconds{wait});
            for (int i = 0; i < 15; ++i)
                RC_ASSERT(!shedder.admits({.business = i / 4, .user = i % 4}) ||
                          shedder.admits({.business = (i + 1) / 4, .user = (i + 1) % 4}));
            RC_ASSERT(shedder.admitted_levels() >= 1);
        }
    }));
}

TEST_CASE("a shedder refuses options that make no sense") {
    using o = priority_shedder_options;
    CHECK_NOTHROW(o{}.validate());
    const std::vector<std::pair<std::function<void(o&)>, std::string>> rows{
        {[](o& x) { x.business_levels = 0; }, "business_levels is 0; it must be from 1 to 1024"},
        {[](o& x) { x.user_levels = 1025; }, "user_levels is 1025; it must be from 1 to 1024"},
        {[](o& x) { x.queueing_time = 0s; }, "queueing_time is 0s; it must be above 0"},
        {[](o& x) { x.queueing_time = 60s; }, "queueing_time is 60s"},
        {[](o& x) { x.window = 0s; }, "window is 0s; it must be above 0"},
        {[](o& x) { x.window_requests = 0; }, "window_requests is 0; it must be from 1 to 1e8"},
        {[](o& x) { x.alpha = 1; }, "alpha is 1; it must be at least 1e-6 and below 1"},
        {[](o& x) { x.alpha = 0; }, "alpha is 0"},
        {[](o& x) { x.fixed_levels = -1; },
         "fixed_levels is -1; it must be from 0 to the number of levels"},
        {[](o& x) { x.fixed_levels = 2 * 8 * 128 + 1; }, "fixed_levels is 2049"},
        {[](o& x) { x.beta = 1.5; }, "beta is 1.5; it must be from 1e-6 to 1"},
        {[](o& x) { x.beta = std::numeric_limits<double>::quiet_NaN(); }, "beta is"},
    };
    for (const auto& [spoil, message] : rows) {
        o options;
        spoil(options);
        CHECK_THROWS_WITH(priority_shedder{options},
                          Catch::Matchers::StartsWith("priority_shedder: " + message));
        CHECK_THROWS_AS(options.validate(), std::invalid_argument);
    }
}

TEST_CASE("a caller that was told the levels holds back what would be refused, for one window") {
    auto options = small();
    options.window = 1s;
    told_admission caller(options);
    const time_point start{};
    CHECK(caller.admits(level(0), start)); // it was told nothing
    caller.told(2, start);
    CHECK(caller.admits(level(3), start + 500ms));
    CHECK(caller.admits(level(2), start + 500ms));
    CHECK_FALSE(caller.admits(level(1), start + 500ms));
    CHECK(caller.admits({.business = 0, .health_check = true}, start + 500ms));
    CHECK_FALSE(caller.admits(level(0), start + 1s - 1ns));
    CHECK(caller.admits(level(0), start + 1s)); // it asks again
}

TEST_CASE("caller and shedder rank requests alike") {
    const priority_shedder shedder(small());
    told_admission caller(small());
    caller.told(shedder.admitted_levels(), time_point{});
    for (int importance = 0; importance < 4; ++importance)
        CHECK(caller.admits(level(importance), time_point{}) == shedder.admits(level(importance)));
}
