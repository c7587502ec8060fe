// SPDX-License-Identifier: BSL-1.0
// A client whose every call is guarded by installed policies, on an io_context in real time. Exits
// 1, with a line for each, when one of them does not do what it is for.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstdio>
#include <exception>
#include <string>

#include "patterns/base/async_sleep.hpp"
#include "patterns/base/outcome.hpp"
#include "patterns/resilience/bulkhead.hpp"
#include "patterns/resilience/circuit_breaker.hpp"
#include "patterns/resilience/pipeline.hpp"
#include "patterns/resilience/retry.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using windtunnel::call_context;
using windtunnel::failure_kind;
using windtunnel::outcome;
using reply = outcome<std::string>;

namespace {

int wrong = 0;

void expect(bool holds, const char* what) {
    if (holds)
        return;
    ++wrong;
    std::fprintf(stderr, "not so: %s\n", what);
}

/// The client of one backend: retry > circuit breaker > bulkhead > a timeout for each attempt.
struct client {
    windtunnel::circuit_breaker breaker{
        {.sliding_window_type = windtunnel::sliding_window_type::count,
         .sliding_window_size = 3,
         .minimum_number_of_calls = 3,
         .wait_in_open = 10s},
        {}};
    windtunnel::bulkhead room{{.max_concurrent = 1}};
    windtunnel::pipeline policies{
        windtunnel::retry{{.max_attempts = 3, .initial_backoff = 1ms, .retry_rejections = false}},
        &breaker, &room, windtunnel::timeout{.per_attempt = 20ms}};
};

asio::awaitable<void> a_retry_succeeds() {
    client c;
    int attempts = 0;
    auto fails_twice = [&](call_context&) -> asio::awaitable<reply> {
        if (++attempts < 3)
            co_return reply{failure_kind::unavailable};
        co_return reply{std::string("hello")};
    };
    const call_context context;
    const reply answer = co_await c.policies.execute(context, fails_twice);
    expect(answer.ok() && answer.value() == "hello", "the third attempt answers");
    expect(attempts == 3, "there were three attempts");
}

asio::awaitable<reply> never_answers(call_context&) {
    auto executor = co_await asio::this_coro::executor;
    co_await windtunnel::async_sleep(executor, 1h, asio::use_awaitable);
    co_return reply{std::string("too late")};
}

asio::awaitable<void> timeouts_open_the_breaker() {
    client c;
    auto hangs = [](call_context& context) { return never_answers(context); };
    const call_context context;
    const reply slow = co_await c.policies.execute(context, hangs);
    expect(slow.failed_with(failure_kind::timed_out), "an attempt that hangs times out");
    const reply next = co_await c.policies.execute(context, hangs);
    expect(next.failed_with(failure_kind::breaker_open), "three of them open the breaker");
}

asio::awaitable<void> the_bulkhead_holds_one_call() {
    client c;
    reply second;
    auto answers = [](call_context&) -> asio::awaitable<reply> {
        co_return reply{std::string("hello")};
    };
    auto calls_within = [&](call_context& context) -> asio::awaitable<reply> {
        second = co_await c.policies.execute(context, answers);
        co_return reply{std::string("first")};
    };
    const call_context context;
    const reply first = co_await c.policies.execute(context, calls_within);
    expect(first.ok(), "the first call goes through");
    expect(second.failed_with(failure_kind::bulkhead_full), "there is no room for a second one");
}

} // namespace

bool answers_over_http(); ///< over_http.cpp

namespace {

asio::awaitable<void> everything() {
    co_await a_retry_succeeds();
    co_await timeouts_open_the_breaker();
    co_await the_bulkhead_holds_one_call();
}

} // namespace

int main() {
    asio::io_context context(1);
    asio::co_spawn(context, everything(), [](std::exception_ptr error) {
        if (error)
            std::rethrow_exception(error);
    });
    context.run();
    expect(answers_over_http(), "the installed transport is answered by the installed server");
    return wrong == 0 ? 0 : 1;
}
