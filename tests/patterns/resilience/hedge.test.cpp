// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/hedge.hpp"

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{10s};
constexpr failure broken{.kind = failure_kind::error, .status = 500};

hedge_options fixed(duration delay, int attempts = 3) {
    return {.max_attempts = attempts, .delay_from = hedge_delay::fixed, .delay = delay};
}

hedge_step launch(int attempt) {
    return {.action = hedge_action::launch, .attempt = attempt};
}
hedge_step wait_until(time_point t) {
    return {.action = hedge_action::wait, .until = t};
}
constexpr hedge_step wait_for_results{.action = hedge_action::wait};

/// A hedge and one call on it.
struct call {
    explicit call(const hedge_options& options, time_point deadline = never, bool idempotent = true)
        : shared(options, start), state(shared.begin(idempotent, deadline, start)) {}
    hedge shared;
    hedge_state state;
};

/// So many calls that took that long, answered by their first attempt.
void teach(hedge& h, int calls, duration latency, time_point now = start) {
    for (; calls > 0; --calls) {
        auto s = h.begin(true, never, now - latency);
        CHECK(s.next(now - latency) == launch(1));
        CHECK(s.on_success(1, now) == hedge_result::answer);
    }
}

} // namespace

TEST_CASE("R8: a hedge is launched when the delay is over, and not before") {
    call c{fixed(100ms)};
    CHECK(c.state.next(start) == launch(1));
    CHECK(c.state.next(start) == wait_until(start + 100ms));
    CHECK(c.state.next(start + 100ms - 1ns) == wait_until(start + 100ms));
    CHECK(c.state.next(start + 100ms) == launch(2));
    CHECK(c.state.next(start + 100ms) == wait_until(start + 200ms));
    CHECK(c.state.next(start + 250ms) == launch(3)); // the driver was late
    CHECK(c.state.next(start + 250ms) == wait_for_results);
    CHECK(c.state.launched() == 3);
}

TEST_CASE("a delay of zero launches all at once") {
    call c{fixed(0s)};
    for (const int attempt : {1, 2, 3})
        CHECK(c.state.next(start) == launch(attempt));
    CHECK(c.state.next(start) == wait_for_results);
}

TEST_CASE("a negative delay launches only after a failure") {
    call c{fixed(-1ns)};
    CHECK(c.state.next(start) == launch(1));
    CHECK(c.state.next(start + 1h) == wait_for_results);
    CHECK(c.state.on_failure(1, broken, start + 1h) == hedge_result::go_on);
    CHECK(c.state.next(start + 1h) == launch(2));
    CHECK(c.state.next(start + 1h) == wait_for_results);
}

TEST_CASE("the first success is the answer, whatever attempt gave it; all else comes too late") {
    const int winner = GENERATE(1, 2);
    call c{fixed(0s, 2)};
    c.state.next(start);
    c.state.next(start);
    CHECK(c.state.on_success(winner, start + 5ms) == hedge_result::answer);
    CHECK(c.state.ended());
    CHECK(c.state.on_success(3 - winner, start + 6ms) == hedge_result::ignore);
    CHECK(c.state.on_failure(3 - winner, broken, start + 6ms) == hedge_result::ignore);
    CHECK(c.shared.metrics().won == (winner == 2 ? 1 : 0));
    CHECK(c.shared.metrics().calls == 1);
    CHECK(c.shared.metrics().hedges == 1);
}

TEST_CASE("a non-fatal failure launches the next at once, and the delay runs from there") {
    call c{fixed(100ms)};
    c.state.next(start);
    CHECK(c.state.on_failure(1, broken, start + 30ms) == hedge_result::go_on);
    CHECK(c.state.next(start + 30ms) == launch(2));
    CHECK(c.state.next(start + 30ms) == wait_until(start + 130ms));
    CHECK_FALSE(c.state.in_flight(1));
    CHECK(c.state.in_flight(2));
}

TEST_CASE("a failure is not the first completion's: what still runs may answer") {
    call c{fixed(0s, 2)};
    c.state.next(start);
    c.state.next(start);
    CHECK(c.state.on_failure(1, broken, start + 1ms) == hedge_result::go_on);
    CHECK(c.state.next(start + 1ms) == wait_for_results);
    CHECK(c.state.on_success(2, start + 2ms) == hedge_result::answer);
}

TEST_CASE("when all have failed the call fails with the last") {
    call c{fixed(0s, 2)};
    c.state.next(start);
    c.state.next(start);
    CHECK(c.state.on_failure(2, broken, start) == hedge_result::go_on);
    CHECK(c.state.on_failure(1, {.kind = failure_kind::timed_out}, start) == hedge_result::fail);
    CHECK(c.state.last_failure().kind == failure_kind::timed_out);
}

TEST_CASE("R12: a rejection on our own side does not mask what the backend said") {
    call c{fixed(-1ns, 3)};
    c.state.next(start);
    c.state.on_failure(1, {.kind = failure_kind::bulkhead_full}, start);
    CHECK(c.state.last_failure().kind == failure_kind::bulkhead_full);
    c.state.next(start);
    c.state.on_failure(2, broken, start);
    c.state.next(start);
    CHECK(c.state.on_failure(3, {.kind = failure_kind::breaker_open}, start) == hedge_result::fail);
    CHECK(c.state.last_failure() == broken);
}

TEST_CASE("which failures are fatal") {
    const auto [f, result] = GENERATE(table<failure, hedge_result>({
        {{.kind = failure_kind::error}, hedge_result::go_on},
        {{.kind = failure_kind::error, .status = 404}, hedge_result::fail},
        {{.kind = failure_kind::error, .status = 429}, hedge_result::go_on},
        {{.kind = failure_kind::overloaded}, hedge_result::go_on},
        {{.kind = failure_kind::unavailable}, hedge_result::go_on},
        {{.kind = failure_kind::connection_lost}, hedge_result::go_on},
        {{.kind = failure_kind::timed_out}, hedge_result::go_on},
        {{.kind = failure_kind::deadline_exceeded}, hedge_result::fail},
        {{.kind = failure_kind::cancelled}, hedge_result::fail},
        {{.kind = failure_kind::shut_down}, hedge_result::fail},
        {{.kind = failure_kind::breaker_open}, hedge_result::go_on},
        {{.kind = failure_kind::bulkhead_full}, hedge_result::go_on},
        {{.kind = failure_kind::bulkhead_timeout}, hedge_result::go_on},
    }));
    CAPTURE(to_string(f.kind), f.status);
    call c{fixed(0s, 2)};
    c.state.next(start);
    c.state.next(start);
    CHECK(c.state.on_failure(1, f, start) == result);
    CHECK(c.state.ended() == (result == hedge_result::fail));
    CHECK(c.state.last_failure() == f);
}

TEST_CASE("each class of failures can be made fatal") {
    hedge_options o = fixed(0s, 2);
    const auto [option, kind] = GENERATE(table<bool hedge_options::*, failure_kind>({
        {&hedge_options::hedge_errors, failure_kind::error},
        {&hedge_options::hedge_overloaded, failure_kind::overloaded},
        {&hedge_options::hedge_unreachable, failure_kind::unavailable},
        {&hedge_options::hedge_unreachable, failure_kind::connection_lost},
        {&hedge_options::hedge_timeouts, failure_kind::timed_out},
    }));
    CAPTURE(to_string(kind));
    o.*option = false;
    call c{o};
    c.state.next(start);
    c.state.next(start);
    CHECK(c.state.on_failure(1, {.kind = kind}, start) == hedge_result::fail);
}

TEST_CASE("rejections that launch nothing further still let the others answer") {
    auto o = fixed(100ms, 3);
    o.hedge_rejections = false;
    call c{o};
    c.state.next(start);
    c.state.next(start + 100ms);
    const failure rejected{.kind = failure_kind::breaker_open};
    CHECK(c.state.on_failure(2, rejected, start + 100ms) == hedge_result::go_on);
    CHECK(c.state.next(start + 1s) == wait_for_results);
    CHECK(c.state.on_success(1, start + 2s) == hedge_result::answer);
    call alone{o};
    alone.state.next(start);
    CHECK(alone.state.on_failure(1, rejected, start) == hedge_result::fail);
}

TEST_CASE("what is not idempotent is never hedged, not even after a failure") {
    call c{fixed(0s), never, false};
    CHECK(c.state.next(start) == launch(1));
    CHECK(c.state.next(start) == wait_for_results);
    CHECK(c.state.on_failure(1, {.kind = failure_kind::unavailable}, start) == hedge_result::fail);
}

TEST_CASE("one attempt is no hedging at all") {
    call c{fixed(0s, 1)};
    c.state.next(start);
    CHECK(c.state.next(start) == wait_for_results);
    CHECK(c.state.on_failure(1, broken, start) == hedge_result::fail);
}

TEST_CASE("pushback: after no_retry nothing is launched, but what runs may answer") {
    call c{fixed(100ms)};
    c.state.next(start);
    c.state.next(start + 100ms);
    const failure told{.kind = failure_kind::overloaded, .no_retry = true};
    CHECK(c.state.on_failure(1, told, start + 110ms) == hedge_result::go_on);
    CHECK(c.state.next(start + 1h) == wait_for_results);
    CHECK(c.state.on_failure(2, broken, start + 1h) == hedge_result::fail);
}

TEST_CASE("pushback: retry_after puts the next attempt off, other failures do not hasten it") {
    call c{fixed(100ms, 4)};
    c.state.next(start);
    c.state.next(start + 100ms);
    const failure told{.kind = failure_kind::overloaded, .retry_after = 5s};
    CHECK(c.state.on_failure(1, told, start + 150ms) == hedge_result::go_on);
    CHECK(c.state.next(start + 150ms) == wait_until(start + 5150ms));
    CHECK(c.state.on_failure(2, broken, start + 200ms) == hedge_result::go_on);
    CHECK(c.state.next(start + 200ms) == wait_until(start + 5150ms));
    CHECK(c.state.next(start + 5150ms) == launch(3));
    CHECK(c.state.next(start + 5150ms) == wait_until(start + 5250ms));
}

TEST_CASE("pushback: a retry_after of zero is at once, an endless one is never") {
    call c{fixed(-1ns)};
    c.state.next(start);
    c.state.on_failure(1, {.kind = failure_kind::overloaded, .retry_after = 0s}, start);
    CHECK(c.state.next(start) == launch(2));
    const failure endless{.kind = failure_kind::overloaded, .retry_after = duration::max()};
    CHECK(c.state.on_failure(2, endless, start) == hedge_result::fail);
}

TEST_CASE("nothing is launched at or after the deadline, and it does not wait in vain") {
    const auto [deadline, action] = GENERATE(table<duration, hedge_action>({
        {100ms, hedge_action::wait},
        {100ms + 1ns, hedge_action::launch},
    }));
    call c{fixed(100ms), start + deadline};
    c.state.next(start);
    CHECK(c.state.next(start).until == (action == hedge_action::wait ? never : start + 100ms));
    CHECK(c.state.next(start + 100ms).action == action);
}

TEST_CASE("a pushback past the deadline ends the call now") {
    call c{fixed(100ms), start + 1s};
    c.state.next(start);
    const failure told{.kind = failure_kind::overloaded, .retry_after = 1s};
    CHECK(c.state.on_failure(1, told, start) == hedge_result::fail);
}

TEST_CASE("no hedge when less than the median is left before the deadline; the median is enough") {
    hedge h{fixed(100ms), start};
    teach(h, 100, 40ns);
    const auto [deadline, action] = GENERATE(table<duration, hedge_action>({
        {100ms + 39ns, hedge_action::wait},
        {100ms + 40ns, hedge_action::launch},
    }));
    auto s = h.begin(true, start + deadline, start);
    s.next(start);
    CHECK(s.next(start + 100ms).action == action);
}

TEST_CASE("a driver that comes too late for the next attempt is told to give up") {
    call c{fixed(-1ns), start + 1s};
    c.state.next(start);
    CHECK(c.state.on_failure(1, broken, start) == hedge_result::go_on);
    CHECK(c.state.next(start + 1s).action == hedge_action::fail);
    CHECK(c.state.ended());
    CHECK(c.state.last_failure() == broken);
}

TEST_CASE("a budget that refuses ends the hedging, not the call") {
    call c{fixed(100ms)};
    c.state.next(start);
    CHECK(c.state.next(start + 100ms) == launch(2));
    CHECK(c.state.on_refused(2, start + 100ms) == hedge_result::go_on);
    CHECK(c.state.next(start + 1s) == wait_for_results);
    CHECK(c.shared.metrics().hedges == 0);
    CHECK(c.shared.metrics().refused == 1);
    CHECK(c.state.on_success(1, start + 2s) == hedge_result::answer);

    call failed{fixed(100ms)};
    failed.state.next(start);
    failed.state.on_failure(1, broken, start);
    failed.state.next(start);
    CHECK(failed.state.on_refused(2, start) == hedge_result::fail);
    CHECK(failed.state.last_failure() == broken);
}

TEST_CASE("the observed delay is the quantile of the latencies, once there are enough") {
    hedge h{{.quantile = 0.95, .min_delay = 0s}, start};
    teach(h, 94, 10ns);
    CHECK_FALSE(h.delay(start));
    teach(h, 5, 20ns);
    CHECK_FALSE(h.delay(start));
    auto s = h.begin(true, never, start);
    s.next(start);
    CHECK(s.next(start + 1h) == wait_for_results);
    teach(h, 1, 30ns);
    CHECK(h.delay(start) == 20ns);
    CHECK(h.median(start) == 10ns);
    auto informed = h.begin(true, never, start);
    informed.next(start);
    CHECK(informed.next(start) == wait_until(start + 20ns));
}

TEST_CASE("failsafe-go's warm-up: no hedge before 20 calls are known") {
    hedge h{{.quantile = 0.95, .min_delay = 0s, .min_samples = 20}, start};
    teach(h, 19, 5ms);
    CHECK_FALSE(h.delay(start));
    auto twentieth = h.begin(true, never, start);
    twentieth.next(start);
    CHECK(twentieth.next(start + 5ms) == wait_for_results);
    teach(h, 1, 5ms);
    REQUIRE(h.delay(start));
    CHECK(to_seconds(*h.delay(start)) == Approx(5e-3).epsilon(0.02));
}

TEST_CASE("the observed delay is never below min_delay") {
    hedge h{{.min_delay = 1ms}, start};
    teach(h, 100, 10ns);
    CHECK(h.delay(start) == 1ms);
}

TEST_CASE("the observed delay is forgotten when nothing was seen for two windows") {
    hedge h{{.window = 8s}, start};
    teach(h, 100, 10ns);
    CHECK(h.delay(start + 15s));
    CHECK_FALSE(h.delay(start + 16s));
    CHECK_FALSE(h.median(start + 16s));
}

TEST_CASE("losers, timeouts and abandoned calls are censored, other failures say nothing") {
    hedge_options o = fixed(0s, 2);
    o.min_samples = 1;
    hedge h{o, start};
    const auto ends = [&h](auto end) {
        for (int i = 0; i < 9; ++i) {
            auto s = h.begin(true, never, start);
            s.next(start);
            s.next(start);
            end(s);
            s.abandon(start + 50ns);
        }
    };
    const auto median = [&h] { return h.median(start).value_or(-1ns); };
    ends([](hedge_state& s) { s.on_failure(1, {.kind = failure_kind::cancelled}, start + 5ns); });
    CHECK(median() == -1ns); // all censored
    // 9 answers at 10 ns beside 18 at risk beyond: the median is not 10 ns.
    ends([](hedge_state& s) { s.on_success(2, start + 10ns); });
    ends([](hedge_state& s) {
        s.on_failure(1, {.kind = failure_kind::timed_out}, start + 40ns);
        s.on_failure(2, {.kind = failure_kind::timed_out}, start + 40ns);
    });
    teach(h, 1, 60ns);
    CHECK(h.median(start + 10s) == 60ns);
}

TEST_CASE("a call that has ended is not ended again") {
    call c{fixed(0s, 2)};
    c.state.next(start);
    c.state.abandon(start);
    CHECK(c.state.ended());
    c.state.abandon(start);
    CHECK(c.state.on_success(1, start) == hedge_result::ignore);
}

TEST_CASE("R10: the longest delay and the end of time do not overflow") {
    call c{fixed(duration::max())};
    c.state.next(start);
    CHECK(c.state.next(start) == wait_for_results);
    call late{fixed(1s), never - 1ns};
    late.state.next(never - 2ns);
    CHECK(late.state.next(never - 2ns) == wait_for_results);
}

TEST_CASE("hedging refuses options that make no sense") {
    struct row {
        std::function<void(hedge_options&)> spoil;
        std::string message;
    };
    using o = hedge_options;
    CHECK_NOTHROW(o{}.validate());
    const std::vector<row> rows{
        {[](o& x) { x.max_attempts = 0; },
         "hedge: max_attempts is 0; it must be from 1 to 10: it includes the first attempt"},
        {[](o& x) { x.max_attempts = 11; }, "hedge: max_attempts is 11"},
        {[](o& x) { x.quantile = 1; }, "hedge: quantile is 1; it must be above 0 and below 1"},
        {[](o& x) { x.quantile = std::numeric_limits<double>::quiet_NaN(); }, "hedge: quantile"},
        {[](o& x) { x.min_delay = -1ms; }, "hedge: min_delay is -1ms; it must not be negative"},
        {[](o& x) { x.min_samples = 0; }, "hedge: min_samples is 0; it must be at least 1"},
        {[](o& x) { x.window = 0s; }, "hedge: window is 0s; it must be above 0"},
    };
    for (const auto& [spoil, message] : rows) {
        hedge_options options;
        spoil(options);
        CHECK_THROWS_WITH(options.validate(), Catch::Matchers::StartsWith(message));
        CHECK_THROWS_AS(hedge(options), std::invalid_argument);
    }
}

TEST_CASE("the names of the hedge's decisions") {
    CHECK(to_string(hedge_delay::fixed) == "fixed");
    CHECK(to_string(hedge_delay::observed) == "observed");
    CHECK(to_string(hedge_action::launch) == "launch");
    CHECK(to_string(hedge_action::wait) == "wait");
    CHECK(to_string(hedge_action::fail) == "fail");
    CHECK(to_string(hedge_result::answer) == "answer");
    CHECK(to_string(hedge_result::fail) == "fail");
    CHECK(to_string(hedge_result::go_on) == "go_on");
    CHECK(to_string(hedge_result::ignore) == "ignore");
}
