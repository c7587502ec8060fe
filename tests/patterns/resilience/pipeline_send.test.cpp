// SPDX-License-Identifier: BSL-1.0
// The same call three ways: through pipeline::execute with a coroutine, with a deferred send, and
// as the one operation of pipeline_send.hpp. Whatever the backend does and whenever the caller
// gives up, the decisions, their instants and the answers are the same.
#include "patterns/resilience/pipeline_send.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>
#include <deque>
#include <memory>
#include <rapidcheck.h>

#include "pipeline_script.hpp"
#include "scripted_transport.hpp"
#include "sim-core/engine/simulation.hpp"
#include "sim-core/engine/virtual_environment.hpp"
#include "single_send.hpp"
#include "support/coroutines.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace windtunnel;
using namespace windtunnel::test;

namespace {

enum class way { coroutine, deferred, one_operation };

struct plan {
    std::vector<script_step> steps;
    std::vector<duration> callers; ///< when each comes
    std::vector<duration> give_up; ///< when each gives up
    duration deadline{};
    retry_options retries;
    bool budgeted = false;
    int policies = 0; ///< which order
};

/// The policies of every kind, and the orders in which they are tried.
struct guards {
    explicit guards(const plan& p)
        : again{p.retries, p.budgeted ? &budget : nullptr}, rationed{&latencies, p.budgeted
                                                                                     ? &budget
                                                                                     : nullptr} {}

    retry_budget budget{{.ratio = 0, .min_per_second = 0.3, .ttl = 10s}};
    circuit_breaker breaker{{.sliding_window_type = sliding_window_type::count,
                             .sliding_window_size = 4,
                             .minimum_number_of_calls = 3,
                             .wait_in_open = 40ms,
                             .wait_jitter = 0,
                             .permitted_calls_in_half_open = 1},
                            {}};
    bulkhead room{{.max_concurrent = 1, .max_queue = 1, .max_wait = 15ms}};
    hedge latencies{{.max_attempts = 3, .delay_from = hedge_delay::fixed, .delay = 4'111'013ns}};
    rate_limiter limiter{{.permits = 1, .period = 7'013'011ns, .max_wait = 9ms}};
    adaptive_limiter adaptive{{.initial_limit = 2, .min_limit = 1, .max_limit = 3}};
    client_throttle throttle{{.window = 60ms, .k = 1}};
    timeout total{.total = 90ms}, attempt{.per_attempt = 20ms};
    fallback lesser{{}, {}};
    retry again;
    hedging rationed;

    std::array<std::vector<policy>, 11> orders() {
        return {{{},
                 {total, again, attempt},
                 {total, again, &breaker, &room, attempt},
                 {&room, again, attempt, &breaker},
                 {&breaker, attempt, &room, again},
                 {rationed},
                 {total, rationed, &breaker, &room, attempt},
                 {attempt, again, rationed, &breaker},
                 {lesser, total, again, &limiter, attempt},
                 {total, again, &throttle, &adaptive, attempt},
                 {lesser, &limiter, rationed, &adaptive}}};
    }
};

/// Everything that was decided, with its instants.
std::vector<std::string> decisions(const plan& p, way how) {
    sim::simulation sim;
    scripted_transport wire(sim, p.steps);
    guards with(p);
    pipeline client(with.orders().at(static_cast<std::size_t>(p.policies)));
    decision_log log;
    client.observe(&log);
    std::vector<std::string> answers;
    std::deque<asio::cancellation_signal> stops(p.callers.size());
    const request what{"GET /", {}};

    for (std::size_t i = 0; i < p.callers.size(); ++i) {
        test::spawn(sim, stops[i], [&, i]() -> awaitable<void> {
            co_await async_sleep(sim.get_executor(), p.callers[i], asio::use_awaitable);
            call_context context;
            context.environment = &sim.environment();
            context.deadline = sim.now() + p.deadline;
            outcome<reply> result;
            auto coroutine = [&](call_context& c) -> awaitable<outcome<reply>> {
                auto sending = async_send(wire, what, c, asio::deferred);
                co_return co_await std::move(sending);
            };
            auto lesser_answer = [](const failure&) -> outcome<reply> { return reply{}; };
            auto deferred = [&](call_context& c) {
                return async_send(wire, what, c, asio::deferred);
            };
            if (how == way::coroutine) {
                result = co_await client.execute(context, coroutine, lesser_answer);
            } else if (how == way::deferred) {
                result = co_await client.execute(context, deferred, lesser_answer);
            } else {
                auto sending = async_send(client, wire, request{what}, context, asio::deferred);
                std::tuple<outcome<reply>, std::uint32_t> both = co_await std::move(sending);
                result = std::get<0>(both);
            }
            answers.push_back(std::to_string(i) + " at " +
                              std::to_string(sim.now().time_since_epoch().count()) + ": " +
                              (result.ok() ? result.value().degraded ? "degraded" : "ok"
                                           : std::string(to_string(result.failed().kind))));
        });
        async_sleep(sim.get_executor(), p.give_up[i], [&, i](boost::system::error_code) {
            stops[i].emit(asio::cancellation_type::terminal);
        });
    }
    sim.run();
    for (std::size_t i = 0; i < log.lines.size(); ++i)
        answers.push_back(std::to_string(log.events[i].at.time_since_epoch().count()) + " " +
                          log.lines[i]);
    if (client.hedged().how != nullptr) // whose turn is first within an instant may differ
        std::sort(answers.begin(), answers.end());
    answers.push_back("in use " + std::to_string(with.room.in_use()));
    return answers;
}

/// Times that are apart: at one instant the three ways may differ in whose turn is first.
duration odd_time(int most) {
    return std::chrono::microseconds{*rc::gen::inRange(1, most * 1000)} +
           duration{*rc::gen::inRange(0, 1000)};
}

plan any_plan() {
    plan p;
    const int steps = *rc::gen::inRange(1, 8);
    for (int i = 0; i < steps; ++i)
        p.steps.push_back(
            {.after = odd_time(*rc::gen::element(3, 30)),
             .result = *rc::gen::element(outcome<done>(done{}), outcome<done>(failure_kind::error),
                                         outcome<done>(failure_kind::overloaded),
                                         outcome<done>(failure_kind::unavailable),
                                         outcome<done>(failure_kind::deadline_exceeded),
                                         outcome<done>(failure_kind::cancelled)),
             .stubborn = *rc::gen::inRange(0, 5) == 0});
    const int callers = *rc::gen::inRange(1, 5);
    for (int i = 0; i < callers; ++i) {
        p.callers.push_back(odd_time(40));
        p.give_up.push_back(p.callers.back() + odd_time(*rc::gen::element(40, 100'000)));
    }
    p.deadline = odd_time(*rc::gen::element(20, 10'000));
    p.retries = {.max_attempts = *rc::gen::inRange(1, 5),
                 .initial_backoff = *rc::gen::element(duration{0}, duration{3'111'017}),
                 .jitter = jitter_kind::none,
                 .transparent_retry = *rc::gen::arbitrary<bool>()};
    p.budgeted = *rc::gen::arbitrary<bool>();
    p.policies = *rc::gen::inRange(0, 11);
    return p;
}

} // namespace

TEST_CASE("three ways to make a call, and the decisions are the same at the same instants") {
    CHECK(rc::check([] {
        const plan p = any_plan();
        const auto expected = decisions(p, way::coroutine);
        RC_ASSERT(expected.back() == "in use 0");
        RC_ASSERT(decisions(p, way::deferred) == expected);
        RC_ASSERT(decisions(p, way::one_operation) == expected);
    }));
}

namespace {

/// Emits when it sees an event of the kind.
struct emitting final : pipeline_observer {
    emitting(pipeline_event::kind k, asio::cancellation_signal& s) : kind(k), stop(s) {}
    void on_event(const pipeline_event& e) override {
        if (e.what == kind)
            stop.emit(asio::cancellation_type::terminal);
    }
    pipeline_event::kind kind;
    asio::cancellation_signal& stop;
};

} // namespace

TEST_CASE("a send through a pipeline counts the attempts that left") {
    circuit_breaker open({.initial_state = breaker_state::forced_open}, {});
    pipeline two{retry{{.max_attempts = 2, .jitter = jitter_kind::none}}}, none{&open};
    single s({fails(failure_kind::error, 1ms), ok(1ms)});
    s.send(two);
    s.sim.run();
    CHECK(std::get<0>(s.seen).ok());
    CHECK(std::get<1>(s.seen) == 2);
    s.send(none);
    s.sim.run();
    CHECK(std::get<0>(s.seen).failed_with(failure_kind::breaker_open));
    CHECK(std::get<1>(s.seen) == 0);
}

TEST_CASE("a hedged send counts every attempt that left, and the first good answer is its own") {
    hedge latencies({.max_attempts = 3, .delay_from = hedge_delay::fixed, .delay = 2ms});
    pipeline client{hedging{&latencies}};
    single s({hangs(), fails(failure_kind::error, 1ms), ok(4ms)});
    s.send(client);
    s.sim.run();
    CHECK(std::get<0>(s.seen).ok());
    CHECK(std::get<1>(s.seen) == 3);
    CHECK(s.sim.now() == time_point{7ms}); // the third was launched as the second failed, at 3 ms
    CHECK(latencies.metrics().won == 1);
    CHECK(s.sim.armed_timers() == 0);
}

TEST_CASE("a send that is cancelled while it is being decided ends by value") {
    using kind = pipeline_event::kind;
    for (const kind when : {kind::attempt_started, kind::attempt_ended, kind::retrying,
                            kind::waiting, kind::rejected, kind::ended}) {
        INFO(to_string(when));
        bulkhead room({.max_concurrent = 1, .max_queue = 1, .max_wait = 5ms});
        pipeline client{retry{{.max_attempts = 3, .jitter = jitter_kind::none}}, &room,
                        timeout{.per_attempt = 20ms}};
        single s({fails(failure_kind::error, 1ms)});
        auto taken = when == kind::waiting || when == kind::rejected ? room.try_acquire()
                                                                     : bulkhead::permit{};
        emitting observer(when, s.stop);
        client.observe(&observer);
        s.send(client);
        s.sim.run();
        CHECK(s.ended);
        CHECK_FALSE(std::get<0>(s.seen).ok());
        CHECK(s.sim.now() < time_point{1s});
        taken.release();
        CHECK(room.in_use() == 0);
        CHECK(s.sim.armed_timers() == 0);
    }
}

TEST_CASE("a simulation with sends through pipelines is taken down after any number of events") {
    for (std::size_t k = 0; k < 120; ++k) {
        bulkhead room({.max_concurrent = 1, .max_queue = 3, .max_wait = 5ms});
        circuit_breaker breaker({.minimum_number_of_calls = 3, .wait_in_open = 5ms}, {});
        hedge latencies({.delay_from = hedge_delay::fixed, .delay = 1ms});
        const retry again{{.max_attempts = 3, .initial_backoff = 2ms}};
        const timeout total{.total = 40ms}, attempt{.per_attempt = 4ms};
        pipeline plain{total, again, &breaker, &room, attempt};
        pipeline hedged{total, again, hedging{&latencies}, &breaker, &room, attempt};
        pipeline& client = k % 2 == 0 ? plain : hedged;
        single s({fails(failure_kind::error, 1ms), hangs(), ok(1ms), ok(3ms)});
        std::array<asio::cancellation_signal, 5> signals;
        for (auto& signal : signals)
            s.send(client, signal);
        for (std::size_t i = 0; i < k / 2 && s.sim.step(); ++i) {
        }
        s.sim.halt();
        CHECK(room.in_use() == 0);
        CHECK(room.queued() == 0);
    }
}

TEST_CASE("who cut a send first is who cut it, however late the transport answers") {
    for (const duration when : {5ms, 15ms}) {
        pipeline client{timeout{.per_attempt = 10ms}};
        single s({{.after = 30ms, .result = failure_kind::cancelled, .stubborn = true}});
        s.send(client);
        async_sleep(s.sim.get_executor(), when, [&](boost::system::error_code) {
            s.stop.emit(asio::cancellation_type::terminal);
        });
        s.sim.run();
        CHECK(std::get<0>(s.seen).failed_with(when < 10ms ? failure_kind::cancelled
                                                          : failure_kind::timed_out));
        CHECK(s.sim.now() == time_point{30ms});
    }
}

TEST_CASE("a cancelled send through a pipeline completes after the emission, not in it") {
    bulkhead room({.max_concurrent = 1, .max_queue = 1, .max_wait = 1h});
    pipeline sending{}, waiting{&room}, sleeping{retry{{.initial_backoff = 1s}}};
    for (pipeline* client : {&sending, &waiting, &sleeping}) {
        auto taken = room.try_acquire();
        single s({fails(failure_kind::error, client == &sleeping ? 1ms : 1h)});
        s.send(*client);
        async_sleep(s.sim.get_executor(), 5ms, [&](boost::system::error_code) {
            s.stop.emit(asio::cancellation_type::terminal);
            CHECK_FALSE(s.ended);
        });
        s.sim.run();
        CHECK(s.ended);
        CHECK(std::get<0>(s.seen).failed_with(failure_kind::cancelled));
        CHECK(s.sim.now() == time_point{5ms});
    }
}
