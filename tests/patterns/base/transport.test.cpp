// SPDX-License-Identifier: BSL-1.0
#include "patterns/base/transport.hpp"

#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>

#include "patterns/base/runner.hpp"
#include "patterns/base/timed.hpp"
#include "sim-core/engine/simulation.hpp"
#include "sim-core/engine/virtual_environment.hpp"
#include "support/coroutines.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace windtunnel;

namespace {

/// Holds the one call it is given, for the test to answer.
struct held_transport final : transport {
    void start(pending_call& call) override { held = &call; }
    void cancel(pending_call& call) override {
        ++cancels;
        CHECK(&call == held);
        if (heeds)
            answer(failure_kind::cancelled);
    }
    void answer(outcome<reply> o) { std::exchange(held, nullptr)->complete(std::move(o)); }
    ~held_transport() override {
        if (held != nullptr)
            held->drop();
    }
    pending_call* held = nullptr;
    int cancels = 0;
    bool heeds = true;
};

struct world {
    sim::simulation sim;
    held_transport wire;
    asio::cancellation_signal stop;
    outcome<reply> seen = failure_kind::error;
    bool ended = false;

    call_context context() {
        call_context c;
        c.environment = &sim.environment();
        c.attempt = 7;
        return c;
    }
    void send() {
        test::spawn(sim, stop, [this]() -> awaitable<void> {
            auto sending = make(); // its arguments are gone when it starts
            seen = co_await std::move(sending);
            ended = true;
        });
        sim.run_until(sim.now());
    }
    void cancel() {
        asio::post(sim.get_executor(), [this] {
            stop.emit(asio::cancellation_type::terminal);
            CHECK_FALSE(ended);
        });
        sim.run();
    }
    auto make() -> decltype(async_send(wire, request{}, call_context{}, asio::deferred)) {
        const auto text = std::make_shared<const std::string>("a body that is long enough");
        const request what{"GET /details", {text->size(), text}};
        const call_context c = context();
        return async_send(wire, what, c, asio::deferred);
    }
    ~world() { sim.halt(); }
};

} // namespace

TEST_CASE("a deferred send owns what it sends") {
    world w;
    w.send();
    REQUIRE(w.wire.held != nullptr);
    CHECK(w.wire.held->what.operation == "GET /details");
    CHECK(*w.wire.held->what.body.bytes == "a body that is long enough");
    CHECK(w.wire.held->context.attempt == 7);
    w.wire.answer(reply{.body = {3, nullptr}, .degraded = true});
    CHECK(w.ended);
    CHECK(w.seen.value() == reply{.body = {3, nullptr}, .degraded = true});
}

TEST_CASE("a cancelled send ends as cancelled, after the emission") {
    world w;
    w.send();
    w.cancel();
    CHECK(w.wire.cancels == 1);
    CHECK(w.wire.held == nullptr);
    CHECK(w.ended);
    CHECK(w.seen.failed_with(failure_kind::cancelled));
}

TEST_CASE("a transport may finish its call although the caller gave up") {
    world w;
    w.wire.heeds = false;
    w.send();
    w.cancel();
    CHECK(w.wire.cancels == 1);
    CHECK_FALSE(w.ended);
    w.wire.answer(reply{});
    w.sim.run();
    CHECK(w.ended);
    CHECK(w.seen.ok());
}

TEST_CASE("a dropped call destroys who waits for it") {
    world w;
    w.send();
    std::exchange(w.wire.held, nullptr)->drop();
    w.sim.run();
    CHECK_FALSE(w.ended);
}

TEST_CASE("a send with a deadline is cut at it") {
    world w;
    std::tuple<outcome<reply>, cut_by> seen;
    test::spawn(w.sim, [&]() -> awaitable<void> {
        auto timed =
            async_timed<reply>(w.sim.environment(), time_point{5ms}, w.make(), asio::deferred);
        seen = co_await std::move(timed);
    });
    w.sim.run();
    CHECK(std::get<0>(seen).failed_with(failure_kind::cancelled));
    CHECK(std::get<1>(seen) == cut_by::deadline);
    CHECK(w.sim.now() == time_point{5ms});
}
