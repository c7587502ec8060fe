// SPDX-License-Identifier: BSL-1.0
// The end of a server: nothing is lost that can be ended, and no coroutine is left behind.
#include <optional>
#include <vector>

#include "http_world.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace windtunnel;
using namespace windtunnel::test;

TEST_CASE("A server that drains ends what is under way, closes what is idle, and takes no more") {
    http_world w;
    w.service.work_for(
        [](const http_request& r) -> duration { return r.path() == "/items/slow" ? 400ms : 1ms; });
    std::vector<std::string> seen;
    const auto ask = [&](std::string id) -> awaitable<void> {
        auto asking = w.ask("GET /items/" + id);
        const outcome<reply> answer = co_await std::move(asking);
        seen.push_back(id + (answer.ok() ? " ok" : " failed"));
    };
    w.run([&]() -> awaitable<void> {
        auto first = ask("first");
        co_await std::move(first);
        CHECK(w.server.connections() == 1); // kept, idle
        for (int i = 0; i < 3; ++i)
            asio::co_spawn(w.io, ask("slow"), rethrow{});
        while (w.service.http().under_way() < 3) {
            auto napping = w.nap(1ms);
            co_await std::move(napping);
        }
        CHECK(w.server.connections() == 3);
        auto draining = w.drain();
        const bool clean = co_await std::move(draining);
        CHECK(clean);
        CHECK(w.server.connections() == 0);
        auto late = ask("late");
        co_await std::move(late);
    });
    CHECK(seen ==
          std::vector<std::string>{"first ok", "slow ok", "slow ok", "slow ok", "late failed"});
}

TEST_CASE("A server that drains says that it is not ready while it still serves") {
    http_world w;
    bool drained = false;
    w.run([&]() -> awaitable<void> {
        spawn(w.io, [&]() -> awaitable<void> {
            auto draining = w.server.drain(1s, 10s);
            drained = co_await std::move(draining);
        });
        auto turn = w.nap(0ms);
        co_await std::move(turn);
        auto asking = w.ask("GET /health/ready");
        const outcome<reply> ready = co_await std::move(asking);
        CHECK((!ready.ok() && ready.failed().status == 503));
        asking = w.ask("GET /items/7");
        const outcome<reply> item = co_await std::move(asking);
        CHECK(item.ok());
        while (!drained) {
            auto napping = w.nap(5ms);
            co_await std::move(napping);
        }
    });
}

TEST_CASE("What does not end within the grace is cancelled, and drain says so") {
    http_world w;
    w.service.work_for([](const http_request&) -> duration { return 1h; });
    outcome<reply> answer;
    spawn(w.io, [&]() -> awaitable<void> {
        auto asking = w.ask("POST /orders");
        answer = co_await std::move(asking);
    });
    w.run([&]() -> awaitable<void> {
        while (w.service.http().under_way() == 0) {
            auto napping = w.nap(1ms);
            co_await std::move(napping);
        }
        auto draining = w.drain(20ms);
        const bool clean = co_await std::move(draining);
        CHECK(!clean);
    });
    CHECK(answer.failed_with(failure_kind::connection_lost)); // an order: not sent once more
}

TEST_CASE("A context destroyed in the middle of requests takes every coroutine with it") {
    for (int steps = 0; steps < 60; steps += 2) {
        examples::catalogue_service service; // policies outlive the calls of their context
        std::optional<examples::catalogue_client> client;
        std::optional<asio::io_context> io(std::in_place);
        {
            http_server server(io->get_executor(), service.http());
            http_transport to(io->get_executor(), "127.0.0.1", server.listen("127.0.0.1", 0));
            client.emplace(to, environment_of(io->get_executor()));
            for (int i = 0; i < 3; ++i)
                spawn(*io, [&]() -> awaitable<void> {
                    auto asking = client->item("7");
                    co_await std::move(asking);
                    auto ordering = client->order("{}");
                    co_await std::move(ordering);
                });
            for (int i = 0; i < steps; ++i)
                io->run_one_for(5ms);
        }
        io.reset();
        CHECK(service.http().under_way() == 0);
        CHECK(service.http().door().queue().in_flight() == 0);
        CHECK(client->orders().bulkhead().in_use() == 0);
        CHECK(client->items().bulkhead().in_use() == 0);
    }
}
