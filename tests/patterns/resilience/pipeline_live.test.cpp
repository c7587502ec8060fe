// SPDX-License-Identifier: BSL-1.0
// The point of the two seams: one script of failures through the same driver code, once on an
// io_context in real time and once on a simulation. What the policies decide is the same, in the
// same order. All that is apart in the script is 20 ms apart at least; and because the timers of a
// context fire in the order of their instants however late it is, only a machine that stands still
// for longer than that between two dependent steps can disturb the live run: then it is run again.
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>
#include <functional>

#include "pipeline_script.hpp"
#include "sim-core/engine/simulation.hpp"
#include "sim-core/engine/virtual_environment.hpp"
#include "support/coroutines.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace windtunnel;
using namespace windtunnel::test;

namespace {

using lines = std::vector<std::string>;

/// A function, because GCC 12 takes no braced list of objects in an awaited expression.
template <class... Steps>
std::vector<script_step> steps(Steps... one_by_one) {
    return {one_by_one...};
}

awaitable<void> nap(duration d) {
    auto executor = co_await asio::this_coro::executor;
    co_await async_sleep(executor, d, asio::use_awaitable);
}

retry at_most(int attempts) {
    return {{.max_attempts = attempts, .initial_backoff = 20ms, .jitter = jitter_kind::none}};
}

/// Everything a client and its backend are made of; nothing in it knows where it runs.
struct experiment {
    explicit experiment(bool d) : deferred(d) {
        for (pipeline* p : {&client, &narrow, &hasty})
            p->observe(&log);
    }

    decision_log log;
    circuit_breaker breaker{{.sliding_window_type = sliding_window_type::count,
                             .sliding_window_size = 4,
                             .minimum_number_of_calls = 4,
                             .wait_in_open = 60ms,
                             .wait_jitter = 0,
                             .permitted_calls_in_half_open = 1},
                            {}};
    bulkhead room{{.max_concurrent = 1, .max_queue = 1, .max_wait = 60ms}};
    pipeline client{timeout{.total = 900ms}, at_most(3), &breaker, timeout{.per_attempt = 80ms}};
    pipeline narrow{&room};
    pipeline hasty{timeout{.total = 180ms}, at_most(3), timeout{.per_attempt = 100ms}};
    bool deferred;

    awaitable<void> call(pipeline& p, std::vector<script_step> steps, call_context context = {}) {
        script backend(std::move(steps));
        auto as_coroutine = [&](call_context& c) { return backend.play(c); };
        auto as_operation = [&](call_context& c) { return backend.play_deferred(c); };
        std::string said = "threw";
        try {
            outcome<done> result;
            if (deferred)
                result = co_await p.execute(context, as_operation);
            else
                result = co_await p.execute(context, as_coroutine);
            said = result.ok() ? "ok" : std::string(to_string(result.failed().kind));
        } catch (const std::runtime_error& e) {
            said = e.what();
        }
        log.lines.push_back("answer: " + said);
    }

    awaitable<void> failures_in_a_row() {
        co_await call(client, steps(ok(20ms)));
        co_await call(client, steps(fails(failure_kind::error, 20ms), ok()));
        co_await call(client, steps(hangs(), ok(20ms))); // 2 of 4 failed: open, wait, probe, close
        constexpr auto refused = failure_kind::unavailable;
        co_await call(client, steps(fails(refused), fails(refused, 20ms), fails(refused)));
        co_await call(client, steps(throws()));       // the fourth failure: open
        co_await call(client, steps(fails(refused))); // wait, the probe fails, open for longer
        co_await nap(150ms);
        co_await call(client, steps(ok(20ms)));
    }
    awaitable<void> deadlines() {
        co_await call(hasty, steps(hangs(), hangs())); // the second is cut by the total
        co_await call(hasty, steps(fails(failure_kind::overloaded, 20ms), ok(20ms)));
        auto executor = co_await asio::this_coro::executor;
        call_context context;
        context.environment = &environment_of(executor);
        context.deadline = context.environment->now() + 40ms;
        co_await call(hasty, steps(hangs()), context);
        co_await call(hasty, steps(), context); // expired on entry
    }
    awaitable<void> queueing() {
        auto executor = co_await asio::this_coro::executor;
        auto start = [&](std::vector<script_step> played) {
            asio::co_spawn(executor, call(narrow, std::move(played)), rethrow{});
        };
        start(steps(ok(100ms)));
        co_await nap(20ms);
        start(steps()); // waits 60 ms, and no longer
        co_await nap(20ms);
        start(steps()); // there is one waiting
        co_await nap(120ms);
        start(steps(ok(60ms)));
        co_await nap(30ms);
        start(steps(ok(20ms))); // waits 30 ms
        co_await nap(100ms);
    }
    awaitable<void> giving_up() {
        auto executor = co_await asio::this_coro::executor;
        for (const script_step& first : {hangs(), fails(failure_kind::error)}) {
            asio::cancellation_signal stop;
            asio::co_spawn(executor, call(hasty, steps(first)),
                           asio::bind_cancellation_slot(stop.slot(), [](std::exception_ptr) {}));
            if (first.after == duration{})
                co_await nap(10ms); // in its backoff
            else
                co_await nap(40ms);
            stop.emit(asio::cancellation_type::terminal);
            co_await nap(40ms);
        }
    }

    awaitable<void> all() {
        co_await failures_in_a_row();
        co_await deadlines();
        co_await queueing();
        co_await giving_up();
    }
};

/// The one code path: an executor is all it is given. With the operations as coroutines and, at the
/// same time and apart from that, as deferred operations.
template <class Context>
std::pair<lines, lines> decisions_on(Context& context) {
    experiment coroutines(false), operations(true);
    test::spawn(context, [&] { return coroutines.all(); });
    test::spawn(context, [&] { return operations.all(); });
    context.run();
    return {coroutines.log.lines, operations.log.lines};
}

} // namespace

TEST_CASE("live and simulated, the same script leads to the same decisions in the same order") {
    sim::simulation sim;
    const auto expected = decisions_on(sim);
    CHECK(expected.first == expected.second);
    for (const char* seen : {"3 1 attempt_ended timed_out", "2 2 rejected breaker_open",
                             "1 3 gave_up unavailable: attempts", "answer: the backend threw",
                             "answer: deadline_exceeded", "0 1 rejected bulkhead_full",
                             "0 1 rejected bulkhead_timeout", "answer: cancelled", "answer: ok"}) {
        INFO(seen);
        CHECK(std::count(expected.first.begin(), expected.first.end(), seen) > 0);
    }
    auto found = expected;
    for (int tries = 0; tries < 4; ++tries) {
        asio::io_context io;
        found = decisions_on(io);
        if (found == expected)
            break;
    }
    CHECK(found.first == expected.first);
    CHECK(found.second == expected.second);
}

TEST_CASE("an io_context destroyed in the middle of calls leaks nothing") {
    for (int steps = 0; steps < 40; steps += 3) {
        experiment one(steps % 2 == 0);
        asio::io_context io;
        test::spawn(io, [&] { return one.queueing(); });
        test::spawn(io, [&] { return one.giving_up(); });
        for (int i = 0; i < steps; ++i)
            io.run_one_for(5ms);
    }
}
