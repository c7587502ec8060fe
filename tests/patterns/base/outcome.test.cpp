// SPDX-License-Identifier: BSL-1.0
#include "patterns/base/outcome.hpp"

#include <memory>
#include <set>
#include <string>

#include <catch2/catch.hpp>

using namespace windtunnel;

TEST_CASE("an outcome is a value or a failure, never empty") {
    const outcome<int> good = 7;
    CHECK(good.ok());
    CHECK(static_cast<bool>(good));
    CHECK(good.value() == 7);
    CHECK_FALSE(good.failed_with(failure_kind::error));

    const outcome<int> bad = failure{.kind = failure_kind::error, .status = 503};
    CHECK_FALSE(bad.ok());
    CHECK(bad.failed().status == 503);
    CHECK(bad.failed_with(failure_kind::error));
    CHECK_FALSE(bad.failed_with(failure_kind::timed_out));
}

TEST_CASE("an outcome that nobody set is a shutdown") {
    CHECK(outcome<int>{}.failed_with(failure_kind::shut_down));
}

TEST_CASE("outcomes are equal when they say the same") {
    CHECK(outcome<int>{1} == outcome<int>{1});
    CHECK_FALSE(outcome<int>{1} == outcome<int>{2});
    CHECK_FALSE(outcome<int>{1} == outcome<int>{failure_kind::error});
    CHECK(outcome<int>{failure_kind::error} == outcome<int>{failure_kind::error});
    CHECK_FALSE(outcome<int>{failure_kind::error} == outcome<int>{failure_kind::cancelled});
    CHECK(outcome<done>{done{}} == outcome<done>{done{}});
}

TEST_CASE("an outcome carries what can only be moved") {
    outcome<std::unique_ptr<int>> source = std::make_unique<int>(3);
    const auto moved = std::move(source);
    CHECK(*moved.value() == 3);
}

TEST_CASE("each failure has a name of its own that leads back to it") {
    std::set<std::string> names;
    for (int i = 0; i < failure_kind_count; ++i) {
        const auto kind = static_cast<failure_kind>(i);
        CHECK(failure_kind_from(to_string(kind)) == kind);
        names.emplace(to_string(kind));
    }
    CHECK(names.size() == failure_kind_count);
    CHECK(to_string(failure_kind::timed_out) == "timed_out");
    CHECK_FALSE(failure_kind_from("timedout").has_value());
}

TEST_CASE("only what a policy on our side refused is a local rejection") {
    CHECK(is_local_rejection(failure_kind::breaker_open));
    CHECK(is_local_rejection(failure_kind::bulkhead_full));
    CHECK(is_local_rejection(failure_kind::bulkhead_timeout));
    CHECK_FALSE(is_local_rejection(failure_kind::overloaded));
    CHECK_FALSE(is_local_rejection(failure_kind::unavailable));
    CHECK_FALSE(is_local_rejection(failure_kind::shut_down));
}
