// SPDX-License-Identifier: BSL-1.0
#include "sim-core/stats/truncation.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "patterns/base/random_stream.hpp"

using namespace windtunnel;
using namespace windtunnel::sim;

namespace {

/// Noise around 1 on which a bias lies that dies out: `height` x e^(-i / decay).
std::vector<double> settling(std::size_t values, double height, double decay, std::uint64_t seed) {
    random_stream random(seed, "noise");
    std::vector<double> series;
    for (std::size_t i = 0; i < values; ++i)
        series.push_back(1 + 0.2 * (random.uniform() - 0.5) +
                         height * std::exp(-static_cast<double>(i) / decay));
    return series;
}

} // namespace

TEST_CASE("a series that is constant from its beginning keeps all of it") {
    CHECK(mser_truncation(std::vector<double>(100, 3.0)) == 0);
}

TEST_CASE("a step is left out up to the batch that it ends in, and nothing else") {
    std::vector<double> series(1000, 1.0);
    for (std::size_t i = 0; i < 100; ++i)
        series[i] = 5;
    CHECK(mser_truncation(series) == 100);
    series[100] = 5; // one more value spoils one more batch
    CHECK(mser_truncation(series) == 105);
}

TEST_CASE("a bias that dies out is cut when the noise hides it, for every seed") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const auto cut = mser_truncation(settling(2000, 2, 50, seed));
        REQUIRE(cut.has_value());
        CAPTURE(seed, *cut);
        CHECK(2 * std::exp(-static_cast<double>(*cut) / 50) < 0.15); // what is left of the bias
        CHECK(*cut < 700);
        CHECK(*cut % mser_batch == 0);
    }
}

TEST_CASE("a series that has not settled at its middle has no warm-up that could be cut") {
    std::vector<double> rising;
    for (int i = 0; i < 200; ++i)
        rising.push_back(i);
    CHECK_FALSE(mser_truncation(rising).has_value());
}

TEST_CASE("too few values, or one that is not finite, say nothing") {
    CHECK_FALSE(mser_truncation(std::vector<double>(49, 1.0)).has_value());
    CHECK(mser_truncation(std::vector<double>(50, 1.0)) == 0);
    std::vector<double> series(100, 1.0);
    series[7] = std::numeric_limits<double>::quiet_NaN();
    CHECK_FALSE(mser_truncation(series).has_value());
}
