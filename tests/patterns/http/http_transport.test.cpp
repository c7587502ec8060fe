// SPDX-License-Identifier: BSL-1.0
// What the transport makes of servers that are not this library's, and what it sends to them.
#include "patterns/http/http_transport.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "http_world.hpp"
#include "patterns/http/context_headers.hpp"
#include "patterns/http/http_server.hpp"

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;
using namespace windtunnel;
using namespace windtunnel::test;

namespace {

/// Answers one request a connection with these bytes, and hangs up.
struct fixed_server {
    explicit fixed_server(asio::io_context& io)
        : acceptor(io, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0)) {}

    awaitable<void> serve(std::string answer) {
        auto accepting = acceptor.async_accept(asio::use_awaitable);
        tcp::socket socket = co_await std::move(accepting);
        asked.clear();
        auto reading = asio::async_read_until(socket, asio::dynamic_buffer(asked), "\r\n\r\n",
                                              asio::use_awaitable);
        co_await std::move(reading);
        auto writing = asio::async_write(socket, asio::buffer(answer), asio::use_awaitable);
        co_await std::move(writing);
    }

    tcp::acceptor acceptor;
    std::string asked;
};

/// The answer to one request, through the transport.
outcome<reply> heard(const std::string& bytes, const http_transport_options& options = {},
                     const call_context& as = {}, std::string* asked = nullptr) {
    asio::io_context io;
    fixed_server server(io);
    http_transport to(io.get_executor(), "127.0.0.1", server.acceptor.local_endpoint().port(),
                      options);
    outcome<reply> answer;
    spawn(io, [&] { return server.serve(bytes); });
    spawn(io, [&]() -> awaitable<void> {
        call_context context = as;
        context.environment = &environment_of(io.get_executor());
        if (context.deadline != never)
            context.deadline = context.environment->now() + 5s;
        auto sending = async_send(to, request{"GET /items/7", {}}, context, asio::use_awaitable);
        answer = co_await std::move(sending);
    });
    io.run();
    CHECK(to.in_flight() == 0);
    if (asked != nullptr)
        *asked = server.asked;
    return answer;
}

} // namespace

TEST_CASE("An answer that is cut short, nonsense or too long is a lost connection") {
    for (const char* bytes : {"", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
                              "HTTP/1.1 200 OK\r\nContent-Le", "garbage\r\n\r\n"}) {
        INFO(bytes);
        CHECK(heard(bytes).failed_with(failure_kind::connection_lost));
    }
    const std::string ten = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789";
    CHECK(heard(ten, {.max_body = 10}).ok());
    CHECK(heard(ten, {.max_body = 9}).failed_with(failure_kind::connection_lost));
}

TEST_CASE("Too many requests is an overload, with the wait that the server asks for") {
    const auto limited = heard("HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n");
    REQUIRE(limited.failed_with(failure_kind::overloaded));
    CHECK(limited.failed().status == 429);
    CHECK(limited.failed().retry_after == 7s);
    const auto dated = heard("HTTP/1.1 503 No\r\nRetry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\n"
                             "Content-Length: 0\r\n\r\n");
    REQUIRE(dated.failed_with(failure_kind::overloaded));
    CHECK(dated.failed().retry_after < 0s);
    CHECK(heard("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n").ok());
}

TEST_CASE("A request says who is asked, until when, how important it is, and of which trace") {
    call_context context;
    context.deadline = time_point{}; // that is: in 5 s
    context.priority = 7;
    context.attempt = 2;
    const std::string trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    context.trace = *parse_traceparent(trace);
    std::string asked;
    const std::string fine = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    REQUIRE(heard(fine, {}, context, &asked).ok());
    CHECK(asked.starts_with("GET /items/7 HTTP/1.1\r\nHost: 127.0.0.1\r\n"));
    CHECK_THAT(asked, Catch::Contains("grpc-timeout: 49") || Catch::Contains("grpc-timeout: 50"));
    CHECK_THAT(asked, Catch::Contains("traceparent: " + trace + "\r\n"));
    CHECK_THAT(asked, Catch::Contains("x-request-priority: 7\r\n"));
    CHECK_THAT(asked, Catch::Contains("x-envoy-attempt-count: 2\r\n"));
}

TEST_CASE("A connection that the server has closed meanwhile is not used again") {
    http_world w({}, {}, {.idle_timeout = 200ms});
    w.run([&]() -> awaitable<void> {
        for (std::uint64_t i = 1; i <= 2; ++i) {
            auto asking = w.ask("POST /orders"); // could not be sent once more
            const outcome<reply> answer = co_await std::move(asking);
            CHECK(answer.ok());
            CHECK(w.to.opened() == i);
            while (w.server.connections() > 0) {
                auto napping = w.nap(5ms);
                co_await std::move(napping);
            }
        }
    });
}

TEST_CASE("A host by name is looked up, and one that is not known is unavailable") {
    http_world w;
    w.run([&]() -> awaitable<void> {
        for (const auto& [host, expected] : std::vector<std::pair<std::string, bool>>{
                 {"localhost", true}, {"no such host", false}}) {
            http_transport to(w.io.get_executor(), host, w.port);
            call_context context;
            context.environment = &w.env();
            auto sending =
                async_send(to, request{"GET /items/7", {}}, context, asio::use_awaitable);
            const outcome<reply> answer = co_await std::move(sending);
            CHECK(answer.ok() == expected);
            CHECK((expected || answer.failed_with(failure_kind::unavailable)));
        }
    });
}

TEST_CASE("A transport that is destroyed drops its calls, and the coroutines that wait for them") {
    http_world w;
    w.service.work_for([](const http_request&) -> duration { return 1h; });
    auto token = std::make_shared<int>(0);
    w.run([&]() -> awaitable<void> {
        auto to = std::make_unique<http_transport>(w.io.get_executor(), "127.0.0.1", w.port);
        http_transport& asked = *to;
        spawn(w.io, [&asked, &w, held = token]() -> awaitable<void> {
            call_context context;
            context.environment = &w.env();
            auto sending =
                async_send(asked, request{"GET /items/7", {}}, context, asio::use_awaitable);
            co_await std::move(sending);
            FAIL("it was resumed");
        });
        while (w.service.http().under_way() == 0) {
            auto napping = w.nap(1ms);
            co_await std::move(napping);
        }
        CHECK(token.use_count() == 2);
        to.reset();
        while (w.service.http().under_way() > 0) {
            auto napping = w.nap(1ms);
            co_await std::move(napping);
        }
        CHECK(token.use_count() == 1);
    });
}

TEST_CASE("The transport refuses options out of range by their names") {
    asio::io_context io;
    const auto made = [&](const http_transport_options& o) {
        http_transport(io.get_executor(), "127.0.0.1", 1, o);
    };
    CHECK_THROWS_WITH(made({.max_idle = -1}), Catch::Contains("max_idle is -1"));
    CHECK_THROWS_WITH(made({.idle_timeout = 0s}), Catch::Contains("idle_timeout is 0s"));
    CHECK_THROWS_WITH(made({.max_body = 0}), Catch::Contains("max_body is 0"));
}

TEST_CASE("neither side of HTTP is made with options that make no sense") {
    const auto refusal = [](auto options, auto spoil) {
        spoil(options);
        try {
            options.validate();
        } catch (const std::invalid_argument& error) {
            return std::string(error.what());
        }
        return std::string("accepted");
    };
    using t = http_transport_options;
    using s = http_server_options;
    CHECK(refusal(t{}, [](t& x) { x.max_idle = -1; }) ==
          "http_transport: max_idle is -1; it must not be negative");
    CHECK(refusal(t{}, [](t& x) { x.idle_timeout = 0s; }) ==
          "http_transport: idle_timeout is 0s; it must be above 0");
    CHECK(refusal(t{}, [](t& x) { x.max_body = 0; }) ==
          "http_transport: max_body is 0; it must be at least 1");
    CHECK(refusal(s{}, [](s& x) { x.idle_timeout = 0s; }) ==
          "http_server: idle_timeout is 0s; it must be above 0");
    CHECK(refusal(s{}, [](s& x) { x.io_timeout = -1s; }) ==
          "http_server: io_timeout is -1s; it must be above 0");
    CHECK(refusal(s{}, [](s& x) { x.max_body = 0; }) ==
          "http_server: max_body is 0; it must be at least 1");
    CHECK(refusal(s{}, [](s& x) { x.max_connections = 0; }) ==
          "http_server: max_connections is 0; it must be at least 1");
    asio::io_context io;
    CHECK_THROWS_AS(http_transport(io.get_executor(), "127.0.0.1", 1, {.max_idle = -1}),
                    std::invalid_argument);
}
