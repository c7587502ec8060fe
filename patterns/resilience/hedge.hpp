// SPDX-License-Identifier: BSL-1.0
// Hedging: when the answer takes longer than most do, ask another host too, and take what comes
// first (Dean and Barroso, "The tail at scale", 2013; gRPC proposal A6; Finagle's backup requests).
// Pure decisions: the driver launches, waits, cancels the losers and asks the budget. The first
// success is the answer; a failure that another host may not share ("non-fatal") launches the next
// attempt at once; a fatal one ends the call. Losers are recorded as "took at least so long", or
// the observed quantile would sink and hedging run away. Comparisons: an attempt is launched at >=
// its instant and < the deadline; not when less than the median is left before the deadline (the
// median itself is enough). Invariant: never more than max_attempts, one where it is not
// idempotent.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "patterns/base/outcome.hpp"
#include "patterns/base/quantile_estimate.hpp"
#include "patterns/base/time.hpp"

namespace windtunnel {

enum class hedge_delay : std::uint8_t {
    fixed,    ///< `delay`
    observed, ///< the `quantile` of recent latencies; none below min_samples: no hedge by time
};
std::string_view to_string(hedge_delay kind);

/// Options are fixed for the life of a hedge.
struct hedge_options {
    static constexpr int most_attempts = 10; // Polly's limit; A6 has 5

    int max_attempts = 2; ///< including the first, 1 to 10
    hedge_delay delay_from = hedge_delay::observed;
    /// Of fixed, before each further attempt; zero: all at once; negative: only after one failed.
    /// Polly's default.
    duration delay = std::chrono::seconds{2};
    double quantile = 0.95; ///< of observed, above 0 and below 1: about 1 - quantile extra load
    duration min_delay = std::chrono::milliseconds{1}; ///< of observed; Finagle's
    int min_samples = 100;                             ///< for the quantile and the median
    duration window = std::chrono::seconds{30};        ///< see quantile_estimate_options

    // Which failures are non-fatal. Always fatal: the caller's cancellation, the overall deadline,
    // a shutdown, a client's error (status 400 to 499, but for 408, 425 and 429).
    bool hedge_errors = true;      ///< error
    bool hedge_overloaded = true;  ///< overloaded
    bool hedge_unreachable = true; ///< unavailable, connection_lost
    bool hedge_timeouts = true;    ///< timed_out
    /// What a policy on our own side refused. When false they launch nothing further, but
    /// do not end what runs: the backend has said nothing.
    bool hedge_rejections = true;

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;

    friend bool operator==(const hedge_options&, const hedge_options&) = default;
};
static_assert(std::is_aggregate_v<hedge_options> && std::is_trivially_copyable_v<hedge_options>);

enum class hedge_action : std::uint8_t {
    launch, ///< attempt `attempt`, now; it counts as launched. Ask again at once.
    wait,   ///< for a result, or until `until`; then ask again
    fail,   ///< nothing runs and nothing may be launched: the call ends with last_failure()
};
std::string_view to_string(hedge_action action);

struct hedge_step {
    hedge_action action;
    int attempt = 0;          ///< of launch; the first is 1
    time_point until = never; ///< of wait
    friend bool operator==(const hedge_step&, const hedge_step&) = default;
};

enum class hedge_result : std::uint8_t {
    answer, ///< it is the answer: cancel the others
    fail,   ///< the call ends with last_failure(): cancel the others
    go_on,  ///< ask `next`
    ignore, ///< too late: the call has ended
};
std::string_view to_string(hedge_result result);

class hedge;

/// One call's attempts. A value; its hedge must outlive it.
class hedge_state {
  public:
    /// What to do now. Not after the call has ended.
    hedge_step next(time_point now);

    hedge_result on_success(int attempt, time_point now);
    /// A pushback is honoured: no_retry launches nothing further, retry_after puts it off.
    hedge_result on_failure(int attempt, const failure& f, time_point now);
    /// The budget refused the attempt that was to be launched last (never the first): nothing
    /// further is launched, what runs goes on.
    hedge_result on_refused(int attempt, time_point now);
    /// The caller gave up. Harmless when ended.
    void abandon(time_point now);

    /// The last failure that came from the other side; where there was none, the last.
    const failure& last_failure() const { return last_; }
    int launched() const { return launched_; }
    bool in_flight(int attempt) const { return (in_flight_ & bit(attempt)) != 0; }
    bool ended() const { return ended_; }

  private:
    friend class hedge;
    hedge_state(hedge& owner, bool idempotent, time_point deadline, time_point now);
    static std::uint32_t bit(int attempt) { return std::uint32_t{1} << attempt; }
    time_point& launched_at(int attempt) {
        return launched_at_[static_cast<std::size_t>(attempt - 1)];
    }
    bool may_launch(time_point at) const;
    hedge_result go_on_or_fail(time_point now);
    void keep(const failure& f);
    void end(time_point now);

    hedge* owner_;
    time_point deadline_;
    time_point next_at_; ///< of the next attempt
    time_point not_before_ = time_point::min();
    duration delay_;  ///< negative: only after a failure
    duration median_; ///< zero: not known
    std::array<time_point, hedge_options::most_attempts> launched_at_{};
    failure last_{.kind = failure_kind::shut_down};
    std::uint32_t in_flight_ = 0; ///< bit n: attempt n
    int launched_ = 0;
    int limit_;
    bool failed_ = false; ///< last_ is an attempt's
    bool ended_ = false;
};
static_assert(std::is_trivially_copyable_v<hedge_state>);

struct hedge_metrics {
    std::uint64_t calls = 0;
    std::uint64_t hedges = 0;  ///< attempts after the first
    std::uint64_t won = 0;     ///< calls that a hedge answered
    std::uint64_t refused = 0; ///< hedges that the budget did not allow
};

/// What calls to one target share: options and the latencies seen. Not thread-safe, not copied.
class hedge {
  public:
    explicit hedge(const hedge_options& options, time_point now = {});
    hedge(const hedge&) = delete;
    hedge& operator=(const hedge&) = delete;

    /// A call starts; `next` launches its first attempt.
    hedge_state begin(bool idempotent, time_point deadline, time_point now);

    /// What a call that starts at `now` waits before its second attempt; none: not known.
    std::optional<duration> delay(time_point now);
    /// None below min_samples. Once known, both are looked at anew after 1/32 more observations,
    /// and after an eighth of the window.
    std::optional<duration> median(time_point now);

    const hedge_metrics& metrics() const { return metrics_; }
    const hedge_options& options() const { return options_; }

  private:
    friend class hedge_state;
    void record(duration latency, time_point now);
    void record_censored(duration at_least, time_point now);
    void refresh(time_point now);

    hedge_options options_;
    quantile_estimate latencies_;
    std::optional<duration> quantile_, median_; ///< as of the last refresh
    time_point refresh_at_ = time_point::min();
    std::uint64_t new_ = 0;    ///< observations since
    std::uint64_t enough_ = 0; ///< of them for a refresh
    hedge_metrics metrics_;
};

} // namespace windtunnel
