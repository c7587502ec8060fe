// SPDX-License-Identifier: BSL-1.0
// How a call ended: a value, or a failure that says who failed. Errors travel as values; throwing
// costs about 3 us, which a retry storm cannot afford. Cancelled, timed out, past the deadline and
// shut down are four different ends, and a local rejection is none of the backend's doing.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "patterns/base/assert.hpp"
#include "patterns/base/time.hpp"

namespace windtunnel {

enum class failure_kind : std::uint8_t {
    // what the other side did
    error,           ///< it answered, with an error (`failure::status` says which)
    overloaded,      ///< it refused because it has too much to do (HTTP 429 or 503, full queue)
    unavailable,     ///< nobody was there (connection refused): certainly not processed
    connection_lost, ///< the connection broke: unknown whether it was processed
    contract_broken, ///< it answered, and the answer lacks something that the caller reads
    // what the clock did
    timed_out,         ///< this attempt took too long
    deadline_exceeded, ///< the whole call took too long
    // what the caller did
    cancelled, ///< the caller gave up; says nothing about the backend
    shut_down, ///< the client is being shut down
    // what a policy on our side did: the request never left
    breaker_open,     ///< a circuit breaker refused it
    bulkhead_full,    ///< no permit and no room to wait for one
    bulkhead_timeout, ///< waited for a permit as long as allowed
    rate_limited,     ///< a rate limiter had no permit, or none soon enough
    limit_reached,    ///< as many calls under way as an adaptive limit allows
    throttled,        ///< held back, because the backend refuses much
};

inline constexpr int failure_kind_count = 15;

/// The name used in results, JSON and messages: "timed_out".
std::string_view to_string(failure_kind kind);
std::optional<failure_kind> failure_kind_from(std::string_view name);

/// True where a policy on our own side refused: neutral to every policy outside of it.
constexpr bool is_local_rejection(failure_kind kind) {
    return kind >= failure_kind::breaker_open;
}

struct failure {
    failure_kind kind = failure_kind::error;
    std::uint16_t status = 0; ///< protocol status where there is one (HTTP), else 0
    bool no_retry = false;    ///< the other side said: do not retry (pushback)
    /// The request was certainly not processed: safe to retry whatever its idempotency.
    bool not_processed = false;
    /// Wait this long before trying again; negative: not said.
    duration retry_after{-1};

    friend bool operator==(const failure&, const failure&) = default;
};

/// A value or a failure. Default-constructed it is a failure (`shut_down`): what a coroutine that
/// never ran would say. It is never empty.
template <class T>
class [[nodiscard]] outcome {
  public:
    using value_type = T;

    outcome() : failure_{.kind = failure_kind::shut_down} {}
    outcome(T value) : value_(std::move(value)) {}         // NOLINT(google-explicit-constructor)
    outcome(failure f) : failure_(f) {}                    // NOLINT(google-explicit-constructor)
    outcome(failure_kind kind) : failure_{.kind = kind} {} // NOLINT(google-explicit-constructor)

    bool ok() const { return value_.has_value(); }
    explicit operator bool() const { return ok(); }

    T& value() {
        WINDTUNNEL_ASSERT(ok());
        return *value_;
    }
    const T& value() const {
        WINDTUNNEL_ASSERT(ok());
        return *value_;
    }
    const windtunnel::failure& failed() const {
        WINDTUNNEL_ASSERT(!ok());
        return failure_;
    }
    bool failed_with(failure_kind kind) const { return !ok() && failure_.kind == kind; }

    friend bool operator==(const outcome& a, const outcome& b) {
        return a.value_ == b.value_ && (a.ok() || a.failure_ == b.failure_);
    }

  private:
    std::optional<T> value_;
    failure failure_{};
};

/// For operations that yield nothing but their success.
struct done {
    friend bool operator==(done, done) { return true; }
};

} // namespace windtunnel
