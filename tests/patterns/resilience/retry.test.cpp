// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/retry.hpp"

#include <limits>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

constexpr time_point now{10s};

struct call {
    retry_options options;
    bool idempotent = true;
    time_point deadline = never;
    random_stream stream{1, "retry"};
    retry_state state{};

    retry_decision fails_with(const failure& f, time_point at = now) {
        return state.next(options, f, idempotent, at, deadline, stream);
    }
    retry_decision fails() { return fails_with({.kind = failure_kind::timed_out}); }
};

retry_options plain(duration initial, double multiplier, duration cap, int attempts = 10) {
    return {.max_attempts = attempts,
            .initial_backoff = initial,
            .max_backoff = cap,
            .backoff_multiplier = multiplier,
            .jitter = jitter_kind::none};
}

std::vector<duration> delays(const retry_options& options, int n) {
    std::vector<duration> result;
    for (call c{options}; n > 0; --n)
        result.push_back(c.fails().delay);
    return result;
}

} // namespace

TEST_CASE("Attempts count the first one") {
    call c{{.max_attempts = 3}};
    CHECK(c.state.attempt() == 1);
    CHECK(c.fails().retry);
    CHECK(c.state.attempt() == 2);
    CHECK(c.fails().retry);
    CHECK(c.state.attempt() == 3);
    const auto last = c.fails();
    CHECK_FALSE(last.retry);
    CHECK(last.why == stop_reason::attempts);
    CHECK(c.state.attempt() == 3);
}

TEST_CASE("one attempt is no retry at all") {
    call c{{.max_attempts = 1}};
    CHECK(c.fails().why == stop_reason::attempts);
}

TEST_CASE("which failures are worth another attempt") {
    const auto [f, why] = GENERATE(table<failure, stop_reason>({
        {{.kind = failure_kind::error}, stop_reason::none},
        {{.kind = failure_kind::error, .status = 500}, stop_reason::none},
        {{.kind = failure_kind::error, .status = 404}, stop_reason::not_retryable},
        {{.kind = failure_kind::error, .status = 408}, stop_reason::none},
        {{.kind = failure_kind::error, .status = 425}, stop_reason::none},
        {{.kind = failure_kind::error, .status = 429}, stop_reason::none},
        {{.kind = failure_kind::overloaded}, stop_reason::none},
        {{.kind = failure_kind::unavailable}, stop_reason::none},
        {{.kind = failure_kind::connection_lost}, stop_reason::none},
        {{.kind = failure_kind::timed_out}, stop_reason::none},
        {{.kind = failure_kind::breaker_open}, stop_reason::none},
        {{.kind = failure_kind::bulkhead_full}, stop_reason::none},
        {{.kind = failure_kind::bulkhead_timeout}, stop_reason::none},
        {{.kind = failure_kind::deadline_exceeded}, stop_reason::deadline},
        {{.kind = failure_kind::cancelled}, stop_reason::cancelled},
        {{.kind = failure_kind::shut_down}, stop_reason::cancelled},
        {{.kind = failure_kind::overloaded, .no_retry = true}, stop_reason::pushback},
    }));
    CAPTURE(to_string(f.kind), f.status);
    call c;
    const auto decision = c.fails_with(f);
    CHECK(decision.why == why);
    CHECK(decision.retry == (why == stop_reason::none));
}

TEST_CASE("each class of failures can be taken out of the retries") {
    const auto [options, kind] = GENERATE(table<retry_options, failure_kind>({
        {{.retry_errors = false}, failure_kind::error},
        {{.retry_overloaded = false}, failure_kind::overloaded},
        {{.retry_unreachable = false}, failure_kind::unavailable},
        {{.retry_unreachable = false}, failure_kind::connection_lost},
        {{.retry_timeouts = false}, failure_kind::timed_out},
        {{.retry_rejections = false}, failure_kind::breaker_open},
        {{.retry_rejections = false}, failure_kind::bulkhead_full},
        {{.retry_rejections = false}, failure_kind::bulkhead_timeout},
    }));
    CAPTURE(to_string(kind));
    CHECK(call{options}.fails_with({.kind = kind}).why == stop_reason::not_retryable);
}

TEST_CASE("a rejection of our own that lasts longer than any backoff is not waited for") {
    retry_options options = plain(10ms, 2, 1s);
    for (const auto kind : {failure_kind::breaker_open, failure_kind::rate_limited}) {
        CHECK(call{options}.fails_with({.kind = kind, .retry_after = 1s}).delay == 1s);
        CHECK(call{options}.fails_with({.kind = kind, .retry_after = 1s + 1ns}).why ==
              stop_reason::not_retryable);
    }
    CHECK(call{options}.fails_with({.kind = failure_kind::overloaded, .retry_after = 5s}).delay ==
          5s);
}

TEST_CASE("the caller's cancellation is never retried, whatever else is said") {
    call c;
    CHECK(c.fails_with({.kind = failure_kind::cancelled, .not_processed = true, .retry_after = 0s})
              .why == stop_reason::cancelled);
}

TEST_CASE("what is not idempotent is retried only when it was certainly not processed") {
    const auto [f, retried] = GENERATE(table<failure, bool>({
        {{.kind = failure_kind::error}, false},
        {{.kind = failure_kind::overloaded}, false},
        {{.kind = failure_kind::connection_lost}, false},
        {{.kind = failure_kind::timed_out}, false},
        {{.kind = failure_kind::unavailable}, true},
        {{.kind = failure_kind::connection_lost, .not_processed = true}, true},
        {{.kind = failure_kind::overloaded, .not_processed = true}, true},
        {{.kind = failure_kind::breaker_open}, true},
        {{.kind = failure_kind::bulkhead_full}, true},
    }));
    CAPTURE(to_string(f.kind), f.not_processed);
    call c{.options = {}, .idempotent = false};
    const auto decision = c.fails_with(f);
    CHECK(decision.retry == retried);
    CHECK(decision.why == (retried ? stop_reason::none : stop_reason::not_idempotent));
}

TEST_CASE("it stops now when the next attempt would start at or after the deadline") {
    call c{plain(100ms, 2, 1s)};
    c.deadline = now + 100ms;
    CHECK(c.fails().why == stop_reason::deadline);
    CHECK(c.state.attempt() == 1);
    c.deadline = now + 100ms + 1ns;
    c.state = {};
    CHECK(c.fails().retry);
    c.deadline = now;
    c.options.initial_backoff = 0s;
    CHECK(c.fails().why == stop_reason::deadline);
}

TEST_CASE("a breaker's rejection is retried only where its retry_after fits the deadline") {
    const failure rejected{.kind = failure_kind::breaker_open, .retry_after = 2s};
    const retry_options patient{.max_backoff = 2s};
    call c{.options = patient, .deadline = now + 3s};
    const auto decision = c.fails_with(rejected);
    CHECK(decision.retry);
    CHECK(decision.delay == 2s);
    call late{.options = patient, .deadline = now + 2s};
    CHECK(late.fails_with(rejected).why == stop_reason::deadline);
}

TEST_CASE("retry_after beats the backoff, which then starts over") {
    call c{plain(100ms, 2, 10s)};
    CHECK(c.fails().delay == 100ms);
    CHECK(c.fails().delay == 200ms);
    const failure told{.kind = failure_kind::overloaded, .retry_after = 7s};
    CHECK(c.fails_with(told).delay == 7s);
    CHECK(c.state.attempt() == 4);
    CHECK(c.fails().delay == 100ms);
    CHECK(c.fails().delay == 200ms);
    CHECK(c.fails_with({.kind = failure_kind::overloaded, .retry_after = 0s}).delay == 0s);
}

TEST_CASE("retry_after is exact: neither the cap nor jitter touches it") {
    call c{{.max_backoff = 1s, .jitter = jitter_kind::full}};
    CHECK(c.fails_with({.kind = failure_kind::overloaded, .retry_after = 300s}).delay == 300s);
    const failure far{.kind = failure_kind::overloaded, .retry_after = duration::max()};
    CHECK(c.fails_with(far).delay == duration::max()); // no deadline: nothing to exceed
}

TEST_CASE("smithy's retry_after: within 5 s above the backoff") {
    retry_options aws = plain(50ms, 2, 20s);
    aws.retry_after_slack = 5s;
    for (const auto& [told, waits] :
         {std::pair<duration, duration>{3s, 3s}, {10ms, 50ms}, {10s, 5050ms}, {0s, 50ms}}) {
        call c{aws};
        CHECK(c.fails_with({.kind = failure_kind::error, .retry_after = told}).delay == waits);
        CHECK(c.fails().delay == 100ms); // the backoff goes on
    }
    aws.retry_after_slack = duration::max();
    call c{aws};
    const failure far{.kind = failure_kind::error, .retry_after = duration::max()};
    CHECK(c.fails_with(far).delay == duration::max());
}

TEST_CASE("smithy's throttling: 1 s in place of 50 ms") {
    retry_options aws = plain(50ms, 2, 20s);
    aws.overloaded_backoff = 1s;
    call c{aws};
    CHECK(c.fails().delay == 50ms);
    CHECK(c.fails_with({.kind = failure_kind::overloaded}).delay == 2s);
    CHECK(c.fails().delay == 200ms);
    call throttled{aws};
    CHECK(throttled.fails_with({.kind = failure_kind::overloaded}).delay == 1s);
}

TEST_CASE("without backoff it retries at once") {
    CHECK(delays(plain(0s, 2, 0s), 3) == std::vector<duration>{0s, 0s, 0s});
    retry_options full{.max_attempts = 4, .initial_backoff = 0s};
    CHECK(delays(full, 3) == std::vector<duration>{0s, 0s, 0s});
}

TEST_CASE("exponential backoff grows to its cap") { // Kafka's, the AWS SDK's and Polly's vectors
    CHECK(delays(plain(100ms, 2, 400ms), 4) == std::vector<duration>{100ms, 200ms, 400ms, 400ms});
    CHECK(delays(plain(1s, 2, 20s), 4) == std::vector<duration>{1s, 2s, 4s, 8s});
    CHECK(delays(plain(1s, 2, 3s), 4) == std::vector<duration>{1s, 2s, 3s, 3s});
    CHECK(delays(plain(50ms, 1, 1s), 3) == std::vector<duration>{50ms, 50ms, 50ms});
    CHECK(delays(plain(50ms, 2, 20s), 2) == std::vector<duration>{50ms, 100ms});
}

TEST_CASE("constant backoff with proportional jitter") { // Polly's vector
    const retry_options options{.initial_backoff = 1s,
                                .max_backoff = 60s,
                                .backoff = backoff_kind::constant,
                                .jitter = jitter_kind::proportional,
                                .jitter_factor = 0.25};
    const auto [u, expected] =
        GENERATE(table<double, duration>({{0, 750ms}, {0.4, 950ms}, {0.6, 1050ms}, {1, 1250ms}}));
    for (const int retry : {1, 2, 1000})
        CHECK(backoff_delay(options, retry, {}, u) == expected);
}

TEST_CASE("linear backoff with proportional jitter") { // Polly's vector, the third retry
    const retry_options options{.initial_backoff = 1s,
                                .max_backoff = 60s,
                                .backoff = backoff_kind::linear,
                                .jitter = jitter_kind::proportional,
                                .jitter_factor = 0.25};
    const auto [u, expected] = GENERATE(table<double, duration>(
        {{0, 2250ms}, {0.4, 2850ms}, {0.5, 3s}, {0.6, 3150ms}, {1, 3750ms}}));
    CHECK(backoff_delay(options, 3, {}, u) == expected);
}

TEST_CASE("additive jitter comes on top of the backoff, never before it") {
    retry_options options = plain(100ms, 2, 1s);
    options.jitter = jitter_kind::additive;
    options.jitter_factor = 0.1; // plus up to 10 %
    const auto [u, expected] = GENERATE(table<double, duration>(
        {{0, 200ms}, {0.25, 205ms}, {0.5, 210ms}, {0.75, 215ms}, {1, 220ms}}));
    CHECK(backoff_delay(options, 2, {}, u) == expected);
    CHECK(backoff_delay(options, 9, {}, u) == 5 * expected); // the cap comes first
    options.jitter_factor = 0;
    CHECK(backoff_delay(options, 2, {}, u) == 200ms);
    options.jitter_factor = 1;
    CHECK(backoff_delay(options, 2, {}, 0.5) == 300ms);
    options.max_backoff = duration::max();
    CHECK(backoff_delay(options, 1000, {}, u) == duration::max());
}

TEST_CASE("the kinds of backoff and jitter have names") {
    CHECK(to_string(backoff_kind::constant) == "constant");
    CHECK(to_string(backoff_kind::linear) == "linear");
    CHECK(to_string(backoff_kind::exponential) == "exponential");
    CHECK(to_string(jitter_kind::none) == "none");
    CHECK(to_string(jitter_kind::full) == "full");
    CHECK(to_string(jitter_kind::equal) == "equal");
    CHECK(to_string(jitter_kind::decorrelated) == "decorrelated");
    CHECK(to_string(jitter_kind::proportional) == "proportional");
    CHECK(to_string(jitter_kind::additive) == "additive");
    CHECK(to_string(jitter_kind::decorrelated_aws) == "decorrelated_aws");
}

TEST_CASE("full and equal jitter") {
    retry_options options = plain(100ms, 2, 1s);
    options.jitter = jitter_kind::full;
    CHECK(backoff_delay(options, 2, {}, 0) == 0ms);
    CHECK(backoff_delay(options, 2, {}, 0.5) == 100ms);
    CHECK(backoff_delay(options, 2, {}, 0.75) == 150ms);
    options.jitter = jitter_kind::equal;
    CHECK(backoff_delay(options, 2, {}, 0) == 100ms);
    CHECK(backoff_delay(options, 2, {}, 0.5) == 150ms);
}

TEST_CASE("decorrelated jitter grows from the previous delay, between backoff and cap") {
    retry_options options = plain(100ms, 2, 1s);
    options.jitter = jitter_kind::decorrelated;
    CHECK(backoff_delay(options, 1, {}, 0) == 100ms);
    CHECK(backoff_delay(options, 1, {}, 0.5) == 200ms);    // of 100 to 300 ms
    CHECK(backoff_delay(options, 2, 200ms, 0.5) == 350ms); // of 100 to 600 ms
    CHECK(backoff_delay(options, 3, 900ms, 0.5) == 550ms); // of 100 ms to the cap
}

TEST_CASE("decorrelated jitter as AWS publishes it is capped after the draw") {
    retry_options options = plain(100ms, 2, 1s);
    options.jitter = jitter_kind::decorrelated_aws;
    CHECK(backoff_delay(options, 1, {}, 0.5) == 200ms);
    CHECK(backoff_delay(options, 2, 200ms, 0.5) == 350ms);
    CHECK(backoff_delay(options, 3, 900ms, 0.25) == 750ms); // of 100 to 2700 ms
    CHECK(backoff_delay(options, 3, 900ms, 0.5) == 1s);     // 1400 ms
}

TEST_CASE("a call remembers its delays for decorrelated jitter, until it is told when to retry") {
    call c{plain(100ms, 2, 100s)};
    c.options.jitter = jitter_kind::decorrelated;
    random_stream copy = c.stream;
    const auto expected = [&](duration previous) {
        return backoff_delay(c.options, 1, previous, copy.uniform());
    };
    const auto first = c.fails().delay;
    CHECK(first == expected(0s));
    const auto second = c.fails().delay;
    CHECK(second == expected(first));
    CHECK(c.fails().delay == expected(second));
    c.fails_with({.kind = failure_kind::overloaded, .retry_after = 7s});
    CHECK(c.fails().delay == expected(0s));
}

TEST_CASE("R11: draws do not collapse onto the cap") {
    retry_options options = plain(100ms, 2, 2s);
    for (const auto jitter : {jitter_kind::full, jitter_kind::equal, jitter_kind::decorrelated,
                              jitter_kind::proportional, jitter_kind::additive}) {
        options.jitter = jitter;
        const auto a = backoff_delay(options, 20, 2s, 0.3);
        const auto b = backoff_delay(options, 20, 2s, 0.6);
        CHECK(a < b);
    }
}

TEST_CASE("The cap comes before the jitter: a delay may exceed it by the share of the jitter") {
    retry_options options = plain(100ms, 2, 2s);
    options.jitter = jitter_kind::proportional;
    options.jitter_factor = 0.2;
    const auto [u, delay] = GENERATE(table<double, duration>(
        {{0.0, 1600ms}, {0.25, 1800ms}, {0.5, 2000ms}, {0.75, 2200ms}, {1.0, 2400ms}}));
    CAPTURE(u);
    for (const int retry : {6, 7, 20, 1000}) // uncapped 3.2 s, 6.4 s, and beyond all range
        CHECK(backoff_delay(options, retry, {}, u) == delay);
    CHECK(backoff_delay(options, 1, {}, u) == delay / 20); // below the cap the same shares
}

TEST_CASE("exponential backoff with proportional jitter") { // Kafka's vector
    const retry_options options{.initial_backoff = 100ms,
                                .max_backoff = 2s,
                                .backoff = backoff_kind::exponential,
                                .jitter = jitter_kind::proportional,
                                .jitter_factor = 0.2};
    const auto [retry, expected] = GENERATE(table<int, duration>(
        {{1, 100ms}, {2, 200ms}, {3, 400ms}, {4, 800ms}, {5, 1600ms}, {6, 2s}, {20, 2s}}));
    CHECK(backoff_delay(options, retry, {}, 0) == expected * 8 / 10);
    CHECK(backoff_delay(options, retry, {}, 0.5) == expected);
    CHECK(backoff_delay(options, retry, {}, 1) == expected * 12 / 10);
}

TEST_CASE("R10: backoff saturates, whatever the number of the retry") {
    const retry_options far = plain(std::chrono::hours{24}, 2, duration::max());
    CHECK(backoff_delay(far, 3, {}, 0) == std::chrono::hours{4 * 24});
    CHECK(backoff_delay(far, 1000, {}, 0) == duration::max());
    CHECK(backoff_delay(far, std::numeric_limits<int>::max(), {}, 0) == duration::max());
    retry_options jittered = far; // Polly: up to 1025 attempts, and no delay is negative
    jittered.jitter = jitter_kind::proportional;
    for (int retry = 1; retry <= 1025; ++retry)
        CHECK(backoff_delay(jittered, retry, {}, 0.75) > 0s);
    const retry_options capped = plain(std::chrono::hours{24}, 2, std::chrono::hours{48});
    CHECK(backoff_delay(capped, 1000, {}, 0) == std::chrono::hours{48});
    const retry_options none = plain(0s, 2, 10s);
    CHECK(backoff_delay(none, std::numeric_limits<int>::max(), {}, 0) == 0s);
}

TEST_CASE("Polly's jitter: a quarter of the delay either way") {
    REQUIRE(rc::check([] {
        const auto base = std::chrono::milliseconds{*rc::gen::inRange(1, 3'600'000)};
        retry_options o = plain(base, 1, base);
        o.jitter = jitter_kind::proportional;
        o.jitter_factor = 0.25;
        const double u = *rc::gen::inRange(0, 1001) / 1000.0;
        const duration delay = backoff_delay(o, 1, {}, u);
        RC_ASSERT(delay >= duration{base} * 3 / 4 - 1ns);
        RC_ASSERT(delay <= duration{base} * 5 / 4 + 1ns);
    }));
}

TEST_CASE("Polly's decorrelated jitter: below 4 v 2^n, never negative, and its sums grow") {
    REQUIRE(rc::check([] {
        const auto base = std::chrono::milliseconds{*rc::gen::inRange(1, 60'000)};
        retry_options o = plain(base, 2, duration::max());
        o.jitter = jitter_kind::decorrelated_v2;
        o.max_attempts = std::numeric_limits<int>::max();
        call c{.options = o, .stream = {*rc::gen::arbitrary<std::uint64_t>(), "v2"}};
        double bound = 4 * to_seconds(base);
        for (int n = 0; n < 1025; ++n, bound *= 2) {
            const duration delay = c.fails().delay;
            RC_ASSERT(delay > 0s);
            RC_ASSERT(to_seconds(delay) < bound);
        }
    }));
    // 2^t tanh(2 sqrt t) / 1.4 at t = 0, 0.5, 1.5 s
    retry_options o = plain(1s, 2, 1h);
    o.jitter = jitter_kind::decorrelated_v2;
    CHECK(backoff_delay(o, 1, 0s, 0) == 0s);
    CHECK(to_seconds(backoff_delay(o, 1, 0s, 0.5)) == Approx(0.8974049).epsilon(1e-6));
    CHECK(to_seconds(backoff_delay(o, 2, 897'404'936ns, 0.5)) == Approx(1.0930035).epsilon(1e-6));
    o.max_backoff = 1s;
    CHECK(backoff_delay(o, 2, 897'404'936ns, 0.5) == 1s);
    CHECK(backoff_delay(o, std::numeric_limits<int>::max(), duration::max(), 0.5) == 1s);
}

TEST_CASE("every delay lies within what its jitter promises") {
    REQUIRE(rc::check([] {
        const auto in = [](auto low, auto high) { return *rc::gen::inRange(low, high); };
        retry_options o;
        o.initial_backoff = duration{in(std::int64_t{0}, std::int64_t{5'000'000'000})};
        o.max_backoff = o.initial_backoff + duration{in(std::int64_t{0}, std::int64_t{1} << 45)};
        o.backoff_multiplier = 1 + in(0, 500) / 100.0;
        o.backoff = static_cast<backoff_kind>(in(0, 3));
        o.jitter = static_cast<jitter_kind>(in(0, 7));
        o.jitter_factor = in(0, 101) / 100.0;
        o.max_attempts = std::numeric_limits<int>::max();
        call c{o};
        for (int i = 0; i < 40; ++i) {
            const auto delay = to_seconds(c.fails().delay);
            const auto cap = to_seconds(o.max_backoff) + 2e-9;
            RC_ASSERT(delay >= 0);
            const bool on_top =
                o.jitter == jitter_kind::proportional || o.jitter == jitter_kind::additive;
            RC_ASSERT(delay <= cap * (on_top ? 1 + o.jitter_factor : 1));
            if (o.jitter == jitter_kind::additive)
                RC_ASSERT(delay >= to_seconds(backoff_delay(o, i + 1, {}, 0)) - 2e-9);
            if (o.jitter == jitter_kind::decorrelated || o.jitter == jitter_kind::decorrelated_aws)
                RC_ASSERT(delay >= to_seconds(o.initial_backoff) - 2e-9);
        }
    }));
}

TEST_CASE("the same stream gives the same delays, and no jitter draws nothing") {
    const retry_options options{.max_attempts = 9};
    CHECK(delays(options, 8) == delays(options, 8));
    call c{plain(100ms, 2, 1s)};
    c.fails();
    CHECK(c.stream() == random_stream(1, "retry")());
}

TEST_CASE("a transparent retry happens once, at once, and is no attempt") {
    call c{{.max_attempts = 2, .transparent_retry = true}};
    const failure unseen{.kind = failure_kind::connection_lost, .not_processed = true};
    const auto first = c.fails_with(unseen);
    CHECK(first.retry);
    CHECK(first.transparent);
    CHECK(first.delay == 0s);
    CHECK(c.state.attempt() == 1);
    const auto second = c.fails_with(unseen);
    CHECK(second.retry);
    CHECK_FALSE(second.transparent);
    CHECK(c.fails_with(unseen).why == stop_reason::attempts);
}

TEST_CASE("a transparent retry comes even after the last attempt, but not after the deadline") {
    const failure unseen{.kind = failure_kind::unavailable};
    call c{{.max_attempts = 1, .transparent_retry = true}};
    CHECK(c.fails_with(unseen).transparent);
    call late{{.max_attempts = 1, .transparent_retry = true}};
    late.deadline = now;
    CHECK_FALSE(late.fails_with(unseen).retry);
    call refused{{.max_attempts = 1, .transparent_retry = true}};
    CHECK_FALSE(refused.fails_with({.kind = failure_kind::breaker_open}).retry);
    call pushed{{.max_attempts = 1, .transparent_retry = true}};
    CHECK_FALSE(pushed.fails_with({.kind = failure_kind::unavailable, .no_retry = true}).retry);
}

TEST_CASE("a server's replies in a row end as with gRPC") { // grpc-go's TestRetryUnary
    // By the number of the request: good at 0, 2 and 5; a final error at 6, 8 and 11.
    int request = 0;
    const auto one_call = [&request] {
        call c{{.max_attempts = 4}};
        for (;; ++request) {
            if (request == 0 || request == 2 || request == 5)
                return std::pair{request++, std::string{"ok"}};
            const bool internal = request == 6 || request == 8 || request == 11;
            const failure f{.kind = failure_kind::error,
                            .status = static_cast<std::uint16_t>(internal ? 400 : 503)};
            const auto decision = c.fails_with(f);
            if (!decision.retry)
                return std::pair{request++, std::string{to_string(decision.why)}};
        }
    };
    CHECK(one_call() == std::pair{0, std::string{"ok"}});
    CHECK(one_call() == std::pair{2, std::string{"ok"}});
    CHECK(one_call() == std::pair{5, std::string{"ok"}});
    CHECK(one_call() == std::pair{6, std::string{"not_retryable"}});
    CHECK(one_call() == std::pair{8, std::string{"not_retryable"}});
    CHECK(one_call() == std::pair{11, std::string{"not_retryable"}});
    CHECK(one_call() == std::pair{15, std::string{"attempts"}});
}

TEST_CASE("the budget hears of retryable failures and pushbacks of the other side alone") {
    const retry_options options;
    const auto [f, expected] = GENERATE(table<failure, verdict>({
        {{.kind = failure_kind::error}, verdict::failure},
        {{.kind = failure_kind::timed_out}, verdict::failure},
        {{.kind = failure_kind::error, .status = 404}, verdict::neutral},
        {{.kind = failure_kind::error, .status = 404, .no_retry = true}, verdict::failure},
        {{.kind = failure_kind::breaker_open}, verdict::neutral},
        {{.kind = failure_kind::bulkhead_full}, verdict::neutral},
        {{.kind = failure_kind::cancelled}, verdict::neutral},
        {{.kind = failure_kind::cancelled, .no_retry = true}, verdict::neutral},
        {{.kind = failure_kind::deadline_exceeded}, verdict::neutral},
    }));
    CAPTURE(to_string(f.kind), f.no_retry);
    CHECK(budget_verdict(options, f) == expected);
}
