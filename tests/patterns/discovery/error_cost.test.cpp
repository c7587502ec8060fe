// SPDX-License-Identifier: BSL-1.0
// brpc's circuit breaker: its unit test (windows of 500 and 1000 requests, 10 and 5 % of errors, 1
// ms whatever happens) with given numbers in place of its random ones, and the arithmetic behind.
#include "patterns/discovery/error_cost.hpp"

#include <catch2/catch.hpp>

#include "patterns/discovery/outlier_test.hpp"

using namespace windtunnel;
using namespace windtunnel::outlier_test;
using namespace std::chrono_literals;

namespace {

constexpr error_cost_ejection brpc_test{
    .short_window = 500, .long_window = 1000, .enforcement = 100};

/// Results of 1 ms until one is too much, `bad` of each hundred in a row; how many that took.
int requests_until_too_much(error_cost& cost, int bad, int most, duration failure_took = 1ms) {
    for (int i = 0; i < most; ++i) {
        const bool failed = i % 100 < bad;
        if (!cost.on_result(brpc_test, failed, failed ? failure_took : duration{1ms}))
            return i + 1;
    }
    return -1;
}

void succeed(error_cost& cost, int times) {
    for (int i = 0; i < times; ++i)
        REQUIRE(cost.on_result(brpc_test, false, 1ms));
}

outlier_detector_options isolating() {
    auto options = brpc_outlier_detection();
    options.interval = options.base_ejection_time = 10ms;
    options.max_ejection_time = 200ms;
    options.error_cost = brpc_test;
    return options;
}

/// Failures only, until the host is out; which is after the same number each time.
time_point fails_until_ejected(outlier_detector& d, time_point now) {
    for (int i = 0; !d.ejected(0); ++i) {
        REQUIRE(i < 500);
        d.on_result(0, {.result = verdict::failure, .sent = now}, now + 1ms);
    }
    return now + 1ms;
}

} // namespace

TEST_CASE("brpc should not isolate: 3 % of errors, 6000 requests") {
    error_cost cost;
    CHECK(requests_until_too_much(cost, 3, 6000) == -1);
}

TEST_CASE("brpc should isolate: every other request fails") {
    error_cost cost;
    int requests = 0;
    bool good = true;
    for (; good; ++requests)
        good = cost.on_result(brpc_test, requests % 2 == 1, 1ms);
    CHECK(requests == 102); // the 51st error: 5 % of 1000 and 10 % of 500 are 50
}

TEST_CASE("brpc while a window fills: 50 errors are allowed, whatever they cost") {
    error_cost cost;
    CHECK(requests_until_too_much(cost, 100, 500) == 51);
    error_cost dear;
    CHECK(requests_until_too_much(dear, 100, 500, 10s) == 51);
}

TEST_CASE("brpc's full windows: errors may cost 10 % of 500 successes, and 2 % of that more") {
    error_cost cost;
    succeed(cost, 1000);
    for (int i = 0; i < 51; ++i) // 51 ms
        REQUIRE(cost.on_result(brpc_test, true, 1ms));
    CHECK_FALSE(cost.on_result(brpc_test, true, 1ms));
}

TEST_CASE("brpc's errors cost what they take, to twice what a success takes") {
    const auto errors = [](duration took) {
        error_cost cost;
        succeed(cost, 1000);
        int n = 1;
        while (cost.on_result(brpc_test, true, took))
            ++n;
        return n;
    };
    CHECK(errors(1ms) == 52);
    CHECK(errors(2ms) == 26);
    CHECK(errors(1s) == 26);
    CHECK(errors(100us) == 511);
}

TEST_CASE("brpc's successes make earlier errors cost less, and little becomes nothing") {
    error_cost cost;
    succeed(cost, 1000);
    for (int i = 0; i < 51; ++i)
        REQUIRE(cost.on_result(brpc_test, true, 1ms));
    succeed(cost, 500); // in the short window 2 % are left, in the long one .02^.5 = 14 %: 7.2 ms
    for (int i = 0; i < 43; ++i)
        REQUIRE(cost.on_result(brpc_test, true, 1ms)); // to 50.2 of 51 ms
    CHECK_FALSE(cost.on_result(brpc_test, true, 1ms));
    error_cost quiet;
    succeed(quiet, 1000);
    REQUIRE(quiet.on_result(brpc_test, true, 499us));
    succeed(quiet, 1);
    for (int i = 0; i < 51; ++i)
        REQUIRE(quiet.on_result(brpc_test, true, 1ms)); // as if it had not been
    CHECK_FALSE(quiet.on_result(brpc_test, true, 1ms));
}

TEST_CASE(
    "brpc's isolation grows from 10 to 20 and 40 ms, and is 10 ms again after 210 ms of peace") {
    auto d = made(isolating(), 1);
    time_point now{};
    for (const duration isolated : {10ms, 20ms, 40ms}) {
        now = fails_until_ejected(d, now);
        REQUIRE(d.ejections().size() == 1);
        CHECK(d.ejections()[0].reason == ejection_reason::error_cost);
        CHECK(d.ejections()[0].until == now + isolated);
        now = d.ejections()[0].until + 10ms; // the next interval's end has passed
        d.advance(now);
        REQUIRE_FALSE(d.ejected(0));
    }
    now += 210ms;
    now = fails_until_ejected(d, now);
    CHECK(d.ejections()[0].until == now + 10ms);
    CHECK(d.ejections()[0].multiplier == 1);
}

TEST_CASE("brpc's isolation is at most the maximum, though that is less than twice the minimum") {
    auto options = isolating();
    options.max_ejection_time = 11ms;
    auto d = made(options, 1);
    auto now = fails_until_ejected(d, time_point{});
    CHECK(d.ejections()[0].until == now + 10ms);
    now += 20ms;
    d.advance(now);
    now = fails_until_ejected(d, now);
    CHECK(d.ejections()[0].until == now + 11ms);
}

TEST_CASE("brpc takes no notice of a host that says it has enough to do") {
    auto d = made(isolating(), 1);
    for (int i = 0; i < 1000; ++i)
        d.on_result(0, {.result = verdict::failure, .overloaded = true}, time_point{1ms});
    CHECK_FALSE(d.ejected(0));
}

TEST_CASE("brpc's half-open: all requests of its window have to be good") {
    auto options = isolating();
    options.probation = 3;
    auto d = made(options, 1);
    auto now = fails_until_ejected(d, time_point{}) + 20ms;
    d.advance(now);
    REQUIRE(d.on_probation(0));
    const auto answer = [&](verdict result) {
        d.on_start(0, now);
        d.on_result(0, {.result = result, .sent = now}, now);
    };
    answer(verdict::success);
    answer(verdict::success);
    answer(verdict::failure);
    REQUIRE(d.ejected(0));
    CHECK(d.ejections()[0].reason == ejection_reason::probation);
    CHECK(d.ejections()[0].until == now + 20ms); // it doubles
    now += 40ms;
    d.advance(now);
    for (int i = 0; i < 3; ++i)
        answer(verdict::success);
    CHECK_FALSE(d.on_probation(0));
    CHECK(d.metrics().recovered == 1);
    answer(verdict::failure);
    CHECK_FALSE(d.ejected(0));
}
