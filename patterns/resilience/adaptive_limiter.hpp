// SPDX-License-Identifier: BSL-1.0
// At most as many calls at once as a concurrency limit says, which learns from them. A call is
// admitted while in_flight() < limit(); there is no queue: who is refused is told at once. What a
// permit measures is the latency of the service (admission to end), never a wait of ours.
// Invariant: in_flight() is the number of permits out; it exceeds limit() only after that shrank
// (calls under way end by themselves). A permit of an older generation gives its slot back and
// teaches nothing.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "patterns/base/level_over_time.hpp"
#include "patterns/base/outcome.hpp"
#include "patterns/resilience/concurrency_limit.hpp"

namespace windtunnel {

/// What a limiter learns from how a call ended.
enum class limit_lesson : std::uint8_t {
    latency, ///< it was served: its latency counts
    dropped, ///< too much: it timed out, or was refused for overload
    nothing, ///< neither; the slot is free again
};
std::string_view to_string(limit_lesson lesson);

/// Dropped: overloaded, timed_out. All else is nothing: an error may be fast or slow whatever the
/// load, a cancelled call was cut short, a local rejection never left.
limit_lesson lesson_of(const failure& f);

template <class T>
limit_lesson lesson_of(const outcome<T>& result) {
    return result.ok() ? limit_lesson::latency : lesson_of(result.failed());
}

struct adaptive_limiter_metrics {
    int limit = 0, in_flight = 0;
    // Since construction:
    std::uint64_t admitted = 0, rejected = 0;
    std::uint64_t dropped = 0;      ///< calls that made the limit smaller
    std::uint64_t neutral = 0;      ///< permits that taught nothing, in their own generation
    std::uint64_t late_results = 0; ///< of an older generation
};

/// Not thread-safe, neither copied nor moved; it must outlive its permits. `now` never goes back.
class adaptive_limiter {
  public:
    /// Leave to make one call. False when refused. Ends with exactly one of record, drop or its
    /// destructor (which drops).
    class [[nodiscard]] permit {
      public:
        permit() = default;
        permit(permit&& other) noexcept
            : owner_(std::exchange(other.owner_, nullptr)), admitted_at_(other.admitted_at_),
              generation_(other.generation_), in_flight_(other.in_flight_) {}
        permit& operator=(permit&& other) noexcept {
            permit old(std::move(*this));
            owner_ = std::exchange(other.owner_, nullptr);
            admitted_at_ = other.admitted_at_;
            generation_ = other.generation_;
            in_flight_ = other.in_flight_;
            return *this;
        }
        ~permit() { drop(); }

        explicit operator bool() const { return owner_ != nullptr; }
        time_point admitted_at() const { return admitted_at_; }

        /// The call ended; its latency is now - admitted_at(). The permit must not have ended
        /// before.
        void record(limit_lesson lesson, time_point now);
        /// The call says nothing; its slot is free again. Harmless when ended.
        void drop() noexcept;

      private:
        friend class adaptive_limiter;
        permit(adaptive_limiter* owner, time_point now)
            : owner_(owner), admitted_at_(now), generation_(owner->generation_),
              in_flight_(owner->in_flight_) {}

        adaptive_limiter* owner_ = nullptr;
        time_point admitted_at_{};
        std::uint32_t generation_ = 0;
        int in_flight_ = 0; ///< when admitted, itself included
    };

    /// `now`: since when it has its limit, for the mean of that.
    explicit adaptive_limiter(const concurrency_limit_options& options, random_stream probes = {},
                              time_point now = {});
    adaptive_limiter(const adaptive_limiter&) = delete;
    adaptive_limiter& operator=(const adaptive_limiter&) = delete;
    ~adaptive_limiter();

    permit try_acquire(time_point now);

    /// Another backend from now on: what was learnt of latencies is forgotten, the limit stays as a
    /// first guess, and calls under way teach nothing any more.
    void reset();

    int limit() const { return limit_.limit(); }
    /// The limit over time, for its mean.
    const level_over_time& limits() const { return limits_; }
    int in_flight() const { return in_flight_; }
    adaptive_limiter_metrics metrics() const;
    const concurrency_limit& algorithm() const { return limit_; }
    const concurrency_limit_options& options() const { return limit_.options(); }

  private:
    void record(const permit& ended, limit_lesson lesson, time_point now);
    void forget(const permit& ended) noexcept;

    concurrency_limit limit_;
    level_over_time limits_;
    int in_flight_ = 0;
    std::uint32_t generation_ = 0;
    adaptive_limiter_metrics totals_; ///< limit and in_flight are filled in by metrics()
};

static_assert(sizeof(adaptive_limiter::permit) <= 24);

} // namespace windtunnel
