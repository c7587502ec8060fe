// SPDX-License-Identifier: BSL-1.0
// The connections of one client to one host: which request goes over which, when another is opened,
// and who waits. A connection carries one request at a time (HTTP/1.1) or as many streams as the
// host allows (HTTP/2). Another is opened when those that are open or being opened have no room for
// all who want one; who waits is served in the order of arrival, and nobody overtakes. Of the
// connections with room the one that was used last is taken, so that the others become idle
// (Apache HttpClient, Go). Costs: O(1), and O(connections) to find those that are idle too long.
// Comparisons: an idle connection is over at its instant (>=). Invariants: connections <=
// max_connections; streams of each <= max_streams; nobody waits while there is room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <type_traits>
#include <vector>

#include "patterns/base/time.hpp"

namespace windtunnel {

struct connection_pool_options {
    /// Of one client to one host, at least 1. Browsers: 6; Apache HttpClient 5: 5 a route; Go and
    /// Node: any number; gRPC: 1
    int max_connections = 6;
    /// Requests on a connection at once, at least 1. HTTP/1.1: 1 (no pipelining). HTTP/2: RFC 9113
    /// recommends no less than 100 for SETTINGS_MAX_CONCURRENT_STREAMS
    int max_streams = 1;
    /// Requests that wait for a connection; absent: any number
    std::optional<int> max_waiting{};
    /// A connection without a request is closed after this; duration::max(): never. nginx
    /// keepalive_timeout: 75 s; Node 20: 5 s; Go: IdleConnTimeout 90 s
    duration idle_timeout = std::chrono::seconds{75};
    /// A connection is closed after so many; 0: any number. nginx: keepalive_requests 1000
    int max_requests = 0;

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;

    friend bool operator==(const connection_pool_options&,
                           const connection_pool_options&) = default;
};

/// No two connections of a pool ever have the same.
using connection_number = std::uint64_t; ///< 0: none

struct connection_metrics {
    std::uint64_t opened = 0;  ///< set up
    std::uint64_t failed = 0;  ///< could not be set up
    std::uint64_t closed = 0;  ///< idle, used up, or broken
    std::uint64_t waited = 0;  ///< requests that did not get one at once
    std::uint64_t refused = 0; ///< requests that found no room to wait
};

/// Not thread-safe. `now` never goes back. `ticket` is the user's own word for a request.
class connection_pool {
  public:
    using ticket = std::uint64_t;
    struct grant {
        ticket who = 0;
        connection_number on = 0;
    };
    enum class answer : std::uint8_t {
        granted, ///< on `on`
        waits,   ///< for a grant; see to_open()
        refused, ///< too many wait
    };
    struct acquired {
        answer what = answer::waits;
        connection_number on = 0;
    };

    explicit connection_pool(const connection_pool_options& options);

    acquired acquire(ticket who, time_point now);
    /// It waits no more. False: it did not wait.
    bool forget(ticket who);
    /// A connection that is to be opened now, each once; ask until there is none.
    std::optional<connection_number> to_open();
    /// It is set up, or could not be. Of a failure those who wait hear by themselves: see
    /// take_first.
    void opened(connection_number c, time_point now);
    void failed(connection_number c);
    /// A request on it is over; `broken`: it is of no use any more, and ends with its last request.
    void release(connection_number c, bool broken, time_point now);
    /// It is gone, whatever was on it; requests on it are released, and find it gone.
    void lost(connection_number c);
    /// All that are open, for who has to close them.
    std::vector<connection_number> open_connections() const;

    /// The next who waited and now has a connection; ask until there is none.
    std::optional<grant> next_grant(time_point now);
    /// The first who waits, taken out of the queue: to be told that no connection can be had.
    std::optional<ticket> take_first();

    /// Closes what has been idle for too long; returns which.
    std::vector<connection_number> advance(time_point now);
    time_point next_event() const; ///< when to call `advance`; `never`: nothing is idle

    /// Below max_connections, and that of no other connection while this one is there.
    static std::size_t place_of(connection_number c) { return c & (most_connections - 1); }

    int open() const { return open_; } ///< set up, idle or not
    int opening() const { return opening_; }
    int in_use() const { return in_use_; } ///< streams
    std::size_t waiting() const { return waiting_.size(); }
    const connection_metrics& metrics() const { return metrics_; }
    const connection_pool_options& options() const { return options_; }

  private:
    static constexpr std::size_t most_connections = std::size_t{1} << 20;

    struct connection {
        connection_number number = 0; ///< 0: there is none in this place
        bool is_open = false, broken = false;
        bool waits_for_use = false; ///< it stands among those with room
        int streams = 0, requests = 0;
        time_point used{};
    };
    connection* find(connection_number c);
    connection* with_room();
    bool has_room(const connection& c) const;
    bool wants_more();
    void use(connection& c, time_point now);
    void offer(connection& c);
    void remove(connection& c);
    void close(connection& c);

    connection_pool_options options_;
    std::vector<connection> connections_;      ///< by place
    std::vector<std::size_t> free_;            ///< places
    std::vector<connection_number> with_room_; ///< perhaps; who got room last at the end
    std::deque<ticket> waiting_;
    connection_number last_ = 0;
    int open_ = 0, opening_ = 0, in_use_ = 0;
    connection_metrics metrics_;
};

} // namespace windtunnel
