// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/response_cache.hpp"

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

using cache = response_cache<std::string, int>;
constexpr time_point start{100s};
constexpr failure broken{.kind = failure_kind::error, .status = 500};

response_cache_options plain(int capacity = 10) {
    return {.capacity = capacity, .ttl = 60s, .ttl_jitter = 0};
}

/// Everything on: 60 s fresh, 30 s more while it is refreshed, 90 s more in place of a failure,
/// failures for 5 s.
response_cache_options forgiving() {
    return {.capacity = 10,
            .ttl = 60s,
            .ttl_jitter = 0,
            .stale_while_revalidate = 30s,
            .stale_if_error = 90s,
            .negative_ttl = 5s};
}

void put(cache& c, const std::string& key, int value, time_point now = start) {
    CHECK(c.begin(key).store(value, now));
}

cache_state state(cache& c, const std::string& key, time_point now = start) {
    return c.lookup(key, now).state;
}

} // namespace

TEST_CASE("R8: a response is fresh until its time to live is over, and gone at that instant") {
    cache c{plain()};
    CHECK(state(c, "a") == cache_state::miss);
    put(c, "a", 7);
    const auto hit = c.lookup("a", start + 60s - 1ns);
    CHECK(hit.state == cache_state::fresh);
    REQUIRE(hit.value != nullptr);
    CHECK(*hit.value == 7);
    CHECK_FALSE(hit.refresh);
    const auto miss = c.lookup("a", start + 60s);
    CHECK(miss.state == cache_state::miss);
    CHECK(miss.value == nullptr);
    CHECK(state(c, "b") == cache_state::miss);
    CHECK(c.metrics().fresh == 1);
    CHECK(c.metrics().misses == 3);
}

TEST_CASE("a hit does not prolong the time to live, unless it slides") {
    auto o = plain();
    o.sliding = GENERATE(false, true);
    cache c{o};
    put(c, "a", 7);
    CHECK(state(c, "a", start + 40s) == cache_state::fresh);
    CHECK(state(c, "a", start + 100s - 1ns) ==
          (o.sliding ? cache_state::fresh : cache_state::miss));
}

TEST_CASE("the least recently used makes room; a look counts as use, a miss does not") {
    cache c{plain(3)};
    for (const auto* key : {"a", "b", "c"})
        put(c, key, 1);
    CHECK(state(c, "a") == cache_state::fresh);
    CHECK(state(c, "z") == cache_state::miss);
    put(c, "d", 1);
    CHECK(state(c, "b") == cache_state::miss);
    put(c, "c", 2); // again: also a use
    put(c, "e", 1);
    CHECK(state(c, "a") == cache_state::miss);
    CHECK(state(c, "c") == cache_state::fresh);
    CHECK(state(c, "d") == cache_state::fresh);
    CHECK(c.size() == 3);
    CHECK(c.metrics().evicted == 2);
}

TEST_CASE("a cache of one place holds the last") {
    cache c{plain(1)};
    put(c, "a", 1);
    put(c, "b", 2);
    CHECK(state(c, "a") == cache_state::miss);
    CHECK(*c.lookup("b", start).value == 2);
    c.invalidate("b");
    CHECK(c.size() == 0);
    put(c, "c", 3);
    CHECK(c.size() == 1);
}

TEST_CASE("stale while revalidate: all are served, one refreshes") {
    cache c{forgiving()};
    put(c, "a", 7);
    const auto first = c.lookup("a", start + 60s);
    CHECK(first.state == cache_state::stale);
    CHECK(*first.value == 7);
    CHECK(first.refresh);
    auto refresh = c.begin("a");
    CHECK_FALSE(c.lookup("a", start + 61s).refresh);
    CHECK(state(c, "a", start + 90s - 1ns) == cache_state::stale);
    CHECK(state(c, "a", start + 90s) == cache_state::miss);
    CHECK(refresh.store(8, start + 90s));
    CHECK(*c.lookup("a", start + 90s).value == 8);
    CHECK(state(c, "a", start + 90s) == cache_state::fresh);
}

TEST_CASE("a refresh that is cancelled leaves the next to do it") {
    cache c{forgiving()};
    put(c, "a", 7);
    { auto cancelled = c.begin("a"); }
    CHECK(c.lookup("a", start + 60s).refresh);
    auto moved_from = c.begin("a");
    auto refresh = std::move(moved_from);
    CHECK_FALSE(moved_from);
    CHECK_FALSE(c.lookup("a", start + 60s).refresh);
    refresh = {};
    CHECK(c.lookup("a", start + 60s).refresh);
}

TEST_CASE("a second flight for a key does not end the refresh of the first") {
    cache c{forgiving()};
    put(c, "a", 7);
    auto first = c.begin("a");
    { auto second = c.begin("a"); }
    CHECK_FALSE(c.lookup("a", start + 60s).refresh);
}

TEST_CASE("a stale value stands in for a failure, until it is too old") {
    const auto [age, stands_in] = GENERATE(table<duration, bool>({
        {0s, true}, // refreshed early: what is fresh stands in too
        {60s, true},
        {150s - 1ns, true},
        {150s, false},
    }));
    cache c{forgiving()};
    put(c, "a", 7);
    const auto* value = c.begin("a").fail(broken, start + age);
    CAPTURE(age.count());
    CHECK((value != nullptr) == stands_in);
    CHECK(c.metrics().stale_for_error == (stands_in ? 1 : 0));
}

TEST_CASE("which failures a stale value stands in for, and which are remembered") {
    const auto [kind, stands_in, remembered] = GENERATE(table<failure_kind, bool, bool>({
        {failure_kind::error, true, true},
        {failure_kind::overloaded, true, true},
        {failure_kind::unavailable, true, true},
        {failure_kind::connection_lost, true, true},
        {failure_kind::timed_out, true, true},
        {failure_kind::deadline_exceeded, true, false},
        {failure_kind::breaker_open, true, false},
        {failure_kind::bulkhead_full, true, false},
        {failure_kind::bulkhead_timeout, true, false},
        {failure_kind::cancelled, false, false},
        {failure_kind::shut_down, false, false},
    }));
    CAPTURE(to_string(kind));
    cache c{forgiving()};
    put(c, "a", 7);
    CHECK((c.begin("a").fail({.kind = kind}, start + 100s) != nullptr) == stands_in);
    CHECK(c.begin("b").fail({.kind = kind}, start) == nullptr);
    CHECK((state(c, "b") == cache_state::negative) == remembered);
}

TEST_CASE("a failure is remembered for its time, and no longer") {
    cache c{forgiving()};
    c.begin("a").fail(broken, start);
    const auto found = c.lookup("a", start + 5s - 1ns);
    CHECK(found.state == cache_state::negative);
    REQUIRE(found.failed != nullptr);
    CHECK(*found.failed == broken);
    CHECK(found.value == nullptr);
    CHECK(state(c, "a", start + 5s) == cache_state::miss);
    cache forgets{plain()};
    forgets.begin("a").fail(broken, start);
    CHECK(state(forgets, "a") == cache_state::miss);
    CHECK(forgets.size() == 0);
}

TEST_CASE("while a failure stands a stale value is served without a refresh") {
    cache c{forgiving()};
    put(c, "a", 7);
    CHECK(*c.begin("a").fail(broken, start + 80s) == 7);
    const auto stale = c.lookup("a", start + 85s - 1ns);
    CHECK(stale.state == cache_state::stale);
    CHECK_FALSE(stale.refresh);
    CHECK(c.lookup("a", start + 85s).refresh);
    // Past the time to revalidate, only the failure lets it be served, then it is a miss again.
    c.begin("a").fail(broken, start + 100s);
    CHECK(state(c, "a", start + 105s - 1ns) == cache_state::stale);
    CHECK(state(c, "a", start + 105s) == cache_state::miss);
    c.begin("a").fail(broken, start + 149s);
    CHECK(state(c, "a", start + 150s - 1ns) == cache_state::stale);
    CHECK(state(c, "a", start + 150s) == cache_state::negative);
}

TEST_CASE("a success ends a failure") {
    cache c{forgiving()};
    c.begin("a").fail(broken, start);
    put(c, "a", 7, start + 1s);
    CHECK(state(c, "a", start + 1s) == cache_state::fresh);
}

TEST_CASE("R1: what was asked for before an invalidation is not stored after it") {
    cache c{forgiving()};
    put(c, "a", 1);
    auto before = c.begin("a");
    auto other = c.begin("b");
    c.invalidate("a");
    CHECK(state(c, "a") == cache_state::miss);
    auto after = c.begin("a");
    CHECK(after.store(3, start));
    CHECK_FALSE(before.store(2, start));
    CHECK(*c.lookup("a", start).value == 3);
    CHECK(other.store(4, start));
    CHECK(c.metrics().not_stored == 1);
}

TEST_CASE("a failure from before an invalidation is not remembered after it") {
    cache c{forgiving()};
    auto before = c.begin("a");
    c.invalidate("a");
    CHECK(before.fail(broken, start) == nullptr);
    CHECK(state(c, "a") == cache_state::miss);
}

TEST_CASE("invalidating all empties the cache and voids every flight") {
    cache c{plain()};
    put(c, "a", 1);
    put(c, "b", 1);
    auto flight = c.begin("c");
    c.invalidate_all();
    CHECK(c.size() == 0);
    CHECK(state(c, "a") == cache_state::miss);
    CHECK_FALSE(flight.store(1, start));
    put(c, "c", 2);
    CHECK(state(c, "c") == cache_state::fresh);
}

TEST_CASE("an older flight does not overwrite what a newer one stored") {
    cache c{forgiving()};
    auto older = c.begin("a");
    auto newer = c.begin("a");
    auto failing = c.begin("b");
    put(c, "b", 5);
    CHECK(newer.store(2, start));
    CHECK_FALSE(older.store(1, start));
    CHECK(*c.lookup("a", start).value == 2);
    CHECK(*failing.fail(broken, start) == 5); // but what the newer one stored stands in
    CHECK(state(c, "b", start + 1s) == cache_state::fresh);
}

TEST_CASE("R11: the jitter only shortens a time to live, by at most its share") {
    CHECK(jittered(60s, 0.1, 0) == 60s);
    CHECK(jittered(60s, 0.1, 0.5) == 57s);
    CHECK(jittered(duration::max(), 0, 0.5) == duration::max());
    CHECK(jittered(1ns, 0.9, 0.99) == 1ns);
    cache c{{.capacity = 1000, .ttl = 100s, .ttl_jitter = 0.5}, random_stream{1, "ttl"}};
    for (int i = 0; i < 1000; ++i)
        put(c, std::to_string(i), i);
    int at_half = 0, at_three_quarters = 0, at_end = 0;
    for (int i = 0; i < 1000; ++i) {
        const auto key = std::to_string(i);
        at_half += state(c, key, start + 50s) == cache_state::fresh;
        at_three_quarters += state(c, key, start + 75s) == cache_state::fresh;
        at_end += state(c, key, start + 100s) == cache_state::fresh;
    }
    CHECK(at_half == 1000);
    CHECK(at_three_quarters == Approx(500).margin(50));
    CHECK(at_end == 0);
}

TEST_CASE("R10: the longest times and the end of time do not overflow") {
    auto o = forgiving();
    o.ttl = o.stale_while_revalidate = o.stale_if_error = o.negative_ttl = duration::max();
    cache c{o};
    put(c, "a", 7);
    c.begin("b").fail(broken, never - 1ns);
    CHECK(state(c, "a", never - 1ns) == cache_state::fresh);
    CHECK(state(c, "b", never - 1ns) == cache_state::negative);
}

TEST_CASE("the response cache refuses options that make no sense") {
    struct row {
        std::function<void(response_cache_options&)> spoil;
        std::string message;
    };
    using o = response_cache_options;
    CHECK_NOTHROW(o{}.validate());
    const std::vector<row> rows{
        {[](o& x) { x.capacity = 0; },
         "response_cache: capacity is 0; it must be from 1 to 16777216"},
        {[](o& x) { x.capacity = 16'777'217; }, "response_cache: capacity is 16777217"},
        {[](o& x) { x.ttl = 0s; }, "response_cache: ttl is 0s; it must be above 0"},
        {[](o& x) { x.ttl_jitter = 1; },
         "response_cache: ttl_jitter is 1; it must be at least 0 and below 1"},
        {[](o& x) { x.ttl_jitter = std::numeric_limits<double>::quiet_NaN(); },
         "response_cache: ttl_jitter"},
        {[](o& x) { x.stale_while_revalidate = -1s; },
         "response_cache: stale_while_revalidate is -1s; it must not be negative"},
        {[](o& x) { x.stale_if_error = -1s; }, "response_cache: stale_if_error is -1s"},
        {[](o& x) { x.negative_ttl = -1s; }, "response_cache: negative_ttl is -1s"},
    };
    for (const auto& [spoil, message] : rows) {
        response_cache_options options;
        spoil(options);
        CHECK_THROWS_WITH(options.validate(), Catch::Matchers::StartsWith(message));
        CHECK_THROWS_AS(cache(options), std::invalid_argument);
    }
}

TEST_CASE("the names of a cache's states") {
    CHECK(to_string(cache_state::miss) == "miss");
    CHECK(to_string(cache_state::fresh) == "fresh");
    CHECK(to_string(cache_state::stale) == "stale");
    CHECK(to_string(cache_state::negative) == "negative");
}
