// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/shared_pipeline.hpp"

#include <atomic>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <future>
#include <thread>

namespace windtunnel {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

/// Counts how many run at once, on whatever threads.
struct backend {
    std::atomic<int> inside{0}, most{0}, calls{0};
    int fail_each = 0; ///< every so many-th call fails; 0: none

    asio::awaitable<outcome<int>> call(call_context&) {
        const int now_inside = ++inside;
        for (int seen = most; seen < now_inside && !most.compare_exchange_weak(seen, now_inside);) {
        }
        const int number = ++calls;
        asio::steady_timer timer(co_await asio::this_coro::executor, 200us);
        co_await timer.async_wait(asio::use_awaitable);
        --inside;
        if (fail_each != 0 && number % fail_each == 0)
            co_return failure_kind::error;
        co_return number;
    }
};

struct tally {
    std::atomic<int> good{0}, failed{0}, refused{0};
};

asio::awaitable<void> client(shared_pipeline& calls, backend& to, tally& results, int count) {
    auto operation = [&](call_context& c) { return to.call(c); };
    for (int i = 0; i < count; ++i) {
        auto calling = calls.execute({}, operation);
        const outcome<int> result = co_await std::move(calling);
        if (result.ok())
            ++results.good;
        else if (is_local_rejection(result.failed().kind))
            ++results.refused;
        else
            ++results.failed;
    }
}

} // namespace

TEST_CASE("Coroutines on four threads share a breaker, a bulkhead, a budget and their timeouts") {
    asio::thread_pool pool(4);
    const asio::any_io_executor strand = asio::make_strand(pool.get_executor());
    backend to;
    to.fail_each = 10;
    circuit_breaker breaker({.minimum_number_of_calls = 1'000'000}, random_stream(1, "breaker"));
    bulkhead rooms({.max_concurrent = 5, .max_queue = 100, .max_wait = 10s});
    retry_budget budget({.ratio = 1, .min_per_second = 1000});
    shared_pipeline calls(strand, {timeout{.total = 20s},
                                   retry{{.max_attempts = 3, .initial_backoff = 100us}, &budget},
                                   &breaker, &rooms, timeout{.per_attempt = 10s}});
    tally results;
    constexpr int clients = 16, each = 50;
    for (int i = 0; i < clients; ++i)
        asio::co_spawn(asio::make_strand(pool.get_executor()), client(calls, to, results, each),
                       asio::detached);
    pool.join();
    CHECK(results.good + results.failed + results.refused == clients * each);
    CHECK(results.refused == 0);
    CHECK(to.inside == 0);
    CHECK(to.most <= 5);
    CHECK(to.most > 1);
    CHECK(to.calls >= clients * each);
    CHECK(rooms.in_use() == 0);
    CHECK(rooms.queued() == 0);
    const auto seen = breaker.metrics(time_point::max());
    CHECK(seen.not_permitted == 0);
}

TEST_CASE("A call through a shared pipeline that times out has its operation cancelled at home") {
    asio::thread_pool pool(2);
    const asio::any_io_executor strand = asio::make_strand(pool.get_executor());
    shared_pipeline calls(strand, {timeout{.per_attempt = 5ms}});
    std::atomic<bool> cancelled = false;
    auto slow = [&](call_context&) -> asio::awaitable<outcome<int>> {
        asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
        boost::system::error_code error;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
        cancelled = error == asio::error::operation_aborted;
        co_return failure_kind::cancelled;
    };
    auto once = [&]() -> asio::awaitable<outcome<int>> {
        auto calling = calls.execute({}, slow);
        co_return co_await std::move(calling);
    };
    auto ended = asio::co_spawn(asio::make_strand(pool.get_executor()), once(), asio::use_future);
    CHECK(ended.get().failed_with(failure_kind::timed_out));
    CHECK(cancelled);
    pool.join();
}

TEST_CASE("A caller that gives up cancels its call through a shared pipeline, and frees its room") {
    asio::thread_pool pool(2);
    const asio::any_io_executor strand = asio::make_strand(pool.get_executor());
    bulkhead rooms({.max_concurrent = 1});
    shared_pipeline calls(strand, {&rooms});
    auto hangs = [&](call_context&) -> asio::awaitable<outcome<int>> {
        asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
        boost::system::error_code error;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
        co_return failure_kind::cancelled;
    };
    auto once = [&]() -> asio::awaitable<void> {
        auto calling = calls.execute({}, hangs);
        const outcome<int> result = co_await std::move(calling);
        CHECK(result.failed_with(failure_kind::cancelled));
    };
    const auto home = asio::make_strand(pool.get_executor());
    asio::cancellation_signal giving_up;
    auto ended = std::make_shared<std::promise<void>>();
    asio::co_spawn(home, once(),
                   asio::bind_cancellation_slot(
                       giving_up.slot(), [ended](std::exception_ptr) { ended->set_value(); }));
    std::this_thread::sleep_for(20ms);
    asio::post(home, [&] { giving_up.emit(asio::cancellation_type::terminal); });
    ended->get_future().get();
    pool.join();
    CHECK(rooms.in_use() == 0);
}

TEST_CASE("A second strand for the policies of one context is refused") {
    asio::thread_pool pool(1);
    const shared_pipeline first(asio::make_strand(pool.get_executor()), {});
    CHECK_THROWS_AS(shared_pipeline(asio::make_strand(pool.get_executor()), {}), std::logic_error);
}

TEST_CASE("What an operation throws comes out of a shared pipeline unchanged") {
    asio::thread_pool pool(2);
    shared_pipeline calls(asio::make_strand(pool.get_executor()), {timeout{.total = 1s}});
    auto throws = [](call_context&) -> asio::awaitable<outcome<int>> {
        throw std::domain_error("mine");
        co_return 1;
    };
    auto once = [&]() -> asio::awaitable<outcome<int>> {
        auto calling = calls.execute({}, throws);
        co_return co_await std::move(calling);
    };
    auto ended = asio::co_spawn(asio::make_strand(pool.get_executor()), once(), asio::use_future);
    CHECK_THROWS_AS(ended.get(), std::domain_error);
}

} // namespace windtunnel
