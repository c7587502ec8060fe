// SPDX-License-Identifier: BSL-1.0
// Plain Asio code, as one would write it for an io_context, on a simulation.
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/append.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/defer.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "patterns/base/async_sleep.hpp"
#include "patterns/base/runner.hpp"
#include "sim-core/engine/simulation.hpp"
#include "sim-core/engine/virtual_environment.hpp"
#include "support/coroutines.hpp"

namespace asio = boost::asio;
namespace this_coro = asio::this_coro;
using namespace asio::experimental::awaitable_operators;
using namespace std::chrono_literals;
using asio::use_awaitable;
using boost::system::error_code;
using windtunnel::async_sleep;
using windtunnel::awaitable;
using windtunnel::time_point;
using windtunnel::sim::simulation;
using windtunnel::test::run;
using windtunnel::test::spawn;

namespace {

awaitable<int> answer_after(windtunnel::duration d, int value) {
    auto executor = co_await this_coro::executor;
    co_await async_sleep(executor, d, use_awaitable);
    co_return value;
}

awaitable<int> fail_after(windtunnel::duration d) {
    auto executor = co_await this_coro::executor;
    co_await async_sleep(executor, d, use_awaitable);
    throw std::runtime_error("failed");
}

} // namespace

TEST_CASE("a coroutine sleeps in virtual time and hands its value to the handler") {
    simulation sim;
    int got = 0;
    asio::co_spawn(sim.get_executor(), answer_after(1h, 42), [&](std::exception_ptr e, int value) {
        CHECK_FALSE(e);
        got = value;
    });
    sim.run();
    CHECK(got == 42);
    CHECK(sim.now() == time_point{1h});
}

TEST_CASE("an exception of a coroutine reaches its handler") {
    simulation sim;
    bool thrown = false;
    asio::co_spawn(sim.get_executor(), fail_after(1s),
                   [&](std::exception_ptr e, int) { thrown = e != nullptr; });
    sim.run();
    CHECK(thrown);
}

TEST_CASE("nested awaitables and any_io_executor") {
    simulation sim;
    const asio::any_io_executor any = sim.get_executor();
    int sum = 0;
    asio::co_spawn(
        any,
        [&]() -> awaitable<void> {
            for (int i = 0; i < 10; ++i)
                sum += co_await answer_after(1ms, i);
        },
        windtunnel::test::rethrow{});
    sim.run();
    CHECK(sum == 45);
    CHECK(sim.now() == time_point{10ms});
}

TEST_CASE("&& lasts as long as the longer") {
    simulation sim;
    run(sim, [&]() -> awaitable<void> {
        const auto [a, b] = co_await (answer_after(30ms, 1) && answer_after(20ms, 2));
        CHECK(a == 1);
        CHECK(b == 2);
        CHECK(sim.now() == time_point{30ms});
    });
}

TEST_CASE("&& cancels the other when one fails") {
    simulation sim;
    bool thrown = false;
    run(sim, [&]() -> awaitable<void> {
        try {
            co_await (fail_after(5ms) && answer_after(1h, 2));
        } catch (const std::exception&) {
            thrown = true;
        }
        CHECK(sim.now() == time_point{5ms});
    });
    CHECK(thrown);
    CHECK(sim.armed_timers() == 0);
}

TEST_CASE("|| lasts as long as the shorter and cancels the other") {
    simulation sim;
    run(sim, [&]() -> awaitable<void> {
        const auto first = co_await (answer_after(30ms, 1) || answer_after(20ms, 2));
        CHECK(first.index() == 1);
        CHECK(std::get<1>(first) == 2);
        CHECK(sim.now() == time_point{20ms});
        CHECK(sim.armed_timers() == 0);
    });
}

TEST_CASE("operators nest") {
    simulation sim;
    run(sim, [&]() -> awaitable<void> {
        co_await ((answer_after(10ms, 1) && answer_after(25ms, 2)) ||
                  (answer_after(1h, 3) && (answer_after(1ms, 4) || answer_after(2h, 5))));
        CHECK(sim.now() == time_point{25ms});
    });
    CHECK(sim.armed_timers() == 0);
}

TEST_CASE("a group that is cancelled from outside while some of it has ended goes on unharmed") {
    // The last operation ends because of an emission that the group is in the middle of.
    for (int laps : {1, 3}) {
        simulation sim;
        asio::cancellation_signal stop;
        int caught = 0;
        spawn(sim, stop, [&, laps]() -> awaitable<void> {
            for (int lap = 0; lap < laps; ++lap) {
                try {
                    co_await (answer_after(10ms, 1) && answer_after(1ms, 2));
                } catch (const std::exception&) {
                    ++caught;
                }
                co_await this_coro::reset_cancellation_state(asio::enable_total_cancellation());
                co_await answer_after(1ms, 3);
            }
        });
        for (int lap = 0; lap < laps; ++lap) {
            sim.run_until(sim.now() + 5ms);
            asio::post(sim.get_executor(), [&] { stop.emit(asio::cancellation_type::terminal); });
            sim.run_until(sim.now() + 1ms);
        }
        sim.run();
        CHECK(caught == laps);
    }
}

TEST_CASE("a parallel group completes in the order of its operations") {
    simulation sim;
    run(sim, [&]() -> awaitable<void> {
        auto executor = co_await this_coro::executor;
        auto group = asio::experimental::make_parallel_group(
            asio::co_spawn(executor, answer_after(30ms, 1), asio::deferred),
            asio::co_spawn(executor, answer_after(10ms, 2), asio::deferred),
            async_sleep(executor, 20ms, asio::deferred));
        auto [order, e1, one, e2, two, e3] = co_await group.async_wait(
            asio::experimental::wait_for_all(), asio::as_tuple(use_awaitable));
        CHECK(order == std::array<std::size_t, 3>{1, 2, 0});
        CHECK(one == 1);
        CHECK(two == 2);
        CHECK_FALSE(e3);
        CHECK(sim.now() == time_point{30ms});
    });
}

TEST_CASE("a parallel group that waits for one cancels and joins the rest") {
    simulation sim;
    run(sim, [&]() -> awaitable<void> {
        auto executor = co_await this_coro::executor;
        auto group = asio::experimental::make_parallel_group(
            async_sleep(executor, 1h, asio::deferred), async_sleep(executor, 10ms, asio::deferred),
            async_sleep(executor, 2h, asio::deferred));
        auto [order, e0, e1, e2] = co_await group.async_wait(asio::experimental::wait_for_one(),
                                                             asio::as_tuple(use_awaitable));
        CHECK(order[0] == 1);
        CHECK(e0 == asio::error::operation_aborted);
        CHECK_FALSE(e1);
        CHECK(e2 == asio::error::operation_aborted);
        CHECK(sim.now() == time_point{10ms});
    });
}

TEST_CASE("a ranged parallel group") {
    simulation sim;
    run(sim, [&]() -> awaitable<void> {
        auto executor = co_await this_coro::executor;
        using op = decltype(async_sleep(executor, 1ms, asio::deferred));
        std::vector<op> ops;
        for (int i = 1; i <= 5; ++i)
            ops.push_back(async_sleep(executor, i * 1ms, asio::deferred));
        auto group = asio::experimental::make_parallel_group(std::move(ops));
        auto [order, errors] = co_await group.async_wait(asio::experimental::wait_for_all(),
                                                         asio::as_tuple(use_awaitable));
        CHECK(order == std::vector<std::size_t>{0, 1, 2, 3, 4});
        CHECK(sim.now() == time_point{5ms});
    });
}

TEST_CASE("a channel carries values between coroutines, and holds a sender that is ahead") {
    simulation sim;
    asio::experimental::channel<void(error_code, int)> pipe(sim.get_executor(), 2);
    std::vector<std::int64_t> sent, received;
    spawn(sim, [&]() -> awaitable<void> {
        for (int i = 0; i < 5; ++i) {
            co_await pipe.async_send(error_code{}, i, use_awaitable);
            sent.push_back(sim.now().time_since_epoch() / 1ms);
        }
    });
    spawn(sim, [&]() -> awaitable<void> {
        auto executor = co_await this_coro::executor;
        for (int i = 0; i < 5; ++i) {
            co_await async_sleep(executor, 10ms, use_awaitable);
            const int value = co_await pipe.async_receive(use_awaitable);
            CHECK(value == i);
            received.push_back(sim.now().time_since_epoch() / 1ms);
        }
    });
    sim.run();
    CHECK(sent == std::vector<std::int64_t>{0, 0, 10, 20, 30});
    CHECK(received == std::vector<std::int64_t>{10, 20, 30, 40, 50});
}

TEST_CASE("a receive from a channel can be cancelled") {
    simulation sim;
    asio::experimental::channel<void(error_code, int)> pipe(sim.get_executor(), 0);
    bool timed_out = false;
    run(sim, [&]() -> awaitable<void> {
        auto executor = co_await this_coro::executor;
        const auto first = co_await (pipe.async_receive(use_awaitable) ||
                                     async_sleep(executor, 10ms, use_awaitable));
        timed_out = first.index() == 1;
        CHECK(sim.now() == time_point{10ms});
    });
    CHECK(timed_out);
}

TEST_CASE("coroutines and handlers on a strand keep its order") {
    simulation sim;
    auto strand = asio::make_strand(sim.get_executor());
    std::vector<int> order;
    for (int i = 0; i < 3; ++i)
        asio::co_spawn(
            strand,
            [&, i]() -> awaitable<void> {
                auto executor = co_await this_coro::executor;
                CHECK(strand.running_in_this_thread());
                order.push_back(i);
                co_await async_sleep(executor, 1ms * (3 - i), use_awaitable);
                CHECK(strand.running_in_this_thread());
                order.push_back(i + 10);
            },
            windtunnel::test::rethrow{});
    asio::post(strand, [&] { order.push_back(3); });
    sim.run();
    CHECK(order == std::vector<int>{0, 1, 2, 3, 12, 11, 10});
}

TEST_CASE("a cancellation signal ends a sleep early, with operation_aborted") {
    simulation sim;
    asio::cancellation_signal stop;
    error_code seen;
    spawn(sim, stop, [&]() -> awaitable<void> {
        auto executor = co_await this_coro::executor;
        auto [error] = co_await async_sleep(executor, 1h, asio::as_tuple(use_awaitable));
        seen = error;
        CHECK((co_await this_coro::cancellation_state).cancelled() ==
              asio::cancellation_type::terminal);
    });
    sim.run_until(time_point{5ms});
    stop.emit(asio::cancellation_type::terminal);
    sim.run();
    CHECK(seen == asio::error::operation_aborted);
    CHECK(sim.now() == time_point{5ms});
    CHECK(sim.armed_timers() == 0);
}

TEST_CASE("a coroutine's filter decides which cancellation it hears") {
    simulation sim;
    asio::cancellation_signal stop;
    bool whole = false;
    spawn(sim, stop, [&]() -> awaitable<void> {
        auto executor = co_await this_coro::executor;
        co_await this_coro::reset_cancellation_state(asio::disable_cancellation());
        co_await async_sleep(executor, 10ms, use_awaitable);
        whole = true;
    });
    sim.run_until(time_point{5ms});
    stop.emit(asio::cancellation_type::terminal);
    sim.run();
    CHECK(whole);
    CHECK(sim.now() == time_point{10ms});
}

TEST_CASE("post queues, dispatch from inside runs at once, defer queues") {
    simulation sim;
    auto executor = sim.get_executor();
    std::string order;
    asio::dispatch(executor, [&] { order += 'a'; });
    CHECK(order.empty());
    asio::post(executor, [&] {
        asio::post(executor, [&] { order += 'e'; });
        asio::dispatch(executor, [&] { order += 'b'; });
        asio::defer(executor, [&] { order += 'f'; });
        order += 'c';
    });
    asio::post(executor, [&] { order += 'd'; });
    sim.run();
    CHECK(order == "abcdef");
    CHECK(sim.now() == time_point{});
}

TEST_CASE("deferred operations compose without a coroutine") {
    simulation sim;
    int value = 0;
    auto chain =
        async_sleep(sim.get_executor(), 5ms, asio::deferred)(asio::deferred([&](error_code first) {
            CHECK_FALSE(first);
            return async_sleep(sim.get_executor(), 7ms, asio::append(asio::deferred, 42));
        }));
    std::move(chain)([&](error_code second, int n) {
        CHECK_FALSE(second);
        value = n;
    });
    sim.run();
    CHECK(value == 42);
    CHECK(sim.now() == time_point{12ms});
}

TEST_CASE("a handler that throws comes out of run, and the simulation goes on afterwards") {
    simulation sim;
    int ran = 0;
    asio::post(sim.get_executor(), [] { throw std::runtime_error("out"); });
    asio::post(sim.get_executor(), [&] { ++ran; });
    CHECK_THROWS_WITH(sim.run(), "out");
    CHECK(ran == 0);
    sim.run();
    CHECK(ran == 1);
}
