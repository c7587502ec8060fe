// SPDX-License-Identifier: BSL-1.0
#include "patterns/base/outcome.hpp"

#include <array>

namespace windtunnel {

namespace {
constexpr std::array<std::string_view, failure_kind_count> names{
    "error",         "overloaded",        "unavailable",  "connection_lost", "contract_broken",
    "timed_out",     "deadline_exceeded", "cancelled",    "shut_down",       "breaker_open",
    "bulkhead_full", "bulkhead_timeout",  "rate_limited", "limit_reached",   "throttled"};
} // namespace

std::string_view to_string(failure_kind kind) {
    return names.at(static_cast<std::size_t>(kind));
}

std::optional<failure_kind> failure_kind_from(std::string_view name) {
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == name)
            return static_cast<failure_kind>(i);
    return std::nullopt;
}

} // namespace windtunnel
