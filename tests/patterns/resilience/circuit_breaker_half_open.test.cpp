// SPDX-License-Identifier: BSL-1.0
// Half-open: where most circuit breakers get stuck, let too many through, or believe a cancelled
// call.
#include <vector>

#include <catch2/catch.hpp>

#include "patterns/resilience/breaker_test.hpp"

using namespace windtunnel;
using namespace windtunnel::test;
using namespace std::chrono_literals;

namespace {

/// About to be half-open.
breaker_test half_open(int permits, double threshold = 0.5,
                       breaker_state after = breaker_state::open) {
    auto options = count_window(100, threshold);
    options.permitted_calls_in_half_open = permits;
    options.initial_state = breaker_state::open;
    options.state_after_max_wait = after;
    return breaker_test{options};
}

std::vector<circuit_breaker::permit> take_all(breaker_test& t) {
    std::vector<circuit_breaker::permit> permits;
    while (auto permit = t.breaker.try_acquire(t.now))
        permits.push_back(std::move(permit));
    return permits;
}

} // namespace

TEST_CASE("A cancelled probe is neutral: the slot is free again and nothing is decided") {
    auto t = half_open(1);
    t.now += 5s;
    for (int i = 0; i < 100; ++i)
        CHECK(t.calls("n"));
    CHECK(t.state() == breaker_state::half_open);
    CHECK(t.metrics().neutral == 100);
    CHECK(t.calls("S"));
    CHECK(t.state() == breaker_state::closed);
}

TEST_CASE("a probe that a later policy refused, or whose frame was destroyed, leaks no slot") {
    auto t = half_open(1);
    t.now += 5s;
    { auto probe = t.breaker.try_acquire(t.now); }
    CHECK(t.calls("S"));
    CHECK(t.state() == breaker_state::closed);
}

TEST_CASE("Half-open decides by a rate, as soon as it is inevitable") {
    auto first_failure = half_open(5);
    first_failure.now += 5s;
    CHECK(first_failure.calls("F"));
    CHECK(first_failure.state() == breaker_state::half_open);
    CHECK(first_failure.calls("FF")); // three of five at least
    CHECK(first_failure.state() == breaker_state::open);

    auto good = half_open(5);
    good.now += 5s;
    CHECK(good.calls("SSS")); // at most two of five
    CHECK(good.state() == breaker_state::closed);
}

TEST_CASE("half-open decides by slow calls, too") {
    auto options = count_window(100, 1);
    options.slow_call_rate_threshold = 0.5;
    options.permitted_calls_in_half_open = 4;
    options.initial_state = breaker_state::open;
    breaker_test t{options};
    t.now += 5s;
    CHECK(t.calls("sS", 3s));
    CHECK(t.state() == breaker_state::half_open);
    CHECK(t.calls("s", 3s));
    CHECK(t.state() == breaker_state::open);
    CHECK(t.diary.back().reason == transition_reason::slow_call_rate);
}

TEST_CASE(
    "half-open needs no more calls than the minimum, and may decide before its permits are out") {
    auto options = count_window(3, 1);
    options.permitted_calls_in_half_open = 10;
    options.initial_state = breaker_state::open;
    breaker_test t{options};
    t.now += 5s;
    auto permits = take_all(t);
    CHECK(permits.size() == 10);
    for (int i = 0; i < 3; ++i)
        permits[static_cast<std::size_t>(i)].record(verdict::failure, t.now);
    CHECK(t.state() == breaker_state::open);
    permits[3].record(verdict::success, t.now);
    CHECK(t.metrics().late_results == 1);
}

TEST_CASE("half-open admits no more than its permits, however many have reported") {
    auto t = half_open(3, 0.9);
    t.now += 5s;
    CHECK(t.calls("F"));
    CHECK(take_all(t).size() == 2); // and drops them
    CHECK(t.calls("F"));
    CHECK(take_all(t).size() == 1);
}

TEST_CASE("a probe's late result after half-open timed out does not disturb the next half-open") {
    auto t = half_open(1);
    t.now += 5s;
    auto old_probe = t.breaker.try_acquire(t.now);
    t.now += 10s; // half-open is over: open again
    CHECK(t.state() == breaker_state::open);
    t.now += 5s;
    auto new_probe = t.breaker.try_acquire(t.now);
    CHECK(new_probe);
    old_probe.drop(); // not this generation's slot
    CHECK(t.calls("r"));
    new_probe.record(verdict::success, t.now);
    CHECK(t.state() == breaker_state::closed);
}

TEST_CASE("R4: half-open ends by time though every probe hangs") {
    auto t = half_open(2);
    t.now += 5s;
    const auto probes = take_all(t);
    t.now += 10s - 1ns;
    CHECK(t.state() == breaker_state::half_open);
    CHECK(t.calls("r"));
    t.now += 1ns;
    CHECK(t.state() == breaker_state::open);
    CHECK(t.breaker.retry_after(t.now) == 5s);
    t.breaker.advance(t.now);
    CHECK(t.diary.back().reason == transition_reason::half_open_timeout);
    CHECK(t.metrics().opened == 2);
    t.now += 5s;
    CHECK(t.calls("n"));
}

TEST_CASE("half-open that ends unseen ended when it did, not when somebody looked") {
    auto t = half_open(1);
    t.now += 5s;
    const auto probe = t.breaker.try_acquire(t.now);
    t.now += 12s; // over for 2 s
    CHECK(t.breaker.retry_after(t.now) == 3s);
    CHECK(t.calls("r"));
    CHECK(t.diary.back().at == t.now - 2s);
    CHECK(t.breaker.retry_after(t.now) == 3s);
    t.now += 3s;
    CHECK(t.state() == breaker_state::half_open);
}

TEST_CASE("an act by hand finds what time has done before it") {
    auto t = half_open(1);
    t.now += 5s;
    const auto probe = t.breaker.try_acquire(t.now);
    t.now += 12s;
    t.breaker.force_open(t.now);
    REQUIRE(t.diary.size() == 3);
    CHECK(t.diary[1].reason == transition_reason::half_open_timeout);
    CHECK(t.diary[2].from == breaker_state::open);
}

TEST_CASE("what the state will be is said alike before and after somebody acts on it") {
    for (const duration later : {0s, 9s, 10s, 14s, 15s, 100s}) {
        auto t = half_open(1);
        t.now += 5s;
        const auto probe = t.breaker.try_acquire(t.now);
        t.now += later;
        const auto foreseen = t.state();
        const auto wait = t.breaker.retry_after(t.now);
        t.breaker.advance(t.now);
        CHECK(t.state() == foreseen);
        CHECK(t.breaker.retry_after(t.now) == wait);
        CHECK(static_cast<bool>(t.breaker.try_acquire(t.now)) == (wait == 0s));
    }
}

TEST_CASE("half-open that times out may close instead") {
    auto t = half_open(1, 0.5, breaker_state::closed);
    t.now += 5s;
    const auto probe = t.breaker.try_acquire(t.now);
    t.now += 10s;
    CHECK(t.state() == breaker_state::closed);
    CHECK(t.calls("S"));
    CHECK(t.diary.back().to == breaker_state::closed);
}

TEST_CASE("R8: a result at the instant when half-open ends is late") {
    auto t = half_open(1);
    t.now += 5s;
    auto probe = t.breaker.try_acquire(t.now);
    t.now += 10s;
    probe.record(verdict::success, t.now);
    CHECK(t.state() == breaker_state::open);
    CHECK(t.metrics().late_results == 1);
}

TEST_CASE("the first of many to come becomes the probe, and there is one transition") {
    auto t = half_open(1);
    t.now += 7s;
    auto probe = t.breaker.try_acquire(t.now);
    CHECK(t.calls("rrrr"));
    CHECK(t.diary.size() == 1);
    CHECK(t.metrics().not_permitted == 4);
}

TEST_CASE("a probe that hangs counts as slow when pending calls do") {
    auto options = count_window(100, 1);
    options.slow_call_rate_threshold = 0.5;
    options.slow_call_duration_threshold = 1500ms;
    options.slow_call_pending = true;
    options.permitted_calls_in_half_open = 2;
    options.initial_state = breaker_state::open;
    breaker_test t{options};
    t.now += 5s;
    const auto probe = t.breaker.try_acquire(t.now);
    t.now += 1601ms;
    CHECK(t.calls("r"));
    CHECK(t.state() == breaker_state::open);
}
