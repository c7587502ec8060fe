// SPDX-License-Identifier: BSL-1.0
#include "patterns/base/async_sleep.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>
#include <vector>

#include "patterns/base/runner.hpp"
#include "sim-core/engine/simulation.hpp"
#include "sim-core/engine/virtual_environment.hpp"
#include "support/coroutines.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace windtunnel;
using boost::system::error_code;

TEST_CASE("a sleep takes its time, and at least a turn") {
    sim::simulation sim;
    std::vector<std::int64_t> woken;
    for (const duration d : {duration{5ms}, duration{0}, duration{-1s}, duration{3ms}})
        async_sleep(sim.get_executor(), d, [&](error_code error) {
            CHECK_FALSE(error);
            woken.push_back(sim.now().time_since_epoch() / 1ms);
        });
    CHECK(woken.empty());
    sim.run();
    CHECK(woken == std::vector<std::int64_t>{0, 0, 3, 5});
}

TEST_CASE("a sleep without end is never due") {
    sim::simulation sim;
    async_sleep(sim.get_executor(), duration::max(), [](error_code) {});
    sim.run_until(time_point{1h});
    CHECK(sim.next_event_time() == never);
}

TEST_CASE("async_sleep_until an instant, also one that has passed") {
    sim::simulation sim;
    sim.run_until(time_point{5ms});
    test::run(sim, [&]() -> awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        co_await async_sleep_until(executor, time_point{1ms}, asio::use_awaitable);
        CHECK(sim.now() == time_point{5ms});
        co_await async_sleep_until(executor, time_point{9ms}, asio::use_awaitable);
        CHECK(sim.now() == time_point{9ms});
    });
}

TEST_CASE("a cancelled sleep completes after the emission, not in it") {
    sim::simulation sim;
    asio::cancellation_signal stop;
    bool emitting = false;
    error_code seen;
    async_sleep(sim.get_executor(), 1h,
                asio::bind_cancellation_slot(stop.slot(), [&](error_code error) {
                    CHECK_FALSE(emitting);
                    seen = error;
                }));
    async_sleep(sim.get_executor(), 1ms, [&](error_code) {
        emitting = true;
        stop.emit(asio::cancellation_type::terminal);
        emitting = false;
        stop.emit(asio::cancellation_type::terminal); // nobody is there any more
    });
    sim.run();
    CHECK(seen == asio::error::operation_aborted);
    CHECK(sim.now() == time_point{1ms});
}

TEST_CASE("a signal may die right after it was emitted") {
    sim::simulation sim;
    auto stop = std::make_unique<asio::cancellation_signal>();
    int ended = 0;
    async_sleep(sim.get_executor(), 1h,
                asio::bind_cancellation_slot(stop->slot(), [&](error_code) { ++ended; }));
    stop->emit(asio::cancellation_type::total);
    stop.reset();
    sim.run();
    CHECK(ended == 1);
}

TEST_CASE("a handler runs on its own executor") {
    sim::simulation sim;
    auto strand = asio::make_strand(sim.get_executor());
    asio::cancellation_signal stop;
    int on_strand = 0;
    const auto note = [&](error_code) { on_strand += strand.running_in_this_thread() ? 1 : 0; };
    async_sleep(sim.get_executor(), 1ms, asio::bind_executor(strand, note));
    async_sleep(sim.get_executor(), 1h,
                asio::bind_executor(strand, asio::bind_cancellation_slot(stop.slot(), note)));
    sim.run_until(time_point{2ms});
    stop.emit(asio::cancellation_type::terminal);
    sim.run();
    CHECK(on_strand == 2);
}

TEST_CASE("async_wait_until says whether the time has passed, and does not throw") {
    sim::simulation sim;
    asio::cancellation_signal stop;
    std::vector<bool> elapsed;
    test::spawn(sim, stop, [&]() -> awaitable<void> {
        auto& env = sim.environment();
        auto first = async_wait_until(env, time_point{1ms}, timer_class::event, asio::deferred);
        elapsed.push_back(co_await std::move(first));
        auto second = async_wait_until(env, time_point{1h}, timer_class::event, asio::deferred);
        elapsed.push_back(co_await std::move(second));
    });
    sim.run_until(time_point{2ms});
    stop.emit(asio::cancellation_type::terminal);
    sim.run();
    CHECK(elapsed == std::vector<bool>{true, false});
}

TEST_CASE("100,000 sleeps of no length in a loop need no stack") {
    sim::simulation sim;
    int turns = 0;
    test::run(sim, [&]() -> awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        for (; turns < 100'000; ++turns)
            co_await async_sleep(executor, 0ms, asio::use_awaitable);
    });
    CHECK(turns == 100'000);
}
