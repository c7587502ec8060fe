// SPDX-License-Identifier: BSL-1.0
// The policies of this library at work between real sockets in real time. Where a test waits for an
// effect it asks for it again and again; none trusts that something happens within some time.
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include "http_world.hpp"

using namespace std::chrono_literals;
using namespace windtunnel;
using namespace windtunnel::test;

namespace {

/// GCC 12 takes no designated initialisers of such in an awaited expression, so all are made here.
examples::catalogue_client_options impatient() {
    examples::catalogue_client_options o;
    o.orders.attempt_timeout = 30ms;
    o.orders.retry.max_attempts = 1;
    o.orders.breaker.sliding_window_type = sliding_window_type::count;
    o.orders.breaker.sliding_window_size = 4;
    o.orders.breaker.minimum_number_of_calls = 4;
    o.orders.breaker.wait_in_open = o.orders.breaker.max_wait_in_open = 1h;
    return o;
}

examples::catalogue_client_options hedged() {
    examples::catalogue_client_options o;
    o.items.hedge.delay_from = hedge_delay::fixed;
    o.items.hedge.delay = 20ms;
    o.items.attempt_timeout = o.items.total_timeout = 50s;
    o.items.budget.kind = retry_budget_kind::concurrent;
    return o;
}

std::string text(const outcome<reply>& answer) {
    return answer.ok() ? *answer.value().body.bytes : std::string(to_string(answer.failed().kind));
}

} // namespace

TEST_CASE("Live, requests are answered over one connection that is kept") {
    http_world w;
    w.run([&]() -> awaitable<void> {
        for (const char* id : {"7", "8", "9"}) {
            auto asking = w.client.item(id);
            const outcome<reply> answer = co_await std::move(asking);
            CHECK(text(answer) == std::string(R"({"item":")") + id + R"("})");
        }
        auto ordering = w.client.order(R"({"item":"7"})");
        const outcome<reply> order = co_await std::move(ordering);
        CHECK(text(order) == R"({"order":1})");
        CHECK(w.to.opened() == 1);
        CHECK(w.to.idle() == 1);
    });
    CHECK(w.drained);
}

TEST_CASE("Live, a slow server trips the breaker, which then refuses without asking it") {
    http_world w({}, impatient());
    w.service.work_for([](const http_request&) -> duration { return 1h; });
    w.run([&]() -> awaitable<void> {
        for (int i = 0; i < 4; ++i) {
            auto ordering = w.client.order("{}");
            const outcome<reply> order = co_await std::move(ordering);
            CHECK(order.failed_with(failure_kind::timed_out));
        }
        CHECK(w.client.orders().breaker().state(w.env().now()) == breaker_state::open);
        const auto opened = w.to.opened();
        auto ordering = w.client.order("{}");
        const outcome<reply> order = co_await std::move(ordering);
        CHECK(order.failed_with(failure_kind::breaker_open));
        CHECK(w.to.opened() == opened);
        while (w.service.http().under_way() > 0) { // timed out here: cancelled there
            auto napping = w.nap(2ms);
            co_await std::move(napping);
        }
    });
    CHECK(w.service.orders() == 0);
}

TEST_CASE("Live, a cancelled call frees its permit at the client and at the server") {
    http_world w;
    w.service.work_for([](const http_request&) -> duration { return 1h; });
    boost::asio::cancellation_signal stop;
    outcome<reply> answer;
    spawn(w.io, stop, [&]() -> awaitable<void> {
        auto ordering = w.client.order("{}");
        answer = co_await std::move(ordering);
    });
    w.run([&]() -> awaitable<void> {
        auto& door = w.service.http().door().queue();
        while (door.in_flight() == 0) {
            auto napping = w.nap(2ms);
            co_await std::move(napping);
        }
        CHECK(w.client.orders().bulkhead().in_use() == 1);
        stop.emit(boost::asio::cancellation_type::terminal);
        while (door.in_flight() > 0 || w.client.orders().bulkhead().in_use() > 0) {
            auto napping = w.nap(2ms);
            co_await std::move(napping);
        }
    });
    CHECK(answer.failed_with(failure_kind::cancelled));
    CHECK(w.drained);
}

TEST_CASE("Live, a hedge wins while the first attempt hangs, and the loser is cancelled") {
    http_world w({}, hedged());
    int asked = 0;
    w.service.work_for([&](const http_request&) -> duration { return ++asked == 1 ? 1h : 1ms; });
    w.run([&]() -> awaitable<void> {
        auto asking = w.client.item("7");
        const outcome<reply> answer = co_await std::move(asking);
        CHECK(text(answer) == R"({"item":"7"})");
    });
    CHECK(asked == 2);
    CHECK(w.drained); // within its grace: the loser did not go on for its hour
}

TEST_CASE("Live, a server that has too much to do refuses, and says when to come again") {
    examples::catalogue_options small;
    small.door.queue.max_queue = 0;
    small.door.limit = {.initial_limit = 1, .min_limit = 1, .max_limit = 1};
    small.door.retry_after = 1500ms;
    http_world w(small);
    w.service.work_for(
        [](const http_request& r) -> duration { return r.path() == "/items/1" ? 1h : 1ms; });
    boost::asio::cancellation_signal stop;
    spawn(w.io, stop, [&]() -> awaitable<void> {
        auto asking = w.ask("GET /items/1");
        co_await std::move(asking);
    });
    w.run([&]() -> awaitable<void> {
        while (w.service.http().under_way() == 0) {
            auto napping = w.nap(2ms);
            co_await std::move(napping);
        }
        auto asking = w.ask("GET /items/2");
        const outcome<reply> answer = co_await std::move(asking);
        REQUIRE(answer.failed_with(failure_kind::overloaded));
        CHECK(answer.failed().status == 503);
        CHECK(answer.failed().not_processed);
        CHECK(answer.failed().retry_after == 2s); // whole seconds, rounded up
        stop.emit(boost::asio::cancellation_type::terminal);
    });
}

TEST_CASE("Live, the deadline travels: an order that cannot be done in time is refused at once") {
    examples::catalogue_options slow;
    slow.order_work = 1h;
    http_world w(slow);
    w.run([&]() -> awaitable<void> {
        call_context context;
        context.deadline = w.env().now() + 10s;
        auto ordering = w.ask("POST /orders", context);
        const outcome<reply> order = co_await std::move(ordering);
        REQUIRE(order.failed_with(failure_kind::error));
        CHECK(order.failed().status == 504);
        CHECK(order.failed().not_processed);
    });
}

TEST_CASE("Live, health answers 200 or 503 with its checks, past a door that is shut") {
    bool disk = true;
    examples::catalogue_options full;
    full.door.queue.max_queue = 0;
    http_world w(full);
    w.service.http().live().add("disk", [&] { return disk; });
    w.run([&]() -> awaitable<void> {
        std::vector<server_admission::permit> held;
        call_context context;
        context.environment = &w.env();
        while (w.service.http().door().queue().in_flight() <
               w.service.http().door().queue().limit()) {
            held.emplace_back();
            (void)w.service.http().door().queue().arrive(w.env().now(), never, held.back());
        }
        auto asking = w.ask("GET /health/live");
        const outcome<reply> live = co_await std::move(asking);
        CHECK(text(live) == R"({"status":"UP","checks":[{"name":"disk","status":"UP"}]})");
        asking = w.ask("GET /health/ready");
        const outcome<reply> ready = co_await std::move(asking);
        CHECK(text(ready) == R"({"status":"UP","checks":[{"name":"accepting","status":"UP"},)"
                             R"({"name":"catalogue_loaded","status":"UP"}]})");
        disk = false;
        w.service.loaded(false);
        for (const char* which : {"GET /health/live", "GET /health/ready"}) {
            auto asked = w.ask(which);
            const outcome<reply> down = co_await std::move(asked);
            CHECK(down.failed_with(failure_kind::overloaded));
            CHECK((!down.ok() && down.failed().status == 503));
        }
    });
}

TEST_CASE("Live, what is not there is 404, another method 405, and work that throws 500") {
    http_world w;
    w.service.http().route("GET /broken",
                           [](const http_request&, call_context&) -> awaitable<outcome<reply>> {
                               throw std::runtime_error("broken");
                               co_return reply{};
                           });
    w.run([&]() -> awaitable<void> {
        const std::vector<std::pair<std::string, int>> expected{{"GET /nowhere", 404},
                                                                {"GET /items", 404},
                                                                {"GET /items/", 404},
                                                                {"DELETE /items/7", 405},
                                                                {"GET /broken", 500}};
        for (const auto& [operation, status] : expected) {
            INFO(operation);
            auto asking = w.ask(operation);
            const outcome<reply> answer = co_await std::move(asking);
            REQUIRE(answer.failed_with(failure_kind::error));
            CHECK(answer.failed().status == status);
        }
    });
}

TEST_CASE("Live, nobody there is unavailable, and certainly not processed") {
    http_world w;
    w.run([&]() -> awaitable<void> {
        auto draining = w.drain();
        co_await std::move(draining);
        auto asking = w.ask("GET /items/7");
        const outcome<reply> answer = co_await std::move(asking);
        REQUIRE(answer.failed_with(failure_kind::unavailable));
        CHECK(answer.failed().not_processed);
    });
}
