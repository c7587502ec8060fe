// SPDX-License-Identifier: BSL-1.0
// How the calls of an edge travel: the constants of each protocol, with their defaults and sources.
// A payload is stated as JSON; other encodings are a factor of that.
#pragma once

#include <cstdint>
#include <string_view>

#include "patterns/connection/connection_pool.hpp"
#include "patterns/connection/transfer_rounds.hpp"

namespace windtunnel::topology {

enum class protocol_kind : std::uint8_t {
    rest,    ///< HTTP/1.1 with JSON: one request at a time on a connection
    grpc,    ///< HTTP/2 with protobuf: streams on few connections
    graphql, ///< queries of one endpoint: HTTP/1.1 with JSON, and a query to be worked out
};
std::string_view to_string(protocol_kind kind);

enum class tls_version : std::uint8_t {
    none,
    v1_2, ///< a full handshake: 2 round trips (RFC 5246)
    v1_3, ///< 1 round trip (RFC 8446)
};

struct protocol_spec {
    protocol_kind kind = protocol_kind::rest;
    connection_pool_options pool;
    transfer_options transfer;
    tls_version tls = tls_version::none;
    std::uint64_t request_head = 0, response_head = 0; ///< bytes besides the payload
    double size_factor = 1;                            ///< of a payload, to that in JSON
    /// Nanoseconds of a worker for each byte on the wire, to write or to read it.
    double write_cost = 0, read_cost = 0;
    duration query_cost{}; ///< of a worker at the callee, for each request: parse and validate
    bool deadline_travels = false; ///< whatever the call says
    bool cancel_travels = false;   ///< the same: who gives up resets the stream

    /// Round trips until a connection is set up.
    int handshake_rounds() const {
        return 1 + (tls == tls_version::v1_2 ? 2 : tls == tls_version::v1_3 ? 1 : 0);
    }
    friend bool operator==(const protocol_spec&, const protocol_spec&) = default;
};

/// Heads: the median request of the HTTP Archive has about 700 bytes of headers with cookies, and
/// an answer 400; between services half of that. JSON is read and written at some 300 MB/s by the
/// common libraries of managed languages (assumed).
protocol_spec rest_protocol();
/// HPACK (RFC 7541) leaves some 30 bytes of repeated headers, frames and gRPC's prefix add 9 + 5.
/// Protobuf takes about half the bytes of JSON for records of numbers and short texts, and is read
/// and written at about 1 GB/s (assumed).
protocol_spec grpc_protocol();
/// As rest; 100 us to parse and validate a query (assumed: graphql-js takes about that for ten
/// fields).
protocol_spec graphql_protocol();

} // namespace windtunnel::topology
