// SPDX-License-Identifier: BSL-1.0
#include "sim-core/stats/time_series.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

using namespace windtunnel;
using namespace windtunnel::sim;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

time_point at(duration d) {
    return time_point{} + d;
}

std::uint64_t total(const count_series& series) {
    std::uint64_t sum = 0;
    for (const count_cell& each : series)
        sum += each.count;
    return sum;
}

} // namespace

TEST_CASE("what happens in a window is counted there, its start included and its end not") {
    count_series series{{.window = 1s}};
    CHECK(series.size() == 0);
    series.record(at(0s));
    series.record(at(999'999'999ns), 2);
    series.record(at(1s));
    series.record(at(4s), 5);
    series.record(at(1500ms)); // an earlier window again
    REQUIRE(series.size() == 5);
    CHECK(series[0].count == 3);
    CHECK(series[1].count == 2);
    CHECK(series[2].count == 0);
    CHECK(series[4].count == 5);
    CHECK(series.start_of(4) == at(4s));
}

TEST_CASE("windows start where the series starts") {
    count_series series{{.window = 10s, .start = at(5s)}};
    series.record(at(5s));
    series.record(at(14s));
    series.record(at(15s));
    CHECK(series.size() == 2);
    CHECK(series[0].count == 2);
    CHECK(series.start_of(1) == at(15s));
}

TEST_CASE("a run with too many windows gets windows twice as wide, and keeps its totals") {
    count_series series{{.window = 1s, .max_windows = 4}};
    for (int second = 0; second < 4; ++second)
        series.record(at(std::chrono::seconds{second}), std::uint64_t{1} << second);
    CHECK(series.window() == 1s);
    series.record(at(4s), 16);
    CHECK(series.window() == 2s);
    REQUIRE(series.size() == 3);
    CHECK(series[0].count == 3);
    CHECK(series[1].count == 12);
    CHECK(series[2].count == 16);
    series.record(at(1h)); // far ahead: several doublings at once
    CHECK(series.window() == 1024s);
    CHECK(series.size() == 4);
    CHECK(total(series) == 32);
}

TEST_CASE("whatever the times, doubling keeps every total and every window in its place") {
    CHECK(rc::check([] {
        const auto times = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 1'000'000));
        count_series coarse{{.window = 1ms, .max_windows = 8}};
        value_series values{{.window = 1ms, .max_windows = 8}};
        histogram_series histograms{{.window = 1ms, .max_windows = 8}};
        histogram whole;
        for (const int each : times) {
            const duration d = std::chrono::microseconds{each};
            coarse.record(at(d));
            values.record(at(d), static_cast<double>(each));
            histograms.record(at(d), d);
            whole.record(d);
        }
        RC_ASSERT(coarse.size() <= 8U);
        RC_ASSERT(total(coarse) == times.size());
        for (std::size_t i = 0; i < coarse.size(); ++i) {
            const auto inside = std::count_if(times.begin(), times.end(), [&](int each) {
                const time_point t = at(std::chrono::microseconds{each});
                return t >= coarse.start_of(i) && t < coarse.start_of(i) + coarse.window();
            });
            RC_ASSERT(coarse[i].count == static_cast<std::uint64_t>(inside));
            RC_ASSERT(values[i].count == coarse[i].count);
            RC_ASSERT(histograms[i].count() == coarse[i].count);
        }
        RC_ASSERT(histograms.between(at(0s), at(1h)) == whole);
    }));
}

TEST_CASE("a window of values has their mean and extremes") {
    value_series series;
    series.record(at(100ms), 3.0);
    series.record(at(200ms), -5.0);
    series.record(at(2s), 8.0);
    CHECK(series[0].mean() == Approx(-1));
    CHECK(series[0].min == -5);
    CHECK(series[0].max == 3);
    CHECK(std::isnan(series[1].mean()));
    CHECK(series.between(at(0s), at(3s)).max == 8);
    CHECK(series.between(at(500ms), at(2900ms)).count == 0);
}

TEST_CASE("series of replications merge into the coarser of the two") {
    const auto fill = [](count_series series, int seconds) {
        for (int i = 0; i < seconds; ++i)
            series.record(at(std::chrono::seconds{i}));
        return series;
    };
    const count_series fine = fill(count_series{{.max_windows = 4}}, 4);
    const count_series coarse = fill(count_series{{.max_windows = 4}}, 10);
    for (const bool swapped : {false, true}) {
        count_series merged = swapped ? coarse : fine;
        merged.merge(swapped ? fine : coarse);
        CHECK(merged.window() == 4s);
        REQUIRE(merged.size() == 3);
        CHECK(merged[0].count == 8);
        CHECK(merged[2].count == 2);
    }
    count_series small{{.max_windows = 2}}; // must coarsen further while it takes the other
    small.merge(fine);
    CHECK(small.window() == 2s);
    CHECK(total(small) == 4);
}

TEST_CASE("series that do not fit together are refused") {
    count_series series{{.window = 2s}};
    CHECK_THROWS_WITH(series.merge(count_series{{.window = 3s}}), Contains("a power of two apart"));
    CHECK_THROWS_AS(series.merge(count_series{{.window = 2s, .start = at(1s)}}),
                    std::invalid_argument);
    CHECK_THROWS_WITH(count_series{{.window = 0s}}, Contains("window is 0ns: it must be above 0"));
    CHECK_THROWS_WITH(count_series{{.max_windows = 3}}, Contains("max_windows is 3"));
}
