// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/keyed_rate_limiter.hpp"

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{100s};
constexpr rate_decision admitted{.admitted = true};

rate_decision refused(duration retry_after) {
    return {.retry_after = retry_after};
}

/// One permit a second for each key.
keyed_rate_limiter_options keys(int max_keys, keyed_overflow when_full = keyed_overflow::evict) {
    return {.limit = {.permits = 1, .period = 1s}, .max_keys = max_keys, .when_full = when_full};
}

} // namespace

TEST_CASE("each key has its own limit") {
    keyed_rate_limiter limiter{keys(10), start};
    CHECK(limiter.try_acquire(start, "ann") == admitted);
    CHECK(limiter.try_acquire(start, "bob") == admitted);
    CHECK(limiter.try_acquire(start + 400ms, "ann") == refused(600ms));
    CHECK(limiter.try_acquire(start + 1s, "ann") == admitted);
    CHECK(limiter.try_acquire(start, "ann", 2) == refused(duration::max()));
}

TEST_CASE("a key is forgotten as soon as its limiter is full again") {
    keyed_rate_limiter limiter{keys(10), start};
    CHECK(limiter.try_acquire(start, "ann"));
    CHECK(limiter.try_acquire(start + 1s - 1ns, "bob"));
    CHECK(limiter.keys() == 2);
    CHECK(limiter.try_acquire(start + 1s, "cid"));
    CHECK(limiter.keys() == 2);
    CHECK(limiter.find("ann") == nullptr);
    REQUIRE(limiter.find("bob") != nullptr);
    CHECK(limiter.find("bob")->available(start + 1s) == 0);
    CHECK(limiter.evicted() == 0);
}

TEST_CASE("after a flood of keys the map shrinks, two a call") {
    keyed_rate_limiter limiter{keys(100), start};
    for (int i = 0; i < 50; ++i)
        CHECK(limiter.try_acquire(start, std::to_string(i)));
    CHECK(limiter.keys() == 50);
    for (int i = 1; i <= 10; ++i)
        CHECK(limiter.try_acquire(start + i * 1s, "ann"));
    CHECK(limiter.keys() == 50 - 20 + 1);
}

TEST_CASE("when it is full, the least recently used key is forgotten") {
    keyed_rate_limiter limiter{keys(2), start};
    CHECK(limiter.try_acquire(start, "ann"));
    CHECK(limiter.try_acquire(start, "bob"));
    CHECK_FALSE(limiter.try_acquire(start, "ann")); // a refused try is a use
    CHECK(limiter.try_acquire(start, "cid"));
    CHECK(limiter.keys() == 2);
    CHECK(limiter.evicted() == 1);
    CHECK(limiter.find("bob") == nullptr);
    CHECK_FALSE(limiter.try_acquire(start, "ann"));
    CHECK(limiter.try_acquire(start, "bob") == admitted); // anew, in the place of cid
    CHECK(limiter.find("cid") == nullptr);
    CHECK(limiter.evicted() == 2);
}

TEST_CASE("or the new key is refused, until another is forgotten") {
    keyed_rate_limiter limiter{keys(2, keyed_overflow::refuse), start};
    CHECK(limiter.try_acquire(start, "ann"));
    CHECK(limiter.try_acquire(start + 300ms, "bob"));
    CHECK(limiter.try_acquire(start + 500ms, "cid") == refused(500ms));
    CHECK(limiter.try_acquire(start + 1s - 1ns, "cid") == refused(1ns));
    CHECK(limiter.refused_keys() == 2);
    CHECK(limiter.try_acquire(start + 1s, "cid") == admitted);
    CHECK(limiter.evicted() == 0);
}

TEST_CASE("who has no name is refused, or one as any other") {
    keyed_rate_limiter limiter{keys(2), start};
    CHECK(limiter.try_acquire(start, "") == refused(duration::max()));
    CHECK(limiter.keys() == 0);
    CHECK(limiter.refused_keys() == 1);
    auto options = keys(2);
    options.refuse_empty_key = false;
    keyed_rate_limiter lenient{options, start};
    CHECK(lenient.try_acquire(start, "") == admitted);
    CHECK(lenient.try_acquire(start, "") == refused(1s));
}

TEST_CASE("a key is kept by value, however long") {
    keyed_rate_limiter limiter{keys(1), start};
    std::string key(1000, 'a');
    CHECK(limiter.try_acquire(start, key));
    key.assign(2000, 'b');
    CHECK(limiter.try_acquire(start, key)); // in the place of the first
    CHECK(limiter.find(std::string(1000, 'a')) == nullptr);
    CHECK(limiter.try_acquire(start, std::string(2000, 'b')) == refused(1s));
}

TEST_CASE("the keyed rate limiter refuses options that make no sense") {
    CHECK_THROWS_WITH(keyed_rate_limiter(keys(0)),
                      "keyed_rate_limiter: max_keys is 0; it must be from 1 to 1e7");
    CHECK_THROWS_WITH(keyed_rate_limiter(keys(10'000'001)),
                      Catch::Matchers::StartsWith("keyed_rate_limiter: max_keys is 10000001"));
    CHECK_THROWS_WITH(keyed_rate_limiter({.limit = {.permits = 0}}),
                      Catch::Matchers::StartsWith("rate_limiter: permits is 0"));
    CHECK(to_string(keyed_overflow::evict) == "evict");
    CHECK(to_string(keyed_overflow::refuse) == "refuse");
}

TEST_CASE("forgetting idle keys changes no decision, and never more keys are kept than allowed") {
    using script = std::vector<std::tuple<std::uint8_t, std::uint8_t, std::uint8_t>>;
    REQUIRE(rc::check([](const script& steps) {
        rate_limiter_options o;
        o.kind = static_cast<rate_limiter_kind>(*rc::gen::inRange(0, 3));
        o.permits = *rc::gen::inRange(1, 5);
        o.period = duration{*rc::gen::inRange(1, 20)};
        o.refill_at_once = o.kind == rate_limiter_kind::token_bucket && *rc::gen::arbitrary<bool>();
        keyed_rate_limiter limiter{{.limit = o, .max_keys = 8}, start};
        keyed_rate_limiter small{{.limit = o, .max_keys = 3}, start};
        std::map<std::string, rate_limiter> kept_for_ever;
        auto now = start;
        for (const auto& [who, a, b] : steps) {
            now += duration{b % 16};
            const std::string key = std::to_string(who % 8);
            auto& own = kept_for_ever.try_emplace(key, o, start).first->second;
            const int cost = 1 + a % 3;
            RC_ASSERT(limiter.try_acquire(now, key, cost) == own.try_acquire(now, cost));
            (void)small.try_acquire(now, key, cost);
            RC_ASSERT(small.keys() <= 3);
        }
        RC_ASSERT(limiter.evicted() == 0U);
    }));
}
