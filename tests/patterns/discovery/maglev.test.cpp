// SPDX-License-Identifier: BSL-1.0
#include "patterns/discovery/maglev.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <rapidcheck.h>
#include <vector>

#include "patterns/discovery/stable_hash.hpp"

using namespace windtunnel;

namespace {

struct hosts {
    std::vector<std::uint64_t> keys;
    std::vector<std::uint32_t> weights;

    explicit hosts(std::size_t n, std::uint64_t salt = 0) : weights(n, 1) {
        for (std::uint64_t i = 0; i < n; ++i)
            keys.push_back(stable_hash(salt, i));
    }
    /// The keys of the owners, by entry.
    std::vector<std::uint64_t> owners(std::uint32_t size) const {
        maglev_table table;
        table.build(keys, weights, size);
        std::vector<std::uint64_t> result;
        for (std::size_t i = 0; i < table.size(); ++i)
            result.push_back(keys[table.owner(i)]);
        return result;
    }
    std::vector<int> counts(std::uint32_t size) const {
        const auto owned = owners(size);
        std::vector<int> result;
        for (const auto key : keys)
            result.push_back(static_cast<int>(std::count(owned.begin(), owned.end(), key)));
        return result;
    }
};

std::size_t moved(const std::vector<std::uint64_t>& before,
                  const std::vector<std::uint64_t>& after) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < before.size(); ++i)
        count += before[i] != after[i];
    return count;
}

} // namespace

TEST_CASE("a maglev table is full, and any two hosts' entries differ by at most 1") {
    for (const std::size_t n : {1U, 2U, 3U, 10U, 100U, 1000U}) {
        const auto counts = hosts(n).counts(65'537);
        const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
        CHECK(*most - *least <= (n == 1 ? 0 : 1));
        CHECK(*least == static_cast<int>(65'537 / n));
    }
}

TEST_CASE("a maglev table of no hosts is empty, and of as many as entries has one each") {
    CHECK(hosts(0).owners(7).empty());
    CHECK(hosts(7).counts(7) == std::vector<int>(7, 1));
    CHECK(hosts(2).counts(2) == std::vector<int>(2, 1));
}

TEST_CASE("a maglev table is shared in proportion to the weights") {
    hosts h(4);
    h.weights = {1, 2, 0, 4};
    const auto counts = h.counts(65'537);
    CHECK(counts[0] == Approx(65'537.0 / 7).margin(2));
    CHECK(counts[1] == Approx(65'537.0 * 2 / 7).margin(2));
    CHECK(counts[2] == 0);
    CHECK(counts[3] == Approx(65'537.0 * 4 / 7).margin(2));
    h.weights = {1, 1'000'000, 0, 0};
    CHECK(h.counts(65'537) == std::vector<int>{1, 65'536, 0, 0});
}

TEST_CASE("a host that joins or leaves a maglev table moves about 1/n") {
    REQUIRE(rc::check([] {
        const auto n = *rc::gen::inRange<std::size_t>(2, 30);
        hosts h(n, *rc::gen::arbitrary<std::uint64_t>());
        const auto with = h.owners(10'007);
        h.weights[*rc::gen::inRange<std::size_t>(0, n)] = 0;
        const auto count = moved(h.owners(10'007), with);
        RC_ASSERT(count >= 10'007 / n);
        RC_ASSERT(count <= 10'007 / n + 10'007 / 10);
    }));
}

TEST_CASE("a maglev table of 65537 entries moves 1/10 and little else when one of ten leaves") {
    hosts h(10);
    const auto with = h.owners(65'537);
    h.weights[4] = 0;
    CHECK(static_cast<double>(moved(h.owners(65'537), with)) / 65'537 < 0.1 + 0.05);
}

TEST_CASE("who owns what in a maglev table does not depend on the order of the hosts") {
    hosts h(12);
    const auto before = h.owners(1009);
    std::reverse(h.keys.begin(), h.keys.end());
    CHECK(h.owners(1009) == before);
}

TEST_CASE("a hash belongs to the entry that is its remainder") {
    maglev_table table;
    const hosts h(3);
    table.build(h.keys, h.weights, 65'537);
    CHECK(table.find(65'536) == 65'536);
    CHECK(table.find(65'537) == 0);
    CHECK(table.find(~std::uint64_t{0}) == ~std::uint64_t{0} % 65'537);
}
