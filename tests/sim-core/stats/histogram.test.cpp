// SPDX-License-Identifier: BSL-1.0
#include "sim-core/stats/histogram.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "patterns/base/random_stream.hpp"

using namespace windtunnel;
using namespace windtunnel::sim;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

/// From single nanoseconds to years, every power of two as likely as any other.
rc::Gen<std::vector<duration>> any_values(std::size_t least = 0) {
    const auto value =
        rc::gen::map(rc::gen::pair(rc::gen::inRange(0, 63), rc::gen::arbitrary<std::uint64_t>()),
                     [](const std::pair<int, std::uint64_t>& p) {
                         const std::uint64_t top = std::uint64_t{1} << p.first;
                         return duration{static_cast<std::int64_t>(top | (p.second & (top - 1)))};
                     });
    return rc::gen::suchThat(rc::gen::container<std::vector<duration>>(value),
                             [least](const auto& all) { return all.size() >= least; });
}

histogram of(const std::vector<duration>& values) {
    histogram result;
    for (const duration each : values)
        result.record(each);
    return result;
}

bool close(duration found, duration exact) {
    return std::abs(static_cast<double>((found - exact).count())) <=
           histogram::relative_error * static_cast<double>(exact.count()) + 1e-9;
}

} // namespace

TEST_CASE("every quantile is within the stated relative error of the exact one") {
    STATIC_REQUIRE(histogram::relative_error <= 0.004);
    CHECK(rc::check([] {
        auto values = *any_values(1);
        const histogram h = of(values);
        std::sort(values.begin(), values.end());
        for (std::size_t rank = 1; rank <= values.size(); ++rank)
            RC_ASSERT(close(h.at_rank(rank), values[rank - 1]));
        for (const double q : {0.0, 0.25, 0.5, 0.9, 0.99, 1.0}) {
            const double place = std::ceil(q * static_cast<double>(values.size()) - 1e-6);
            RC_ASSERT(
                close(h.quantile(q), values[place < 1 ? 0 : static_cast<std::size_t>(place) - 1]));
        }
    }));
}

TEST_CASE("count, mean, minimum and maximum are exact") {
    CHECK(rc::check([] {
        const auto values = *any_values(1);
        const histogram h = of(values);
        wide_integer sum = 0;
        for (const duration each : values)
            sum += each.count();
        RC_ASSERT(h.count() == values.size());
        RC_ASSERT(h.sum_ns() == sum);
        RC_ASSERT(h.min() == *std::min_element(values.begin(), values.end()));
        RC_ASSERT(h.max() == *std::max_element(values.begin(), values.end()));
    }));
}

TEST_CASE("merging is recording everything in one, in any order and grouping") {
    CHECK(rc::check([] {
        const auto a = *any_values(), b = *any_values(), c = *any_values();
        histogram left = of(a), right = of(b), swapped = of(b);
        left.merge(of(b));
        left.merge(of(c)); // (a + b) + c
        right.merge(of(c));
        histogram grouped = of(a);
        grouped.merge(right); // a + (b + c)
        swapped.merge(of(a));
        swapped.merge(of(c)); // (b + a) + c
        auto all = a;
        all.insert(all.end(), b.begin(), b.end());
        all.insert(all.end(), c.begin(), c.end());
        RC_ASSERT(left == of(all));
        RC_ASSERT(grouped == left);
        RC_ASSERT(swapped == left);
    }));
}

TEST_CASE("a histogram comes back from its data") {
    CHECK(rc::check([] {
        const histogram h = of(*any_values());
        const histogram back{h.data()};
        RC_ASSERT(back == h);
        RC_ASSERT(back.count() == h.count());
        if (!h.empty())
            RC_ASSERT(back.quantile(0.9) == h.quantile(0.9));
    }));
}

TEST_CASE("a histogram of one value gives it back exactly") {
    histogram h;
    h.record(123'456'789ns, 1000);
    for (const double q : {0.0, 0.5, 0.999, 1.0})
        CHECK(h.quantile(q) == 123'456'789ns);
    CHECK(h.mean_seconds() == Approx(0.123456789).epsilon(1e-14));
    CHECK(h.count() == 1000);
}

TEST_CASE("values below 256 ns and the longest duration have their place") {
    histogram h;
    for (int i = 0; i < 256; ++i)
        h.record(duration{i});
    for (int i = 0; i < 256; ++i)
        CHECK(h.at_rank(static_cast<std::uint64_t>(i) + 1) == duration{i});
    h.record(duration::max());
    CHECK(h.max() == duration::max());
    CHECK(h.quantile(1) == duration::max());
}

TEST_CASE("the rank of a quantile is not raised by rounding") {
    histogram h;
    for (int i = 1; i <= 100; ++i)
        h.record(duration{i});
    for (int i = 1; i <= 100; ++i)
        CHECK(h.quantile(i / 100.0) == duration{i});
    CHECK(h.quantile(0.501) == 51ns);
    CHECK(h.quantile(-1) == 1ns);
    CHECK(h.quantile(2) == 100ns);
}

TEST_CASE("values up to a limit are counted to a bucket's end") {
    histogram h;
    for (int i = 1; i <= 200; ++i)
        h.record(duration{i});
    CHECK(h.count_at_most(100ns) == 100);
    CHECK(h.count_at_most(0ns) == 0);
    CHECK(h.count_at_most(200ns) == 200);
    h.record(10ms, 50);
    h.record(1s);
    CHECK(h.count_at_most(histogram::highest_like(10ms)) == 250);
    CHECK(h.count_at_most(500ms) == 250);
    CHECK(h.count_at_most(1s) == 251);
    CHECK(histogram{}.count_at_most(1s) == 0);
}

TEST_CASE("memory follows the range in use") {
    histogram h;
    CHECK(h.memory() <= 128);
    h.record(1ms);
    CHECK(h.memory() <= 1200);
    for (duration d = 100us; d < 10s; d += d / 200)
        h.record(d);
    CHECK(h.memory() <= 20'000);
    h.record(0ns);
    h.record(duration::max());
    CHECK(h.memory() <= 60'000);
    h.clear();
    CHECK(h.empty());
    CHECK(h.memory() <= 128);
}

TEST_CASE("an empty histogram merges, copies and compares") {
    histogram h, empty;
    h.record(3ms);
    const histogram before = h;
    h.merge(empty);
    CHECK(h == before);
    empty.merge(h);
    CHECK(empty == before);
    CHECK(histogram{histogram{}.data()} == histogram{});
    h.record(5ms, 0);
    CHECK(h == before);
}

TEST_CASE("data that no histogram has written are refused") {
    histogram h;
    h.record(1ms);
    h.record(1s, 3);
    const histogram_data good = h.data();
    const auto refused = [&](auto spoil, const char* why) {
        histogram_data data = good;
        spoil(data);
        CHECK_THROWS_WITH(histogram{data}, Contains(why));
        CHECK_THROWS_AS(histogram{data}, std::invalid_argument);
    };
    CHECK(histogram{good} == h);
    refused([](auto& d) { std::swap(d.buckets[0], d.buckets[1]); }, "out of order");
    refused([](auto& d) { d.buckets[0].lowest = -1ns; }, "out of order");
    refused([](auto& d) { d.buckets[0].lowest += 1ns; }, "is not the lowest value of a bucket");
    refused([](auto& d) { d.buckets[1].count = 0; }, "has the count 0");
    refused([](auto& d) { d.buckets.clear(); }, "no buckets");
    refused([](auto& d) { d.min = 2ms; }, "minimum or maximum");
    refused([](auto& d) { d.max = 2s; }, "minimum or maximum");
    refused([](auto& d) { d.sum_low = 0; }, "the sum does not fit");
    refused([](auto& d) { d.sum_high = 1; }, "the sum does not fit");
}
