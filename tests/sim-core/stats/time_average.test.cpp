// SPDX-License-Identifier: BSL-1.0
#include "sim-core/stats/time_average.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

using namespace windtunnel;
using namespace windtunnel::sim;
using namespace std::chrono_literals;

namespace {

time_point at(duration d) {
    return time_point{} + d;
}

} // namespace

TEST_CASE("the average of a level is its integral over the interval, by hand") {
    // 0 for 1 s, 2 for 3 s, 5 for 2 s, 1 after that.
    time_average queue;
    queue.set(at(1s), 2);
    const auto after_two = queue.at(at(2s));
    queue.add(at(4s), 3);
    queue.set(at(6s), 1);
    CHECK(queue.level() == 1);
    const auto begin = time_average::snapshot{};
    const auto end = queue.at(at(10s));
    CHECK(time_average::mean(begin, end) == Approx((0 + 6 + 10 + 4) / 10.0));
    CHECK(time_average::mean(after_two, end) == Approx((4 + 10 + 4) / 8.0));
    CHECK(time_average::mean(begin, after_two) == Approx(1));
    CHECK(time_average::mean(end, end) == 0);
}

TEST_CASE("an average may start late and at a level") {
    time_average workers{at(10s), 4};
    const auto begin = workers.at(at(10s));
    workers.set(at(12s), 0);
    CHECK(time_average::mean(begin, workers.at(at(14s))) == Approx(2));
}

TEST_CASE("the integral of requests in the system is the sum of their sojourns, exactly") {
    CHECK(rc::check([] {
        const auto visits = *rc::gen::container<std::vector<std::pair<int, int>>>(
            rc::gen::pair(rc::gen::inRange(0, 1'000'000), rc::gen::inRange(0, 1000)));
        std::vector<std::pair<int, int>> changes;
        wide_integer sojourns = 0;
        for (const auto& [arrival, stay] : visits) {
            changes.emplace_back(arrival, +1);
            changes.emplace_back(arrival + stay, -1);
            sojourns += stay;
        }
        std::sort(changes.begin(), changes.end());
        time_average in_system;
        for (const auto& [when, change] : changes)
            in_system.add(at(duration{when}), change);
        RC_ASSERT(in_system.level() == 0);
        RC_ASSERT(in_system.at(at(1s)).integral == sojourns);
    }));
}

TEST_CASE("a level by windows has each window's mean and extremes") {
    level_series queue{{.window = 1s}};
    queue.set(at(500ms), 4);
    queue.set(at(2500ms), 1);
    queue.advance(at(3500ms));
    const auto& cells = queue.cells();
    REQUIRE(cells.size() == 4);
    CHECK(cells[0].mean() == Approx(2));
    CHECK(cells[0].min == 0);
    CHECK(cells[1].mean() == Approx(4));
    CHECK(cells[1].min == 4);
    CHECK(cells[2].mean() == Approx(2.5));
    CHECK(cells[3].mean() == Approx(1)); // of the half that is known
    CHECK(cells[3].covered == 500ms);
    CHECK(queue.level() == 1);
    CHECK(std::isnan(level_cell{}.mean()));
}

TEST_CASE("doubling the windows of a level keeps its integral") {
    level_series queue{{.window = 1s, .max_windows = 4}, 3};
    time_average exact{{}, 3};
    for (int second = 1; second < 100; second += 7) {
        queue.set(at(std::chrono::seconds{second}), second % 5);
        exact.set(at(std::chrono::seconds{second}), second % 5);
    }
    queue.advance(at(100s));
    CHECK(queue.cells().window() == 32s);
    const level_cell whole = queue.cells().between(at(0s), at(1h));
    CHECK(whole.integral == exact.at(at(100s)).integral);
    CHECK(whole.covered == 100s);
    CHECK(whole.max == 4);
}
