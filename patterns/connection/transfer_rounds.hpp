// SPDX-License-Identifier: BSL-1.0
// How many round trips a transfer takes on a connection besides the first way there: TCP's slow
// start, which begins with an initial window and doubles each round trip (RFC 6928: 10 segments;
// RFC 5681), and HTTP/2's window of a stream, which is granted anew each round trip (RFC 9113:
// 65,535 bytes). Losses are not looked at: the window never shrinks but by standing idle.
#pragma once

#include <cstdint>

#include "patterns/base/time.hpp"

namespace windtunnel {

struct transfer_options {
    std::uint64_t segment = 1460;    ///< bytes; 1,500 of Ethernet less the headers of IP and TCP
    int initial_segments = 10;       ///< RFC 6928
    std::uint64_t stream_window = 0; ///< bytes; 0: there is none (HTTP/1.1)
    /// A connection that was idle for longer starts slowly again (RFC 5681, 4.1: after a
    /// retransmission timeout, of which RFC 6298 has 1 s as the first).
    duration idle_restart = std::chrono::seconds{1};

    friend bool operator==(const transfer_options&, const transfer_options&) = default;
};

/// One direction of one connection. A value.
class transfer_window {
  public:
    explicit transfer_window(const transfer_options& options) : options_(options) {}

    /// Rounds that a transfer of so many bytes takes, at least 1; the window has grown then.
    int send(std::uint64_t bytes, time_point now);
    std::uint64_t window() const { return window_; } ///< bytes; 0: nothing was sent yet

  private:
    transfer_options options_;
    std::uint64_t window_ = 0;
    time_point used_{};
};

} // namespace windtunnel
