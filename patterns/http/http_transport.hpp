// SPDX-License-Identifier: BSL-1.0
// The live transport over HTTP/1.1: request::operation is "GET /items/7", one connection carries
// one request at a time and is kept for the next (keep-alive). The call_context travels as headers
// (context_headers.hpp), statuses become outcomes as http_message.hpp says. Beyond that:
//   nobody there, no such host -> unavailable, not processed
//   the connection broke -> connection_lost; before any byte of an answer, on a connection that had
//   been kept, an idempotent request is sent once more on a new one (RFC 9112, 9.3.1)
// A call that is cancelled closes its connection, by which the server learns of it. Time limits are
// the pipeline's. One thread or strand; destroyed before its context, it drops its calls.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>

#include "patterns/base/transport.hpp"

namespace windtunnel {

struct http_transport_options {
    int max_idle = 16; ///< connections kept
    /// Kept no longer; shorter than the server's, which closes them else in our face.
    duration idle_timeout = std::chrono::seconds{30};
    std::uint64_t max_body = 8ULL << 20; ///< bytes of an answer; a longer one is connection_lost

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;

    friend bool operator==(const http_transport_options&, const http_transport_options&) = default;
};
static_assert(std::is_trivially_copyable_v<http_transport_options>);

class http_transport final : public transport {
  public:
    /// `host` is a name or an address; a name is looked up for each new connection.
    http_transport(boost::asio::any_io_executor executor, std::string host, std::uint16_t port,
                   const http_transport_options& options = {});
    ~http_transport() override;

    void start(pending_call& call) override;
    void cancel(pending_call& call) override;

    std::size_t in_flight() const; ///< exchanges whose connection is not back, or closed, yet
    std::size_t idle() const;      ///< connections kept
    std::uint64_t opened() const;  ///< connections, since construction

  private:
    struct connection;
    struct pool;
    struct exchange;
    std::shared_ptr<pool> pool_;
};

} // namespace windtunnel
