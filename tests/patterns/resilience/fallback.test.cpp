// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/fallback.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

#include "patterns/resilience/pipeline.hpp"
#include "sim-core/engine/simulation.hpp"
#include "sim-core/engine/virtual_environment.hpp"
#include "support/coroutines.hpp"

using namespace windtunnel;

namespace {

constexpr failure broken{.kind = failure_kind::error, .status = 500};

template <class R>
using result_of_call = awaitable<outcome<R>> (*)(call_context&);

/// One call through a pipeline of one fallback.
template <class R, class FallBack>
outcome<R> call(result_of_call<R> operation, FallBack fall_back) {
    sim::simulation world;
    pipeline client{fallback{}};
    outcome<R> result;
    test::run(world, [&]() -> awaitable<void> {
        auto calling = client.execute(call_context{}, operation, fall_back);
        result = co_await std::move(calling);
    });
    return result;
}

awaitable<outcome<int>> succeeds(call_context&) {
    co_return 7;
}
awaitable<outcome<int>> fails(call_context&) {
    co_return broken;
}

} // namespace

TEST_CASE("a success is left alone, and its fallback is not made") {
    int made = 0;
    auto fall_back = [&](const failure&) -> outcome<int> { return ++made; };
    CHECK(call<int>(&succeeds, fall_back) == outcome<int>{7});
    CHECK(made == 0);
}

TEST_CASE("a failure gets the substitute, which is told what it stands in for") {
    std::vector<failure> seen;
    auto fall_back = [&](const failure& f) -> outcome<int> {
        seen.push_back(f);
        return 42;
    };
    CHECK(call<int>(&fails, fall_back) == outcome<int>{42});
    CHECK(seen == std::vector<failure>{broken});
}

TEST_CASE("a fallback may wait, as a coroutine does") {
    auto fall_back = [](const failure&) -> awaitable<outcome<int>> { co_return 42; };
    CHECK(call<int>(&fails, fall_back) == outcome<int>{42});
}

TEST_CASE("where the fallback fails, too, the original failure is the outcome") {
    auto fall_back = [](const failure&) -> outcome<int> { return failure_kind::unavailable; };
    CHECK(call<int>(&fails, fall_back) == outcome<int>{broken});
}

TEST_CASE("what the fallback does not handle stays as it is") {
    const result_of_call<int> cancelled = [](call_context&) -> awaitable<outcome<int>> {
        co_return failure_kind::cancelled;
    };
    auto fall_back = [](const failure&) -> outcome<int> { return 42; };
    CHECK(call<int>(cancelled, fall_back).failed_with(failure_kind::cancelled));
}

TEST_CASE("a reply that a fallback made is tagged degraded") {
    const result_of_call<reply> operation = [](call_context&) -> awaitable<outcome<reply>> {
        co_return broken;
    };
    auto fall_back = [](const failure&) -> outcome<reply> { return reply{}; };
    const auto made = call<reply>(operation, fall_back);
    REQUIRE(made.ok());
    CHECK(made.value().degraded);
}

TEST_CASE("a pipeline with a fallback refuses a call that brings none") {
    pipeline client{fallback{}};
    const result_of_call<int> operation = &fails;
    CHECK_THROWS_AS((void)client.execute(call_context{}, operation), std::logic_error);
}

TEST_CASE("a fallback in a foolish place is warned of") {
    circuit_breaker breaker({}, {});
    CHECK(pipeline{fallback{}, retry{}, &breaker}.warnings().empty());
    CHECK(pipeline{retry{}, fallback{}}.warnings().size() == 1);
    CHECK(pipeline{&breaker, fallback{}}.warnings().size() == 1);
}

TEST_CASE("which failures a fallback handles, and which option takes each out") {
    using o = fallback_options;
    const auto [f, option] = GENERATE(table<failure, bool o::*>({
        {{.kind = failure_kind::error}, &o::on_errors},
        {{.kind = failure_kind::error, .status = 399}, &o::on_errors},
        {{.kind = failure_kind::error, .status = 500}, &o::on_errors},
        {{.kind = failure_kind::error, .status = 408}, &o::on_errors},
        {{.kind = failure_kind::error, .status = 425}, &o::on_errors},
        {{.kind = failure_kind::error, .status = 429}, &o::on_errors},
        {{.kind = failure_kind::overloaded}, &o::on_overloaded},
        {{.kind = failure_kind::unavailable}, &o::on_unreachable},
        {{.kind = failure_kind::connection_lost}, &o::on_unreachable},
        {{.kind = failure_kind::timed_out}, &o::on_timeouts},
        {{.kind = failure_kind::deadline_exceeded}, &o::on_deadline},
        {{.kind = failure_kind::breaker_open}, &o::on_rejections},
        {{.kind = failure_kind::bulkhead_full}, &o::on_rejections},
        {{.kind = failure_kind::bulkhead_timeout}, &o::on_rejections},
    }));
    CAPTURE(to_string(f.kind), f.status);
    fallback_options options;
    CHECK(handles(options, f));
    options.*option = false;
    CHECK_FALSE(handles(options, f));
}

TEST_CASE("a client's error is an answer, unless told otherwise") {
    const auto status = static_cast<std::uint16_t>(GENERATE(400, 404, 499));
    const failure f{.kind = failure_kind::error, .status = status};
    CHECK_FALSE(handles({}, f));
    CHECK(handles({.on_client_errors = true}, f));
}

TEST_CASE("what the caller gave up is never handled, whatever is turned on") {
    const auto kind = GENERATE(failure_kind::cancelled, failure_kind::shut_down);
    CHECK_FALSE(handles({.on_client_errors = true}, {.kind = kind}));
}

TEST_CASE("a fallback that handles nothing is refused") {
    CHECK_NOTHROW(fallback_options{}.validate());
    fallback_options none{false, false, false, false, false, false, false};
    CHECK_THROWS_WITH(none.validate(), "fallback: every on_ option is false; it must be true for "
                                       "one of them at least");
    CHECK_THROWS_AS(none.validate(), std::invalid_argument);
    none.on_deadline = true;
    CHECK_NOTHROW(none.validate());
}
