// SPDX-License-Identifier: BSL-1.0
// What a circuit breaker remembers: the last N calls (a ring of 8 bytes a call), or the calls of
// the last while (a ring of buckets), and the calls that are still under way. Adding is O(1), for
// buckets amortised; nothing allocates after construction. Buckets are counted from the start of
// the window and not from a wall clock's full seconds, so that the first one is not short.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "patterns/base/time.hpp"
#include "patterns/base/wide_integer.hpp"

namespace windtunnel {

enum class sliding_window_type : std::uint8_t { count, time };

struct call_counts {
    std::uint32_t calls = 0, failed = 0;
    std::uint32_t slow = 0;        ///< whether they failed or not
    std::uint32_t slow_failed = 0; ///< part of both `failed` and `slow`

    void add(bool has_failed, bool was_slow);
    call_counts& operator-=(const call_counts& other);
    friend bool operator==(const call_counts&, const call_counts&) = default;
};

class sliding_window {
  public:
    /// `size`: calls, or buckets over `length`; at least 1. `length` is for time windows.
    sliding_window(sliding_window_type type, std::uint32_t size, duration length, time_point start);

    void clear(time_point start);
    /// `took` is for those who ask for the total; a count window keeps up to 73 years a call.
    void add(bool failed, bool slow, time_point now, duration took = {});
    /// What the window holds at `now`; changes nothing.
    call_counts counts(time_point now) const;
    /// What those calls took together, to the largest duration.
    duration total_duration(time_point now) const;

  private:
    void add_to_ring(bool failed, bool slow, duration took);
    void roll(time_point now);
    std::int64_t buckets_passed(time_point now) const;
    std::uint32_t after(std::uint32_t place, std::int64_t steps) const;

    sliding_window_type type_;
    std::uint32_t size_;
    std::uint32_t place_ = 0; ///< count: the next call's; time: the current bucket's
    duration width_;          ///< of a bucket
    time_point bucket_end_;
    call_counts total_;
    std::vector<std::uint64_t> calls_;      ///< count: bit 0 failed, bit 1 slow, above what it took
    std::vector<call_counts> buckets_;      ///< time
    wide_integer total_took_ = 0;           ///< in ns
    std::vector<wide_integer> bucket_took_; ///< time, in ns
};

/// The calls under way, by age: how many are certainly older than a threshold. A call is seen to be
/// so at most a fifteenth of the threshold late; that is the price of constant space and time.
class pending_calls {
  public:
    pending_calls(duration threshold, time_point start);

    void clear(time_point start);
    void started(time_point now);
    void ended(time_point started_at);
    std::uint32_t overdue(time_point now);

  private:
    static constexpr std::int64_t slots = 16;
    std::int64_t slot_of(time_point t) const { return (t - start_) / width_; }
    void advance(time_point now);

    duration width_;
    time_point start_;
    std::int64_t current_ = 0; ///< the slots current_ - 15 to current_ are live
    std::uint32_t overdue_ = 0;
    std::array<std::uint32_t, slots> live_{};
};

} // namespace windtunnel
