// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/circuit_breaker.hpp"

#include <optional>
#include <stdexcept>
#include <string>

#include <catch2/catch.hpp>

#include "patterns/resilience/breaker_test.hpp"

using namespace windtunnel;
using namespace windtunnel::test;
using namespace std::chrono_literals;

TEST_CASE("R8: a rate trips at exactly its threshold") {
    breaker_test below{count_window(5, 0.61)};
    CHECK(below.calls("FSFSF"));
    CHECK(below.state() == breaker_state::closed);
    breaker_test exact{count_window(5, 0.6)};
    CHECK(exact.calls("FSFSF"));
    CHECK(exact.state() == breaker_state::open);
}

TEST_CASE("R8: a call of exactly the threshold's length is not slow") {
    auto options = count_window(1);
    options.slow_call_duration_threshold = 2s;
    breaker_test t{options};
    CHECK(t.calls("s", 2s));
    CHECK(t.metrics().slow == 0);
    CHECK(t.calls("s", 2s + 1ns));
    CHECK(t.state() == breaker_state::open);
    CHECK(t.diary.back().reason == transition_reason::slow_call_rate);
}

TEST_CASE("Open ends at exactly t") {
    breaker_test t{count_window(1)};
    CHECK(t.calls("F"));
    t.now += 5s - 1ns;
    CHECK(t.breaker.retry_after(t.now) == 1ns);
    CHECK(t.calls("r"));
    t.now += 1ns;
    CHECK(t.breaker.retry_after(t.now) == 0ns);
    CHECK(t.calls("S"));
}

TEST_CASE("a slow success counts among the slow, a slow failure among both") {
    auto options = count_window(4, 1);
    options.slow_call_duration_threshold = 1s;
    breaker_test t{options};
    CHECK(t.calls("sfFS", 2s));
    const auto m = t.metrics();
    CHECK(m.failed == 2);
    CHECK(m.successful == 2);
    CHECK(m.slow == 2);
    CHECK(m.slow_failed == 1);
    CHECK(m.failure_rate == 0.5);
    CHECK(m.slow_call_rate == 0.5);
}

TEST_CASE("A late result is discarded and counted, it neither prolongs open nor opens again") {
    breaker_test t{count_window(2)};
    auto a = t.breaker.try_acquire(t.now);
    auto b = t.breaker.try_acquire(t.now);
    CHECK(t.calls("FF"));
    const auto wait = t.breaker.retry_after(t.now);
    t.now += 1s;
    a.record(verdict::failure, t.now);
    CHECK(t.breaker.retry_after(t.now) == wait - 1s);
    CHECK(t.diary.size() == 1);
    t.now += 4s;
    auto probe = t.breaker.try_acquire(t.now);
    CHECK(probe);
    b.record(verdict::failure, t.now);
    CHECK(t.state() == breaker_state::half_open);
    CHECK(t.metrics().buffered == 0);
    CHECK(t.metrics().late_results == 2);
    probe.drop();
}

TEST_CASE("a late neutral end is no late result") {
    breaker_test t{count_window(1)};
    auto a = t.breaker.try_acquire(t.now);
    auto b = t.breaker.try_acquire(t.now);
    CHECK(t.calls("F"));
    a.drop();
    b.record(verdict::neutral, t.now);
    CHECK(t.metrics().late_results == 0);
    CHECK(t.metrics().neutral == 0);
}

TEST_CASE("What is not recorded is neutral, neither success nor failure") {
    breaker_test t{count_window(2)};
    CHECK(t.calls("FnnnnnF"));
    CHECK(t.state() == breaker_state::open);
    CHECK(t.metrics().neutral == 5);
}

TEST_CASE("a permit ends once: recorded, dropped, destroyed, moved from") {
    auto options = count_window(10);
    options.permitted_calls_in_half_open = 2;
    options.initial_state = breaker_state::open;
    breaker_test t{options};
    t.now += 5s;
    auto a = t.breaker.try_acquire(t.now);
    auto b = std::move(a);
    CHECK_FALSE(a); // NOLINT(bugprone-use-after-move)
    CHECK(b);
    a.drop();
    b.drop();
    b.drop();
    { auto destroyed = t.breaker.try_acquire(t.now); }
    auto c = t.breaker.try_acquire(t.now);
    auto d = t.breaker.try_acquire(t.now);
    CHECK(c);
    CHECK(d);
    CHECK(t.calls("r"));
    c = std::move(d); // drops the one that c held
    CHECK(t.calls("n"));
    CHECK(t.metrics().neutral == 4);
    c.record(verdict::success, t.now);
    CHECK_FALSE(c);
}

TEST_CASE("every transition starts with an empty window") {
    breaker_test t{count_window(2)};
    CHECK(t.calls("FF"));
    CHECK(t.metrics().buffered == 0);
    t.now += 5s;
    CHECK(t.calls("S"));
    CHECK(t.metrics().buffered == 1);
    CHECK(t.calls("S"));
    CHECK(t.state() == breaker_state::closed);
    CHECK(t.metrics().buffered == 0);
    CHECK(t.calls("F"));
    CHECK(t.state() == breaker_state::closed);
}

TEST_CASE("a time window trips on what happened lately") {
    breaker_test t{{.minimum_number_of_calls = 4, .wait_jitter = 0}};
    CHECK(t.calls("SSSSSS"));
    t.now += 9s;
    CHECK(t.calls("FFF"));
    CHECK(t.state() == breaker_state::closed); // 3 of 9
    t.now += 1s;                               // the successes are forgotten
    CHECK(t.metrics().buffered == 3);
    CHECK(t.calls("F"));
    CHECK(t.state() == breaker_state::open);
}

TEST_CASE("a count window needs no more calls than it holds, a time window as many as it is told") {
    auto options = count_window(5);
    options.minimum_number_of_calls = 100;
    breaker_test count{options};
    CHECK(count.calls("FFFFF"));
    CHECK(count.state() == breaker_state::open);
    breaker_test time{{.sliding_window_size = 5, .minimum_number_of_calls = 100}};
    CHECK(time.calls("FFFFF"));
    CHECK(time.state() == breaker_state::closed);
}

TEST_CASE("R11: the wait varies by its jitter, also at its cap, and by the stream alone") {
    auto options = count_window(1);
    options.wait_jitter = 0.2;
    const auto wait = [&options](std::string_view name) {
        breaker_test t{options, random_stream{1, name}};
        t.calls("F");
        return t.breaker.retry_after(t.now);
    };
    const auto a = wait("a");
    CHECK(a == wait("a"));
    CHECK(a != wait("b"));
    int longer = 0;
    for (const auto* name : {"a", "b", "c", "d", "e", "f", "g", "h"}) {
        CHECK(wait(name) >= 4s);
        CHECK(wait(name) < 6s);
        longer += wait(name) > 5s;
    }
    CHECK(longer > 0);
    CHECK(longer < 8);
    options.max_wait_in_open = options.wait_in_open; // at the cap
    CHECK(wait("a") != wait("b"));
}

TEST_CASE("each wait varies anew") {
    auto options = count_window(1);
    options.wait_jitter = 0.2;
    options.permitted_calls_in_half_open = 1;
    breaker_test t{options};
    CHECK(t.calls("F"));
    const auto first = t.breaker.retry_after(t.now);
    t.now += first;
    CHECK(t.calls("F"));
    CHECK(t.breaker.retry_after(t.now) != first);
}

TEST_CASE("the rejection says how long until another call may pass") {
    auto options = count_window(1);
    options.permitted_calls_in_half_open = 1;
    breaker_test t{options};
    CHECK(t.breaker.retry_after(t.now) == 0s);
    CHECK(t.calls("F"));
    t.now += 2s;
    CHECK(t.breaker.retry_after(t.now) == 3s);
    t.now += 3s;
    auto probe = t.breaker.try_acquire(t.now);
    CHECK(t.breaker.retry_after(t.now) < 0s); // nobody knows
    probe.drop();
    CHECK(t.breaker.retry_after(t.now) == 0s);
    t.breaker.force_open(t.now);
    CHECK(t.breaker.retry_after(t.now) < 0s);
}

TEST_CASE("refused calls are counted, once each, also those that find it half-open and full") {
    auto options = count_window(1);
    options.permitted_calls_in_half_open = 1;
    breaker_test t{options};
    CHECK(t.calls("Frrr"));
    CHECK(t.metrics().not_permitted == 3);
    t.now += 5s;
    auto probe = t.breaker.try_acquire(t.now);
    CHECK(t.calls("r"));
    CHECK(t.metrics().not_permitted == 4);
}

TEST_CASE("forced open refuses everything and counts nothing, however long") {
    breaker_test t{count_window(1)};
    t.breaker.force_open(t.now);
    CHECK(t.calls("rr"));
    t.now += std::chrono::hours{1000};
    CHECK(t.calls("r"));
    CHECK(t.state() == breaker_state::forced_open);
    CHECK(t.metrics().not_permitted == 0);
    t.breaker.reset(t.now);
    CHECK(t.calls("S"));
}

TEST_CASE("disabled admits everything and records nothing") {
    breaker_test t{count_window(1)};
    t.breaker.disable(t.now);
    CHECK(t.calls("FFFn"));
    CHECK(t.state() == breaker_state::disabled);
    CHECK(t.metrics().buffered == 0);
    CHECK(t.metrics().neutral == 0);
}

TEST_CASE("metrics_only admits and records everything and never trips") {
    breaker_test t{count_window(2)};
    t.breaker.metrics_only(t.now);
    CHECK(t.calls("FFFF"));
    CHECK(t.state() == breaker_state::metrics_only);
    CHECK(t.metrics().failure_rate == 1);
    CHECK(t.metrics().buffered == 2);
}

TEST_CASE("by hand it goes from every state to every other, and is seen to") {
    using act = void (circuit_breaker::*)(time_point);
    const auto [go, to] = GENERATE(table<act, breaker_state>({
        {&circuit_breaker::force_open, breaker_state::forced_open},
        {&circuit_breaker::disable, breaker_state::disabled},
        {&circuit_breaker::metrics_only, breaker_state::metrics_only},
        {&circuit_breaker::reset, breaker_state::closed},
    }));
    const auto from =
        GENERATE(breaker_state::closed, breaker_state::open, breaker_state::half_open,
                 breaker_state::forced_open, breaker_state::disabled, breaker_state::metrics_only);
    CAPTURE(to_string(from), to_string(to));
    auto options = count_window(5);
    options.initial_state = from == breaker_state::half_open ? breaker_state::open : from;
    breaker_test t{options};
    if (from == breaker_state::half_open) {
        t.now += 5s;
        CHECK(t.calls("n"));
    }
    t.diary.clear();
    (t.breaker.*go)(t.now);
    CHECK(t.state() == to);
    CHECK(t.diary.size() == (from == to ? 0 : 1)); // to itself: legal, not observed
    if (from != to) {
        CHECK(t.diary.back().from == from);
        CHECK(t.diary.back().to == to);
        CHECK(t.diary.back().reason == transition_reason::by_hand);
    }
}

TEST_CASE("reset forgets everything, and what began before it is late") {
    breaker_test t{count_window(2)};
    auto early = t.breaker.try_acquire(t.now);
    CHECK(t.calls("nF"));
    t.breaker.reset(t.now);
    CHECK(t.metrics().buffered == 0);
    CHECK(t.metrics().neutral == 0);
    early.record(verdict::failure, t.now);
    CHECK(t.metrics().late_results == 1);
    CHECK(t.calls("F"));
    CHECK(t.state() == breaker_state::closed);
}

TEST_CASE("it can start open, and waits from then on") {
    auto options = count_window(2);
    options.initial_state = breaker_state::open;
    circuit_breaker breaker{options, {}, time_point{100s}};
    CHECK(breaker.retry_after(time_point{101s}) == 4s);
    CHECK(breaker.state(time_point{105s}) == breaker_state::half_open);
}

TEST_CASE("R7: a transition is observed with its cause, when the breaker is consistent again") {
    breaker_test t{count_window(4, 0.75)};
    CHECK(t.calls("SFFF"));
    t.now += 5s;
    CHECK(t.calls("SSSS"));
    REQUIRE(t.diary.size() == 3);
    CHECK(t.diary[0].reason == transition_reason::failure_rate);
    CHECK(t.diary[0].failure_rate == 0.75);
    CHECK(t.diary[0].at == time_point{});
    CHECK(t.diary[1].from == breaker_state::open);
    CHECK(t.diary[1].to == breaker_state::half_open);
    CHECK(t.diary[1].reason == transition_reason::wait_over);
    CHECK(t.diary[1].at == t.now);
    CHECK(t.diary[2].reason == transition_reason::probes_passed);
    CHECK(to_string(t.diary[2].reason) == "probes_passed");
}

TEST_CASE("R7: an observer may call the breaker that it observes") {
    circuit_breaker breaker{count_window(1), {}};
    std::optional<breaker_state> seen;
    struct context {
        circuit_breaker& breaker;
        std::optional<breaker_state>& seen;
    } both{breaker, seen};
    breaker.observe(
        [](void* c, const breaker_transition& event) {
            auto& [b, state] = *static_cast<context*>(c);
            if (event.to == breaker_state::open) {
                state = b.state(event.at);
                b.disable(event.at);
            } else if (event.to == breaker_state::half_open) {
                b.force_open(event.at);
            }
        },
        &both);
    breaker.try_acquire({}).record(verdict::failure, {});
    CHECK(seen == breaker_state::open);
    CHECK(breaker.state({}) == breaker_state::disabled);

    auto options = count_window(1);
    options.initial_state = breaker_state::open;
    circuit_breaker other{options, {}};
    context another{other, seen};
    other.observe(
        [](void* c, const breaker_transition& e) {
            static_cast<context*>(c)->breaker.force_open(e.at);
        },
        &another);
    CHECK_FALSE(other.try_acquire(time_point{5s})); // closed by hand while it became half-open
    CHECK(other.state(time_point{5s}) == breaker_state::forced_open);
}

TEST_CASE("R7: what an observer throws breaks no call, and is counted") {
    circuit_breaker breaker{count_window(1), {}};
    breaker.observe([](void*, const breaker_transition&) { throw std::runtime_error("observer"); },
                    nullptr);
    breaker.try_acquire({}).record(verdict::failure, {});
    CHECK(breaker.state({}) == breaker_state::open);
    CHECK(breaker.metrics({}).observer_errors == 1);
}

TEST_CASE("asking for the state or the metrics changes nothing") {
    auto options = count_window(1);
    options.permitted_calls_in_half_open = 1;
    breaker_test t{options};
    CHECK(t.calls("F"));
    t.now += 1000s;
    CHECK(t.state() == breaker_state::half_open);
    CHECK(t.metrics().opened == 1);
    CHECK(t.diary.size() == 1);
    t.now += 1000s; // half-open starts with its first call, not with a look at it
    CHECK(t.state() == breaker_state::half_open);
    CHECK(t.calls("S"));
    CHECK(t.state() == breaker_state::closed);
}

TEST_CASE("calls that hang trip it when pending calls count as slow") {
    auto options = count_window(4, 1);
    options.slow_call_duration_threshold = 1500ms;
    options.slow_call_rate_threshold = 0.5;
    options.slow_call_pending = true;
    breaker_test t{options};
    CHECK(t.calls("SS"));
    auto a = t.breaker.try_acquire(t.now);
    auto b = t.breaker.try_acquire(t.now);
    t.now += 1500ms;
    CHECK(t.calls("n")); // not older than the threshold
    t.now += 101ms;
    CHECK(t.calls("r"));
    CHECK(t.state() == breaker_state::open);
    CHECK(t.diary.back().reason == transition_reason::slow_call_rate);
    a.record(verdict::success, t.now);
    CHECK(t.metrics().late_results == 1);
}

TEST_CASE("a pending call that is dropped counts no more") {
    auto options = count_window(2, 1);
    options.slow_call_duration_threshold = 1500ms;
    options.slow_call_rate_threshold = 0.5;
    options.slow_call_pending = true;
    breaker_test t{options};
    auto hangs = t.breaker.try_acquire(t.now);
    t.now += 2s;
    CHECK(t.calls("n")); // it is overdue now, but one call is too few to decide
    hangs.drop();
    CHECK(t.calls("SSn"));
    CHECK(t.state() == breaker_state::closed);
}

TEST_CASE("a pending call that ends counts once") {
    auto options = count_window(4, 1);
    options.slow_call_duration_threshold = 1500ms;
    options.slow_call_rate_threshold = 0.5;
    options.slow_call_pending = true;
    breaker_test t{options};
    CHECK(t.calls("SSS"));
    auto slow = t.breaker.try_acquire(t.now);
    t.now += 2s;
    CHECK(t.calls("n"));
    slow.record(verdict::success, t.now);
    CHECK(t.metrics().slow == 1);
    CHECK(t.calls("nn"));
    CHECK(t.state() == breaker_state::closed); // one of four
}

TEST_CASE("without the option calls that hang are not seen") {
    auto options = count_window(2, 1);
    options.slow_call_rate_threshold = 0.1;
    breaker_test t{options};
    auto a = t.breaker.try_acquire(t.now);
    auto b = t.breaker.try_acquire(t.now);
    t.now += std::chrono::hours{1};
    CHECK(t.calls("n"));
    CHECK(t.state() == breaker_state::closed);
}

TEST_CASE("each state has its name") {
    CHECK(to_string(breaker_state::closed) == "closed");
    CHECK(to_string(breaker_state::half_open) == "half_open");
    CHECK(to_string(breaker_state::metrics_only) == "metrics_only");
}
