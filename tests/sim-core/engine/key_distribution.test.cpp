// SPDX-License-Identifier: BSL-1.0
#include "sim-core/engine/key_distribution.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <stdexcept>
#include <vector>

using namespace windtunnel;
using namespace windtunnel::sim;
using Catch::Matchers::Contains;

TEST_CASE("the shares of zipf keys fall as a power of their rank and add up to one") {
    const auto keys = key_distribution::zipf(0.8, 10'000);
    CHECK(keys.share(1) / keys.share(10'000) == Approx(std::pow(10'000, 0.8)).epsilon(1e-9));
    double sum = 0;
    for (std::uint64_t k = 1; k <= 10'000; ++k)
        sum += keys.share(k);
    CHECK(sum == Approx(1).epsilon(1e-12));
}

TEST_CASE("keys are drawn from 1 to n in proportion to their shares") {
    const auto keys = GENERATE(key_distribution::zipf(1, 4), key_distribution::uniform(4));
    constexpr int draws = 100'000;
    random_stream random(1, "keys");
    std::vector<int> seen(5);
    for (int i = 0; i < draws; ++i)
        ++seen.at(keys.sample(random));
    CHECK(seen[0] == 0);
    for (std::uint64_t k = 1; k <= 4; ++k) {
        const double share = keys.share(k);
        const double error = std::sqrt(share * (1 - share) / draws);
        CHECK(std::abs(double(seen[k]) / draws - share) < 4 * error);
    }
}

TEST_CASE("two zipf laws that share a stream stay in step") {
    const auto steep = key_distribution::zipf(1.2, 1000), flat = key_distribution::zipf(0.4, 1000);
    random_stream a(1, "keys"), b(1, "keys");
    for (int i = 0; i < 1000; ++i) {
        const auto rank = steep.sample(a);
        CHECK(rank <= flat.sample(b)); // the larger the draw, the larger the key, in both
    }
    CHECK(a() == b());
}

TEST_CASE("keys say how they are written") {
    CHECK(key_distribution::zipf(0.8, 10'000).describe() == "zipf(exponent=0.8, keys=10000)");
    CHECK(key_distribution::uniform(7).describe() == "uniform(keys=7)");
    CHECK(key_distribution::uniform(7) != key_distribution::zipf(1, 7));
}

TEST_CASE("keys that make no sense are refused") {
    CHECK_THROWS_WITH(key_distribution::uniform(0), Contains("keys: 0; must be from 1"));
    CHECK_THROWS_WITH(key_distribution::zipf(0.8, 10'000'001), Contains("must be from 1 to"));
    CHECK_THROWS_WITH(key_distribution::zipf(0, 10), Contains("exponent: 0; must be above 0"));
    CHECK_THROWS_AS(key_distribution::zipf(10.5, 10), std::invalid_argument);
}
