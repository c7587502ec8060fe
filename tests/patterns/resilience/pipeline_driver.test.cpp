// SPDX-License-Identifier: BSL-1.0
// The driver in virtual time: which policy decides what, and exactly when.
#include <boost/asio/deferred.hpp>
#include <catch2/catch.hpp>

#include "pipeline_world.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace windtunnel;
using namespace windtunnel::test;

namespace {

using lines = std::vector<std::string>;

retry at_most(int attempts, duration backoff = 10ms, retry_budget* budget = nullptr) {
    return {{.max_attempts = attempts,
             .initial_backoff = backoff,
             .max_backoff = 10s,
             .jitter = jitter_kind::none},
            budget};
}

call_context until(duration deadline) {
    call_context context;
    context.deadline = time_point{deadline};
    return context;
}

/// Opens at the second failure of two, for a second.
constexpr circuit_breaker_options touchy{.sliding_window_type = sliding_window_type::count,
                                         .sliding_window_size = 2,
                                         .minimum_number_of_calls = 2,
                                         .wait_in_open = 1s,
                                         .wait_jitter = 0,
                                         .permitted_calls_in_half_open = 1};

} // namespace

TEST_CASE("without policies a pipeline passes everything on") {
    pipeline client{};
    for (const bool deferred : {false, true}) {
        pipeline_world w;
        script backend({ok(5ms), fails(failure_kind::error, 1ms)});
        CHECK(w.call(client, backend, {}, deferred).result.ok());
        CHECK(w.call(client, backend, {}, deferred).result.failed_with(failure_kind::error));
        CHECK(w.sim.now() == time_point{6ms});
    }
}

TEST_CASE("R8: a value at exactly the deadline is in time") {
    for (const bool deferred : {false, true}) {
        pipeline_world w;
        pipeline client{timeout{.total = 50ms}, timeout{.per_attempt = 50ms}};
        script backend({ok(50ms), ok(50ms + 1ns)});
        CHECK(w.call(client, backend, {}, deferred).result.ok());
        const auto& late = w.call(client, backend, {}, deferred);
        CHECK(late.result.failed_with(failure_kind::deadline_exceeded));
        CHECK(late.at == time_point{100ms});
    }
}

TEST_CASE("a fast error beats the timeout") {
    pipeline_world w;
    pipeline client{timeout{.per_attempt = 1h}};
    script backend({fails(failure_kind::connection_lost, 3ms)});
    const auto& run = w.call(client, backend);
    CHECK(run.result.failed_with(failure_kind::connection_lost));
    CHECK(run.at == time_point{3ms});
    CHECK(w.sim.armed_timers() == 0);
}

TEST_CASE("R6: attempt timeout, total timeout, cancellation and shutdown are four different ends") {
    for (const bool deferred : {false, true}) {
        pipeline_world w;
        pipeline attempt{timeout{.per_attempt = 5ms}}, total{timeout{.total = 5ms}}, none{};
        script backend({hangs(), hangs(), hangs(), fails(failure_kind::shut_down), hangs()});
        CHECK(w.call(attempt, backend, {}, deferred).result.failed_with(failure_kind::timed_out));
        CHECK(w.call(total, backend, {}, deferred)
                  .result.failed_with(failure_kind::deadline_exceeded));
        auto& given_up = w.start(none, backend, {}, deferred);
        w.cancel_at(15ms, given_up);
        w.sim.run();
        CHECK(given_up.result.failed_with(failure_kind::cancelled));
        CHECK(given_up.at == time_point{15ms});
        CHECK(w.call(none, backend, {}, deferred).result.failed_with(failure_kind::shut_down));
        CHECK(w.call(none, backend, until(20ms), deferred)
                  .result.failed_with(failure_kind::deadline_exceeded));
        CHECK(w.sim.now() == time_point{20ms});
    }
}

TEST_CASE("R6: to have lost the hedge is an end of its own: neutral, to nobody's account") {
    pipeline_world w;
    hedge latencies({.delay_from = hedge_delay::fixed, .delay = 5ms});
    circuit_breaker outside(touchy, {}), inside(touchy, {});
    pipeline client{&outside, hedging{&latencies}, &inside};
    script backend({hangs(), ok(1ms)});
    CHECK(w.call(client, backend).result.ok());
    const auto of_call = outside.metrics(w.sim.now()), of_attempts = inside.metrics(w.sim.now());
    CHECK(of_call.successful == 1);
    CHECK(of_call.failed + of_call.neutral == 0);
    CHECK(of_attempts.successful == 1);
    CHECK(of_attempts.neutral == 1);
    CHECK(of_attempts.failed == 0);
}

TEST_CASE("the operation is told the tightest deadline and its attempt") {
    pipeline_world w;
    pipeline client{timeout{.total = 100ms}, at_most(2), timeout{.per_attempt = 30ms}};
    script backend({fails(failure_kind::error, 5ms), ok()});
    call_context context = until(40ms);
    context.priority = 3;
    CHECK(w.call(client, backend, context).result.ok());
    CHECK(backend.told(0).deadline == time_point{30ms});
    CHECK(backend.told(0).attempt == 1);
    CHECK(backend.told(1).deadline == time_point{40ms});
    CHECK(backend.told(1).attempt == 2);
    CHECK(backend.told(1).priority == 3);
}

TEST_CASE("the operation is told its number among the retries and the hedges around it") {
    pipeline_world w;
    hedge latencies({.delay_from = hedge_delay::fixed, .delay = 5ms});
    pipeline client{at_most(2), hedging{&latencies}, timeout{.per_attempt = 20ms}};
    script backend({hangs(), hangs(), hangs(), ok(1ms)});
    CHECK(w.call(client, backend).result.ok());
    REQUIRE(backend.calls() == 4);
    CHECK(backend.told(0).attempt == 1);
    CHECK(backend.told(1).attempt == 2); // the hedge
    CHECK(backend.told(2).attempt == 2); // the retry
    CHECK(backend.told(3).attempt == 3); // its hedge
}

TEST_CASE("timeouts nest, the tighter strikes, and each under its own name") {
    pipeline_world w;
    pipeline outer_tight{timeout{.total = 3ms}, timeout{.per_attempt = 5ms}};
    pipeline inner_tight{timeout{.total = 5ms}, timeout{.per_attempt = 3ms}};
    script backend({hangs(), hangs()});
    CHECK(w.call(outer_tight, backend).result.failed_with(failure_kind::deadline_exceeded));
    CHECK(w.call(inner_tight, backend).result.failed_with(failure_kind::timed_out));
}

TEST_CASE(
    "a pipeline in a pipeline: the inner one sees a cancellation, the outer one its timeout") {
    pipeline_world w;
    pipeline outer{timeout{.per_attempt = 5ms}}, inner{at_most(5), timeout{.total = 1h}};
    script backend({hangs()});
    decision_log inner_log;
    inner.observe(&inner_log);
    outcome<done> result;
    spawn(w.sim, [&]() -> awaitable<void> {
        auto operation = [&](call_context& c) { return backend.play(c); };
        auto nested = [&](call_context& c) { return inner.execute(c, operation); };
        result = co_await outer.execute(call_context{}, nested);
    });
    w.sim.run();
    CHECK(result.failed_with(failure_kind::timed_out));
    CHECK(w.sim.now() == time_point{5ms});
    CHECK(inner_log.lines.back() == "0 1 ended deadline_exceeded"); // which travelled to it
}

TEST_CASE("what has expired on entry is never begun") {
    pipeline_world w;
    circuit_breaker breaker(touchy, {});
    script backend({});
    for (const timeout none : {timeout{.total = 0ms}, timeout{.per_attempt = 0ms}}) {
        pipeline client{none, &breaker};
        const auto& run = w.call(client, backend);
        CHECK(run.result.failed_with(none.total == 0ms ? failure_kind::deadline_exceeded
                                                       : failure_kind::timed_out));
        CHECK(run.result.failed().not_processed);
    }
    w.sim.run_until(time_point{5ms});
    pipeline client{&breaker};
    for (const duration deadline : {duration{5ms}, duration{1ms}})
        CHECK(w.call(client, backend, until(deadline))
                  .result.failed_with(failure_kind::deadline_exceeded));
    CHECK(backend.calls() == 0);
    CHECK(breaker.metrics(w.sim.now()).buffered == 0);
    CHECK(breaker.metrics(w.sim.now()).neutral == 4);
}

TEST_CASE("a retry sleeps exactly its backoff, in virtual time") {
    pipeline_world w;
    pipeline client{at_most(4, 100ms)};
    script backend({fails(failure_kind::error, 1ms), fails(failure_kind::overloaded, 1ms),
                    fails(failure_kind::unavailable, 1ms), ok(1ms)});
    CHECK(w.call(client, backend).result.ok());
    CHECK(backend.began(0) == time_point{});
    CHECK(backend.began(1) == time_point{101ms});
    CHECK(backend.began(2) == time_point{302ms});
    CHECK(backend.began(3) == time_point{703ms});
}

TEST_CASE("a retry without backoff does not sleep") {
    pipeline_world w;
    pipeline client{at_most(3, 0ms)};
    script backend({fails(failure_kind::error), fails(failure_kind::error), ok()});
    CHECK(w.call(client, backend).result.ok());
    CHECK(w.sim.now() == time_point{});
}

TEST_CASE("the jitter comes from a stream of the environment: same seed, same delays") {
    std::vector<time_point> first, second, other;
    for (auto* times : {&first, &second, &other}) {
        pipeline_world w;
        if (times == &other)
            w.sim.environment().reseed(2);
        pipeline client{retry{{.max_attempts = 5, .initial_backoff = 100ms}}};
        script backend({fails(failure_kind::error), fails(failure_kind::error),
                        fails(failure_kind::error), fails(failure_kind::error), ok()});
        CHECK(w.call(client, backend).result.ok());
        for (std::size_t i = 0; i < 5; ++i)
            times->push_back(backend.began(i));
    }
    CHECK(first == second);
    CHECK(first != other);
}

TEST_CASE("a retry never sleeps to or past the deadline: the last error comes back at once") {
    for (const duration deadline : {12ms, 15ms}) {
        pipeline_world w;
        pipeline client{timeout{.total = deadline}, at_most(5, 10ms)};
        script backend({fails(failure_kind::error, 5ms)});
        const auto& run = w.call(client, backend);
        CHECK(run.result.failed_with(failure_kind::error));
        CHECK(run.at == time_point{5ms});
        CHECK(w.log.lines == lines{"2 1 attempt_started", "2 1 attempt_ended error",
                                   "1 1 gave_up error: deadline", "0 1 ended error"});
    }
    pipeline_world w;
    pipeline client{timeout{.total = 15ms + 1ns}, at_most(5, 10ms)};
    script backend({fails(failure_kind::error, 5ms), hangs()});
    CHECK(w.call(client, backend).result.failed_with(failure_kind::deadline_exceeded));
    CHECK(backend.calls() == 2);
}

TEST_CASE("an attempt that timed out is tried again, and told as timed out") {
    for (const bool deferred : {false, true}) {
        pipeline_world w;
        pipeline client{timeout{.total = 1s}, at_most(2, 10ms), timeout{.per_attempt = 20ms}};
        script backend({hangs(), ok(5ms)});
        CHECK(w.call(client, backend, {}, deferred).result.ok());
        CHECK(w.sim.now() == time_point{35ms});
        CHECK(w.log.lines == lines{"3 1 attempt_started", "3 1 attempt_ended timed_out",
                                   "1 2 retrying timed_out", "3 2 attempt_started",
                                   "3 2 attempt_ended ok", "0 2 ended ok"});
    }
}

TEST_CASE("an overall timeout is not retried") {
    pipeline_world w;
    pipeline client{timeout{.total = 30ms}, at_most(9, 10ms), timeout{.per_attempt = 20ms}};
    script backend({fails(failure_kind::error, 15ms), hangs()});
    const auto& run = w.call(client, backend);
    CHECK(run.result.failed_with(failure_kind::deadline_exceeded));
    CHECK(run.at == time_point{30ms});
    CHECK(w.log.lines.at(4) == "3 2 attempt_ended deadline_exceeded");
    CHECK(w.log.lines.at(5) == "1 2 gave_up cancelled: deadline");
}

TEST_CASE(
    "R12: the last real failure comes back, not the rejection that stopped the next attempt") {
    pipeline_world w;
    circuit_breaker breaker(touchy, {});
    SECTION("out of attempts") {
        pipeline client{at_most(3, 1ms), &breaker};
        script backend({fails(failure_kind::error), fails(failure_kind::connection_lost)});
        CHECK(w.call(client, backend).result.failed_with(failure_kind::connection_lost));
        CHECK(w.log.lines.back() == "0 3 ended connection_lost");
    }
    SECTION("out of time: the breaker's wait would take it past the deadline") {
        pipeline client{timeout{.total = 500ms}, at_most(9, 1ms), &breaker};
        script backend({fails(failure_kind::error), fails(failure_kind::connection_lost)});
        const auto& run = w.call(client, backend);
        CHECK(run.result.failed_with(failure_kind::connection_lost));
        CHECK(run.at < time_point{10ms});
    }
    SECTION("out of budget") {
        retry_budget budget({.ratio = 0, .min_per_second = 0.2, .ttl = 10s}); // two retries
        pipeline client{at_most(9, 1ms, &budget), &breaker};
        script backend({fails(failure_kind::error), fails(failure_kind::connection_lost)});
        CHECK(w.call(client, backend).result.failed_with(failure_kind::connection_lost));
        CHECK(w.log.lines.at(w.log.lines.size() - 2) == "0 3 gave_up connection_lost: no budget");
    }
    SECTION("but where no attempt ever left, the rejection is the answer") {
        breaker.force_open(w.sim.now());
        pipeline client{at_most(3, 1ms), &breaker};
        script backend({});
        CHECK(w.call(client, backend).result.failed_with(failure_kind::breaker_open));
        CHECK(w.log.lines.back() == "0 3 ended breaker_open");
    }
}

TEST_CASE("a retry waits as long as the open breaker says") {
    pipeline_world w;
    circuit_breaker breaker(touchy, {});
    pipeline client{at_most(4, 1ms), &breaker};
    script backend({fails(failure_kind::error), fails(failure_kind::error), ok()});
    CHECK(w.call(client, backend).result.ok());
    CHECK(backend.began(1) == time_point{1ms});
    CHECK(backend.began(2) == time_point{1ms + 1s}); // opened at 1 ms; the rejection came at 3 ms
    CHECK(breaker.state(w.sim.now()) == breaker_state::closed);
}

TEST_CASE("The outermost policy comes first: a breaker inside a retry records attempts, outside "
          "the call") {
    circuit_breaker_options calm = touchy;
    calm.sliding_window_size = 100;
    calm.minimum_number_of_calls = 100;
    circuit_breaker inside(calm, {}), outside(calm, {});
    pipeline_world w;
    pipeline client{&outside, at_most(3, 1ms), &inside};
    script backend({fails(failure_kind::error), fails(failure_kind::error), ok()});
    CHECK(w.call(client, backend).result.ok());
    CHECK(inside.metrics(w.sim.now()).failed == 2);
    CHECK(inside.metrics(w.sim.now()).successful == 1);
    CHECK(outside.metrics(w.sim.now()).failed == 0);
    CHECK(outside.metrics(w.sim.now()).successful == 1);
}

TEST_CASE("what a policy inside refused is neutral to a breaker outside") {
    pipeline_world w;
    circuit_breaker outer(touchy, {}), inner(touchy, {});
    bulkhead room({.max_concurrent = 1});
    script backend({});
    pipeline full{&outer, &room}, open{&outer, &inner};
    {
        const auto taken = room.try_acquire();
        CHECK(w.call(full, backend).result.failed_with(failure_kind::bulkhead_full));
    }
    inner.force_open(w.sim.now());
    CHECK(w.call(open, backend).result.failed_with(failure_kind::breaker_open));
    const auto seen = outer.metrics(w.sim.now());
    CHECK(seen.buffered == 0);
    CHECK(seen.neutral == 2);
    CHECK(w.log.lines.at(0) == "1 1 rejected bulkhead_full");
}

TEST_CASE("a timeout is a failure to a breaker outside of it and neutral to one inside") {
    pipeline_world w;
    circuit_breaker outer(touchy, {}), inner(touchy, {});
    pipeline client{&outer, timeout{.per_attempt = 5ms}, &inner};
    script backend({hangs()});
    CHECK(w.call(client, backend).result.failed_with(failure_kind::timed_out));
    CHECK(outer.metrics(w.sim.now()).failed == 1);
    CHECK(inner.metrics(w.sim.now()).failed == 0);
    CHECK(inner.metrics(w.sim.now()).neutral == 1);
}

TEST_CASE("a budget bounds the retries of all calls together") {
    pipeline_world w;
    retry_budget budget({.ratio = 0, .min_per_second = 0.3, .ttl = 10s}); // three retries
    pipeline client{at_most(9, 1ms, &budget)};
    script backend(std::vector<script_step>(5, fails(failure_kind::error)));
    CHECK(w.call(client, backend).result.failed_with(failure_kind::error));
    CHECK(backend.calls() == 4);
    CHECK(w.log.lines.at(w.log.lines.size() - 2) == "0 4 gave_up error: no budget");
    CHECK(w.call(client, backend).result.failed_with(failure_kind::error));
    CHECK(backend.calls() == 5);
}

TEST_CASE("what may not be repeated is not") {
    pipeline_world w;
    pipeline client{at_most(3, 1ms)};
    script backend({fails(failure_kind::connection_lost), ok()});
    call_context once;
    once.idempotent = false;
    CHECK(w.call(client, backend, once).result.failed_with(failure_kind::connection_lost));
    CHECK(w.log.lines.at(2) == "0 1 gave_up connection_lost: not_idempotent");
}

TEST_CASE("an exception counts as a failure, is not retried, and is thrown on unchanged") {
    for (const bool deferred : {false, true}) {
        pipeline_world w;
        circuit_breaker breaker(touchy, {});
        bulkhead room({.max_concurrent = 1});
        pipeline client{at_most(3, 1ms), &breaker, &room, timeout{.per_attempt = 1s}};
        script backend({throws(), throws(2ms)});
        for (int i = 0; i < 2; ++i) {
            const auto& run = w.call(client, backend, {}, deferred);
            REQUIRE(run.thrown);
            CHECK_THROWS_WITH(std::rethrow_exception(run.thrown), "the backend threw");
            if (i == 0)
                CHECK(breaker.metrics(w.sim.now()).failed == 1);
        }
        CHECK(backend.calls() == 2);
        CHECK(breaker.state(w.sim.now()) == breaker_state::open);
        CHECK(room.in_use() == 0);
        CHECK(w.log.lines.back() == "0 1 ended error");
    }
}

TEST_CASE("an operation as a coroutine and as a deferred operation: the same decisions") {
    const auto decisions = [](bool deferred) {
        pipeline_world w;
        circuit_breaker breaker(touchy, {});
        bulkhead room({.max_concurrent = 2});
        pipeline client{timeout{.total = 4s}, at_most(4, 10ms), &breaker, &room,
                        timeout{.per_attempt = 50ms}};
        script backend({ok(50ms), fails(failure_kind::error, 7ms), ok(1ms), hangs(), hangs(),
                        fails(failure_kind::overloaded, 3ms), ok(2ms), ok(1ms)});
        for (int i = 0; i < 4; ++i)
            w.call(client, backend, {}, deferred);
        w.log.lines.push_back(std::to_string(w.sim.now().time_since_epoch().count()));
        return w.log.lines;
    };
    CHECK(decisions(true) == decisions(false));
    CHECK(decisions(false).size() > 15);
}

TEST_CASE("100,000 calls in a loop that end at once need no stack") {
    for (const bool deferred : {false, true}) {
        pipeline_world w;
        circuit_breaker breaker({}, {});
        bulkhead room({.max_concurrent = 1});
        pipeline client{timeout{.total = 1s}, at_most(2), &breaker, &room,
                        timeout{.per_attempt = 1s}};
        int good = 0;
        run(w.sim, [&]() -> awaitable<void> {
            auto at_once = [](call_context&) -> awaitable<outcome<int>> { co_return 1; };
            auto next_turn = [](call_context& c) {
                return asio::async_initiate<const asio::deferred_t, void(outcome<int>)>(
                    [env = c.environment](auto handler) {
                        auto ready = asio::deferred.values(outcome<int>(1));
                        auto posted = asio::post(env->executor(), asio::deferred)(
                            asio::deferred([ready] { return ready; }));
                        std::move(posted)(std::move(handler));
                    },
                    asio::deferred);
            };
            for (int i = 0; i < 100'000; ++i) {
                outcome<int> result;
                if (deferred)
                    result = co_await client.execute(call_context{}, next_turn);
                else
                    result = co_await client.execute(call_context{}, at_once);
                good += result.ok() ? 1 : 0;
            }
        });
        CHECK(good == 100'000);
        CHECK(w.sim.environment().runners().size() <= 1);
    }
}

TEST_CASE("100,000 immediate retries need no stack") {
    pipeline_world w;
    pipeline client{at_most(100'000, 0ms)};
    int calls = 0;
    run(w.sim, [&]() -> awaitable<void> {
        auto refuses = [&](call_context&) -> awaitable<outcome<done>> {
            ++calls;
            co_return failure_kind::unavailable;
        };
        const outcome<done> result = co_await client.execute(call_context{}, refuses);
        CHECK(result.failed_with(failure_kind::unavailable));
    });
    CHECK(calls == 100'000);
}

TEST_CASE("the observer hears of every step, where, when and why") {
    pipeline_world w;
    pipeline client{timeout{.total = 1s}, at_most(2, 10ms)};
    script backend({fails(failure_kind::overloaded, 5ms), ok(1ms)});
    w.call(client, backend);
    using kind = pipeline_event::kind;
    REQUIRE(w.log.events.size() == 6);
    const auto& e = w.log.events;
    CHECK(e[0].what == kind::attempt_started);
    CHECK(e[1].at == time_point{5ms});
    CHECK_FALSE(e[1].ok);
    CHECK(e[2].what == kind::retrying);
    CHECK(e[2].policy == 1);
    CHECK(e[2].delay == 10ms);
    CHECK(e[2].attempt == 2);
    CHECK(e[3].at == time_point{15ms});
    CHECK(e[5].what == kind::ended);
    CHECK(e[5].ok);
    CHECK(e[5].at == time_point{16ms});
    client.observe(nullptr);
}

TEST_CASE("smithy's quota of 500: a retry takes 5, a success after it gives them back") {
    pipeline_world w;
    retry_budget budget({.kind = retry_budget_kind::cost});
    pipeline client{at_most(5, 1s, &budget)};
    script backend({fails(failure_kind::error), fails(failure_kind::error), ok()});
    std::vector<double> left;
    for (const duration when : {500ms, 2000ms})
        w.at(when, [&] { left.push_back(budget.balance(w.sim.now())); });
    CHECK(w.call(client, backend).result.ok());
    CHECK(left == std::vector<double>{495, 490});
    CHECK(backend.began(1) == time_point{1s});
    CHECK(backend.began(2) == time_point{3s});
    CHECK(budget.balance(w.sim.now()) == 495);
}

TEST_CASE("smithy's retries: 1, 2, 4 and 8 s, which take 20 of 500") {
    pipeline_world w;
    retry_budget budget({.kind = retry_budget_kind::cost});
    pipeline client{at_most(5, 1s, &budget)};
    script backend({fails(failure_kind::error), fails(failure_kind::error),
                    fails(failure_kind::error), fails(failure_kind::error),
                    fails(failure_kind::error)});
    CHECK(w.call(client, backend).result.failed_with(failure_kind::error));
    CHECK(backend.calls() == 5);
    CHECK(backend.began(3) == time_point{7s});
    CHECK(backend.began(4) == time_point{15s});
    CHECK(budget.balance(w.sim.now()) == 480);
}

TEST_CASE("smithy's empty quota: no retry, and a long poll backs off before it gives up") {
    for (const bool long_poll : {false, true}) {
        pipeline_world w;
        retry_budget budget({.kind = retry_budget_kind::cost, .capacity = 5});
        retry policy = at_most(5, 50ms, &budget);
        policy.options.overloaded_backoff = 1s;
        policy.options.backs_off_without_budget = long_poll;
        pipeline client{policy};
        script backend({fails(failure_kind::error), fails(failure_kind::error),
                        fails(failure_kind::error), fails(failure_kind::overloaded),
                        fails(failure_kind::error)});
        CHECK(w.call(client, backend).at == time_point{long_poll ? 150ms : 50ms});
        CHECK(backend.calls() == 2); // what there was paid for one
        CHECK(budget.balance(w.sim.now()) == 0);
        CHECK(w.log.lines.back() == "0 2 ended error");
        auto begun = w.sim.now();
        CHECK(w.call(client, backend).at - begun == (long_poll ? 50ms : 0ms));
        begun = w.sim.now();
        CHECK(w.call(client, backend).at - begun == (long_poll ? 1s : 0s)); // throttled
        begun = w.sim.now();
        auto& given_up = w.start(client, backend);
        w.cancel_at(begun.time_since_epoch() + 10ms, given_up);
        w.sim.run();
        CHECK(
            given_up.result.failed_with(long_poll ? failure_kind::cancelled : failure_kind::error));
        CHECK(backend.calls() == 5);
    }
}
