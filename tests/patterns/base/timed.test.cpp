// SPDX-License-Identifier: BSL-1.0
#include "patterns/base/timed.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>
#include <tuple>

#include "sim-core/engine/simulation.hpp"
#include "sim-core/engine/virtual_environment.hpp"
#include "support/coroutines.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace windtunnel;

namespace {

using timed_result = std::tuple<outcome<int>, cut_by>;

struct world {
    sim::simulation sim;
    environment& env = sim.environment();
    asio::cancellation_signal stop;

    /// Answers after d; `cancelled` when it is told to stop.
    auto answer(duration d, outcome<int> what) {
        return async_wait_until(env, env.now() + d, timer_class::event,
                                asio::deferred)(asio::deferred([what](bool elapsed) {
            return asio::deferred.values(elapsed ? what : outcome<int>(failure_kind::cancelled));
        }));
    }
    /// Answers after d, whatever it is told.
    auto deaf(duration d, outcome<int> what) {
        return asio::async_initiate<const asio::deferred_t, void(outcome<int>)>(
            [this, d, what](auto handler) {
                auto shared = std::make_shared<decltype(handler)>(std::move(handler));
                async_sleep(sim.get_executor(), d, [shared, what](boost::system::error_code) {
                    std::move (*shared)(what);
                });
            },
            asio::deferred);
    }

    template <class Op>
    timed_result run(time_point deadline, Op op) {
        timed_result seen;
        test::spawn(sim, stop, [&]() -> awaitable<void> {
            auto timed = async_timed<int>(env, deadline, std::move(op), asio::deferred);
            seen = co_await std::move(timed);
        });
        sim.run();
        return seen;
    }
    void cancel_at(duration d) {
        async_sleep(sim.get_executor(), d, [this](boost::system::error_code) {
            stop.emit(asio::cancellation_type::terminal);
        });
    }
};

/// A coroutine that answers as told, with how long it takes.
struct answering : runner_job {
    answering(duration d, bool h) : runner_job(&go), length(d), hears(h) {}
    duration length;
    bool hears;
    outcome<int> result{failure_kind::cancelled};

    static awaitable<void> go(runner_job& base) {
        auto& self = static_cast<answering&>(base);
        auto executor = co_await asio::this_coro::executor;
        if (!self.hears)
            co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        auto [error] =
            co_await async_sleep(executor, self.length, asio::as_tuple(asio::use_awaitable));
        if (!error)
            self.result = 42;
        if (!self.hears)
            co_await asio::this_coro::reset_cancellation_state(
                asio::enable_terminal_cancellation());
    }
};

std::pair<outcome<int>, cut_by> run_job(world& w, time_point deadline, duration length,
                                        bool hears = true) {
    std::pair<outcome<int>, cut_by> seen;
    test::spawn(w.sim, w.stop, [&, deadline, length, hears]() -> awaitable<void> {
        answering job{length, hears};
        w.env.runners().start(job);
        seen.second = co_await run_timed(job, w.env, deadline, asio::deferred);
        seen.first = job.result;
    });
    w.sim.run();
    return seen;
}

} // namespace

TEST_CASE("a timed operation: the answer decides") {
    world w;
    CHECK(w.run(time_point{2ms}, w.answer(1ms, 42)) == timed_result{42, cut_by::nobody});
    CHECK(w.sim.now() == time_point{1ms});
    CHECK(w.sim.armed_timers() == 0);
}

TEST_CASE("an answer at exactly the deadline is in time, whichever was armed first") {
    world w;
    CHECK(w.run(time_point{2ms}, w.answer(2ms, 42)) == timed_result{42, cut_by::nobody});
    world j;
    CHECK(run_job(j, time_point{2ms}, 2ms) == std::pair{outcome<int>(42), cut_by::nobody});
}

TEST_CASE("a fast error beats the timer") {
    world w;
    const outcome<int> refused = failure_kind::unavailable;
    CHECK(w.run(time_point{1h}, w.answer(1ms, refused)) == timed_result{refused, cut_by::nobody});
    CHECK(w.sim.now() == time_point{1ms});
}

TEST_CASE("at the deadline the operation is cancelled and joined") {
    world w;
    const outcome<int> cancelled = failure_kind::cancelled;
    CHECK(w.run(time_point{2ms}, w.answer(1h, 42)) == timed_result{cancelled, cut_by::deadline});
    CHECK(w.sim.now() == time_point{2ms});
    CHECK(w.sim.armed_timers() == 0);
    world j;
    CHECK(run_job(j, time_point{2ms}, 1h) == std::pair{cancelled, cut_by::deadline});
    CHECK(j.sim.now() == time_point{2ms});
}

TEST_CASE("a value of an operation that did not heed the deadline is kept") {
    world w;
    CHECK(w.run(time_point{2ms}, w.deaf(5ms, 42)) == timed_result{42, cut_by::deadline});
    CHECK(w.sim.now() == time_point{5ms});
    world j;
    CHECK(run_job(j, time_point{2ms}, 5ms, false) == std::pair{outcome<int>(42), cut_by::deadline});
}

TEST_CASE("the caller's cancellation is told from the deadline's") {
    const outcome<int> cancelled = failure_kind::cancelled;
    world w;
    w.cancel_at(1ms);
    CHECK(w.run(time_point{2ms}, w.answer(1h, 42)) == timed_result{cancelled, cut_by::caller});
    CHECK(w.sim.now() == time_point{1ms});
    world j;
    j.cancel_at(1ms);
    CHECK(run_job(j, time_point{2ms}, 1h) == std::pair{cancelled, cut_by::caller});
    CHECK(j.sim.now() == time_point{1ms});
}

TEST_CASE("who cut first is who cut") {
    world w;
    w.cancel_at(3ms);
    CHECK(w.run(time_point{2ms}, w.deaf(5ms, 42)) == timed_result{42, cut_by::deadline});
    world other;
    other.cancel_at(1ms);
    CHECK(other.run(time_point{2ms}, other.deaf(5ms, 42)) == timed_result{42, cut_by::caller});
}

TEST_CASE("a caller that gives up at the instant of the deadline comes first") {
    world w;
    w.cancel_at(2ms);
    const outcome<int> cancelled = failure_kind::cancelled;
    CHECK(w.run(time_point{2ms}, w.answer(1h, 42)) == timed_result{cancelled, cut_by::caller});
}

TEST_CASE("without a deadline nothing is armed for one") {
    world w;
    async_sleep(w.sim.get_executor(), 500us,
                [&](boost::system::error_code) { CHECK(w.sim.armed_timers() == 1); });
    CHECK(w.run(never, w.answer(1ms, 42)) == timed_result{42, cut_by::nobody});
}

TEST_CASE("timed operations nest: the inner deadline is the inner one's affair") {
    for (const bool inner_first : {true, false}) {
        world w;
        timed_result inner_seen, outer_seen;
        const auto inner_deadline = time_point{inner_first ? 2ms : 4ms};
        auto inner = async_timed<int>(w.env, inner_deadline, w.answer(1h, 42), asio::deferred)(
            asio::deferred([&](outcome<int> result, cut_by who) {
                inner_seen = {result, who};
                return asio::deferred.values(result);
            }));
        outer_seen = w.run(time_point{3ms}, std::move(inner));
        CHECK(w.sim.now() == std::min(inner_deadline, time_point{3ms}));
        CHECK(std::get<1>(inner_seen) == (inner_first ? cut_by::deadline : cut_by::caller));
        CHECK(std::get<1>(outer_seen) == (inner_first ? cut_by::nobody : cut_by::deadline));
    }
}

TEST_CASE("a cancellation that the operation itself brings about while it starts is not lost") {
    world w;
    auto suicidal = asio::async_initiate<const asio::deferred_t, void(outcome<int>)>(
        [&w](auto handler) {
            w.stop.emit(asio::cancellation_type::terminal);
            w.answer(1h, 42)(std::move(handler));
        },
        asio::deferred);
    const outcome<int> cancelled = failure_kind::cancelled;
    CHECK(w.run(time_point{10ms}, std::move(suicidal)) == timed_result{cancelled, cut_by::caller});
    CHECK(w.sim.now() == time_point{});
}

TEST_CASE("an operation that lets go of its handler takes the timed one with it") {
    world w;
    auto forgetful = asio::async_initiate<const asio::deferred_t, void(outcome<int>)>(
        [](auto handler) { [[maybe_unused]] auto gone = std::move(handler); }, asio::deferred);
    bool reached = false;
    test::spawn(w.sim, [&]() -> awaitable<void> {
        auto timed = async_timed<int>(w.env, time_point{1h}, std::move(forgetful), asio::deferred);
        [[maybe_unused]] timed_result seen = co_await std::move(timed);
        reached = true;
    });
    w.sim.run();
    CHECK_FALSE(reached);
    CHECK(w.sim.armed_timers() == 0);
    CHECK(w.sim.now() == time_point{});
}
