// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/explain/series.hpp"

#include <catch2/catch.hpp>

namespace windtunnel::scenario::explain {

namespace {

/// Each window has `samples` samples of this mean.
series of_means(const std::vector<double>& means, double samples = 100) {
    series s;
    for (std::size_t w = 0; w < means.size(); ++w)
        s.add(w, means[w] * samples, samples);
    return s;
}

std::vector<double> steady(std::size_t windows) {
    std::vector<double> means;
    for (std::size_t w = 0; w < windows; ++w)
        means.push_back(w % 2 == 0 ? 9.9 : 10.1);
    return means;
}

std::vector<double> with_step(std::size_t windows, std::size_t from, std::size_t to, double value) {
    std::vector<double> means = steady(windows);
    for (std::size_t w = from; w < to; ++w)
        means[w] = value;
    return means;
}

} // namespace

TEST_CASE("a series that is steady does not change") {
    CHECK_FALSE(find_change(of_means(steady(100)), {0, 100}, {}));
}

TEST_CASE("a step up is a change from its first window to its last") {
    const auto c = find_change(of_means(with_step(100, 40, 60, 30)), {0, 100}, {});
    REQUIRE(c);
    CHECK(c->when.begin == 40);
    CHECK(c->when.end == 60);
    CHECK(c->before == Approx(10).margin(0.2));
    CHECK(c->worst == Approx(30));
    CHECK_FALSE(c->goes_on);
}

TEST_CASE("one wild window is no change, three of four are") {
    auto means = with_step(100, 40, 41, 1000);
    CHECK_FALSE(find_change(of_means(means), {0, 100}, {}));
    means[42] = means[43] = 30;
    CHECK(find_change(of_means(means), {0, 100}, {}));
    CHECK(find_change(of_means(with_step(100, 40, 41, 1000)), {0, 100}, {.at_once = true}));
}

TEST_CASE("a step below the factor is no change, however steady the series was") {
    CHECK_FALSE(find_change(of_means(with_step(100, 40, 60, 12.5)), {0, 100}, {.factor = 1.3}));
    CHECK(find_change(of_means(with_step(100, 40, 60, 13.5)), {0, 100}, {.factor = 1.3}));
}

TEST_CASE("a step within what is usual is no change") {
    std::vector<double> wide;
    for (std::size_t w = 0; w < 100; ++w)
        wide.push_back(5 + 5 * static_cast<double>(w % 3));
    for (std::size_t w = 40; w < 60; ++w)
        wide[w] = 25;
    CHECK_FALSE(find_change(of_means(wide), {0, 100}, {}));
}

TEST_CASE("a change that lasts to the last window goes on") {
    const auto c = find_change(of_means(with_step(100, 70, 100, 30)), {0, 100}, {});
    REQUIRE(c);
    CHECK(c->goes_on);
    CHECK(c->when.end == 100);
}

TEST_CASE("what comes back is told by its last time") {
    auto means = with_step(100, 40, 45, 30);
    for (std::size_t w = 70; w < 75; ++w)
        means[w] = 30;
    const auto c = find_change(of_means(means), {0, 100}, {});
    REQUIRE(c);
    CHECK(c->when.end == 45);
    CHECK(c->last.begin == 70);
    CHECK(c->last.end == 75);
}

TEST_CASE("before enough windows are known nothing is a change") {
    CHECK_FALSE(find_change(of_means(with_step(20, 4, 20, 30)), {0, 20}, {}));
}

TEST_CASE("windows with few samples say nothing") {
    series s = of_means(steady(100));
    for (std::size_t w = 40; w < 60; ++w) {
        s.sum[w] = 2000;
        s.samples[w] = 2;
    }
    CHECK_FALSE(find_change(s, {0, 100}, {.samples = 3}));
}

TEST_CASE("errors beyond chance are a change of their share, a stray one is not") {
    auto shares = std::vector<double>(60, 0.01);
    CHECK_FALSE(find_share_change(of_means(shares), {0, 60}));
    shares[30] = 0.03; // 3 of 100
    CHECK_FALSE(find_share_change(of_means(shares), {0, 60}));
    for (std::size_t w = 30; w < 40; ++w)
        shares[w] = 0.2;
    const auto c = find_share_change(of_means(shares), {0, 60});
    REQUIRE(c);
    CHECK(c->when.begin == 30);
    CHECK(c->when.end == 40);
    CHECK(c->before == Approx(0.01));
    CHECK(c->worst == Approx(0.2));
}

} // namespace windtunnel::scenario::explain
