// SPDX-License-Identifier: BSL-1.0
// What a limiter tells a client over HTTP: the values of the RateLimit-Policy, RateLimit and
// Retry-After fields. Source: draft-ietf-httpapi-ratelimit-headers (two structured fields, as from
// its version 8), RFC 9110, 10.2.3. Times are whole seconds, rounded up: a client that keeps to
// them is not refused.
#pragma once

#include <string>
#include <string_view>

#include "patterns/resilience/rate_limiter.hpp"

namespace windtunnel {

/// RateLimit-Policy: "default";q=100;w=10, the permits in a window of whole seconds. `name` must be
/// printable ASCII (throws std::invalid_argument).
std::string rate_limit_policy_value(std::string_view name, const rate_limiter_options& options);

/// RateLimit: "default";r=50;t=30, what is left, and for how long at least it must do: when nothing
/// is left, t says what Retry-After says to a request of cost 1.
std::string rate_limit_value(std::string_view name, rate_limiter& limiter, time_point now);

/// Retry-After: 30. Empty, do not send the field, where no waiting helps.
std::string retry_after_value(const rate_decision& refused);

} // namespace windtunnel
