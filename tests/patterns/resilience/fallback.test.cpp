// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/fallback.hpp"

#include <memory>
#include <stdexcept>

#include <catch2/catch.hpp>

using namespace windtunnel;

namespace {

constexpr failure broken{.kind = failure_kind::error, .status = 500};

outcome<int> substitute(const failure&) {
    return 42;
}

} // namespace

TEST_CASE("a success is left alone, and its fallback is not made") {
    int made = 0;
    const auto r =
        with_fallback<int>({}, 7, [&](const failure&) -> outcome<int> { return ++made; });
    CHECK(r.result == outcome<int>{7});
    CHECK_FALSE(r.degraded);
    CHECK_FALSE(r.original);
    CHECK(made == 0);
}

TEST_CASE("a failure gets the substitute, tagged degraded, and the failure is kept") {
    const auto r = with_fallback<int>({}, broken, &substitute);
    CHECK(r.result == outcome<int>{42});
    CHECK(r.degraded);
    CHECK(r.original == broken);
    CHECK_FALSE(r.fallback_failed);
}

TEST_CASE("the fallback is given the original failure") {
    failure seen;
    (void)with_fallback<int>({}, broken, [&](const failure& f) -> outcome<int> {
        seen = f;
        return 1;
    });
    CHECK(seen == broken);
}

TEST_CASE(
    "when the fallback fails too the outcome is the original failure, the other is attached") {
    const failure no_cache{.kind = failure_kind::unavailable};
    const auto r =
        with_fallback<int>({}, broken, [&](const failure&) -> outcome<int> { return no_cache; });
    CHECK(r.result == outcome<int>{broken});
    CHECK_FALSE(r.degraded);
    CHECK(r.original == broken);
    CHECK(r.fallback_failed == no_cache);
}

TEST_CASE("what the fallback does not handle stays as it is") {
    const failure cancelled{.kind = failure_kind::cancelled};
    const auto r = with_fallback<int>({}, cancelled, &substitute);
    CHECK(r.result == outcome<int>{cancelled});
    CHECK_FALSE(r.degraded);
    CHECK(r.original == cancelled);
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

TEST_CASE("values that can only be moved pass through") {
    using pointer = std::unique_ptr<int>;
    const auto r = with_fallback<pointer>({}, std::make_unique<int>(7), [](const failure&) {
        return outcome<pointer>{std::make_unique<int>(8)};
    });
    CHECK(*r.result.value() == 7);
    const auto d = with_fallback<pointer>(
        {}, broken, [](const failure&) { return outcome<pointer>{std::make_unique<int>(8)}; });
    CHECK(*d.result.value() == 8);
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
