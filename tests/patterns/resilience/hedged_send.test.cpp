// SPDX-License-Identifier: BSL-1.0
// What becomes of the losers of a hedge that sends through a transport.
#include "patterns/resilience/hedged_send.hpp"

#include <catch2/catch.hpp>

#include "single_send.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace windtunnel;
using namespace windtunnel::test;

namespace {

/// Takes no notice of a cancellation.
script_step stubborn(duration after) {
    return {.after = after, .stubborn = true};
}

/// The first attempt ends at 20 ms whatever is said to it, the second answers at 5 ms.
struct race {
    explicit race(bool detach) : client{hedging{&latencies, &budget, detach}, &room} {}
    hedge latencies{{.delay_from = hedge_delay::fixed, .delay = 2ms}};
    retry_budget budget{{.kind = retry_budget_kind::concurrent, .ratio = 1}};
    bulkhead room{{.max_concurrent = 5}};
    pipeline client;
    single s{{stubborn(20ms), ok(3ms)}};
};

} // namespace

TEST_CASE("Losers of a hedge are joined by default: the answer waits until they have ended") {
    race r{false};
    r.s.send(r.client);
    r.s.sim.run_until(time_point{19ms});
    CHECK(r.room.in_use() == 1); // the winner's slot is free since 5 ms
    CHECK_FALSE(r.s.ended);
    r.s.sim.run();
    CHECK(r.s.ended_at == time_point{20ms});
    CHECK(std::get<0>(r.s.seen).ok());
    CHECK(std::get<1>(r.s.seen) == 2);
    CHECK(r.room.in_use() == 0);
}

TEST_CASE("Losers of a hedge are detached by choice: the answer is at once, their slots are not") {
    race r{true};
    r.s.send(r.client);
    r.s.sim.run_until(time_point{5ms});
    CHECK(r.s.ended_at == time_point{5ms});
    CHECK(std::get<0>(r.s.seen).ok());
    CHECK(std::get<1>(r.s.seen) == 2);
    CHECK(r.room.in_use() == 1);                // R13
    CHECK(r.budget.balance(r.s.sim.now()) > 0); // the call is under way to its budget
    r.s.sim.run_until(time_point{20ms});
    CHECK(r.room.in_use() == 0);
    CHECK(r.latencies.metrics().won == 1);
    CHECK(r.s.sim.armed_timers() == 0);
}

TEST_CASE("who gives a hedge up waits for its attempts, detached or not") {
    race r{true};
    r.s.send(r.client);
    r.s.sim.run_until(time_point{3ms});
    r.s.stop.emit(asio::cancellation_type::terminal);
    r.s.sim.run_until(time_point{19ms});
    CHECK_FALSE(r.s.ended);
    r.s.sim.run();
    CHECK(r.s.ended_at == time_point{20ms});
    CHECK(std::get<0>(r.s.seen).ok()); // what came while it was joined
    CHECK(r.room.in_use() == 0);
}

TEST_CASE("detached losers are taken down with everything else") {
    for (const duration when : {1ms, 4ms, 5ms, 10ms}) {
        race r{true};
        r.s.send(r.client);
        r.s.sim.run_until(time_point{when});
        r.s.sim.halt();
        CHECK(r.room.in_use() == 0);
        CHECK(r.s.sim.armed_timers() == 0);
    }
}
