// SPDX-License-Identifier: BSL-1.0
// The environment of ordinary contexts: live time, one timer behind all, streams of a set seed.
#include "patterns/base/environment.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>
#include <string>

#include "patterns/base/async_sleep.hpp"
#include "patterns/base/runner.hpp"
#include "support/coroutines.hpp"

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;
using namespace std::chrono_literals;
using namespace windtunnel;
using boost::system::error_code;

namespace {
awaitable<void> nap(duration d) {
    auto executor = co_await asio::this_coro::executor;
    co_await async_sleep(executor, d, asio::use_awaitable);
}
} // namespace

TEST_CASE("a context's environment makes itself on first use, one for all its executors") {
    asio::io_context io;
    CHECK_FALSE(asio::has_service<environment>(io));
    environment& own = environment_of(io.get_executor());
    CHECK(asio::has_service<environment>(io));
    const asio::any_io_executor any = asio::make_strand(io);
    CHECK(&environment_of(any) == &own);
    CHECK(own.owns(io.get_executor()));
    CHECK_FALSE(own.owns(any));
    asio::io_context other;
    CHECK(&environment_of(other.get_executor()) != &own);
}

TEST_CASE("live time is steady_clock's") {
    asio::io_context io;
    const auto before = std::chrono::steady_clock::now().time_since_epoch();
    const auto now = environment_of(io.get_executor()).now().time_since_epoch();
    CHECK(now >= before);
    CHECK(now <= std::chrono::steady_clock::now().time_since_epoch());
}

TEST_CASE("a live environment that was given a seed draws the same streams") {
    asio::io_context a, b;
    environment &first = environment_of(a.get_executor()),
                &second = environment_of(b.get_executor());
    first.reseed(5);
    second.reseed(5);
    CHECK(first.stream("x")() == second.stream("x")());
    CHECK(first.seed() == 5);
}

TEST_CASE("live timers fire in the order of their instants, not before them") {
    asio::io_context io;
    std::string order;
    const auto start = std::chrono::steady_clock::now();
    const auto after = [&](duration d, char name) {
        async_sleep(io.get_executor(), d, [&, d, name](error_code error) {
            CHECK_FALSE(error);
            CHECK(std::chrono::steady_clock::now() - start >= d);
            order += name;
        });
    };
    after(70ms, 'c'); // longer than one wait of the timer behind
    after(20ms, 'a');
    after(40ms, 'b');
    io.run();
    CHECK(order == "abc");
}

TEST_CASE("a live timer that is cancelled does not hold run() back for long") {
    asio::io_context io;
    test::spawn(io, [&]() -> awaitable<void> { co_await (nap(10ms) || nap(1h)); });
    const auto start = std::chrono::steady_clock::now();
    io.run();
    CHECK(std::chrono::steady_clock::now() - start < 10s);
}

TEST_CASE("live sleeps on a strand and on a thread pool") {
    asio::thread_pool pool(1);
    auto strand = asio::make_strand(pool);
    bool on_strand = false;
    asio::co_spawn(
        strand,
        [&]() -> awaitable<void> {
            co_await nap(5ms);
            on_strand = strand.running_in_this_thread();
        },
        test::rethrow{});
    pool.join();
    CHECK(on_strand);
}

TEST_CASE("an io_context that runners were parked on runs out of work") {
    asio::io_context io;
    struct job : runner_job {
        job() : runner_job([](runner_job&) -> awaitable<void> { co_return; }) {}
    };
    test::spawn(io, [&]() -> awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        job one;
        environment_of(executor).runners().start(one);
        CHECK(one.done);
    });
    CHECK(io.run_for(30s) > 0);
    CHECK(io.stopped());
    CHECK(environment_of(io.get_executor()).runners().idle() == 1);
}

TEST_CASE("an io_context destroyed with sleeps and runners under way leaks nothing") {
    int alive = 0;
    struct guard {
        explicit guard(int& c) : count(c) { ++count; }
        ~guard() { --count; }
        guard(const guard&) = delete;
        guard& operator=(const guard&) = delete;
        int& count;
    };
    for (int steps = 0; steps < 12; ++steps) {
        asio::io_context io;
        for (int i = 0; i < 3; ++i)
            test::spawn(io, [&]() -> awaitable<void> {
                const guard g(alive);
                co_await nap(1ms);
                co_await (nap(1h) || nap(2ms));
                co_await nap(1h);
            });
        for (int i = 0; i < steps; ++i)
            io.run_one_for(100ms);
    }
    CHECK(alive == 0);
}
