// SPDX-License-Identifier: BSL-1.0
#include "patterns/deployment/canary.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{100s};
constexpr canary::figures good{.requests = 1000, .errors = 10, .latency = 500ms}; // at its bounds
constexpr canary::figures failing{.requests = 1000, .errors = 11};
constexpr canary::figures slow{.requests = 1000, .latency = 501ms};

} // namespace

TEST_CASE("a canary gets more with each good look, and is promoted after the last step") {
    canary c{{.weights = {10, 50}}, start};
    CHECK(c.weight() == 10);
    CHECK(c.next_at() == start + 1min);
    CHECK(c.look(good, start + 1min));
    CHECK(c.weight() == 50);
    CHECK(c.next_at() == start + 2min);
    CHECK(c.look(good, start + 2min));
    CHECK(c.state() == canary_state::promoted);
    CHECK(c.weight() == 100);
    CHECK(c.next_at() == never);
    CHECK_FALSE(c.look(failing, start + 3min));
}

TEST_CASE("a canary that fails or is slow is given up at the limit, and gets nothing") {
    const auto bad = GENERATE(failing, slow);
    canary c{{.weights = {10, 50}, .failure_limit = 3}, start};
    CHECK_FALSE(c.look(bad, start));
    CHECK(c.look(good, start)); // bad looks are counted in all, not in a row
    CHECK_FALSE(c.look(bad, start));
    CHECK(c.weight() == 50);
    CHECK(c.look(bad, start));
    CHECK(c.state() == canary_state::aborted);
    CHECK(c.weight() == 0);
}

TEST_CASE("of too few requests nothing is learnt") {
    canary c{{.weights = {10}, .failure_limit = 1, .min_requests = 20}, start};
    CHECK_FALSE(c.look({.requests = 19, .errors = 19}, start));
    CHECK(c.state() == canary_state::running);
    CHECK(c.look({.requests = 20, .errors = 20}, start));
    CHECK(c.state() == canary_state::aborted);
}

TEST_CASE("a canary refuses options that make no sense") {
    const auto [o, message] = GENERATE(table<canary_options, std::string>({
        {{.weights = {}}, "canary: weights is empty; it must have at least one step"},
        {{.weights = {20, 10}},
         "canary: weights is 10; it must be above the one before and at most 100"},
        {{.interval = 0s}, "canary: interval is 0s; it must be above 0"},
        {{.max_error_share = 1.5}, "canary: max_error_share is 1.5; it must be from 0 to 1"},
    }));
    CHECK_THROWS_WITH(canary{o}, message);
}
