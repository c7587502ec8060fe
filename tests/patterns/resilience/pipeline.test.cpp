// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/pipeline.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <memory>
#include <stdexcept>
#include <string>

using namespace std::chrono_literals;
using namespace windtunnel;

namespace {

// GCC 12 destroys a temporary closure with captured objects twice in a co_await expression.
template <class F>
concept can_execute = requires(pipeline& p, call_context& c, F&& f) {
    p.execute(c, std::forward<F>(f));
};
inline auto capturing_a_string() {
    return [k = std::string("k")](call_context&) -> awaitable<outcome<done>> { co_return done{}; };
}
inline auto capturing_a_number() {
    return [k = 1](call_context&) -> awaitable<outcome<int>> { co_return k; };
}
using string_closure = decltype(capturing_a_string());
using number_closure = decltype(capturing_a_number());
static_assert(!can_execute<string_closure>, "a temporary with captured objects must not compile");
static_assert(can_execute<string_closure&>, "the same, named, must");
static_assert(can_execute<number_closure>);
static_assert(!awaitable_safe<decltype([p = std::shared_ptr<int>()] {})>);
static_assert(!awaitable_safe<std::string> && awaitable_safe<std::string&>);

template <class... Options>
inline constexpr bool safe_aggregates = ((std::is_aggregate_v<Options> &&
                                          std::is_trivially_copyable_v<Options>)&&...);
static_assert(safe_aggregates<timeout, retry, retry_options, retry_budget_options, bulkhead_options,
                              circuit_breaker_options, call_context, failure, pipeline_event>);
static_assert(std::is_default_constructible_v<outcome<done>>); // co_spawn's wish

} // namespace

TEST_CASE("a pipeline says its order, outermost first") {
    circuit_breaker breaker({}, {});
    bulkhead room({.max_concurrent = 25});
    retry_budget budget(retry_budget_options{});
    const pipeline client{timeout{.total = 2s}, retry{{.max_attempts = 4}, &budget}, &breaker,
                          &room, timeout{.per_attempt = 300ms}};
    CHECK(client.describe() ==
          "timeout 2 s in all > retry up to 4 attempts within a budget > circuit breaker > "
          "bulkhead of 25 > timeout 0.3 s an attempt");
    CHECK(client.warnings().empty());
    CHECK(client.policies().size() == 5);
    CHECK(pipeline{}.describe() == "no policies");
    CHECK(pipeline{}.empty());
}

TEST_CASE("a pipeline warns of foolish orders") {
    const pipeline inside{timeout{.per_attempt = 1s}, retry{}};
    REQUIRE(inside.warnings().size() == 1);
    CHECK(inside.warnings()[0].find("inside its attempt timeout") != std::string::npos);
    const pipeline twice{retry{}, retry{}};
    REQUIRE(twice.warnings().size() == 1);
    CHECK(twice.warnings()[0].find("multiply") != std::string::npos);
    CHECK(pipeline{timeout{.per_attempt = 1s}, retry{}, retry{}}.warnings().size() == 3);
}

TEST_CASE("a pipeline refuses options out of range, nulls and too many policies") {
    CHECK_THROWS_AS((pipeline{timeout{}}), std::invalid_argument);
    CHECK_THROWS_AS((pipeline{timeout{.total = 1s, .per_attempt = 1s}}), std::invalid_argument);
    CHECK_THROWS_AS((pipeline{retry{{.max_attempts = 0}}}), std::invalid_argument);
    CHECK_THROWS_AS((pipeline{static_cast<circuit_breaker*>(nullptr)}), std::invalid_argument);
    CHECK_THROWS_AS((pipeline{static_cast<bulkhead*>(nullptr)}), std::invalid_argument);
    const std::vector<policy> eight(pipeline::max_policies, timeout{.total = 1s});
    CHECK_NOTHROW(pipeline(eight));
    auto nine = eight;
    nine.push_back(timeout{.total = 1s});
    CHECK_THROWS_AS(pipeline(nine), std::invalid_argument);
}

TEST_CASE("every kind of event has a name of its own") {
    CHECK(to_string(pipeline_event::kind::attempt_started) == "attempt_started");
    CHECK(to_string(pipeline_event::kind::waiting) == "waiting");
    CHECK(to_string(pipeline_event::kind::ended) == "ended");
}
