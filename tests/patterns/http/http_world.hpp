// SPDX-License-Identifier: BSL-1.0
// For the live tests: the example service on a loopback socket and a client of it, on one context.
// Nothing here sleeps to wait for something: a test ends when its context has nothing left to do.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>

#include "patterns/examples/http/catalogue_client.hpp"
#include "patterns/examples/http/catalogue_service.hpp"
#include "patterns/http/http_server.hpp"
#include "patterns/http/http_transport.hpp"
#include "support/coroutines.hpp"

namespace windtunnel::test {

struct http_world {
    explicit http_world(const examples::catalogue_options& service_options = {},
                        const examples::catalogue_client_options& client_options = {},
                        const http_server_options& server_options = {})
        : service(service_options), server(io.get_executor(), service.http(), server_options),
          port(server.listen("127.0.0.1", 0)), to(io.get_executor(), "127.0.0.1", port),
          client(to, environment_of(io.get_executor()), client_options) {}

    environment& env() { return environment_of(io.get_executor()); }

    awaitable<void> nap(duration d) {
        auto sleeping = async_sleep(io.get_executor(), d, boost::asio::use_awaitable);
        co_await std::move(sleeping);
    }
    /// Past the policies.
    awaitable<outcome<reply>> ask(std::string operation, call_context context = {}) {
        context.environment = &env();
        auto sending = async_send(to, request{operation, {}}, context, boost::asio::use_awaitable);
        outcome<reply> answer = co_await std::move(sending);
        co_return answer;
    }
    awaitable<bool> drain(duration grace = std::chrono::seconds{10}) {
        return server.drain(duration::zero(), grace);
    }

    /// Runs the script, drains, and sees that nothing is left: run() returns by itself.
    template <class Script>
    void run(Script script) {
        spawn(io, [&]() -> awaitable<void> {
            auto playing = script();
            co_await std::move(playing);
            auto draining = drain();
            drained = co_await std::move(draining);
        });
        io.run_for(std::chrono::seconds{120});
        CHECK(io.stopped()); // out of work, not out of time
        CHECK(server.connections() == 0);
        CHECK(service.http().under_way() == 0);
        CHECK(service.http().door().queue().in_flight() == 0);
        CHECK(to.in_flight() == 0);
    }

    examples::catalogue_service service; // outlives what its requests refer to it with
    boost::asio::io_context io;
    http_server server;
    std::uint16_t port;
    http_transport to;
    examples::catalogue_client client;
    bool drained = false;
};

} // namespace windtunnel::test
