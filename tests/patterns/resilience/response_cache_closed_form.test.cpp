// SPDX-License-Identifier: BSL-1.0
// Hit ratios against arithmetic. LRU with independent requests: Che, Tung and Wang, "Hierarchical
// web caching systems" (2002). TTL with Poisson requests at rate r and time to live T: r*T/(1+r*T)
// where it is fixed, 1 - exp(-r*T) where it slides.
#include <algorithm>
#include <cmath>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "patterns/resilience/response_cache.hpp"

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

using cache = response_cache<int, int>;

/// The popularity of n keys summed up: the share of key k is proportional to (k+1)^-s.
std::vector<double> zipf(int n, double s) {
    std::vector<double> sum;
    double total = 0;
    for (int k = 1; k <= n; ++k)
        sum.push_back(total += std::pow(k, -s));
    for (auto& x : sum)
        x /= total;
    return sum;
}

/// Asks for the key, and fetches it at once on a miss. Whether it was a hit.
bool ask(cache& c, int key, time_point now) {
    if (c.lookup(key, now).state == cache_state::fresh)
        return true;
    WINDTUNNEL_ASSERT(c.begin(key).store(key, now));
    return false;
}

} // namespace

TEST_CASE("LRU of 1,000 places, 10,000 keys with Zipf(.8): hit ratio .43666") {
    const auto popularity = zipf(10'000, 0.8);
    cache c{{.capacity = 1000, .ttl = 24h, .ttl_jitter = 0}};
    random_stream random{1, "keys"};
    const auto draw = [&] {
        const auto at = std::upper_bound(popularity.begin(), popularity.end(), random.uniform());
        return static_cast<int>(at - popularity.begin());
    };
    for (int i = 0; i < 100'000; ++i)
        ask(c, draw(), {});
    constexpr int requests = 1'000'000;
    int hits = 0;
    for (int i = 0; i < requests; ++i)
        hits += ask(c, draw(), {});
    CHECK(static_cast<double>(hits) / requests == Approx(0.43666).margin(0.003));
    CHECK(c.size() == 1000);
}

TEST_CASE("one request in 10 s and a time to live of 30 s: .75 fixed, .950213 sliding") {
    const auto [sliding, ratio] = GENERATE(table<bool, double>({{false, 0.75}, {true, 0.950213}}));
    cache c{{.capacity = 1, .ttl = 30s, .ttl_jitter = 0, .sliding = sliding}};
    random_stream random{2, "requests"};
    constexpr int requests = 1'000'000;
    time_point now{};
    int hits = 0;
    for (int i = 0; i < requests; ++i) {
        now += from_seconds(-10 * std::log(random.uniform_open()));
        hits += ask(c, 1, now);
    }
    CHECK(static_cast<double>(hits) / requests == Approx(ratio).margin(0.002));
}

TEST_CASE("an LRU cache agrees with a list of the keys in the order of their use") {
    REQUIRE(rc::check([](const std::vector<std::pair<std::uint8_t, std::uint8_t>>& script) {
        const auto capacity = *rc::gen::inRange(1, 6);
        cache c{{.capacity = capacity, .ttl = 24h}};
        std::vector<int> used; // the latest last
        for (const auto& [what, which] : script) {
            const int key = which % 8;
            const bool there = std::erase(used, key) > 0;
            if (what % 8 == 0) {
                c.invalidate(key);
                continue;
            }
            RC_ASSERT(ask(c, key, {}) == there);
            used.push_back(key);
            if (static_cast<int>(used.size()) > capacity)
                used.erase(used.begin());
            RC_ASSERT(c.size() == used.size());
        }
    }));
}
