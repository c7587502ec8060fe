// SPDX-License-Identifier: BSL-1.0
// An HTTP/1.1 server on sockets around an http_service: one coroutine a connection, keep-alive, the
// caller's deadline, trace and priority taken from the headers. When a client closes its connection
// its request's work is cancelled: half-closed clients count as gone (as nginx's 499).
//   http_server server(io.get_executor(), service);
//   std::uint16_t port = server.listen("127.0.0.1", 0);
//   ... on SIGTERM:  co_await server.drain(5s, 20s);    nothing of it is left on the io_context
// One thread or strand. It is destroyed before its context, the service after it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>

#include "patterns/base/runner.hpp"
#include "patterns/base/time.hpp"

namespace windtunnel {

class http_service;

struct http_server_options {
    duration idle_timeout = std::chrono::seconds{75}; ///< between requests, as nginx
    duration io_timeout = std::chrono::seconds{10};   ///< to read a request, to write an answer
    std::uint64_t max_body = 1ULL << 20;              ///< bytes; a longer one is answered 413
    int max_connections = 1024;                       ///< more wait to be accepted

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;

    friend bool operator==(const http_server_options&, const http_server_options&) = default;
};
static_assert(std::is_trivially_copyable_v<http_server_options>);

class http_server {
  public:
    http_server(boost::asio::any_io_executor executor, http_service& service,
                const http_server_options& options = {});
    http_server(const http_server&) = delete;
    http_server& operator=(const http_server&) = delete;
    ~http_server(); ///< as stop()

    /// Accepts connections from now on; returns the port, which is a free one for port 0. Throws
    /// boost::system::system_error where that is not possible.
    std::uint16_t listen(const std::string& address, std::uint16_t port);

    /// Graceful shutdown: says at once that it is not ready, goes on for `notice` so that balancers
    /// see it, then accepts no more, closes what is idle, and lets requests end. Those that have
    /// not within `grace` are cancelled. Returns when no coroutine of it is left: whether none had
    /// to be cancelled. It is not cancelled itself once the notice is over.
    awaitable<bool> drain(duration notice, duration grace);
    /// Cancels everything; it ends with the context's next turns.
    void stop();

    std::size_t connections() const;

  private:
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace windtunnel
