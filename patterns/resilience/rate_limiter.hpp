// SPDX-License-Identifier: BSL-1.0
// A rate limiter: so many permits a period, and so many at once. Whoever finds none is told how
// long to wait, or reserves: a place in a strictly first come, first served queue, with the instant
// at which its permits are due. While somebody waits nobody passes, not even with a smaller cost.
// Invariant, of the instants at which permits are admitted or due: in any span of length s there
// are at most burst + s * permits / period (twice `permits` around a boundary with refill_at_once),
// and with a sliding_window at most `permits` in any span [t, t + period). Comparisons: due at >=
// ready_at; a wait of exactly max_wait is taken; a cost above the burst is never admitted.
// retry_after is exact: refused one nanosecond earlier, admitted at it.
#pragma once

#include <cstdint>
#include <utility>

#include "patterns/base/time.hpp"
#include "patterns/resilience/rate_limiter_schedule.hpp"

namespace windtunnel {

struct rate_decision {
    bool admitted = false;
    /// Zero when admitted. duration::max(): never, the cost is above the burst (or beyond the
    /// clock). Else the same request would be admitted after so long, if nobody else comes.
    duration retry_after{};

    explicit operator bool() const { return admitted; }
    bool impossible() const { return retry_after == duration::max(); }
    friend bool operator==(const rate_decision&, const rate_decision&) = default;
};

/// Not thread-safe, neither copied nor moved; it must outlive the reservations that wait. `now`
/// never goes back: an earlier one counts as the latest. Never allocates after construction.
class rate_limiter {
  public:
    class reservation;

    /// Full at `now`.
    explicit rate_limiter(const rate_limiter_options& options, time_point now = {});
    rate_limiter(const rate_limiter&) = delete;
    rate_limiter& operator=(const rate_limiter&) = delete;
    ~rate_limiter();

    /// Takes `cost` permits (at least 1) now, or none. O(1); a sliding_window O(cost), and over the
    /// waiters where they wait for longer than a period.
    [[nodiscard]] rate_decision try_acquire(time_point now, int cost = 1);

    /// A place for `cost` permits that are due at most `max_wait` from now; false, and nothing has
    /// changed, where they would be due later or the cost is above the burst.
    [[nodiscard]] reservation reserve(time_point now, duration max_wait, int cost = 1);

    /// How many permits could be taken at once now: 0 while somebody waits. O(log burst).
    int available(time_point now);
    /// Were all `available` taken now, how long until the next one.
    duration effective_window(time_point now);

    /// The permits that there are, over time since it was made: permits times ns, rounded down to
    /// one. Of a sliding_window O(permits given in the last period).
    wide_integer permits_over_time(time_point now);

    /// As when it was made. Nobody may wait.
    void reset();

    const rate_limiter_options& options() const { return options_; }
    int waiting() const { return waiting_; } ///< reservations not yet due, as last told the time

  private:
    friend class reservation;
    struct links {
        reservation* next = nullptr;
        reservation* previous = nullptr;
        bool in = false;
    };
    /// Reservations in order, through one of their links.
    struct chain {
        links reservation::*by;
        reservation* first = nullptr;
        reservation* last = nullptr;
        void append(reservation& r);
        void remove(reservation& r);
        void replace(reservation& old, reservation& r);
    };

    bool logs() const { return options_.kind == rate_limiter_kind::sliding_window; }
    void advance(time_point now);
    bool cancel(reservation& r, time_point now);
    void repack(reservation* first);
    void announce();

    time_point earliest(const reservation* behind, int cost) const;
    time_point earliest(const detail::rate_account& a, time_point from, int cost) const;
    detail::rate_account after(const detail::rate_account& a, time_point at, int cost) const;
    void spend(const detail::rate_account& then, time_point at, int cost);
    detail::wide_count stock_until(time_point at) const;
    time_point given_at(std::int64_t permit) const;
    duration until(time_point t) const;

    rate_limiter_options options_;
    detail::rate_schedule schedule_;
    detail::permit_log log_;       ///< sliding_window: of what is spent
    detail::rate_account spent_;   ///< by whoever was admitted or has become due
    time_point now_;               ///< the latest it was told
    time_point stock_at_;          ///< up to here permits over time are in stock_
    detail::wide_count stock_ = 0; ///< permits times ns; but for a sliding_window times the period
    chain queue_;                  ///< those not yet due, in order
    chain untold_;                 ///< those who have moved up and have not been told
    int waiting_ = 0;
    bool announcing_ = false;
};

/// Permits that are due at ready_at, in one's own hand. Three endings: take(), cancel(),
/// destructor. Cancelled before ready_at the permits are returned, and those behind move up: each
/// is then due when it would be served if the queue went on without this one from the cancellation
/// on, never later than before. Cancelled at ready_at or later they are spent: what was promised to
/// others since builds on them.
class [[nodiscard]] rate_limiter::reservation {
  public:
    using earlier_function = void (*)(void* context);

    reservation() = default;
    reservation(reservation&& other) noexcept { adopt(other); }
    reservation& operator=(reservation&& other) noexcept {
        reservation mine(std::move(other));
        drop();
        adopt(mine);
        return *this;
    }
    /// Cancels, as of the latest instant that the limiter was told.
    ~reservation() { drop(); }

    /// Made, and neither taken nor cancelled.
    explicit operator bool() const { return held_; }
    /// May become earlier while one waits. Meaningful while held.
    time_point ready_at() const { return ready_at_; }
    /// Uses the permits. `now` must not be before ready_at.
    void take(time_point now);
    /// True where the permits were returned, false where they are spent (or it held none).
    bool cancel(time_point now);

    /// Whom to tell when ready_at has become earlier, so that a timer can be set again. Called from
    /// within another's cancellation, when the limiter is consistent: it may call the limiter, take
    /// or end any reservation, and must not throw. Never nested.
    void on_earlier(earlier_function tell, void* context) {
        tell_ = tell;
        context_ = context;
    }

  private:
    friend class rate_limiter;
    reservation(rate_limiter& owner, time_point ready_at, int cost);
    explicit reservation(time_point ready_at) : ready_at_(ready_at), held_(true) {}
    void adopt(reservation& other) noexcept;
    bool waits() const { return place_.in; }
    void leave(rate_limiter::chain& where) noexcept;
    void drop() noexcept;

    rate_limiter* owner_ = nullptr; ///< while in one of its chains
    links place_;                   ///< in the queue
    links news_;                    ///< among the untold
    earlier_function tell_ = nullptr;
    void* context_ = nullptr;
    detail::rate_account after_; ///< where the limiter stands after it
    time_point ready_at_{};
    int cost_ = 0;
    bool held_ = false;
};

} // namespace windtunnel
