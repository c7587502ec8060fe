// SPDX-License-Identifier: BSL-1.0
// The relay's coroutine in virtual time, and the same live.
#include "patterns/consistency/outbox_driver.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>
#include <vector>

#include "patterns/consistency/memory_storage.hpp"
#include "sim-core/engine/simulation.hpp"
#include "support/coroutines.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace windtunnel;
using Catch::Matchers::Contains;

namespace {

struct world {
    memory_storage storage;
    outbox box{storage, {.lease = 30s, .initial_backoff = 1s, .jitter = 0}};
    outbox_relay relay{box};
    std::string published; ///< ids, with when

    void add(const std::string& id, const std::string& key) {
        const auto t = storage.begin();
        box.add(*t, {.id = id, .key = key});
        t->commit();
    }
};

} // namespace

TEST_CASE("A relay publishes in order, backs off, and sees what is added later") {
    sim::simulation sim;
    world w;
    int failures = 1;
    asio::cancellation_signal stop;
    w.add("1", "a");
    w.add("2", "a");
    const auto publish = [&](const outbox_message& m) -> asio::awaitable<outcome<done>> {
        auto executor = co_await asio::this_coro::executor;
        co_await async_sleep(executor, 100ms, asio::use_awaitable);
        if (m.id == "2" && failures-- > 0)
            co_return outcome<done>{failure_kind::unavailable};
        w.published += m.id + "@" + std::to_string(sim.now().time_since_epoch() / 1ms) + " ";
        co_return outcome<done>{done{}};
    };
    const auto relay = [&]() -> asio::awaitable<void> {
        co_await run_outbox_relay(w.relay, publish);
    };
    test::spawn(sim, stop, relay);
    sim.run_until(time_point{5s});
    CHECK(w.published == "1@100 2@1300 "); // 200 ms, a second of back-off, 100 ms
    w.add("3", "a");
    sim.run_until(time_point{6s});
    CHECK(w.box.pending(10) == 0); // found by polling
    CHECK(w.relay.metrics().failed == 1);
    stop.emit(asio::cancellation_type::terminal);
    sim.run_until(time_point{7s});
    w.add("4", "a");
    sim.run_until(time_point{60s});
    CHECK(w.box.pending(10) == 1); // nobody is there any more
    sim.halt();
}

TEST_CASE("A storage that is busy is waited for, before a message and after it") {
    sim::simulation sim;
    world w;
    w.add("1", "a");
    auto other = w.storage.begin();
    const auto publish = [&](const outbox_message&) -> asio::awaitable<outcome<done>> {
        other = w.storage.begin();
        co_return outcome<done>{done{}};
    };
    const auto relay = [&]() -> asio::awaitable<void> {
        co_await run_outbox_relay(w.relay, publish);
    };
    test::spawn(sim, relay);
    sim.run_until(time_point{1s});
    CHECK(w.relay.metrics().published == 0);
    other.reset();
    sim.run_until(time_point{2s});
    CHECK(w.relay.metrics().published == 0);
    other.reset();
    sim.run_until(time_point{3s});
    CHECK(w.relay.metrics().published == 1);
    sim.halt();
}

TEST_CASE("Publishing that was cancelled marks nothing: the lease gives the message back") {
    sim::simulation sim;
    world w;
    w.add("1", "a");
    const auto publish = [&](const outbox_message&) -> asio::awaitable<outcome<done>> {
        co_return outcome<done>{failure_kind::shut_down};
    };
    const auto relay = [&]() -> asio::awaitable<void> {
        co_await run_outbox_relay(w.relay, publish, {.epoch = 24h});
    };
    test::run(sim, relay);
    CHECK(w.box.next_event() == time_point{24h + 30s}); // in time that goes on after a restart
    CHECK(w.box.pending(10) == 1);
}

TEST_CASE("The same relay runs live") {
    asio::io_context io;
    world w;
    asio::cancellation_signal stop;
    for (int i = 0; i < 20; ++i)
        w.add(std::to_string(i), i % 2 == 0 ? "even" : "odd");
    int count = 0;
    const auto publish = [&](const outbox_message&) -> asio::awaitable<outcome<done>> {
        auto executor = co_await asio::this_coro::executor;
        co_await async_sleep(executor, 100us, asio::use_awaitable);
        if (++count == 20)
            async_sleep(executor, 5ms, [&](boost::system::error_code) {
                stop.emit(asio::cancellation_type::terminal);
            });
        co_return outcome<done>{done{}};
    };
    const auto relay = [&]() -> asio::awaitable<void> {
        co_await run_outbox_relay(w.relay, publish);
    };
    test::spawn(io, stop, relay);
    io.run_for(20s);
    CHECK(count == 20);
    CHECK(w.box.pending(100) == 0);
}

TEST_CASE("The relay's coroutine refuses options that make no sense, by name") {
    CHECK_THROWS_WITH((outbox_drive_options{.poll = 0s}.validate()),
                      Contains("outbox_drive: poll"));
    CHECK_THROWS_WITH((outbox_drive_options{.busy_wait = 0s}.validate()), Contains("busy_wait"));
}
