// SPDX-License-Identifier: BSL-1.0
#include "patterns/discovery/ring_hash.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <rapidcheck.h>
#include <vector>

#include "patterns/discovery/stable_hash.hpp"

using namespace windtunnel;

namespace {

constexpr hash_ring_size usual{.min = 1024, .max = 8'388'608, .points = 128};
constexpr std::uint64_t hashes = 4000;

struct hosts {
    std::vector<std::uint64_t> keys;
    std::vector<std::uint32_t> weights;

    explicit hosts(std::size_t n, std::uint64_t salt = 0) {
        for (std::uint64_t i = 0; i < n; ++i)
            add(stable_hash(salt, i));
    }
    void add(std::uint64_t key, std::uint32_t weight = 1) {
        keys.push_back(key);
        weights.push_back(weight);
    }
    hash_ring ring(const hash_ring_size& size = usual) const {
        hash_ring made;
        made.build(keys, weights, size);
        return made;
    }
};

/// The keys of those who own the hashes.
std::vector<std::uint64_t> owners(const hosts& h, const hash_ring_size& size = usual) {
    const auto ring = h.ring(size);
    std::vector<std::uint64_t> result;
    for (std::uint64_t i = 0; i < hashes; ++i)
        result.push_back(h.keys[ring.owner(ring.find(stable_hash(i)))]);
    return result;
}

std::vector<std::size_t> entries(const hash_ring& ring, std::size_t hosts_count) {
    std::vector<std::size_t> counts(hosts_count);
    for (std::size_t i = 0; i < ring.size(); ++i)
        ++counts.at(ring.owner(i));
    return counts;
}

} // namespace

TEST_CASE("a ring has points for each unit of weight, at least the minimum, at most the maximum") {
    CHECK(hosts(0).ring().size() == 0);
    CHECK(hosts(1).ring().size() == 1024);
    CHECK(hosts(3).ring().size() == 3 * 342); // 1024 / 3 rounded up
    CHECK(hosts(8).ring().size() == 1024);
    CHECK(hosts(9).ring().size() == 9 * 128);
    CHECK(hosts(9).ring({.min = 1, .max = 9 * 128, .points = 128}).size() == 9 * 128);
    CHECK(hosts(9).ring({.min = 1, .max = 9 * 128 - 1, .points = 128}).size() == 9 * 127);
    CHECK(hosts(9).ring({.min = 1, .max = 4, .points = 128}).size() == 9); // one each, at least
}

TEST_CASE("a host of twice the weight has twice the points, and one of none has none") {
    hosts h(0);
    h.add(11, 1);
    h.add(12, 2);
    h.add(13, 0);
    h.add(14, 5);
    CHECK(entries(h.ring(), 4) == std::vector<std::size_t>{128, 256, 0, 640});
}

TEST_CASE("a hash belongs to the first point at or after it, the last ones to the first point") {
    const auto ring = hosts(2).ring();
    std::vector<std::uint64_t> points;
    for (std::uint64_t k = 0; k < 2; ++k)
        for (std::uint64_t i = 0; i < 512; ++i)
            points.push_back(stable_hash(stable_hash(0, k), i));
    std::sort(points.begin(), points.end());
    for (const std::size_t i : {0, 1, 511, 1023}) {
        CHECK(ring.find(points[i]) == i);
        CHECK(ring.find(points[i] - 1) == i);
        CHECK(ring.find(points[i] + 1) == (i + 1) % 1024);
    }
    CHECK(ring.find(0) == 0);
    CHECK(ring.find(~std::uint64_t{0}) == 0);
}

TEST_CASE("a host that joins a ring takes only what it owns from then on, about 1/n") {
    REQUIRE(rc::check([] {
        const auto n = *rc::gen::inRange<std::size_t>(8, 60);
        hosts h(n, *rc::gen::arbitrary<std::uint64_t>());
        const auto before = owners(h);
        h.add(*rc::gen::arbitrary<std::uint64_t>());
        const auto after = owners(h);
        std::size_t moved = 0;
        for (std::size_t i = 0; i < hashes; ++i) {
            RC_ASSERT(after[i] == before[i] || after[i] == h.keys.back());
            moved += after[i] != before[i];
        }
        RC_ASSERT(moved > hashes / (n + 1) / 2);
        RC_ASSERT(moved < hashes * 3 / (n + 1) / 2 + 10);
    }));
}

TEST_CASE("a host that leaves a small ring moves up to about 2/n") {
    for (std::size_t n = 2; n <= 8; ++n) {
        hosts h(n);
        const auto before = owners(h);
        h.weights.back() = 0;
        const auto after = owners(h);
        double moved = 0;
        for (std::size_t i = 0; i < hashes; ++i)
            moved += after[i] != before[i];
        CHECK(moved / hashes <= 2.2 / static_cast<double>(n));
    }
}

TEST_CASE("who owns what on a ring does not depend on the order of the hosts") {
    hosts h(12);
    const auto before = owners(h);
    std::reverse(h.keys.begin(), h.keys.end());
    CHECK(owners(h) == before);
}

TEST_CASE("the shares on a ring are alike") {
    const hosts h(16);
    const auto found = owners(h, {.min = 16 * 1024, .max = 8'388'608, .points = 128});
    for (const auto key : h.keys)
        CHECK(std::count(found.begin(), found.end(), key) == Approx(hashes / 16).epsilon(0.25));
}
