// SPDX-License-Identifier: BSL-1.0
// Requests and answers as a service sees them, and how an outcome becomes an HTTP status and comes
// back as one. Both the live transport and a simulated one go through here, so a client cannot tell
// them apart. Three properties that no status has travel as headers: x-not-processed, x-no-retry,
// x-degraded ("true").
//   429, 503 -> overloaded; any other from 400 -> error with its status; below -> a value
//   overloaded -> 503, deadline_exceeded and timed_out -> 504, unavailable and connection_lost (of
//   what the service depends on) -> 502, rate_limited -> 429, other refusals -> 503, error -> its
//   status, or 500
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "patterns/base/outcome.hpp"
#include "patterns/base/transport.hpp"

namespace windtunnel {

struct http_request {
    std::string method = "GET";
    std::string target = "/"; ///< with its query
    std::string body;

    std::string_view path() const; ///< without it
};

struct http_response {
    std::uint16_t status = 200;
    std::string body;
    std::string content_type = "application/json";
    duration retry_after{-1}; ///< negative: not said; whole seconds on the wire, rounded up
    bool not_processed = false;
    bool no_retry = false;
    bool degraded = false;
};

/// "GET /items/7" and what it carries. A single word counts as a target to GET.
http_request to_http(const request& what);

http_response to_response(const outcome<reply>& result);
outcome<reply> to_outcome(http_response&& response);

} // namespace windtunnel
