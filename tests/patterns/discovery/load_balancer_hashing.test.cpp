// SPDX-License-Identifier: BSL-1.0
// The policies that send the same hash to the same host, and the bound on a host's load.
#include <algorithm>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "patterns/discovery/balancer_test.hpp"

using namespace windtunnel;
using namespace windtunnel::balancer_test;
using namespace std::chrono_literals;

namespace {

std::vector<host> owners(load_balancer& b, std::uint64_t hashes = 2000,
                         std::span<const host> avoid = {}) {
    std::vector<host> result;
    for (std::uint64_t i = 0; i < hashes; ++i)
        result.push_back(b.pick({.hash = i, .avoid = avoid}).value());
    return result;
}

} // namespace

TEST_CASE("a hash always gets the same host, and different hashes different ones") {
    for (const auto policy : hash_policies) {
        auto a = made({.policy = policy}, 5, 1);
        auto b = made({.policy = policy}, 5, 2); // another client, another stream
        const auto found = owners(a);
        CHECK(found == owners(a));
        CHECK(found == owners(b));
        for (host h = 0; h < 5; ++h)
            CHECK(std::count(found.begin(), found.end(), h) == Approx(400).epsilon(0.25));
    }
}

TEST_CASE("hosts are hashed by their keys, whatever their order") {
    for (const auto policy : hash_policies) {
        auto a = made({.policy = policy}, {{.key = 11}, {.key = 12}, {.key = 13}});
        auto b = made({.policy = policy}, {{.key = 13}, {.key = 11}, {.key = 12}});
        const auto in_a = owners(a), in_b = owners(b);
        for (std::size_t i = 0; i < in_a.size(); ++i)
            CHECK(in_b[i] == (in_a[i] + 1) % 3);
    }
}

TEST_CASE("a request without a hash goes anywhere") {
    for (const auto policy : hash_policies) {
        auto b = made({.policy = policy}, 4);
        for (const int n : picks(b, 4000))
            CHECK(n == Approx(1000).epsilon(0.3));
    }
}

TEST_CASE("only the hashes of a host that goes away move, and they come back with it") {
    REQUIRE(rc::check([] {
        const auto policy = hash_policies[*rc::gen::inRange(0, 2)];
        const auto n = *rc::gen::inRange<host>(2, 20);
        const auto gone = *rc::gen::inRange<host>(0, n);
        auto b = made({.policy = policy, .maglev_table_size = 10'007}, n);
        const auto before = owners(b, 500);
        b.set_available(gone, false);
        const auto without = owners(b, 500);
        for (std::size_t i = 0; i < before.size(); ++i)
            RC_ASSERT((before[i] == gone ? without[i] != gone : without[i] == before[i]));
        b.set_available(gone, true);
        RC_ASSERT(owners(b, 500) == before);
        const host avoid[] = {gone};
        RC_ASSERT(owners(b, 500, avoid) == without); // so does a retry
    }));
}

TEST_CASE("a host that is added takes about 1/n of the hashes, and a removed one gives them back") {
    for (const auto policy : hash_policies) {
        auto b = made({.policy = policy}, 9);
        const auto before = owners(b);
        const host added = b.add_host();
        const auto with = owners(b);
        std::size_t moved = 0;
        for (std::size_t i = 0; i < before.size(); ++i)
            moved += with[i] != before[i];
        CHECK(moved == Approx(200).margin(100));
        CHECK(std::count(with.begin(), with.end(), added) == Approx(200).margin(70));
        b.remove_host(added);
        CHECK(owners(b) == before);
    }
}

TEST_CASE("hashing follows the weights") {
    for (const auto policy : hash_policies) {
        auto b = made({.policy = policy, .ring_points = 1000}, {{.weight = 1}, {.weight = 3}});
        auto found = owners(b);
        CHECK(std::count(found.begin(), found.end(), 1U) == Approx(1500).margin(100));
        b.set_weight(1, 1);
        found = owners(b);
        CHECK(std::count(found.begin(), found.end(), 1U) == Approx(1000).margin(120));
    }
}

TEST_CASE("a host at its bound sends the next request with its hash to another one") {
    for (const auto policy : hash_policies) {
        auto b = made({.policy = policy, .hash_balance_factor = 125}, 10);
        const host first = *b.pick({.hash = 42});
        b.on_start(first);
        CHECK(*b.pick({.hash = 42}) != first); // ceil(1.25 * 2 / 10) = 1
        for (int i = 1; i < 400; ++i)
            b.on_start(*b.pick({.hash = 42}));
        std::uint32_t most = 0;
        for (host h = 0; h < 10; ++h)
            most = std::max(most, b.in_flight(h));
        CHECK(most == 50);
        CHECK(b.in_flight(first) == 50);
    }
}

TEST_CASE("bounded loads hold for every order of starts, ends and ejections") {
    REQUIRE(rc::check([](const std::vector<std::pair<std::uint8_t, std::uint8_t>>& script) {
        const auto policy = hash_policies[*rc::gen::inRange(0, 2)];
        constexpr int factor = 110;
        auto b =
            made({.policy = policy, .maglev_table_size = 211, .hash_balance_factor = factor}, 5);
        std::vector<host> flying;
        for (const auto& [what, which] : script) {
            if (what % 8 < 4) {
                const auto h = b.pick({.hash = which % 3});
                if (!h)
                    continue;
                std::uint64_t total = 1;
                for (host i = 0; i < 5; ++i)
                    total += b.available(i) ? b.in_flight(i) : 0;
                RC_ASSERT(b.in_flight(*h) * b.available() * 100 < factor * total);
                b.on_start(*h);
                flying.push_back(*h);
            } else if (what % 8 < 6 && !flying.empty()) {
                std::swap(flying[which % flying.size()], flying.back());
                b.on_end(flying.back());
                flying.pop_back();
            } else {
                b.set_available(which % 5, what % 8 == 6);
            }
        }
    }));
}

TEST_CASE("where those that are left have no room the bound gives way, not the request") {
    for (const auto policy : hash_policies) {
        auto b = made({.policy = policy, .hash_balance_factor = 100}, 3);
        const host avoid[] = {0, 1};
        for (int i = 0; i < 5; ++i) {
            const auto h = b.pick({.hash = 1, .avoid = avoid});
            CHECK(h == 2U);
            b.on_start(*h);
        }
        const host one[] = {0};
        b.on_start(1);
        b.on_start(1);
        b.on_start(1); // 0 3 5: neither of the two is below ceil(9 / 3) = 3
        CHECK(*b.pick({.hash = 1, .avoid = one}) != 0);
    }
}

TEST_CASE("hashing knows no slow start") {
    for (const auto policy : hash_policies) {
        auto slow = made({.policy = policy, .slow_start_window = 10s}, 4);
        auto plain = made({.policy = policy}, 4);
        slow.add_host();
        plain.add_host();
        CHECK(owners(slow) == owners(plain));
    }
}
