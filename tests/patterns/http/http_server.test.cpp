// SPDX-License-Identifier: BSL-1.0
// What the server makes of bytes: of clients that are not this library's.
#include "patterns/http/http_server.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <string>
#include <vector>

#include "http_world.hpp"

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;
using namespace windtunnel;
using namespace windtunnel::test;

namespace {

tcp::endpoint here(std::uint16_t port) {
    return {asio::ip::make_address("127.0.0.1"), port};
}

/// Sends the bytes and reads until the server closes the connection.
awaitable<std::string> answer_to(http_world& w, std::string bytes) {
    tcp::socket socket(w.io);
    auto connecting = socket.async_connect(here(w.port), asio::use_awaitable);
    co_await std::move(connecting);
    auto writing = asio::async_write(socket, asio::buffer(bytes), asio::use_awaitable);
    co_await std::move(writing);
    std::string said;
    boost::system::error_code at_end;
    auto reading = asio::async_read(socket, asio::dynamic_buffer(said),
                                    asio::redirect_error(asio::use_awaitable, at_end));
    co_await std::move(reading);
    co_return said;
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
        ++found;
    return found;
}

} // namespace

TEST_CASE("The server answers what is no HTTP with 400, what is too large with 413, and hangs up") {
    http_world w({}, {}, {.max_body = 4});
    w.run([&]() -> awaitable<void> {
        auto asking = answer_to(w, "garbage\r\n\r\n");
        const std::string nonsense = co_await std::move(asking);
        CHECK(nonsense.starts_with("HTTP/1.1 400 "));
        asking = answer_to(w, "POST /orders HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n12345");
        const std::string large = co_await std::move(asking);
        CHECK(large.starts_with("HTTP/1.1 413 "));
    });
}

TEST_CASE("The server answers requests that come all at once one after the other") {
    http_world w;
    w.run([&]() -> awaitable<void> {
        auto asking = answer_to(w, "GET /items/1 HTTP/1.1\r\nHost: h\r\n\r\n"
                                   "GET /items/2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        const std::string said = co_await std::move(asking);
        CHECK(count(said, "HTTP/1.1 200 OK") == 2);
        CHECK(said.find(R"({"item":"1"})") < said.find(R"({"item":"2"})"));
        CHECK(count(said, "Connection: close") == 1);
    });
}

TEST_CASE(
    "The server answers HEAD without a body, so that the next answer stands where it belongs") {
    http_world w;
    w.run([&]() -> awaitable<void> {
        auto asking = answer_to(w, "HEAD /nowhere HTTP/1.1\r\nHost: h\r\n\r\n"
                                   "GET /items/2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        const std::string said = co_await std::move(asking);
        CHECK(said.starts_with("HTTP/1.1 404 "));
        const auto end_of_head = said.find("\r\n\r\n");
        REQUIRE(end_of_head != std::string::npos);
        CHECK(said.substr(end_of_head + 4).starts_with("HTTP/1.1 200 OK"));
    });
}

TEST_CASE("The server hangs up on who says nothing, and on who does not finish a request") {
    http_world w({}, {}, {.idle_timeout = 20ms, .io_timeout = 20ms});
    w.run([&]() -> awaitable<void> {
        for (const char* bytes : {"", "GET /items/1 HTTP/1.1\r\nHos"}) {
            auto asking = answer_to(w, bytes);
            const std::string said = co_await std::move(asking);
            CHECK(said.empty());
        }
    });
}

TEST_CASE("The server cancels the work of a request whose client has hung up") {
    http_world w;
    w.service.work_for([](const http_request&) -> duration { return 1h; });
    w.run([&]() -> awaitable<void> {
        tcp::socket socket(w.io);
        auto connecting = socket.async_connect(here(w.port), asio::use_awaitable);
        co_await std::move(connecting);
        const std::string asked = "GET /items/1 HTTP/1.1\r\nHost: h\r\n\r\n";
        auto writing = asio::async_write(socket, asio::buffer(asked), asio::use_awaitable);
        co_await std::move(writing);
        while (w.service.http().under_way() == 0) {
            auto napping = w.nap(1ms);
            co_await std::move(napping);
        }
        socket.close();
        while (w.service.http().under_way() > 0) {
            auto napping = w.nap(1ms);
            co_await std::move(napping);
        }
    });
    CHECK(w.drained);
}

TEST_CASE("The server takes no more connections than it may, and the others when there is room") {
    http_world w({}, {}, {.max_connections = 1});
    w.service.work_for([](const http_request&) -> duration { return 20ms; });
    int answered = 0;
    w.run([&]() -> awaitable<void> {
        for (int i = 0; i < 3; ++i)
            spawn(w.io, [&]() -> awaitable<void> {
                auto asking =
                    answer_to(w, "GET /items/1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
                const std::string said = co_await std::move(asking);
                CHECK(said.starts_with("HTTP/1.1 200 "));
                ++answered;
            });
        while (answered < 3) {
            CHECK(w.server.connections() <= 1);
            auto napping = w.nap(1ms);
            co_await std::move(napping);
        }
    });
}

TEST_CASE("The server refuses options out of range by their names, and a port that is taken") {
    asio::io_context io;
    http_service service;
    const auto made = [&](const http_server_options& o) {
        http_server(io.get_executor(), service, o);
    };
    CHECK_THROWS_WITH(made({.idle_timeout = 0s}), Catch::Contains("idle_timeout is 0s"));
    CHECK_THROWS_WITH(made({.io_timeout = -1s}), Catch::Contains("io_timeout is -1s"));
    CHECK_THROWS_WITH(made({.max_body = 0}), Catch::Contains("max_body is 0"));
    CHECK_THROWS_WITH(made({.max_connections = 0}), Catch::Contains("max_connections is 0"));
    CHECK_THROWS_WITH(service.route("items", {}), Catch::Contains("'items' must be a method"));
    http_server first(io.get_executor(), service), second(io.get_executor(), service);
    const std::uint16_t port = first.listen("127.0.0.1", 0);
    CHECK_THROWS_AS(second.listen("127.0.0.1", port), boost::system::system_error);
}
