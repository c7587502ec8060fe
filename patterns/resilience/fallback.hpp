// SPDX-License-Identifier: BSL-1.0
// Fallback: a lesser answer in place of a failure: a default, a cached value, another source; never
// for a call that the caller gave up. Here is which failures get one; the pipeline makes it (policy
// `fallback`), tags a reply `degraded`, and tells its observer of the failure that it stands in
// for. Where the fallback fails, too, the original failure is the outcome. It belongs outside of
// retries and breakers, and must not touch what has just failed.
#pragma once

#include <type_traits>

#include "patterns/base/outcome.hpp"
#include "patterns/resilience/classification.hpp"
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
    case failure_kind::error:
        return is_clients_error(f) ? options.on_client_errors : options.on_errors;
    case failure_kind::contract_broken:
        return options.on_errors;
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

} // namespace windtunnel
