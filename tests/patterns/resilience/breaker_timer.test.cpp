// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/breaker_timer.hpp"

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include "breaker_test.hpp"
#include "sim-core/engine/simulation.hpp"
#include "sim-core/engine/virtual_environment.hpp"

using namespace windtunnel;
using namespace windtunnel::test;
using namespace std::chrono_literals;

namespace {

circuit_breaker_options automatic(duration wait) {
    auto options = count_window(1);
    options.wait_in_open = wait;
    options.max_wait_in_half_open = 3s;
    options.automatic_half_open = true;
    return options;
}

} // namespace

TEST_CASE("on a simulation half-open is observed at its instant, and nobody called") {
    sim::simulation sim;
    environment& time = environment_of(sim.get_executor());
    breaker_test t{automatic(2s)};
    std::vector<std::pair<breaker_state, time_point>> seen;
    struct diary {
        environment& time;
        std::vector<std::pair<breaker_state, time_point>>& seen;
    } writes{time, seen};
    t.breaker.observe(
        [](void* self, const breaker_transition& event) {
            auto& to = *static_cast<diary*>(self);
            to.seen.emplace_back(event.to, to.time.now());
        },
        &writes);
    const breaker_timer on_time(time, t.breaker);
    CHECK(t.calls("F"));
    sim.run();
    CHECK(seen ==
          std::vector<std::pair<breaker_state, time_point>>{
              {breaker_state::open, time_point{}}, {breaker_state::half_open, time_point{} + 2s}});
}

TEST_CASE("a probe that hangs is given up on time, and the breaker tries again and again") {
    sim::simulation sim;
    environment& time = environment_of(sim.get_executor());
    breaker_test t{automatic(2s)};
    const breaker_timer on_time(time, t.breaker);
    CHECK(t.calls("F"));
    sim.run();
    t.now = time.now();
    const auto hangs = t.breaker.try_acquire(t.now);
    sim.run();
    CHECK(time.now() == time_point{} + 7s);
    REQUIRE(t.diary.size() == 4);
    CHECK(t.diary[2].reason == transition_reason::half_open_timeout);
    CHECK(t.diary[2].at == time_point{} + 5s);
    CHECK(t.diary[3].to == breaker_state::half_open);
}

TEST_CASE("without its timer a breaker has no time of its own") {
    sim::simulation sim;
    environment& time = environment_of(sim.get_executor());
    breaker_test t{automatic(2s)};
    {
        const breaker_timer on_time(time, t.breaker);
        CHECK(t.calls("F"));
    }
    sim.run();
    CHECK(t.diary.size() == 1);
}

TEST_CASE("on a live context half-open comes by itself, too") {
    boost::asio::io_context context;
    environment& time = environment_of(context.get_executor());
    circuit_breaker breaker{automatic(5ms), {1, "breaker"}, time.now()};
    breaker_transition last{};
    breaker.observe(
        [](void* to, const breaker_transition& event) {
            *static_cast<breaker_transition*>(to) = event;
        },
        &last);
    const breaker_timer on_time(time, breaker);
    const auto began = time.now();
    breaker.try_acquire(began).record(verdict::failure, began);
    context.run_for(10s); // ends with its only timer
    CHECK(last.to == breaker_state::half_open);
    CHECK(last.at == began + 5ms);
    CHECK(time.now() < began + 5s);
}
