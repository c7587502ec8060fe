// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/rate_limiter_headers.hpp"

#include <catch2/catch.hpp>

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{};

std::string policy(int permits, duration period) {
    return rate_limit_policy_value("default", {.permits = permits, .period = period});
}

} // namespace

TEST_CASE("the policy says permits and window") { // the first is the draft's own example
    CHECK(policy(100, 10s) == R"("default";q=100;w=10)");
    CHECK(policy(1000, 24h) == R"("default";q=1000;w=86400)");
}

TEST_CASE("a policy's window is whole seconds, and its quota that of the window") {
    CHECK(policy(10, 100ms) == R"("default";q=100;w=1)");
    CHECK(policy(3, 1500ms) == R"("default";q=4;w=2)");
    CHECK(policy(1'000'000'000, 1ns) == R"("default";q=999999999999999;w=1)");
    CHECK(policy(1, duration::max()) == R"("default";q=1;w=9223372037)");
}

TEST_CASE("a name is a structured field's string") {
    rate_limiter limiter{{.permits = 1, .period = 1s}, start};
    CHECK(rate_limit_value(R"(a "b" \)", limiter, start) == R"("a \"b\" \\";r=1;t=1)");
    for (const auto* name : {"a\nb", "\x7f", "\xc3\xa9"})
        CHECK_THROWS_WITH(rate_limit_value(name, limiter, start),
                          Catch::Matchers::StartsWith("rate_limiter: name is"));
}

TEST_CASE("the limit says what is left and for how long it must do, in seconds rounded up") {
    rate_limiter limiter{{.permits = 2, .period = 60s}, start};
    CHECK(rate_limit_value("m", limiter, start) == R"("m";r=2;t=30)");
    CHECK(limiter.try_acquire(start, 2));
    CHECK(rate_limit_value("m", limiter, start) == R"("m";r=0;t=30)");
    CHECK(rate_limit_value("m", limiter, start + 1ns) == R"("m";r=0;t=30)");
    CHECK(rate_limit_value("m", limiter, start + 1s) == R"("m";r=0;t=29)");
    CHECK(rate_limit_value("m", limiter, start + 30s) == R"("m";r=1;t=30)");
}

TEST_CASE("nothing left: the limit and Retry-After name the same second, and it is enough") {
    const auto kind = GENERATE(rate_limiter_kind::token_bucket, rate_limiter_kind::gcra,
                               rate_limiter_kind::sliding_window);
    rate_limiter limiter{{.kind = kind, .permits = 7, .period = 61s}, start};
    CHECK(limiter.try_acquire(start + 100ms, 7));
    const auto now = start + 1234ms;
    const auto refused = limiter.try_acquire(now);
    const auto wait = retry_after_value(refused);
    CHECK(rate_limit_value("m", limiter, now) == "\"m\";r=0;t=" + wait);
    CHECK(limiter.try_acquire(now + std::chrono::seconds{std::stoi(wait)}));
}

TEST_CASE("Retry-After is rounded up, and left out where no waiting helps") {
    CHECK(retry_after_value({.retry_after = 30s}) == "30");
    CHECK(retry_after_value({.retry_after = 30s + 1ns}) == "31");
    CHECK(retry_after_value({.retry_after = 1ns}) == "1");
    CHECK(retry_after_value({.retry_after = 0s}) == "0");
    CHECK(retry_after_value({.retry_after = duration::max()}).empty());
}
