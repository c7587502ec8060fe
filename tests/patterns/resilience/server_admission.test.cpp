// SPDX-License-Identifier: BSL-1.0
// The driver of the admission queue: on virtual time, and destroyed in the middle of everything.
#include "patterns/resilience/server_admission.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "patterns/base/runner.hpp"
#include "sim-core/engine/simulation.hpp"
#include "sim-core/engine/virtual_environment.hpp"
#include "support/coroutines.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace windtunnel;
using namespace windtunnel::test;

namespace {

using verdict = admission_verdict;

server_admission_options one_at_a_time(admission_queue_options queue = {}) {
    return {.queue = queue,
            .limit = {.initial_limit = 1, .min_limit = 1, .max_limit = 1},
            .retry_after = 2s};
}

/// A server that works for 10 ms a request, and what it answered when.
template <class Context>
struct server {
    explicit server(Context& c, const server_admission_options& o) : context(c), door(o) {}

    awaitable<void> request(std::string name, duration work, duration deadline = duration::max()) {
        auto executor = co_await asio::this_coro::executor;
        call_context call;
        call.environment = &environment_of(executor);
        if (deadline != duration::max())
            call.deadline = call.environment->now() + deadline;
        auto working = [&](call_context& c) -> awaitable<outcome<int>> {
            auto wait = async_wait_until(*c.environment, c.environment->now() + work,
                                         timer_class::event, asio::use_awaitable);
            co_await std::move(wait);
            if (work == 1ms)
                throw std::runtime_error("out of order");
            co_return 1;
        };
        auto served = door.execute(call, working);
        const outcome<int> result = co_await std::move(served);
        const auto took = call.environment->now().time_since_epoch() / 1ms;
        said.push_back(name + ": " +
                       (result.ok() ? "ok" : std::string(to_string(result.failed().kind))) +
                       " at " + std::to_string(took));
        if (!result.ok())
            last = result.failed();
    }
    void send(std::string name, duration work = 10ms, duration deadline = duration::max()) {
        spawn(context, [this, name, work, deadline] { return request(name, work, deadline); });
    }

    Context& context;
    server_admission door;
    std::vector<std::string> said;
    failure last{};
};

} // namespace

TEST_CASE("Requests wait for their turn and are served one after the other, in virtual time") {
    sim::simulation world;
    server s(world, one_at_a_time({.codel = {.target = 50ms}}));
    s.send("a");
    s.send("b");
    s.send("c");
    world.run();
    CHECK(s.said == std::vector<std::string>{"a: ok at 10", "b: ok at 20", "c: ok at 30"});
    CHECK(s.door.queue().in_flight() == 0);
}

TEST_CASE("Refusals say why, that nothing was done, and when to come again") {
    sim::simulation world;
    server s(world, one_at_a_time({.max_queue = 1, .max_wait = 30ms}));
    s.send("works", 100ms);
    s.send("waits");
    s.send("finds no place");
    world.run_until(time_point{5ms});
    CHECK(s.said == std::vector<std::string>{"finds no place: overloaded at 0"});
    CHECK(s.last == failure{.kind = failure_kind::overloaded,
                            .status = 503,
                            .not_processed = true,
                            .retry_after = 2s});
    world.run_until(time_point{40ms});
    CHECK(s.said.back() == "waits: overloaded at 30");
    s.send("has no time", 10ms, 20ms);
    world.run();
    CHECK(s.said[2] == "has no time: deadline_exceeded at 60");
    CHECK(s.last ==
          failure{.kind = failure_kind::deadline_exceeded, .status = 504, .not_processed = true});
    CHECK(s.said.back() == "works: ok at 100");
}

TEST_CASE(
    "A request that gives up while it waits leaves, and while it works gives its permit back") {
    sim::simulation world;
    server s(world, one_at_a_time());
    asio::cancellation_signal stop_first, stop_second;
    const auto ignore = [](std::exception_ptr) {};
    asio::co_spawn(world.get_executor(), s.request("first", 1h),
                   asio::bind_cancellation_slot(stop_first.slot(), ignore));
    asio::co_spawn(world.get_executor(), s.request("second", 10ms),
                   asio::bind_cancellation_slot(stop_second.slot(), ignore));
    s.send("third");
    world.run_until(time_point{5ms});
    stop_second.emit(asio::cancellation_type::terminal);
    world.run_until(time_point{6ms});
    CHECK(s.door.queue().queued() == 1);
    CHECK(s.door.queue().in_flight() == 1);
    CHECK(s.door.queue().metrics()[verdict::cancelled] == 1);
    stop_first.emit(asio::cancellation_type::terminal);
    world.run();
    CHECK(s.said.back() == "third: ok at 16");
    CHECK(s.door.queue().in_flight() == 0);
}

TEST_CASE("Work that throws gives its permit back, and the exception goes on") {
    sim::simulation world;
    server s(world, one_at_a_time());
    s.send("throws", 1ms);
    CHECK_THROWS_WITH(world.run(), "out of order");
    CHECK(s.door.queue().in_flight() == 0);
}

TEST_CASE("A permit can be kept by who asked for it, and is granted to who waits when it ends") {
    sim::simulation world;
    server_admission door(one_at_a_time());
    std::vector<std::string> seen;
    const auto visit = [&](std::string name, duration stay) -> awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        call_context context;
        context.environment = &environment_of(executor);
        auto admitting = door.async_admit(context, asio::deferred);
        outcome<server_admission::permit> admitted = co_await std::move(admitting);
        CHECK(admitted.ok());
        co_await async_sleep(executor, stay, asio::use_awaitable);
        seen.push_back(name);
    };
    spawn(world, [&] { return visit("first", 5ms); });
    spawn(world, [&] { return visit("second", 5ms); });
    world.run();
    CHECK(seen == std::vector<std::string>{"first", "second"});
    CHECK(world.now() == time_point{10ms});
}

TEST_CASE("At twice its load a server keeps what it serves quick, and refuses the rest") {
    sim::simulation world;
    server s(world, one_at_a_time({.max_queue = 1000, .max_wait = 10s}));
    for (int i = 0; i < 1000; ++i)
        spawn(world, [&s, i]() -> awaitable<void> {
            auto executor = co_await asio::this_coro::executor;
            co_await async_sleep(executor, i * 1ms, asio::use_awaitable);
            co_await s.request("", 2ms);
        });
    world.run();
    const auto m = s.door.queue().metrics();
    CHECK(m[verdict::admitted] + m[verdict::shed] == 1000);
    CHECK(m[verdict::admitted] >= 490);      // 2 ms each: 500 fit, it never stands idle for long
    CHECK(world.now() < time_point{1100ms}); // and the queue is short at the end
}

TEST_CASE("A context destroyed in the middle of admissions leaks nothing") {
    for (int steps = 0; steps < 30; ++steps) {
        sim::simulation world;
        server s(world, one_at_a_time({.max_queue = 3, .max_wait = 15ms}));
        for (const char* name : {"a", "b", "c", "d", "e"})
            s.send(name, 10ms, 40ms);
        for (int i = 0; i < steps; ++i)
            world.step();
        world.halt();
        CHECK(s.door.queue().in_flight() == 0);
    }
    for (int steps = 0; steps < 30; ++steps) {
        std::optional<asio::io_context> io(std::in_place);
        server s(*io, one_at_a_time({.max_queue = 3, .max_wait = 15ms}));
        for (const char* name : {"a", "b", "c", "d", "e"})
            s.send(name, 3ms, 40ms);
        for (int i = 0; i < steps; ++i)
            io->run_one_for(2ms);
        io.reset();
        CHECK(s.door.queue().in_flight() == 0);
    }
}
