// SPDX-License-Identifier: BSL-1.0
// The arithmetic of a rate limiter: given what has been admitted, from when on the next may be.
// Exact: amounts are integers of which a permit is `period` in ns, and only the answer is rounded,
// up to the next ns. No loop over periods, whatever passes between two calls. With P permits a
// period of D ns, a burst of B, a cost of c:
//   token_bucket: level L, which grows by P a ns up to B*D; admitted from L >= c*D on.
//   gcra: theoretical arrival time T; admitted from t*P >= T + (c - B)*D on, and then
//     T = max(t*P, T) + c*D. Source: ITU-T I.371, virtual scheduling, with weights and a burst.
//   sliding_window: permit number n is admitted from D after permit number n - P on.
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>
#include <vector>

#include "patterns/base/time.hpp"
#include "patterns/base/wide_integer.hpp"

namespace windtunnel {

enum class rate_limiter_kind : std::uint8_t {
    token_bucket,   ///< up to a burst at once, then at the rate
    gcra,           ///< the same decisions from one number; burst 1 spaces permits evenly
    sliding_window, ///< never more than `permits` in any span of `period`; 8 bytes a permit
};
std::string_view to_string(rate_limiter_kind kind);

/// Options are fixed for the life of a limiter: a change of configuration is a new limiter.
struct rate_limiter_options {
    rate_limiter_kind kind = rate_limiter_kind::token_bucket;
    int permits = 100; ///< a period, 1 to 1e9 (sliding_window: to 1e6); measure yours
    duration period = std::chrono::seconds{1}; ///< above 0
    int burst = 0; ///< most permits at one instant, to 1e9; 0: as many as `permits`
    /// token_bucket: all permits of a period arrive together at its end, counted from construction,
    /// as with Envoy and resilience4j: up to twice `permits` may then pass around a boundary.
    bool refill_at_once = false;
    /// For the driver: how long a call may wait for its permit; 0: it is refused at once.
    duration max_wait{};

    /// `burst`, or what stands for it.
    int most_at_once() const { return burst == 0 ? permits : burst; }
    /// Idle for so long, a limiter decides as a new one would; saturates.
    duration restored_after() const;
    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;

    friend bool operator==(const rate_limiter_options&, const rate_limiter_options&) = default;
};
static_assert(std::is_aggregate_v<rate_limiter_options> &&
              std::is_trivially_copyable_v<rate_limiter_options>);

namespace detail {

using wide_count = wide_integer; // products of a time and a rate never overflow in it

/// Where a limiter stands after the last permit it gave.
struct rate_account {
    wide_count amount = 0; ///< level, theoretical arrival time, or number of permits given
    time_point at{};       ///< token_bucket: when it was the level
};

/// For the two kinds whose account says it all. `from` is never before the account's last permit.
class rate_schedule {
  public:
    rate_schedule(const rate_limiter_options& options, time_point start)
        : options_(options), start_(start) {}

    rate_account fresh() const;
    /// The first instant, `from` or later, at which `cost` may pass; `never` beyond the clock.
    time_point earliest(const rate_account& a, time_point from, int cost) const;
    rate_account after(const rate_account& a, time_point at, int cost) const;
    /// The permits that are there, over the time in which nothing is given: their integral, of
    /// which one permit for one ns is `period` in ns. To the ns at which they are complete.
    wide_count permits_over_time(const rate_account& a, time_point from, time_point to) const;

  private:
    wide_count since_start(time_point t) const;
    wide_count refilled(time_point t) const;
    wide_count level(const rate_account& a, time_point t) const;
    wide_count full() const;
    wide_count stock(const rate_account& a, time_point t) const;
    time_point at_offset(wide_count nanoseconds) const;

    rate_limiter_options options_;
    time_point start_;
};

/// When the last `size` permits were given.
class permit_log {
  public:
    explicit permit_log(int size) : times_(static_cast<std::size_t>(size)) {}
    void add(time_point at, int count);
    std::int64_t count() const { return count_; }
    /// When permit `number` (from 0) was given; it is one of the last.
    time_point at(std::int64_t number) const;
    /// For how long the permits that it still has were out up to `now`, each for `period` at most:
    /// together, in ns. O(permits given in the last period).
    wide_count out_over_time(time_point now, duration period) const;
    void clear() { count_ = 0; }

  private:
    std::vector<time_point> times_;
    std::int64_t count_ = 0;
};

} // namespace detail

} // namespace windtunnel
