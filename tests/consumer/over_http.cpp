// SPDX-License-Identifier: BSL-1.0
// The component `http`: a service behind a port of this machine, and a call of it.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "patterns/base/environment.hpp"
#include "patterns/base/transport.hpp"
#include "patterns/http/http_server.hpp"
#include "patterns/http/http_service.hpp"
#include "patterns/http/http_transport.hpp"

namespace asio = boost::asio;
using windtunnel::call_context;
using windtunnel::outcome;
using windtunnel::reply;

namespace {

asio::awaitable<outcome<reply>> greet(const windtunnel::http_request&, call_context&) {
    co_return outcome<reply>{reply{}};
}

asio::awaitable<void> ask(windtunnel::http_transport& to, windtunnel::http_server& server,
                          bool& answered) {
    auto executor = co_await asio::this_coro::executor;
    const windtunnel::request what{"GET /greeting", {}};
    const call_context context{.environment = &windtunnel::environment_of(executor)};
    auto sending = async_send(to, what, context, asio::use_awaitable);
    const outcome<reply> answer = co_await std::move(sending);
    answered = answer.ok();
    server.stop();
}

} // namespace

bool answers_over_http() {
    asio::io_context io(1);
    windtunnel::http_service service;
    service.route("GET /greeting", &greet);
    windtunnel::http_server server(io.get_executor(), service);
    const auto port = server.listen("127.0.0.1", 0);
    windtunnel::http_transport to(io.get_executor(), "127.0.0.1", port, {.max_idle = 0});
    bool answered = false;
    asio::co_spawn(io, ask(to, server, answered), asio::detached);
    io.run();
    return answered;
}
