// SPDX-License-Identifier: BSL-1.0
// A world that is taken down after any number of events, with work suspended everywhere that work
// can be suspended: nothing may leak, and nothing may touch what has gone. Half of the proof is
// AddressSanitizer's; the other half are guards that count.
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>
#include <vector>

#include "patterns/base/transport.hpp"
#include "patterns/resilience/pipeline.hpp"
#include "sim-core/engine/simulation.hpp"
#include "sim-core/engine/virtual_environment.hpp"
#include "support/coroutines.hpp"

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;
using namespace std::chrono_literals;
using namespace windtunnel;
using asio::use_awaitable;
using boost::system::error_code;

namespace {

/// Counts itself in something that must still be there when it goes.
struct guard {
    explicit guard(int& c) : count(c) { ++count; }
    ~guard() { --count; }
    guard(const guard&) = delete;
    guard& operator=(const guard&) = delete;
    int& count;
};

awaitable<void> nap(duration d) {
    auto executor = co_await asio::this_coro::executor;
    co_await async_sleep(executor, d, use_awaitable);
}

/// Answers after 3 ms; drops what it holds when it is taken down.
class slow_transport final : public transport {
  public:
    explicit slow_transport(sim::simulation& s) : sim_(s) {}
    void start(pending_call& call) override {
        auto* trip = new journey(call);
        call.state = trip;
        sim_.arm(*trip, sim_.now() + 3ms);
    }
    void cancel(pending_call& call) override {
        auto* trip = static_cast<journey*>(call.state);
        sim_.disarm(*trip);
        delete trip;
        call.complete(failure_kind::cancelled);
    }

  private:
    struct journey : timer {
        explicit journey(pending_call& c) : timer(&arrived, &lost), call(c) {}
        static void arrived(timer& t) {
            auto* self = static_cast<journey*>(&t);
            pending_call& call = self->call;
            delete self;
            call.complete(reply{});
        }
        static void lost(timer& t) {
            auto* self = static_cast<journey*>(&t);
            pending_call& call = self->call;
            delete self;
            call.drop();
        }
        pending_call& call;
    };
    sim::simulation& sim_;
};

class world {
  public:
    world() { start(); }
    ~world() {
        sim.halt();
        CHECK(guards == 0);
        CHECK(room_.in_use() == 0);
        CHECK(room_.queued() == 0);
    }
    world(const world&) = delete;
    world& operator=(const world&) = delete;

    sim::simulation sim;
    int guards = 0;

  private:
    template <class Body>
    void spawn(Body body) {
        test::spawn(sim, std::move(body));
    }

    void start() {
        sleeps();
        operators();
        channels_and_strands();
        for (int i = 0; i < 5; ++i)
            pipelines(i);
        cancelled_calls();
    }

    void sleeps() {
        spawn([this]() -> awaitable<void> {
            const guard g(guards);
            for (int i = 0; i < 4; ++i)
                co_await nap(2ms);
        });
        async_sleep(sim.get_executor(), 5ms, [g = std::make_unique<guard>(guards)](error_code) {});
    }

    void operators() {
        spawn([this]() -> awaitable<void> {
            const guard g(guards);
            for (int i = 0; i < 2; ++i) {
                co_await (guarded_nap(1ms) || guarded_nap(4ms));
                co_await (guarded_nap(3ms) && (guarded_nap(1ms) || guarded_nap(2ms)));
            }
        });
    }

    awaitable<void> guarded_nap(duration d) {
        const guard g(guards);
        co_await nap(d);
    }

    void channels_and_strands() {
        spawn([this]() -> awaitable<void> {
            const guard g(guards);
            for (int i = 0; i < 3; ++i)
                co_await pipe_.async_send(error_code{}, i, use_awaitable);
        });
        spawn([this]() -> awaitable<void> {
            const guard g(guards);
            for (int i = 0; i < 4; ++i) { // the fourth never comes
                co_await nap(3ms);
                co_await pipe_.async_receive(use_awaitable);
            }
        });
        asio::co_spawn(
            strand_,
            [this]() -> awaitable<void> {
                const guard g(guards);
                co_await nap(2ms);
                co_await asio::post(strand_, use_awaitable);
                co_await nap(2ms);
            },
            test::rethrow{});
    }

    /// The operation's guards count in the frame of whoever called execute.
    void pipelines(int i) {
        spawn([this, i]() -> awaitable<void> {
            int local = 0;
            const guard g(guards);
            call_context context;
            auto operation = [&](call_context&) -> awaitable<outcome<done>> {
                const guard inner(local);
                if (i % 2 == 0)
                    co_await nap(2ms * (i + 1));
                else
                    co_await never_.async_receive(use_awaitable);
                co_return failure_kind::error;
            };
            (void)co_await outer_.execute(context, operation);
            auto sent = [&](call_context& c) {
                return async_send(wire_, request{}, c, asio::deferred);
            };
            (void)co_await inner_.execute(context, sent);
            auto nested = [&](call_context& c) -> awaitable<outcome<done>> {
                const guard inner(local);
                co_return co_await inner_.execute(c, operation);
            };
            (void)co_await outer_.execute(context, nested);
        });
    }

    void cancelled_calls() {
        asio::co_spawn(
            sim.get_executor(),
            [this]() -> awaitable<void> {
                const guard g(guards);
                auto operation = [this](call_context&) -> awaitable<outcome<done>> {
                    const guard inner(guards);
                    co_await nap(1h);
                    co_return done{};
                };
                (void)co_await inner_.execute(call_context{}, operation);
            },
            asio::bind_cancellation_slot(stop_.slot(), asio::detached));
        spawn([this]() -> awaitable<void> {
            co_await nap(4ms);
            stop_.emit(asio::cancellation_type::terminal);
        });
    }

    asio::cancellation_signal stop_;
    retry_budget budget_{retry_budget_options{}};
    circuit_breaker breaker_{{.minimum_number_of_calls = 4, .wait_in_open = 10ms}, {}};
    bulkhead room_{{.max_concurrent = 2, .max_queue = 2, .max_wait = 5ms}};
    pipeline outer_{timeout{.total = 40ms},
                    retry{{.max_attempts = 3, .initial_backoff = 2ms}, &budget_}, &breaker_, &room_,
                    timeout{.per_attempt = 7ms}};
    pipeline inner_{timeout{.per_attempt = 9ms}, retry{{.max_attempts = 2}}};
    slow_transport wire_{sim};
    asio::experimental::channel<void(error_code, int)> pipe_{sim.get_executor(), 1};
    asio::experimental::channel<void(error_code, int)> never_{sim.get_executor(), 0};
    asio::strand<asio::any_io_executor> strand_{asio::any_io_executor(sim.get_executor())};
};

} // namespace

TEST_CASE("a simulation is taken down after any number of events without a leak") {
    std::size_t all = 0;
    {
        world whole;
        while (whole.sim.step())
            ++all;
    }
    CHECK(all > 90);
    for (std::size_t k = 0; k <= all; ++k) {
        INFO("after " << k << " events");
        world cut_short;
        for (std::size_t i = 0; i < k; ++i)
            REQUIRE(cut_short.sim.step());
    }
}

TEST_CASE("halt may be called twice, and before anything happened") {
    world one;
    one.sim.halt();
    CHECK(one.guards == 0);
    one.sim.halt();
    CHECK(one.sim.armed_timers() == 0);
    CHECK(one.sim.next_event_time() == never);
}

TEST_CASE("what is destroyed by halt is not run") {
    sim::simulation sim;
    bool ran = false;
    test::spawn(sim, [&]() -> awaitable<void> {
        co_await nap(1ms);
        ran = true;
    });
    asio::post(sim.get_executor(), [&] { ran = true; });
    sim.step();
    sim.halt();
    sim.run();
    CHECK_FALSE(ran);
}

TEST_CASE("a frame that is destroyed may post and arm: that is destroyed as well") {
    sim::simulation sim;
    int gone = 0;
    struct last_word {
        sim::simulation& sim;
        int& count;
        ~last_word() {
            asio::post(sim.get_executor(), [g = std::make_unique<int>(1)] {});
            async_sleep(sim.get_executor(), 1ms, [g = std::make_unique<int>(1)](error_code) {});
            ++count;
        }
    };
    test::spawn(sim, [&]() -> awaitable<void> {
        const last_word word{sim, gone};
        co_await nap(1h);
    });
    sim.run_until(time_point{1ms});
    sim.halt();
    CHECK(gone == 1);
    CHECK(sim.armed_timers() == 0);
}
