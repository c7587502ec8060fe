// SPDX-License-Identifier: BSL-1.0
// Calls that queue at a bulkhead, and callers that give up: wherever the call is at that moment, it
// ends by value, nothing is retried, nothing keeps a permit.
#include <catch2/catch.hpp>

#include "pipeline_world.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace windtunnel;
using namespace windtunnel::test;

namespace {

using lines = std::vector<std::string>;
constexpr auto terminal = asio::cancellation_type::terminal;

retry at_once(int attempts, duration backoff = 0ms) {
    return {{.max_attempts = attempts, .initial_backoff = backoff, .jitter = jitter_kind::none}};
}

/// Half-open after a second, with one call at a time.
constexpr circuit_breaker_options probing{.minimum_number_of_calls = 1,
                                          .wait_in_open = 1s,
                                          .wait_jitter = 0,
                                          .permitted_calls_in_half_open = 1};

call_context until(duration deadline) {
    call_context context;
    context.deadline = time_point{deadline};
    return context;
}

/// Emits when it sees an event of the kind.
struct trigger final : pipeline_observer {
    trigger(pipeline_event::kind k, asio::cancellation_signal& s) : kind(k), stop(s) {}
    void on_event(const pipeline_event& e) override {
        if (e.what == kind)
            stop.emit(terminal);
    }
    pipeline_event::kind kind;
    asio::cancellation_signal& stop;
};

} // namespace

TEST_CASE("a bulkhead's queue is first come, first served, and bounded") {
    pipeline_world w;
    bulkhead room({.max_concurrent = 1, .max_queue = 2, .max_wait = 1s});
    pipeline client{&room};
    script backend({ok(10ms), ok(10ms), ok(10ms)});
    auto& a = w.start(client, backend);
    auto& b = w.start(client, backend);
    auto& c = w.start(client, backend);
    auto& d = w.start(client, backend);
    w.sim.run();
    CHECK(d.result.failed_with(failure_kind::bulkhead_full));
    CHECK(d.at == time_point{});
    CHECK(a.at == time_point{10ms});
    CHECK(b.at == time_point{20ms});
    CHECK(c.at == time_point{30ms});
    CHECK((a.result.ok() && b.result.ok() && c.result.ok()));
    CHECK(room.in_use() == 0);
}

TEST_CASE("a wait ends as bulkhead_timeout at max_wait, as deadline_exceeded at the deadline") {
    pipeline_world w;
    bulkhead room({.max_concurrent = 1, .max_queue = 9, .max_wait = 5ms});
    pipeline client{timeout{.total = 1s}, &room}, tight{timeout{.per_attempt = 3ms}, &room};
    script backend({ok(100ms)});
    w.start(client, backend);
    auto& waited = w.start(client, backend);
    auto& late = w.start(client, backend, until(4ms));
    auto& both = w.start(client, backend, until(5ms));
    auto& attempt = w.start(tight, backend);
    w.sim.run_until(time_point{50ms});
    CHECK(waited.result.failed_with(failure_kind::bulkhead_timeout));
    CHECK(waited.result.failed().not_processed);
    CHECK(waited.at == time_point{5ms});
    CHECK(late.result.failed_with(failure_kind::deadline_exceeded));
    CHECK(late.at == time_point{4ms});
    CHECK(both.result.failed_with(failure_kind::deadline_exceeded));
    CHECK(attempt.result.failed_with(failure_kind::timed_out));
    CHECK(attempt.at == time_point{3ms});
    CHECK(room.queued() == 0);
    w.sim.run();
}

TEST_CASE("a waiter that is granted at the instant of its bound has its turn") {
    pipeline_world w;
    bulkhead room({.max_concurrent = 1, .max_queue = 1, .max_wait = 5ms});
    pipeline client{&room};
    script backend({ok(5ms), ok(5ms)});
    w.start(client, backend);
    auto& waiter = w.start(client, backend);
    w.sim.run();
    CHECK(waiter.result.ok());
    CHECK(waiter.at == time_point{10ms});
}

TEST_CASE("nothing starts at its deadline, not even with a permit just granted") {
    pipeline_world w;
    bulkhead room({.max_concurrent = 1, .max_queue = 1, .max_wait = 1s});
    pipeline client{&room};
    script backend({ok(5ms)});
    w.start(client, backend);
    auto& waiter = w.start(client, backend, until(5ms));
    w.sim.run();
    CHECK(waiter.result.failed_with(failure_kind::deadline_exceeded));
    CHECK(backend.calls() == 1);
    CHECK(room.in_use() == 0);
}

TEST_CASE("a waiter that gives up leaves the queue at once, and the next moves up") {
    pipeline_world w;
    bulkhead room({.max_concurrent = 1, .max_queue = 2, .max_wait = 1s});
    circuit_breaker breaker({.minimum_number_of_calls = 1}, {});
    pipeline client{at_once(3), &breaker, &room};
    script backend({ok(10ms), ok(10ms)});
    w.start(client, backend);
    auto& gives_up = w.start(client, backend);
    auto& next = w.start(client, backend);
    w.cancel_at(4ms, gives_up);
    w.at(5ms, [&] { CHECK(room.queued() == 1); });
    w.sim.run();
    CHECK(gives_up.result.failed_with(failure_kind::cancelled));
    CHECK(gives_up.at == time_point{4ms});
    CHECK(next.result.ok());
    CHECK(next.at == time_point{20ms});
    CHECK(breaker.metrics(w.sim.now()).neutral == 1);
}

TEST_CASE("a waiter that gives up in the instant of its grant passes the permit on") {
    pipeline_world w;
    bulkhead room({.max_concurrent = 1, .max_queue = 2, .max_wait = 1s});
    pipeline client{&room};
    script backend({ok(10ms), ok(10ms)});
    w.start(client, backend);
    auto& gives_up = w.start(client, backend);
    // Armed after the first call's end and before the grant's turn, so it stands between them.
    w.at(1ms, [&] { w.cancel_at(10ms, gives_up); });
    w.at(1ms, [&] { w.at(10ms, [&] { CHECK(room.in_use() == 1); }); });
    auto& next = w.start(client, backend);
    w.sim.run();
    CHECK(gives_up.result.failed_with(failure_kind::cancelled));
    CHECK(next.result.ok());
    CHECK(next.at == time_point{20ms});
    CHECK(room.in_use() == 0);
}

TEST_CASE("a caller that gives up during an attempt: joined, neutral, not retried") {
    for (const bool deferred : {false, true}) {
        pipeline_world w;
        circuit_breaker breaker({.minimum_number_of_calls = 1}, {});
        pipeline client{timeout{.total = 1s}, at_once(3), &breaker, timeout{.per_attempt = 500ms}};
        script backend({hangs()});
        auto& run = w.start(client, backend, {}, deferred);
        w.cancel_at(5ms, run);
        w.sim.run();
        CHECK(run.result.failed_with(failure_kind::cancelled));
        CHECK(run.at == time_point{5ms});
        CHECK(breaker.metrics(w.sim.now()).neutral == 1);
        CHECK(breaker.metrics(w.sim.now()).buffered == 0);
        CHECK(w.log.lines == lines{"4 1 attempt_started", "4 1 attempt_ended cancelled",
                                   "1 1 gave_up cancelled: cancelled", "0 1 ended cancelled"});
        CHECK(w.sim.armed_timers() == 0);
    }
}

TEST_CASE("a cancelled call whose operation answers with an error is not retried") {
    for (const bool deferred : {false, true})
        for (const duration backoff : {0ms, 10ms}) {
            pipeline_world w;
            pipeline client{at_once(3, backoff)};
            script backend({{.after = 1h, .result = failure_kind::error, .stubborn = true}});
            auto& run = w.start(client, backend, {}, deferred);
            w.cancel_at(5ms, run);
            w.sim.run();
            CHECK(run.ended);
            CHECK_FALSE(run.thrown);
            CHECK(run.result.failed_with(failure_kind::error));
            CHECK(backend.calls() == 1);
            CHECK(w.log.lines.at(2) == "0 1 gave_up error: cancelled");
        }
}

TEST_CASE("a cancelled call whose operation answers with a value has it") {
    for (const bool deferred : {false, true}) {
        pipeline_world w;
        pipeline client{at_once(3), timeout{.per_attempt = 1s}};
        script backend({{.after = 1h, .stubborn = true}});
        auto& run = w.start(client, backend, {}, deferred);
        w.cancel_at(5ms, run);
        w.sim.run();
        CHECK(run.result.ok());
        CHECK(run.at == time_point{5ms});
    }
}

TEST_CASE("a caller that gives up during the backoff ends it") {
    pipeline_world w;
    pipeline client{at_once(3, 1s)};
    script backend({fails(failure_kind::error)});
    auto& run = w.start(client, backend);
    w.cancel_at(5ms, run);
    w.sim.run();
    CHECK(run.result.failed_with(failure_kind::cancelled));
    CHECK(run.at == time_point{5ms});
    CHECK(w.log.lines.back() == "0 2 ended cancelled");
}

TEST_CASE(
    "R3: a probe of a half-open breaker that is cancelled frees its slot, and decides nothing") {
    pipeline_world w;
    circuit_breaker breaker(probing, {});
    pipeline client{&breaker};
    script backend({fails(failure_kind::error), hangs(), ok(1ms)});
    w.call(client, backend);
    CHECK(breaker.state(w.sim.now()) == breaker_state::open);
    w.sim.run_until(time_point{1s});
    auto& probe = w.start(client, backend);
    w.sim.run_until(time_point{1s + 1ms});
    script none({});
    auto& refused = w.start(client, none);
    w.sim.run_until(time_point{1s + 2ms});
    CHECK(refused.result.failed_with(failure_kind::breaker_open));
    probe.stop.emit(terminal);
    w.sim.run();
    CHECK(probe.result.failed_with(failure_kind::cancelled));
    CHECK(breaker.state(w.sim.now()) == breaker_state::half_open);
    script good({ok(1ms)});
    CHECK(w.call(client, good).result.ok());
    CHECK(breaker.state(w.sim.now()) == breaker_state::closed);
}

TEST_CASE("an operation that cancels its own caller before it first waits is joined") {
    pipeline_world w;
    pipeline client{at_once(3), timeout{.per_attempt = 1s}};
    asio::cancellation_signal stop;
    outcome<done> result;
    bool after = false;
    int calls = 0, alive = 0;
    spawn(w.sim, stop, [&]() -> awaitable<void> {
        auto operation = [&](call_context& c) -> awaitable<outcome<done>> {
            ++calls;
            ++alive;
            stop.emit(terminal);
            auto wait = async_wait_until(*c.environment, c.environment->now() + 1h,
                                         timer_class::event, asio::deferred);
            const bool elapsed = co_await std::move(wait);
            --alive;
            co_return elapsed ? outcome<done>(done{}) : outcome<done>(failure_kind::error);
        };
        result = co_await client.execute(call_context{}, operation);
        after = true;
    });
    w.sim.run();
    CHECK(after);
    CHECK(calls == 1);
    CHECK(alive == 0);
    CHECK_FALSE(result.ok());
    CHECK(w.sim.now() == time_point{});
}

TEST_CASE("an operation that cancels its own caller and ends at once has its result heeded") {
    for (const bool good : {false, true}) {
        pipeline_world w;
        pipeline client{at_once(3)};
        asio::cancellation_signal stop;
        outcome<done> result;
        int calls = 0;
        spawn(w.sim, stop, [&]() -> awaitable<void> {
            co_await asio::post(w.sim.get_executor(), asio::use_awaitable);
            auto operation = [&](call_context&) -> awaitable<outcome<done>> {
                ++calls;
                stop.emit(terminal);
                co_return good ? outcome<done>(done{}) : outcome<done>(failure_kind::error);
            };
            result = co_await client.execute(call_context{}, operation);
        });
        w.sim.run();
        CHECK(calls == 1);
        CHECK(result == (good ? outcome<done>(done{}) : outcome<done>(failure_kind::error)));
    }
}

TEST_CASE("a call that is cancelled between two steps ends by value") {
    using kind = pipeline_event::kind;
    for (const kind when : {kind::attempt_started, kind::attempt_ended, kind::retrying,
                            kind::waiting, kind::rejected})
        for (const bool deferred : {false, true}) {
            INFO(to_string(when) << (deferred ? " deferred" : " coroutine"));
            pipeline_world w;
            bulkhead room({.max_concurrent = 1, .max_queue = 1, .max_wait = 5ms});
            circuit_breaker breaker({.minimum_number_of_calls = 1}, {});
            pipeline client{at_once(4, 1ms), &breaker, &room, timeout{.per_attempt = 1s}};
            script backend({fails(failure_kind::connection_lost, 1ms)});
            auto taken = when == kind::waiting || when == kind::rejected ? room.try_acquire()
                                                                         : bulkhead::permit{};
            auto& run = w.start(client, backend, {}, deferred);
            trigger observer(when, run.stop);
            client.observe(&observer);
            w.sim.run();
            CHECK(run.ended);
            CHECK_FALSE(run.thrown);
            CHECK_FALSE(run.result.ok());
            CHECK(backend.calls() <= 1);
            taken.release();
            CHECK(room.in_use() == 0);
            CHECK(room.queued() == 0);
        }
}

TEST_CASE("a runner whose call was cancelled serves the next call") {
    pipeline_world w;
    pipeline client{timeout{.per_attempt = 1s}};
    script backend({hangs(), ok(5ms), hangs(), ok(5ms)});
    for (int i = 0; i < 2; ++i) {
        auto& first = w.start(client, backend);
        w.cancel_at(w.sim.now().time_since_epoch() + 5ms, first);
        w.sim.run();
        CHECK(first.result.failed_with(failure_kind::cancelled));
        CHECK(w.call(client, backend).result.ok());
    }
    CHECK(w.sim.environment().runners().size() == 1);
}
