// SPDX-License-Identifier: BSL-1.0
// Fallback: a lesser answer in place of a failure: a default, a cached value, another source. The
// answer is tagged `degraded` and carries the failure that it stands in for, so that nobody takes
// it for a success (a breaker, a gateway, an objective). Never for a call that the caller gave up.
// It belongs outside of retries and breakers, and must not touch what has just failed. Where the
// fallback fails too, the original failure is the outcome and the fallback's is attached.
#pragma once

#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "patterns/base/outcome.hpp"
#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

/// Which failures get the fallback. Never: cancelled, shut_down.
struct fallback_options {
    bool on_errors = true; ///< error, but for the client's (next line)
    /// error with a status 400 to 499 but 408, 425, 429: an answer ("not found"), not an outage.
    bool on_client_errors = false;
    bool on_overloaded = true;  ///< overloaded
    bool on_unreachable = true; ///< unavailable, connection_lost
    bool on_timeouts = true;    ///< timed_out
    bool on_deadline = true;    ///< deadline_exceeded: only a fallback that takes no time helps
    bool on_rejections = true;  ///< what a policy on our own side refused

    /// Throws std::invalid_argument where nothing is handled.
    void validate() const {
        constexpr option_check check{"fallback"};
        const bool any = on_errors || on_client_errors || on_overloaded || on_unreachable ||
                         on_timeouts || on_deadline || on_rejections;
        check(any, "every on_ option", "false", "be true for one of them at least");
    }

    friend bool operator==(const fallback_options&, const fallback_options&) = default;
};
static_assert(std::is_aggregate_v<fallback_options> &&
              std::is_trivially_copyable_v<fallback_options>);

inline bool handles(const fallback_options& options, const failure& f) {
    switch (f.kind) {
    case failure_kind::error: {
        const bool clients = f.status >= 400 && f.status <= 499 && f.status != 408 &&
                             f.status != 425 && f.status != 429; // RFC 9110, 15.5
        return clients ? options.on_client_errors : options.on_errors;
    }
    case failure_kind::overloaded:
        return options.on_overloaded;
    case failure_kind::unavailable:
    case failure_kind::connection_lost:
        return options.on_unreachable;
    case failure_kind::timed_out:
        return options.on_timeouts;
    case failure_kind::deadline_exceeded:
        return options.on_deadline;
    case failure_kind::breaker_open:
    case failure_kind::bulkhead_full:
    case failure_kind::bulkhead_timeout:
    case failure_kind::rate_limited:
    case failure_kind::limit_reached:
    case failure_kind::throttled:
        return options.on_rejections;
    case failure_kind::cancelled:
    case failure_kind::shut_down:
        break;
    }
    return false;
}

/// What came of a call with a fallback.
template <class T>
struct fallback_outcome {
    outcome<T> result;
    bool degraded = false;                    ///< `result` is the fallback's value
    std::optional<failure> original{};        ///< what the call itself failed with
    std::optional<failure> fallback_failed{}; ///< the fallback failed too, with this

    friend bool operator==(const fallback_outcome&, const fallback_outcome&) = default;
};

/// The outcome of a call that failed with `original` and whose fallback gave `substitute`.
template <class T>
fallback_outcome<T> substituted(const failure& original, outcome<T> substitute) {
    if (!substitute.ok())
        return {.result = original, .original = original, .fallback_failed = substitute.failed()};
    return {.result = std::move(substitute), .degraded = true, .original = original};
}

/// `make(const failure&)` returns an outcome<T>; called at most once, where the failure is handled.
/// For a fallback that has to wait ask `handles`, and use `substituted`.
template <class T, class Make>
fallback_outcome<T> with_fallback(const fallback_options& options, outcome<T> result, Make make) {
    if (result.ok())
        return {.result = std::move(result)};
    const failure original = result.failed();
    if (!handles(options, original))
        return {.result = original, .original = original};
    return substituted<T>(original, make(original));
}

} // namespace windtunnel
