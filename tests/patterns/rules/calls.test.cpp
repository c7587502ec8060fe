// SPDX-License-Identifier: BSL-1.0
// The rules of docs/patterns/rules.md that are about whole calls, in virtual time.
#include <boost/asio/deferred.hpp>
#include <boost/asio/this_coro.hpp>
#include <catch2/catch.hpp>
#include <functional>
#include <stdexcept>

#include "patterns/discovery/outlier_test.hpp"
#include "patterns/resilience/pipeline_world.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace windtunnel;
using namespace windtunnel::test;

namespace {

constexpr auto terminal = asio::cancellation_type::terminal;

/// Never trips in these tests: it is looked at.
constexpr circuit_breaker_options calm{.minimum_number_of_calls = 1000};

/// A backend that a cancellation does not end at once: after it, or after `work`, it takes 10 ms
/// for its cleanup, in several steps, and then answers.
struct slow_to_stop {
    duration work = 1h;
    outcome<done> answer = failure_kind::cancelled;
    int started = 0, cleaned = 0;

    awaitable<outcome<done>> operator()(call_context& context) {
        ++started;
        environment& env = *context.environment;
        auto working = async_wait_until(env, env.now() + work, timer_class::event, asio::deferred);
        const bool worked = co_await std::move(working);
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        for (int step = 0; step < 10; ++step) {
            auto cleaning =
                async_wait_until(env, env.now() + 1ms, timer_class::event, asio::deferred);
            if (!co_await std::move(cleaning))
                throw std::logic_error("the cleanup was cut short");
        }
        ++cleaned;
        co_return worked ? outcome<done>(done{}) : answer;
    }
};

/// Starts one call; its end is noted in `ended` and `at`.
struct one_call {
    outcome<done> result;
    time_point at = never;
    asio::cancellation_signal stop;

    template <class Operation>
    void start(sim::simulation& sim, pipeline& client, Operation& operation) {
        spawn(sim, stop, [&]() -> awaitable<void> {
            auto running = [&](call_context& c) -> awaitable<outcome<done>> {
                return operation(c);
            };
            result = co_await client.execute(call_context{}, running);
            at = sim.now();
        });
    }
};

/// What three policies around a call have learnt from it.
struct onlookers {
    circuit_breaker breaker{calm, {}};
    adaptive_limiter limiter{{.sampling = limit_sampling::each}};
    client_throttle throttle{{.k = 1}};

    /// One failure of 1001: the throttle refuses 1 in 1002, and none of these tests' calls.
    onlookers() {
        throttle.on_outcome({}, verdict::failure);
        for (int i = 0; i < 1000; ++i)
            throttle.on_outcome({}, verdict::success);
    }

    bool have_learnt_nothing(time_point now) const {
        const auto seen = breaker.metrics(now);
        const auto limit = limiter.metrics();
        return seen.buffered == 0 && seen.neutral == 1 && limit.in_flight == 0 &&
               limit.neutral == 1 && limiter.algorithm().long_rtt() == duration::zero() &&
               throttle.rejection_probability(now) == 1 / 1002.0;
    }
};

} // namespace

TEST_CASE("R3: a call that the caller gave up teaches nobody anything") {
    for (const bool deferred : {false, true}) {
        pipeline_world w;
        onlookers around;
        retry_budget budget({.kind = retry_budget_kind::grpc_tokens, .max_tokens = 10});
        pipeline client{retry{{}, &budget}, &around.throttle, &around.breaker, &around.limiter};
        script backend({hangs()});
        auto& run = w.start(client, backend, {}, deferred);
        w.cancel_at(5ms, run);
        w.sim.run();
        CHECK(run.result.failed_with(failure_kind::cancelled));
        CHECK(around.have_learnt_nothing(w.sim.now()));
        CHECK(budget.balance(w.sim.now()) == 10);
    }
}

TEST_CASE("R3: a detector of outliers does not hear of who gave up") {
    auto hosts = outlier_test::made(outlier_test::rows_only(2), 1);
    outlier_test::fail(hosts, 0, 1, 0s);
    for (const auto kind : {failure_kind::cancelled, failure_kind::shut_down})
        hosts.on_result(0, classify(failure{.kind = kind}), true, time_point{1ms});
    CHECK_FALSE(hosts.ejected(0));
    outlier_test::fail(hosts, 0, 1, 2ms); // the second in a row: what came between ended no row
    CHECK(hosts.ejected(0));
}

namespace {

/// A call that one policy inside of the onlookers refuses.
failure_kind refused_by(const std::function<policy(pipeline_world&)>& inner) {
    pipeline_world w;
    onlookers around;
    pipeline client{&around.throttle, &around.breaker, &around.limiter, inner(w)};
    script none({});
    const auto& run = w.call(client, none);
    CHECK(none.calls() == 0);
    CHECK(around.have_learnt_nothing(w.sim.now()));
    REQUIRE_FALSE(run.result.ok());
    return run.result.failed().kind;
}

} // namespace

TEST_CASE("R5: what a policy on our own side refused is neutral to those outside of it") {
    SECTION("an open breaker") {
        circuit_breaker open(calm, {});
        open.force_open({});
        CHECK(refused_by([&](auto&) { return policy(&open); }) == failure_kind::breaker_open);
    }
    SECTION("a full bulkhead") {
        bulkhead room({.max_concurrent = 1});
        const auto taken = room.try_acquire();
        CHECK(refused_by([&](auto&) { return policy(&room); }) == failure_kind::bulkhead_full);
    }
    SECTION("a wait that was too long") {
        bulkhead room({.max_concurrent = 1, .max_queue = 1, .max_wait = 5ms});
        const auto taken = room.try_acquire();
        CHECK(refused_by([&](auto&) { return policy(&room); }) == failure_kind::bulkhead_timeout);
    }
    SECTION("an empty rate limiter") {
        rate_limiter limiter({.permits = 1});
        CHECK(limiter.try_acquire({}));
        CHECK(refused_by([&](auto&) { return policy(&limiter); }) == failure_kind::rate_limited);
    }
    SECTION("an adaptive limit that is used up") {
        adaptive_limiter limiter({.initial_limit = 1, .min_limit = 1});
        const auto taken = limiter.try_acquire({});
        CHECK(refused_by([&](auto&) { return policy(&limiter); }) == failure_kind::limit_reached);
    }
    SECTION("a throttle") {
        client_throttle throttle({.k = 1});
        for (int i = 0; i < 1'000'000; ++i)
            throttle.on_outcome({}, verdict::failure);
        CHECK(refused_by([&](auto&) { return policy(&throttle); }) == failure_kind::throttled);
    }
}

TEST_CASE("R5: local rejections move no throttle, no budget and no detector of outliers") {
    for (int i = 0; i < failure_kind_count; ++i) {
        const failure refused{.kind = static_cast<failure_kind>(i), .not_processed = true};
        if (!is_local_rejection(refused.kind))
            continue;
        CAPTURE(to_string(refused.kind));
        CHECK(classify(refused) == verdict::neutral);
        CHECK(lesson_of(refused) == limit_lesson::nothing);
        CHECK(budget_verdict({}, refused) == verdict::neutral);
        auto hosts = outlier_test::made(outlier_test::rows_only(1), 1);
        hosts.on_result(0, classify(refused), true, time_point{1ms});
        CHECK_FALSE(hosts.ejected(0));
    }
}

TEST_CASE("R5: the answer of a fallback is no success of the backend") {
    const auto cover = [](const failure&) { return outcome<done>(done{}); };
    for (const bool reached : {false, true}) {
        pipeline_world w;
        onlookers around;
        circuit_breaker inner(calm, {});
        pipeline client{&around.throttle, &around.breaker, &around.limiter, fallback{}, &inner};
        script backend({fails(failure_kind::error, 1ms)});
        if (!reached)
            inner.force_open({});
        outcome<done> result;
        run(w.sim, [&]() -> awaitable<void> {
            auto operation = [&](call_context& c) { return backend.play(c); };
            result = co_await client.execute(call_context{}, operation, cover);
        });
        CHECK(result.ok());
        CHECK(backend.calls() == (reached ? 1 : 0));
        CHECK(around.have_learnt_nothing(w.sim.now()));
    }
}

TEST_CASE("R5: a budget that is used up hides no failure of the backend") {
    pipeline_world w;
    circuit_breaker outside(calm, {});
    retry_budget none({.ratio = 0, .min_per_second = 0});
    pipeline client{&outside, retry{{}, &none}};
    script backend({fails(failure_kind::overloaded)});
    CHECK(w.call(client, backend).result.failed_with(failure_kind::overloaded));
    CHECK(outside.metrics(w.sim.now()).failed == 1);
}

TEST_CASE("R7: what a pipeline's observer throws breaks no call, and is counted") {
    struct thrower final : pipeline_observer {
        void on_event(const pipeline_event&) override {
            ++heard;
            throw std::runtime_error("observers may throw");
        }
        std::uint64_t heard = 0;
    };
    for (const bool deferred : {false, true}) {
        pipeline_world w;
        bulkhead room({.max_concurrent = 1});
        hedge latencies({.delay_from = hedge_delay::fixed, .delay = 5ms});
        pipeline client{timeout{.total = 1s}, retry{{.initial_backoff = 1ms}}, hedging{&latencies},
                        &room, timeout{.per_attempt = 20ms}};
        script backend({fails(failure_kind::error, 1ms), hangs(), ok(1ms), ok(1ms)});
        thrower observer;
        auto& run = w.start(client, backend, {}, deferred);
        client.observe(&observer);
        w.sim.run();
        CHECK(run.result.ok());
        CHECK_FALSE(run.thrown);
        CHECK(observer.heard > 5);
        CHECK(client.observer_errors() == observer.heard);
        CHECK(room.in_use() == 0);
    }
}

TEST_CASE("R13: work that was given up keeps its slots until it has really ended") {
    sim::simulation sim;
    bulkhead room({.max_concurrent = 5});
    adaptive_limiter limiter({});
    const auto held = [&](duration at) {
        sim.run_until(time_point{at});
        CHECK(room.in_use() == limiter.in_flight());
        return room.in_use();
    };
    slow_to_stop backend;
    one_call call;
    SECTION("an attempt that timed out") {
        pipeline client{timeout{.per_attempt = 5ms}, &limiter, &room};
        call.start(sim, client, backend);
        CHECK(held(14ms) == 1);
        CHECK(held(15ms) == 0);
        CHECK(call.result.failed_with(failure_kind::timed_out));
    }
    SECTION("a call whose caller gave up") {
        pipeline client{&limiter, &room};
        call.start(sim, client, backend);
        sim.run_until(time_point{5ms});
        call.stop.emit(terminal);
        CHECK(held(14ms) == 1);
        CHECK(held(15ms) == 0);
    }
    SECTION("a hedge's loser") {
        hedge latencies({.delay_from = hedge_delay::fixed, .delay = 2ms});
        pipeline client{hedging{&latencies}, &limiter, &room};
        script winner({ok(3ms)});
        auto either = [&](call_context& c) { return c.attempt == 1 ? backend(c) : winner.play(c); };
        call.start(sim, client, either);
        CHECK(held(4ms) == 2);
        CHECK(held(6ms) == 1); // the hedge won at 5 ms
        CHECK(held(14ms) == 1);
        CHECK(call.at == never);
        CHECK(held(15ms) == 0);
        CHECK(call.result.ok());
        CHECK(call.at == time_point{15ms});
    }
    CHECK(backend.cleaned == 1);
    sim.halt();
}

TEST_CASE("R15: what must be done after a cancellation is not cut short by it, nor by another") {
    sim::simulation sim;
    bulkhead room({.max_concurrent = 1, .max_queue = 1, .max_wait = 1s});
    retry_budget budget({.kind = retry_budget_kind::concurrent, .ratio = 1, .min_concurrency = 0});
    pipeline client{timeout{.total = 30ms}, retry{{}, &budget}, &room};
    slow_to_stop backend, next{.work = 1ms};
    one_call first, second;
    first.start(sim, client, backend);
    second.start(sim, client, next);
    for (const duration again : {5ms, 6ms, 9ms}) {
        sim.run_until(time_point{again});
        first.stop.emit(terminal);
    }
    CHECK(budget.balance(sim.now()) == 2); // two requests under way
    sim.run_until(time_point{15ms});
    CHECK(backend.cleaned == 1);
    CHECK(first.at == time_point{15ms});
    CHECK(next.started == 1); // the slot went on to who waited for it
    sim.run();
    CHECK(second.result.ok());
    CHECK(room.in_use() == 0);
    CHECK(budget.balance(sim.now()) == 0);
}

TEST_CASE("A reservation given up is returned: those behind it in a pipeline move up") {
    for (const bool deferred : {false, true}) {
        pipeline_world w;
        rate_limiter limiter({.permits = 1, .period = 10ms, .max_wait = 1s});
        pipeline client{&limiter};
        script backend({ok(), ok(), ok()});
        w.start(client, backend, {}, deferred);
        auto& gives_up = w.start(client, backend, {}, deferred);
        auto& next = w.start(client, backend, {}, deferred);
        w.cancel_at(5ms, gives_up);
        w.at(12ms, [&] { w.start(client, backend, {}, deferred); });
        w.sim.run();
        CHECK(gives_up.result.failed_with(failure_kind::cancelled));
        CHECK(next.result.ok());
        CHECK(next.at == time_point{10ms});
        CHECK(w.runs.back().at == time_point{20ms});
    }
}

TEST_CASE("A success after the timeout is kept, and marked as late") {
    sim::simulation sim;
    circuit_breaker breaker(calm, {});
    pipeline client{retry{}, &breaker, timeout{.per_attempt = 5ms}};
    decision_log log;
    client.observe(&log);
    slow_to_stop backend{.answer = done{}};
    one_call call;
    call.start(sim, client, backend);
    sim.run();
    CHECK(call.result.ok());
    CHECK(call.at == time_point{15ms});
    CHECK(backend.started == 1);
    CHECK(breaker.metrics(sim.now()).successful == 1);
    REQUIRE(log.events.size() == 3);
    CHECK_FALSE(log.events[0].late);
    CHECK(log.events[1].late);
    CHECK(log.lines[1] == "3 1 attempt_ended ok");
}
