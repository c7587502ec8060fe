// SPDX-License-Identifier: BSL-1.0
#include "patterns/trace/span.hpp"

#include <algorithm>
#include <array>

namespace windtunnel {

std::string_view to_string(span_role role) {
    constexpr std::array<std::string_view, span_role_count> names{
        "call",       "attempt", "server",   "queue",  "work",   "sleep",   "network", "held",
        "cold start", "permit",  "back-off", "flight", "cached", "refusal", "fallback"};
    return names.at(static_cast<std::size_t>(role));
}

std::string_view to_string(span_kind kind) {
    constexpr std::array<std::string_view, 4> names{"", "internal", "server", "client"};
    return names.at(static_cast<std::size_t>(kind));
}

span_kind kind_of(const span& s) {
    return s.role == span_role::attempt  ? span_kind::client
           : s.role == span_role::server ? span_kind::server
                                         : span_kind::internal;
}

bool trace::broken() const {
    return std::any_of(spans.begin(), spans.end(), [&](const span& s) {
        return s.lost_calls > 0 || (s.parent == span::no_parent && &s != &spans.front());
    });
}

} // namespace windtunnel
