// SPDX-License-Identifier: BSL-1.0
// One connection of a server, from its acceptance to its end. Private: names types of Beast's.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <exception>
#include <list>
#include <memory>

#include "patterns/base/environment.hpp"
#include "patterns/http/http_server.hpp"
#include "patterns/http/http_service.hpp"
#include "patterns/http/http_wire.hpp"

namespace windtunnel {

class http_session;

/// What the sessions of a server share.
struct session_group {
    session_group(const boost::asio::any_io_executor& e, http_service& s,
                  const http_server_options& o)
        : executor(e), service(s), options(o), env(environment_of(e)) {}

    boost::asio::any_io_executor executor;
    http_service& service;
    http_server_options options;
    environment& env;
    std::list<http_session*> sessions;
    boost::asio::cancellation_signal changed; ///< emitted when a session has ended
    bool draining = false;
};

class http_session : public std::enable_shared_from_this<http_session>, private timer {
  public:
    http_session(std::shared_ptr<session_group> group, boost::asio::ip::tcp::socket socket);
    ~http_session();

    static void start(std::shared_ptr<session_group> group, boost::asio::ip::tcp::socket socket);
    /// Ends it where it has nothing to do.
    void close_if_idle();
    /// Ends it whatever it does.
    void stop();

  private:
    enum class phase : std::uint8_t { idle, reading, working, writing };
    enum class asked : std::uint8_t { request, nonsense, too_large, nothing };

    static awaitable<void> run(std::shared_ptr<http_session> self);
    awaitable<asked> read();
    awaitable<http_response> work();
    awaitable<bool> write(http_response response, bool keep_alive);
    void watch_peer();
    void ended(std::exception_ptr error);
    void leave();
    void close();
    void limit(duration time);
    static void struck(timer& t) { static_cast<http_session&>(t).close(); }

    std::shared_ptr<session_group> group_;
    boost::asio::ip::tcp::socket socket_;
    boost::beast::flat_buffer buffer_;
    wire::request_message request_;
    bool only_head_ = false; ///< the request asks for no body
    boost::asio::cancellation_signal stop_, watching_;
    std::list<http_session*>::iterator place_;
    phase phase_ = phase::idle;
    bool listed_ = true;
};

} // namespace windtunnel
