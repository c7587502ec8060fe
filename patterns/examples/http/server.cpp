// SPDX-License-Identifier: BSL-1.0
// usage: windtunnel-example-server [PORT]
// Serves the example catalogue on 127.0.0.1 until SIGTERM or SIGINT, and then shuts down
// gracefully: exit code 0, or 1 where requests had to be cut short.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>

#include "patterns/examples/http/catalogue_service.hpp"
#include "patterns/http/http_server.hpp"

namespace asio = boost::asio;
using namespace windtunnel;

namespace {

void rethrow(std::exception_ptr error) {
    if (error)
        std::rethrow_exception(error);
}

awaitable<void> drain_on_signal(http_server& server, bool& clean) {
    auto executor = co_await asio::this_coro::executor;
    asio::signal_set signals(executor, SIGTERM, SIGINT);
    auto waiting = signals.async_wait(asio::use_awaitable);
    co_await std::move(waiting);
    auto draining = server.drain(std::chrono::seconds{1}, std::chrono::seconds{10});
    clean = co_await std::move(draining);
}

int serve(std::uint16_t port) {
    examples::catalogue_service catalogue; // before the context: requests refer to it to their end
    asio::io_context io;
    http_server server(io.get_executor(), catalogue.http());
    std::cout << "listening on 127.0.0.1:" << server.listen("127.0.0.1", port) << std::endl;
    bool clean = false;
    asio::co_spawn(io, drain_on_signal(server, clean), rethrow);
    io.run();
    return clean ? EXIT_SUCCESS : EXIT_FAILURE;
}

} // namespace

int main(int argc, char** argv) {
    try {
        return serve(static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 8080));
    } catch (const std::exception& e) {
        std::cerr << "windtunnel-example-server: " << e.what() << '\n';
        return EXIT_FAILURE;
    }
}
