// SPDX-License-Identifier: BSL-1.0
// How many retries a client may make in all, so that retries cannot multiply a load that already
// hurts. Share one budget over everything that retries or hedges against one target.
//   grpc_tokens: max_tokens at first; a failure costs 1, a success gives token_ratio back; a retry
//     is allowed while, after that, more than half is left. Source: gRPC proposal A6, throttling.
//   ratio: each request allows `ratio` of a retry, for as long as `ttl`; on top there are
//     min_per_second * ttl. Source: Finagle's RetryBudget, in ten slices of the ttl as there.
// Invariant of `ratio`, in any n consecutive spans of the ttl: retries <= ratio * requests +
// n * min_per_second * ttl. Integers within: the same answers everywhere.
#pragma once

#include <array>
#include <cstdint>
#include <type_traits>

#include "patterns/base/time.hpp"
#include "patterns/resilience/classification.hpp"

namespace windtunnel {

enum class retry_budget_kind : std::uint8_t { grpc_tokens, ratio };

/// Options are fixed for the life of a budget.
struct retry_budget_options {
    retry_budget_kind kind = retry_budget_kind::ratio;

    double ratio = 0.2;                      ///< retries per request, 0 to 1000; 6 decimals count
    double min_per_second = 10;              ///< retries allowed whatever the load; 0 for hedging
    duration ttl = std::chrono::seconds{10}; ///< 1 s to 60 s

    double max_tokens = 100;  ///< grpc_tokens: above 0 to 1000; 3 decimals count
    double token_ratio = 0.1; ///< grpc_tokens: above 0 to 1000; 3 decimals count

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;

    friend bool operator==(const retry_budget_options&, const retry_budget_options&) = default;
};
static_assert(std::is_aggregate_v<retry_budget_options> &&
              std::is_trivially_copyable_v<retry_budget_options>);

class retry_budget {
  public:
    explicit retry_budget(const retry_budget_options& options, time_point now = {});

    /// An original request starts (not a retry, not a hedge).
    void on_request(time_point now);
    /// An attempt ended, the first one too. Pass what `budget_verdict` says: failure only where it
    /// was retryable or pushed back. Report before asking for leave to retry.
    void on_outcome(verdict result);
    /// Leave for one retry, taken at once. When refused: return the failure, do not wait.
    bool try_withdraw(time_point now);

    /// What is left: tokens, or retries (ratio).
    double balance(time_point now) const;
    const retry_budget_options& options() const { return options_; }

  private:
    static constexpr int slices = 10;
    std::int64_t slices_passed(time_point now) const;
    void roll(time_point now);
    void deposit(std::int64_t amount);

    retry_budget_options options_;
    std::int64_t balance_ = 0; ///< thousandths of a token, or millionths of a retry
    // ratio: what was deposited less what was withdrawn, a slice of the ttl each
    std::array<std::int64_t, slices> slice_{};
    int current_ = 0;
    duration width_;
    time_point slice_end_;
};

} // namespace windtunnel
