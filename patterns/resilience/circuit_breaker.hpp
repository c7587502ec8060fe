// SPDX-License-Identifier: BSL-1.0
// A circuit breaker: while too many calls fail or are slow it refuses further ones, for a while,
// and then lets a few through to see. It never reads a clock, locks or allocates after
// construction. Invariant: what a permit reports changes anything only in the generation (the stay
// in one state) that issued it; half-open never has more than `permitted_calls_in_half_open`
// permits that are out or have reported. Names and semantics follow resilience4j, except where
// noted; comparisons: a rate trips at >= its threshold, a call is slow at > its threshold, a time
// is up at >= its instant.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include "patterns/base/random_stream.hpp"
#include "patterns/base/time.hpp"
#include "patterns/resilience/classification.hpp"
#include "patterns/resilience/sliding_window.hpp"

namespace windtunnel {

enum class breaker_state : std::uint8_t {
    closed,       ///< calls pass and are recorded
    open,         ///< calls are refused until the wait is over
    half_open,    ///< a few calls pass, to decide
    forced_open,  ///< by hand: refuses everything, records nothing
    disabled,     ///< by hand: admits everything, records nothing
    metrics_only, ///< by hand: admits and records everything, never trips
};
std::string_view to_string(breaker_state state);

/// Options are fixed for the life of a breaker: a change of configuration is a new breaker.
struct circuit_breaker_options {
    double failure_rate_threshold = 0.5; ///< above 0 to 1
    /// Slow calls trip it as failures do. A slow success counts here only, a slow failure in both.
    double slow_call_rate_threshold = 0.6;
    /// Twice the usual attempt timeout of 1 s. Set it below the timeout of the calls, or it never
    /// sees a slow one; duration::max() turns slow calls off.
    duration slow_call_duration_threshold = std::chrono::seconds{2};
    /// Calls under way that are older than the threshold count as slow already: otherwise calls
    /// that hang never trip it. Looked at when a call asks to be admitted or reports.
    bool slow_call_pending = false;

    windtunnel::sliding_window_type sliding_window_type = windtunnel::sliding_window_type::time;
    int sliding_window_size = 10; ///< calls, or buckets of a time window
    duration sliding_window_duration = std::chrono::seconds{10}; ///< of a time window
    /// No decision below this; a count window lowers it to its size, half-open to its permits.
    int minimum_number_of_calls = 20;

    duration wait_in_open = std::chrono::seconds{5};      ///< the first time; resets on closing
    duration max_wait_in_open = std::chrono::seconds{60}; ///< before jitter
    double wait_multiplier = 2;                           ///< for each reopening, at least 1
    /// Share by which each wait varies, either way, so that a fleet does not probe in lock-step; it
    /// is applied after the cap: the longest wait is max_wait_in_open * (1 + wait_jitter).
    double wait_jitter = 0.2;

    int permitted_calls_in_half_open = 5;
    /// Half-open closes at so many successes, and opens when so many can no longer come, whatever
    /// the rates; 0: the rates decide. failsafe-go: its success threshold
    int successes_to_close = 0;
    /// Half-open ends by then, decided or not; counted from its first call.
    duration max_wait_in_half_open = std::chrono::seconds{10};
    /// It goes half-open when its wait is over, to be seen by those who watch, and not only when
    /// the next call comes; who owns it calls advance() at next_transition() (or has a
    /// breaker_timer). resilience4j: automaticTransitionFromOpenToHalfOpenEnabled
    bool automatic_half_open = false;
    breaker_state state_after_max_wait = breaker_state::open; ///< or closed

    breaker_state initial_state = breaker_state::closed; ///< any but half_open

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;

    friend bool operator==(const circuit_breaker_options&,
                           const circuit_breaker_options&) = default;
};
static_assert(std::is_aggregate_v<circuit_breaker_options> &&
              std::is_trivially_copyable_v<circuit_breaker_options>);

enum class transition_reason : std::uint8_t {
    failure_rate,
    slow_call_rate,
    wait_over,         ///< open long enough: this call is the first to try, or it is automatic
    probes_passed,     ///< half-open: enough calls were good
    half_open_timeout, ///< half-open: not decided in time
    by_hand,
};
std::string_view to_string(transition_reason reason);

struct breaker_transition {
    breaker_state from, to;
    transition_reason reason;
    time_point at;
    /// Of what was seen in `from`, -1 below the minimum number of calls.
    double failure_rate, slow_call_rate;
    std::uint32_t calls, failed, slow; ///< what that was
    std::uint32_t overdue; ///< of slow_call_rate: calls under way that counted as slow, too
};

/// Time in each state, by breaker_state. A stay ends when it is due, not when a call finds out: the
/// time after an open state's wait is half-open, though the transition comes with the first call.
using breaker_times = std::array<duration, 6>;

struct circuit_breaker_metrics {
    double failure_rate = -1;   ///< 0 to 1; -1 below the minimum number of calls
    double slow_call_rate = -1; ///< the same
    std::uint32_t buffered = 0; ///< calls in the window (half-open: calls reported)
    std::uint32_t failed = 0, successful = 0, slow = 0, slow_failed = 0;
    duration total_duration{};   ///< that the calls in the window took together
    duration average_duration{}; ///< of one of them, rounded down; 0 without any
    // Since construction or reset:
    std::uint64_t not_permitted = 0;
    std::uint64_t neutral = 0;         ///< permits dropped or cancelled in their own generation
    std::uint64_t late_results = 0;    ///< results of an older generation, which changed nothing
    std::uint64_t opened = 0;          ///< times it went open, or began so
    std::uint64_t half_opened = 0;     ///< times it began to try
    std::uint64_t closed = 0;          ///< times it closed again, by itself
    std::uint64_t observer_errors = 0; ///< exceptions of the observer, swallowed
};

/// Not thread-safe, neither copied nor moved; it must outlive its permits. `now` never goes back.
class circuit_breaker {
  public:
    /// Leave to make one call. False when refused. Ends with exactly one of record, drop or its
    /// destructor (which drops), also when the frame that holds it is destroyed while suspended.
    class [[nodiscard]] permit {
      public:
        permit() = default;
        permit(permit&& other) noexcept
            : breaker_(std::exchange(other.breaker_, nullptr)), admitted_at_(other.admitted_at_),
              generation_(other.generation_) {}
        permit& operator=(permit&& other) noexcept {
            permit old(std::move(*this));
            breaker_ = std::exchange(other.breaker_, nullptr);
            admitted_at_ = other.admitted_at_;
            generation_ = other.generation_;
            return *this;
        }
        ~permit() { drop(); }

        explicit operator bool() const { return breaker_ != nullptr; }
        time_point admitted_at() const { return admitted_at_; }

        /// The call ended; its latency is now - admitted_at(). Neutral is drop(). The permit must
        /// not have ended before.
        void record(verdict result, time_point now);
        /// The call says nothing about the backend: its slot is free again. Harmless when ended.
        void drop() noexcept;

      private:
        friend class circuit_breaker;
        permit(circuit_breaker* breaker, time_point now, std::uint32_t generation)
            : breaker_(breaker), admitted_at_(now), generation_(generation) {}

        circuit_breaker* breaker_ = nullptr;
        time_point admitted_at_{};
        std::uint32_t generation_ = 0;
    };

    /// `now` starts the first window and, where the initial state is open, its wait.
    explicit circuit_breaker(const circuit_breaker_options& options, random_stream jitter,
                             time_point now = {});
    circuit_breaker(const circuit_breaker&) = delete;
    circuit_breaker& operator=(const circuit_breaker&) = delete;
    ~circuit_breaker();

    permit try_acquire(time_point now);
    /// For the rejection: how long until a call may be admitted; negative when nobody knows (all
    /// half-open permits are out, or forced open), zero when a call would be admitted.
    duration retry_after(time_point now) const;
    /// The state that a call would meet at `now`; changes nothing.
    breaker_state state(time_point now) const;
    circuit_breaker_metrics metrics(time_point now) const;
    /// Since construction or reset, up to now.
    breaker_times times(time_point now) const;
    const circuit_breaker_options& options() const { return options_; }

    // By hand. Going where it is already is legal and not observed.
    void force_open(time_point now) { go_by_hand(breaker_state::forced_open, now); }
    void disable(time_point now) { go_by_hand(breaker_state::disabled, now); }
    void metrics_only(time_point now) { go_by_hand(breaker_state::metrics_only, now); }
    /// Closed, with an empty window, the first wait again and all counters at zero.
    void reset(time_point now);

    /// Applies what time alone has brought about (half-open is over; open is, where that is
    /// automatic); for those who observe. Every other operation does so by itself.
    void advance(time_point now);
    /// When advance() will change the state; `never`: not before somebody calls.
    time_point next_transition() const;
    /// Called after next_transition() may have changed, for who sets a timer to it. It may not call
    /// the breaker.
    using schedule = void (*)(void* context, time_point next);
    void keep_on_time(schedule function, void* context);

    /// Called after each transition, when the breaker is consistent: it may call the breaker. What
    /// it throws is swallowed and counted.
    using observer = void (*)(void* context, const breaker_transition& event);
    void observe(observer function, void* context);

  private:
    permit admit(time_point now);
    permit refuse();
    permit try_acquire_unusual(time_point now);
    void begin_half_open(time_point now);
    void record(const permit& ended, verdict result, time_point now);
    void add_probe(bool failed, bool slow, duration took);
    void forget(const permit& ended) noexcept;
    void judge(time_point now);
    void judge_probes(const call_counts& seen, std::uint32_t overdue, time_point now);
    void judge_successes(const call_counts& seen, time_point now);
    void go_by_hand(breaker_state to, time_point now);
    void transition(breaker_state to, transition_reason reason, time_point at);
    void enter(breaker_state to, time_point at);
    void add_stay(breaker_times& to, time_point now) const;
    void notify(const breaker_transition& event);
    void reschedule();
    call_counts counts(time_point now) const;
    std::uint32_t needed_calls() const;
    std::uint32_t permitted() const;
    duration next_wait() const;

    circuit_breaker_options options_;
    breaker_state state_ = breaker_state::closed;
    std::uint32_t generation_ = 0;
    std::uint32_t in_flight_ = 0;   ///< permits of this generation
    std::uint32_t outstanding_ = 0; ///< permits of all generations
    call_counts probes_;            ///< what half-open has seen
    duration probes_took_{};        ///< together
    time_point since_;              ///< when it came into its state
    time_point until_{};            ///< open and half-open: when it is over; never: no call yet
    double base_wait_ = 0;          ///< of the next opening, in seconds, without jitter
    double jitter_draw_ = 0;        ///< of the next opening, in [0, 1)
    sliding_window window_;
    pending_calls pending_;
    circuit_breaker_metrics totals_; ///< only those since construction or reset
    breaker_times times_{};          ///< of the stays that are over
    random_stream jitter_;
    observer observer_ = nullptr;
    void* observer_context_ = nullptr;
    schedule schedule_ = nullptr;
    void* schedule_context_ = nullptr;
};

static_assert(sizeof(circuit_breaker::permit) <= 24);

inline circuit_breaker::permit circuit_breaker::admit(time_point now) {
    ++in_flight_;
    ++outstanding_;
    return permit{this, now, generation_};
}

inline circuit_breaker::permit circuit_breaker::try_acquire(time_point now) {
    if (state_ == breaker_state::closed && !options_.slow_call_pending)
        return admit(now);
    return try_acquire_unusual(now);
}

} // namespace windtunnel
