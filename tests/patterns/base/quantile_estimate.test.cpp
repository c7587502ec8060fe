// SPDX-License-Identifier: BSL-1.0
#include "patterns/base/quantile_estimate.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "patterns/base/random_stream.hpp"

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{10s};

quantile_estimate eager(duration window = 30s) {
    return quantile_estimate{{.window = window, .min_samples = 1}, start};
}

/// The ceil(q*n)-th smallest.
duration exactly(std::vector<duration> values, double q) {
    std::sort(values.begin(), values.end());
    const auto rank = std::ceil(q * static_cast<double>(values.size()) - 1e-9);
    return values[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

bool within_error(duration estimate, duration truth) {
    const double off = std::abs(static_cast<double>((estimate - truth).count()));
    return off <= quantile_estimate::relative_error * static_cast<double>(truth.count());
}

} // namespace

TEST_CASE("the quantile of a few small latencies is the exact one") {
    auto e = eager();
    for (const int ns : {30, 10, 20, 40})
        e.record(duration{ns}, start);
    const auto [q, truth] = GENERATE(table<double, duration>({
        {0.01, 10ns},
        {0.25, 10ns},
        {0.26, 20ns},
        {0.5, 20ns},
        {0.75, 30ns},
        {0.95, 40ns},
        {1, 40ns},
    }));
    CAPTURE(q);
    CHECK(e.quantile(q, start) == truth);
}

TEST_CASE("one in twenty of a hundred is the 95th, whatever binary fractions say") {
    auto e = eager();
    for (int i = 1; i <= 100; ++i)
        e.record(i < 95 ? 1ns : i == 95 ? 2ns : 3ns, start);
    CHECK(e.quantile(0.94, start) == 1ns);
    CHECK(e.quantile(0.95, start) == 2ns);
    CHECK(e.quantile(0.951, start) == 3ns);
}

TEST_CASE("a quantile is off by at most the relative error, for latencies of all sizes") {
    REQUIRE(rc::check([](const std::vector<std::uint32_t>& draws) {
        const int shift = *rc::gen::inRange(0, 9);
        const double q = *rc::gen::inRange(1, 100) / 100.0;
        auto e = eager();
        std::vector<duration> values;
        for (const auto draw : draws) {
            values.emplace_back(std::int64_t{draw & 0x7fffffff} << shift);
            e.record(values.back(), start);
        }
        RC_PRE(!values.empty());
        RC_ASSERT(within_error(e.quantile(q, start).value(), exactly(values, q)));
    }));
}

TEST_CASE("every power of two and its neighbours is within the relative error") {
    for (int power = 0; power < 40; ++power)
        for (const int beside : {-1, 0, 1}) {
            const duration truth{(std::int64_t{1} << power) + beside};
            auto e = eager();
            e.record(truth, start);
            CAPTURE(truth.count());
            CHECK(within_error(e.quantile(0.5, start).value(),
                               std::min(truth, duration{(std::int64_t{1} << 40) - 1})));
        }
}

TEST_CASE("extreme latencies are counted, not lost") {
    auto e = eager();
    e.record(duration::min(), start);
    e.record(duration::max(), start);
    CHECK(e.quantile(0.5, start) == 0ns);
    CHECK(within_error(e.quantile(1, start).value(), duration{(std::int64_t{1} << 40) - 1}));
}

TEST_CASE("there is no answer below the minimum of samples, and censored ones do not count") {
    quantile_estimate e{{.min_samples = 3}, start};
    CHECK_FALSE(e.quantile(0.5, start));
    e.record(5ns, start);
    e.record(6ns, start);
    e.record_censored(7ns, start);
    CHECK_FALSE(e.quantile(0.5, start));
    e.record(8ns, start);
    CHECK(e.quantile(0.5, start) == 6ns);
    CHECK(e.observed(start) == 3);
    CHECK(e.censored(start) == 1);
}

TEST_CASE("censored observations count as at risk until they were given up (Kaplan and Meier)") {
    // Ended at 1, 3 and 5, given up at 2 and 5: S is 4/5 at 1, 8/15 at 3, 4/15 at 5.
    auto e = eager();
    for (const int ended : {1, 3, 5})
        e.record(duration{ended}, start);
    for (const int given_up : {2, 5})
        e.record_censored(duration{given_up}, start);
    const auto [q, truth] = GENERATE(table<double, duration>({
        {0.2, 1ns},
        {0.21, 3ns},
        {0.46, 3ns},
        {0.47, 5ns},
        {0.73, 5ns},
        {0.99, 5ns}, // S stays at 4/15: the longest known
    }));
    CAPTURE(q);
    CHECK(e.quantile(q, start) == truth);
}

TEST_CASE("where the longest are censored the answer is the longest known, a lower bound") {
    auto e = eager();
    e.record(1ns, start);
    for (int i = 0; i < 9; ++i)
        e.record_censored(50ns, start);
    CHECK(e.quantile(0.1, start) == 1ns);
    CHECK(e.quantile(0.95, start) == 50ns);
}

TEST_CASE("losers at a threshold do not drag the quantile down when censored, but do when lost") {
    // Uniform to 1000; everything over 600 is given up there for half of the calls.
    auto honest = eager();
    auto naive = eager();
    random_stream random{1, "losers"};
    for (int i = 0; i < 20000; ++i) {
        const duration latency{static_cast<std::int64_t>(random.below(1000)) * 1000};
        if (latency > 600us && random.chance(0.5)) {
            honest.record_censored(600us, start);
            continue;
        }
        honest.record(latency, start);
        naive.record(latency, start);
    }
    CHECK(to_seconds(honest.quantile(0.9, start).value()) == Approx(900e-6).epsilon(0.025));
    CHECK(to_seconds(naive.quantile(0.9, start).value()) < 880e-6);
}

TEST_CASE("an observation is forgotten when its window is two windows past, not before") {
    auto e = eager(10s);
    e.record(7ns, start + 9s);
    e.record_censored(9ns, start + 9s);
    CHECK(e.observed(start + 20s - 1ns) == 1);
    CHECK(e.censored(start + 20s - 1ns) == 1);
    CHECK(e.quantile(0.5, start + 20s - 1ns) == 7ns);
    CHECK(e.observed(start + 20s) == 0);
    CHECK(e.censored(start + 20s) == 0);
    CHECK_FALSE(e.quantile(0.5, start + 20s));
}

TEST_CASE("asking and recording agree on what is in view") {
    const auto [again, in_view] = GENERATE(table<duration, std::uint64_t>({
        {10s - 1ns, 2},
        {10s, 2},
        {20s - 1ns, 2},
        {20s, 1},
        {1000s, 1},
    }));
    CAPTURE(again.count());
    auto e = eager(10s);
    e.record(7ns, start);
    CHECK(e.observed(start + again) == in_view - 1);
    e.record(7ns, start + again);
    CHECK(e.observed(start + again) == in_view);
}

TEST_CASE("windows keep their rhythm after a silence") {
    auto e = eager(10s);
    e.record(7ns, start + 35s); // the window from 30 s to 40 s
    CHECK(e.observed(start + 50s - 1ns) == 1);
    CHECK(e.observed(start + 50s) == 0);
}

TEST_CASE("the longest window and the end of time do not overflow") {
    auto e = eager(duration::max());
    e.record(7ns, never);
    CHECK(e.quantile(0.5, never) == 7ns);
    auto shortest = eager(1ns);
    shortest.record(7ns, start);
    shortest.record(8ns, never - 1ns);
    CHECK(shortest.observed(never - 1ns) == 1);
}

TEST_CASE("the same observations give the same answer in any order") {
    auto there = eager();
    auto back = eager();
    for (int i = 0; i < 1000; ++i) {
        there.record(duration{i * 977}, start);
        back.record(duration{(999 - i) * 977}, start);
    }
    CHECK(there.quantile(0.95, start) == back.quantile(0.95, start));
}

TEST_CASE("a quantile estimate refuses options that make no sense") {
    using Catch::Matchers::StartsWith;
    CHECK_NOTHROW(quantile_estimate_options{}.validate());
    CHECK_THROWS_WITH((quantile_estimate_options{.window = 0s}.validate()),
                      "quantile_estimate: window is 0ns; it must be above 0");
    CHECK_THROWS_WITH((quantile_estimate_options{.min_samples = 0}.validate()),
                      "quantile_estimate: min_samples is 0; it must be at least 1");
    CHECK_THROWS_AS(quantile_estimate({.window = -1s}), std::invalid_argument);
}
