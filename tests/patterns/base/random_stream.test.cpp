// SPDX-License-Identifier: BSL-1.0
// Golden values: random_stream.golden.py, an implementation of its own.
#include "patterns/base/random_stream.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

using windtunnel::random_stream;

TEST_CASE("a random stream yields the published generators' numbers for its seed and name") {
    struct row {
        std::uint64_t seed;
        std::string_view name;
        std::array<std::uint64_t, 4> draws;
    };
    const auto golden = GENERATE(values<row>({
        {0,
         "",
         {0x96bb3c9cab98ed3fULL, 0x65b64fbc9a770e81ULL, 0xed86fb2d91de1ae1ULL,
          0xc597f5e135156f81ULL}},
        {1,
         "arrivals",
         {0x5e0e888756c6f6b8ULL, 0xe8500522a11d5903ULL, 0x00705a2f5b39e4e0ULL,
          0x0bcb0eb57b61d4abULL}},
        {42,
         "breaker/productpage",
         {0x62fe35dc40933e53ULL, 0xd7f83177e2acb136ULL, 0x124bac7f27d75952ULL,
          0xcdd0a8e8bac2d7e5ULL}},
        {18446744073709551615ULL,
         "a",
         {0xf26c07fa6255a2b5ULL, 0x845072f1b9162bc3ULL, 0x724e884ca8750f59ULL,
          0x1e5f6c4bd015f10eULL}},
    }));
    random_stream stream{golden.seed, golden.name};
    for (const auto expected : golden.draws)
        CHECK(stream() == expected);
}

TEST_CASE("uniform takes the upper 53 bits of a draw") {
    random_stream stream{1, "arrivals"};
    CHECK(stream.uniform() == 0.36740926078962466);
    CHECK(stream.uniform() == 0.9074710092109987);
    CHECK(stream.uniform() == 0.001714359819039668);
}

TEST_CASE("below scales a draw without modulo") {
    random_stream stream{1, "arrivals"};
    std::vector<std::uint64_t> draws(6);
    std::generate(draws.begin(), draws.end(), [&] { return stream.below(1000); });
    CHECK(draws == std::vector<std::uint64_t>{367, 907, 1, 46, 357, 767});
}

TEST_CASE("below reaches every value alike and never its bound") {
    random_stream stream{7, "dice"};
    std::array<int, 6> seen{};
    for (int i = 0; i < 60'000; ++i)
        ++seen.at(stream.below(6));
    double chi_squared = 0;
    for (const int n : seen)
        chi_squared += (n - 1e4) * (n - 1e4) / 1e4;
    CHECK(chi_squared < 20.5); // 99.9 % of the chi-squared distribution with 5 degrees
    CHECK(stream.below(1) == 0);
}

TEST_CASE("uniform_open stays strictly between 0 and 1") {
    random_stream stream{3, "open"};
    for (int i = 0; i < 100'000; ++i) {
        const double u = stream.uniform_open();
        REQUIRE((u > 0 && u < 1));
    }
}

TEST_CASE("chance draws only where it needs to") {
    random_stream stream{5, "chance"};
    random_stream untouched = stream;
    CHECK_FALSE(stream.chance(0));
    CHECK_FALSE(stream.chance(-1));
    CHECK(stream.chance(1));
    CHECK(stream.chance(2));
    CHECK(stream() == untouched());
}

TEST_CASE("chance comes true as often as its probability says") {
    random_stream stream{6, "chance"};
    int hits = 0;
    for (int i = 0; i < 100'000; ++i)
        hits += stream.chance(0.3);
    CHECK(hits == Approx(30'000).margin(600)); // 4 standard deviations
}

TEST_CASE("streams of other names or seeds have other numbers") {
    random_stream a{1, "a"};
    random_stream b{1, "b"};
    random_stream c{2, "a"};
    const auto first = a();
    CHECK(first != b());
    CHECK(first != c());
}
