// SPDX-License-Identifier: BSL-1.0
// Half-open that begins by itself: resilience4j's CircuitBreakerAutoTransitionStateMachineTest, and
// what that leaves open.
#include <catch2/catch.hpp>

#include "breaker_test.hpp"

using namespace windtunnel;
using namespace windtunnel::test;
using namespace std::chrono_literals;

namespace {

circuit_breaker_options automatic() {
    auto options = count_window(2);
    options.wait_in_open = 2s;
    options.permitted_calls_in_half_open = 2;
    options.max_wait_in_half_open = 3s;
    options.automatic_half_open = true;
    return options;
}

constexpr time_point origin{};

} // namespace

TEST_CASE("resilience4j's automatic transition: half-open is told at its instant, without a call") {
    breaker_test t{automatic()};
    CHECK(t.breaker.next_transition() == never);
    CHECK(t.calls("FF"));
    REQUIRE(t.diary.size() == 1);
    CHECK(t.breaker.next_transition() == origin + 2s);

    t.breaker.advance(origin + 2s - 1ns);
    CHECK(t.diary.size() == 1);
    t.breaker.advance(origin + 2s);
    REQUIRE(t.diary.size() == 2);
    CHECK(t.diary[1].from == breaker_state::open);
    CHECK(t.diary[1].to == breaker_state::half_open);
    CHECK(t.diary[1].reason == transition_reason::wait_over);
    CHECK(t.diary[1].at == origin + 2s);
    CHECK(t.metrics().half_opened == 1);
    CHECK(t.metrics().not_permitted == 0);

    t.now = origin + 2s;
    CHECK(t.calls("SS"));
    CHECK(t.state() == breaker_state::closed);
    CHECK(t.breaker.next_transition() == never);
}

TEST_CASE("resilience4j's automatic transition: one breaker by itself, the other with its call") {
    breaker_test by_itself{automatic()};
    auto options = automatic();
    options.automatic_half_open = false;
    breaker_test by_call{options};
    for (breaker_test* t : {&by_itself, &by_call}) {
        CHECK(t->calls("FFr"));
        t->now += 5s;
        t->breaker.advance(t->now);
        CHECK(t->state() == breaker_state::half_open);
    }
    CHECK(by_itself.diary.back().to == breaker_state::half_open);
    CHECK(by_itself.diary.back().at == origin + 2s); // when it was due
    CHECK(by_call.diary.back().to == breaker_state::open);
    CHECK(by_call.breaker.next_transition() == never);
    CHECK(by_call.calls("S"));
    CHECK(by_call.diary.back().to == breaker_state::half_open);
    CHECK(by_call.diary.back().at == origin + 5s);
    CHECK(by_itself.breaker.times(by_itself.now) == by_call.breaker.times(by_call.now));
}

TEST_CASE("R4: half-open that began by itself ends by time from its first call on, not before") {
    breaker_test t{automatic()};
    CHECK(t.calls("FF"));
    t.breaker.advance(origin + 2s);
    CHECK(t.breaker.next_transition() == never); // nobody has come: nothing can hang
    t.now = origin + 100s;
    CHECK(t.state() == breaker_state::half_open);
    const auto hangs = t.breaker.try_acquire(t.now);
    CHECK(t.breaker.next_transition() == origin + 103s);
    t.breaker.advance(origin + 103s - 1ns);
    CHECK(t.diary.back().to == breaker_state::half_open);
    t.breaker.advance(origin + 103s);
    CHECK(t.diary.back().to == breaker_state::open);
    CHECK(t.diary.back().reason == transition_reason::half_open_timeout);
    CHECK(t.breaker.next_transition() == origin + 105s);
}

TEST_CASE("a breaker that is looked at late tells each state when it began") {
    breaker_test t{automatic()};
    CHECK(t.calls("FF"));
    t.now = origin + 2s;
    const auto hangs = t.breaker.try_acquire(t.now);
    t.breaker.advance(origin + 60s);
    REQUIRE(t.diary.size() == 4);
    CHECK(t.diary[1].at == origin + 2s);
    CHECK(t.diary[2].to == breaker_state::open);
    CHECK(t.diary[2].at == origin + 5s);
    CHECK(t.diary[3].to == breaker_state::half_open);
    CHECK(t.diary[3].at == origin + 7s);
}

TEST_CASE("who keeps a breaker on time is told of each change of its next transition") {
    breaker_test t{automatic()};
    std::vector<time_point> told;
    t.breaker.keep_on_time(
        [](void* to, time_point next) {
            static_cast<std::vector<time_point>*>(to)->push_back(next);
        },
        &told);
    CHECK(t.calls("FF"));
    t.breaker.advance(origin + 2s);
    t.now = origin + 4s;
    const auto first = t.breaker.try_acquire(t.now);
    const auto second = t.breaker.try_acquire(t.now);
    t.breaker.disable(t.now);
    CHECK(told == std::vector{never, origin + 2s, never, origin + 7s, never});
}
