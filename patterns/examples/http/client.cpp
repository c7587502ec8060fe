// SPDX-License-Identifier: BSL-1.0
// usage: windtunnel-example-client PORT [ITEMS]
// Asks the example server for items and places an order, and prints the answers: exit code 0, or 1
// where one failed.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <exception>
#include <iostream>

#include "patterns/examples/http/catalogue_client.hpp"
#include "patterns/http/http_transport.hpp"

namespace asio = boost::asio;
using namespace windtunnel;

namespace {

bool print(const outcome<reply>& answer) {
    if (answer.ok())
        std::cout << *answer.value().body.bytes << '\n';
    else
        std::cout << to_string(answer.failed().kind) << '\n';
    return answer.ok();
}

awaitable<void> shop(examples::catalogue_client& client, int items, bool& good) {
    for (int i = 1; i <= items; ++i) {
        auto asking = client.item(std::to_string(i));
        const outcome<reply> item = co_await std::move(asking);
        good = print(item) && good;
    }
    auto ordering = client.order(R"({"item":"1","count":2})");
    const outcome<reply> order = co_await std::move(ordering);
    good = print(order) && good;
}

bool run(std::uint16_t port, int items) {
    asio::io_context io;
    http_transport to(io.get_executor(), "127.0.0.1", port);
    examples::catalogue_client client(to, environment_of(io.get_executor()));
    bool good = true;
    asio::co_spawn(io, shop(client, items, good), [](std::exception_ptr error) {
        if (error)
            std::rethrow_exception(error);
    });
    io.run();
    return good;
}

} // namespace

int main(int argc, char** argv) {
    try {
        const int port = argc > 1 ? std::atoi(argv[1]) : 8080;
        const int items = argc > 2 ? std::atoi(argv[2]) : 3;
        return run(static_cast<std::uint16_t>(port), items) ? EXIT_SUCCESS : EXIT_FAILURE;
    } catch (const std::exception& e) {
        std::cerr << "windtunnel-example-client: " << e.what() << '\n';
        return EXIT_FAILURE;
    }
}
