// SPDX-License-Identifier: BSL-1.0
// How many retries a client may make in all, so that retries cannot multiply a load that already
// hurts. Share one budget over everything that retries or hedges against one target.
// Invariants: `ratio`, in any n consecutive spans of the ttl: retries <= ratio * deposits + n *
// min_per_second * ttl. `concurrent`, whenever one is allowed, with it: retries under way <=
// max(ratio * requests under way, min_concurrency). `cost`: what retries have paid and not got back
// <= capacity + success_refund * first successes. `grpc_tokens` bounds them through the failures
// that precede them: retries < max_tokens / 2 + token_ratio * successes, for one after a failure
// each. Integers within: the same answers everywhere.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include "patterns/base/level_over_time.hpp"
#include "patterns/base/time.hpp"
#include "patterns/resilience/classification.hpp"

namespace windtunnel {

enum class retry_budget_kind : std::uint8_t {
    /// max_tokens at first; a failure costs 1, a success gives token_ratio back; a retry is allowed
    /// while, after that, more than half is left. Source: gRPC proposal A6, throttling.
    grpc_tokens,
    /// Each request (or success) allows `ratio` of a retry, for as long as `ttl`; on top there are
    /// min_per_second * ttl. Source: Finagle's RetryBudget, in ten slices of the ttl as there.
    ratio,
    /// Allowed while there are fewer retries under way than `ratio` of the requests under way
    /// (rounded down), or than min_concurrency. Source: Envoy's RetryBudget.
    concurrent,
    /// `capacity` at first; a retry takes retry_cost, or timeout_cost after a timeout, and needs
    /// all
    /// of it; its success gives that back, a first attempt's success gives success_refund. Source:
    /// the AWS SDKs' standard retry mode.
    cost,
};
std::string_view to_string(retry_budget_kind kind);

/// What a deposit of the kind `ratio` is for.
enum class budget_deposit : std::uint8_t {
    request, ///< each original request, when it starts: Finagle
    success, ///< each success: a target that answers nothing allows nothing but min_per_second
};
std::string_view to_string(budget_deposit what);

/// Options are fixed for the life of a budget.
struct retry_budget_options {
    retry_budget_kind kind = retry_budget_kind::ratio;

    double ratio = 0.2; ///< ratio, concurrent: retries per request, 0 to 1000; 6 decimals count
    double min_per_second = 10; ///< ratio: retries allowed whatever the load; 0 for hedging
    duration ttl = std::chrono::seconds{10}; ///< ratio: 1 s to 60 s

    double max_tokens = 100;  ///< grpc_tokens: above 0 to 1000; 3 decimals count
    double token_ratio = 0.1; ///< grpc_tokens: above 0 to 1000; 3 decimals count

    budget_deposit deposit_on = budget_deposit::request; ///< ratio

    int min_concurrency = 3; ///< concurrent: retries at once whatever the load, 0 to 1e9 (Envoy)

    // cost, each to 1e9 (AWS)
    int capacity = 500;     ///< 0: no retries
    int retry_cost = 5;     ///< at least 1; their "2.1" mode takes 14
    int timeout_cost = 10;  ///< at least 1; of a retry after an attempt that timed out
    int success_refund = 1; ///< of a first attempt's success

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;

    friend bool operator==(const retry_budget_options&, const retry_budget_options&) = default;
};
static_assert(std::is_aggregate_v<retry_budget_options> &&
              std::is_trivially_copyable_v<retry_budget_options>);

/// Since construction.
struct retry_budget_metrics {
    std::uint64_t deposits = 0;    ///< requests or successes that allow retries, as the kind has it
    std::uint64_t withdrawals = 0; ///< leave for a retry or hedge was given
    std::uint64_t refused = 0;     ///< it was not
};

/// Not thread-safe. Neither copied nor moved while a slot is out, which it must outlive.
class retry_budget {
  public:
    /// A request or a retry that is under way; false where leave was refused. Its destructor ends
    /// it, also in a frame that is destroyed while suspended.
    class [[nodiscard]] slot {
      public:
        slot() = default;
        slot(slot&& other) noexcept
            : budget_(std::exchange(other.budget_, nullptr)), paid_(other.paid_),
              retry_(other.retry_) {}
        slot& operator=(slot&& other) noexcept {
            slot mine(std::move(other)); // first: it may be this one
            end();
            budget_ = std::exchange(mine.budget_, nullptr);
            paid_ = mine.paid_;
            retry_ = mine.retry_;
            return *this;
        }
        ~slot() { end(); }

        explicit operator bool() const { return budget_ != nullptr; }
        /// What leave has cost, for `on_outcome`; 0 for a request.
        int paid() const { return paid_; }
        /// Harmless when done. End a retry before asking for leave for the next.
        void end() noexcept;

      private:
        friend class retry_budget;
        slot(retry_budget& budget, int paid, bool retry)
            : budget_(&budget), paid_(paid), retry_(retry) {}

        retry_budget* budget_ = nullptr;
        int paid_ = 0;
        bool retry_ = false;
    };

    explicit retry_budget(const retry_budget_options& options, time_point now = {});

    /// An original request starts (not a retry, not a hedge).
    void on_request(time_point now);
    /// An attempt ended, the first one too. Pass what `budget_verdict` says: failure only where it
    /// was retryable or pushed back. Report before asking for leave to retry. `now`: for deposits
    /// on success, else the latest one counts; `paid`: what leave for this attempt has cost.
    void on_outcome(verdict result, time_point now = {}, int paid = 0);
    /// Leave for one retry or hedge, taken at once. When refused: return the failure, do not wait,
    /// and let what is in flight go on. `last`: how the attempt before ended.
    bool try_withdraw(time_point now, failure_kind last = failure_kind::error);

    /// What `concurrent` needs besides: a request, or a retry for which leave was given, has ended.
    void on_request_ended();
    void on_retry_ended();

    /// The same, where the ends are the destructors': use these with `concurrent`.
    slot begin(time_point now);
    slot withdraw(time_point now, failure_kind last = failure_kind::error);

    /// What leave for a retry would cost; 0 for other kinds than `cost`.
    int price(failure_kind last = failure_kind::error) const;
    /// What is left: tokens, retries (ratio), retries at once (concurrent), or units (cost).
    double balance(time_point now) const;
    /// The same over time, since construction: times ns, rounded down to one. What `concurrent` is
    /// told to have ended counts as ended at the latest instant that it was told.
    wide_integer balance_over_time(time_point now) const;
    const retry_budget_metrics& metrics() const { return metrics_; }
    const retry_budget_options& options() const { return options_; }

  private:
    static constexpr int slices = 10;
    std::int64_t left() const;
    std::int64_t scale() const;
    bool has_leave(time_point now, failure_kind last);
    void note(time_point now);
    std::int64_t concurrent_limit() const;
    std::int64_t slices_passed(time_point now) const;
    void roll(time_point now);
    void deposit(std::int64_t amount);

    retry_budget_options options_;
    std::int64_t balance_ = 0;  ///< thousandths of a token, millionths of a retry, or units
    std::int64_t requests_ = 0; ///< concurrent: under way
    std::int64_t retries_ = 0;  ///< concurrent: under way
    // ratio: what was deposited less what was withdrawn, a slice of the ttl each
    std::array<std::int64_t, slices> slice_{};
    int current_ = 0;
    duration width_;
    time_point slice_end_;
    time_point latest_; ///< that it was told
    level_over_time left_over_time_;
    retry_budget_metrics metrics_;
};

} // namespace windtunnel
