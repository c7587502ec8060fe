// SPDX-License-Identifier: BSL-1.0
#include "patterns/http/http_transport.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <list>
#include <optional>
#include <vector>

#include "patterns/base/runner.hpp"
#include "patterns/http/http_wire.hpp"
#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

void http_transport_options::validate() const {
    constexpr option_check check{"http_transport"};
    check(max_idle >= 0, "max_idle", max_idle, "not be negative");
    check(idle_timeout > duration::zero(), "idle_timeout", idle_timeout, "be above 0");
    check(max_body >= 1, "max_body", static_cast<double>(max_body), "be at least 1");
}

struct http_transport::connection {
    explicit connection(const asio::any_io_executor& executor) : socket(executor) {}
    tcp::socket socket;
    boost::beast::flat_buffer buffer;
    time_point idle_since{};
};

/// What the transport and its exchanges share: these may outlive it by what unwinds.
struct http_transport::pool {
    void keep(std::unique_ptr<connection> c, time_point now) {
        if (closed || idle.size() >= static_cast<std::size_t>(options.max_idle))
            return;
        c->idle_since = now;
        idle.push_back(std::move(c));
    }
    /// The one that was used last, if the server has not closed it.
    std::unique_ptr<connection> take(time_point now) {
        while (!idle.empty()) {
            auto c = std::move(idle.back());
            idle.pop_back();
            if (now - c->idle_since < options.idle_timeout && !wire::peer_left(c->socket))
                return c;
        }
        return nullptr;
    }

    asio::any_io_executor executor;
    std::string host;
    std::uint16_t port = 0;
    http_transport_options options;
    std::vector<std::unique_ptr<connection>> idle{};
    std::list<exchange*> under_way{};
    std::uint64_t opened = 0;
    bool closed = false;
};

/// One request and its answer. Owned by the frame of its coroutine, owner of the call.
struct http_transport::exchange {
    exchange(std::shared_ptr<pool> p, pending_call& c)
        : home(std::move(p)), call(&c), idempotent(c.context.idempotent),
          place(home->under_way.insert(home->under_way.end(), this)) {
        c.state = this;
    }
    exchange(const exchange&) = delete;
    exchange& operator=(const exchange&) = delete;
    ~exchange() {
        home->under_way.erase(place);
        drop();
    }

    static awaitable<void> run(std::shared_ptr<exchange> self);
    awaitable<bool> connect();
    awaitable<std::optional<http_response>> talk();

    time_point now() const { return call->context.environment->now(); }
    /// Nobody waits any more: what is under way on the socket ends with an error.
    void abandon() {
        call = nullptr;
        if (way) {
            boost::system::error_code ignored;
            way->socket.close(ignored);
        }
    }
    void drop() {
        if (pending_call* c = call) {
            abandon();
            c->drop();
        }
    }

    std::shared_ptr<pool> home;
    pending_call* call; ///< nullptr: it was cancelled, or is complete
    bool idempotent;
    bool answered = false; ///< a byte of the answer has come
    std::unique_ptr<connection> way;
    std::list<exchange*>::iterator place;
};

awaitable<void> http_transport::exchange::run(std::shared_ptr<exchange> self) {
    outcome<reply> result(failure_kind::connection_lost);
    bool again = true;
    for (int tries = 0; again && self->call != nullptr; ++tries) {
        self->way = tries == 0 ? self->home->take(self->now()) : nullptr;
        again = self->way != nullptr && self->idempotent; // a kept connection may be stale
        if (!self->way) {
            auto connecting = self->connect();
            const bool connected = co_await std::move(connecting);
            if (!connected) {
                result = failure{.kind = failure_kind::unavailable, .not_processed = true};
                break;
            }
        }
        auto talking = self->talk();
        std::optional<http_response> said = co_await std::move(talking);
        again = again && !said && !self->answered;
        if (said)
            result = to_outcome(std::move(*said));
    }
    if (pending_call* waiting = std::exchange(self->call, nullptr))
        waiting->complete(std::move(result));
}

awaitable<bool> http_transport::exchange::connect() {
    way = std::make_unique<connection>(home->executor);
    boost::system::error_code error;
    std::vector<tcp::endpoint> endpoints;
    const auto address = asio::ip::make_address(home->host, error);
    if (!error) {
        endpoints.emplace_back(address, home->port);
    } else {
        tcp::resolver resolver(home->executor);
        auto resolving = resolver.async_resolve(home->host, std::to_string(home->port),
                                                asio::redirect_error(asio::use_awaitable, error));
        const auto found = co_await std::move(resolving);
        if (error || call == nullptr)
            co_return false;
        endpoints.assign(found.begin(), found.end());
    }
    auto connecting = asio::async_connect(way->socket, endpoints,
                                          asio::redirect_error(asio::use_awaitable, error));
    co_await std::move(connecting);
    if (error || call == nullptr)
        co_return false;
    ++home->opened;
    way->socket.set_option(tcp::no_delay(true), error);
    co_return true;
}

/// Nothing where the connection broke, or the call was cancelled.
awaitable<std::optional<http_response>> http_transport::exchange::talk() {
    const environment& env = *call->context.environment;
    boost::system::error_code error;
    http_request asked = to_http(call->what);
    http::response_parser<http::string_body> parser;
    parser.body_limit(home->options.max_body);
    parser.skip(asked.method == "HEAD");
    wire::request_message message =
        wire::to_wire(std::move(asked), to_headers(call->context, env.now()), home->host);
    auto writing =
        http::async_write(way->socket, message, asio::redirect_error(asio::use_awaitable, error));
    co_await std::move(writing);
    if (error)
        co_return std::nullopt;
    auto reading = http::async_read(way->socket, way->buffer, parser,
                                    asio::redirect_error(asio::use_awaitable, error));
    co_await std::move(reading);
    answered = parser.got_some();
    if (error)
        co_return std::nullopt;
    if (call != nullptr && parser.keep_alive() && way->buffer.size() == 0)
        home->keep(std::move(way), env.now());
    co_return wire::from_wire(parser.release());
}

http_transport::http_transport(asio::any_io_executor executor, std::string host, std::uint16_t port,
                               const http_transport_options& options)
    : pool_(std::make_shared<pool>(pool{std::move(executor), std::move(host), port, options})) {
    options.validate();
}

http_transport::~http_transport() {
    pool_->closed = true;
    pool_->idle.clear();
    const std::list<exchange*> left = pool_->under_way; // dropping may end others
    for (exchange* x : left)
        x->drop();
}

void http_transport::start(pending_call& call) {
    auto x = std::make_shared<exchange>(pool_, call);
    asio::co_spawn(pool_->executor, exchange::run(std::move(x)), [](std::exception_ptr error) {
        if (error)
            std::rethrow_exception(error);
    });
}

void http_transport::cancel(pending_call& call) {
    static_cast<exchange*>(call.state)->abandon();
    call.complete(failure_kind::cancelled);
}

std::size_t http_transport::in_flight() const {
    return pool_->under_way.size();
}
std::size_t http_transport::idle() const {
    return pool_->idle.size();
}
std::uint64_t http_transport::opened() const {
    return pool_->opened;
}

} // namespace windtunnel
