// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/classification.hpp"

#include <utility>

#include <catch2/catch.hpp>

using namespace windtunnel;

TEST_CASE("the classifier has three ways: what the caller or a local policy did is neutral") {
    const auto [kind, expected] = GENERATE(table<failure_kind, verdict>({
        {failure_kind::error, verdict::failure},
        {failure_kind::overloaded, verdict::failure},
        {failure_kind::unavailable, verdict::failure},
        {failure_kind::connection_lost, verdict::failure},
        {failure_kind::timed_out, verdict::failure},
        {failure_kind::deadline_exceeded, verdict::neutral},
        {failure_kind::cancelled, verdict::neutral},
        {failure_kind::shut_down, verdict::neutral},
        {failure_kind::breaker_open, verdict::neutral},
        {failure_kind::bulkhead_full, verdict::neutral},
        {failure_kind::bulkhead_timeout, verdict::neutral},
    }));
    CAPTURE(to_string(kind));
    CHECK(classify(failure{.kind = kind}) == expected);
    CHECK(classify(outcome<int>{kind}) == expected);
}

TEST_CASE("a value is a success") {
    CHECK(classify(outcome<int>{1}) == verdict::success);
}
