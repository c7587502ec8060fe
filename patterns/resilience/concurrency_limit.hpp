// SPDX-License-Identifier: BSL-1.0
// How many calls at once a service bears, learnt from how long they take. With L the limit, rtt a
// latency, n the calls in flight when it began:
//   aimd: a drop, or rtt > timeout: L * backoff_ratio, else L + 1.
//   vegas: queue = ceil(L * (1 - least_rtt / rtt)), g = max(1, floor(log10(L))): queue <= g: L +
//     beta * g; queue < alpha * g: L + g; queue > beta * g, or a drop: L - g; else as it is.
//   gradient2: L * clamp(tolerance * long_rtt / rtt, 0.5, 1) + queue_size, by steps of `smoothing`.
//   gradient: g * L + sqrt(g * L) with g = clamp((1 + buffer) * min_rtt / rtt, 0.5, 2), once a
//     window, of a percentile; min_rtt is that of min_rtt_requests calls, made at min_limit.
// Sources: Netflix concurrency-limits; gradient: Envoy's adaptive concurrency filter. It grows only
// where 2 * n >= L: what is not used proves nothing. Invariant: 1 <= min_limit <= limit() <=
// max_limit. Fixed-point integers within: the same limits everywhere. Departures are noted at the
// options.
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>
#include <vector>

#include "patterns/base/random_stream.hpp"
#include "patterns/base/time.hpp"

namespace windtunnel {

enum class concurrency_limit_kind : std::uint8_t {
    aimd,      ///< by drops alone: slowly up, at once down
    vegas,     ///< by the queue that the least latency seen lets one guess
    gradient2, ///< by the latency now against that of the long run
    gradient,  ///< by the latency now against one that is measured now and then with few at once
};
std::string_view to_string(concurrency_limit_kind kind);

/// What of the samples the algorithm sees.
enum class limit_sampling : std::uint8_t {
    each,       ///< every one
    mean,       ///< one for each window: the mean latency, the most in flight, whether any dropped
    percentile, ///< the same with a percentile, of the last 256 latencies of the window
};
std::string_view to_string(limit_sampling sampling);

struct concurrency_limit_options {
    concurrency_limit_kind kind = concurrency_limit_kind::gradient2;
    int initial_limit = 20; ///< min_limit to max_limit
    int min_limit = 4;      ///< at least 1
    int max_limit = 200;    ///< at most 1000000

    double backoff_ratio = 0.9;                 ///< aimd: 0.5 to below 1
    duration timeout = std::chrono::seconds{5}; ///< aimd: what takes longer counts as dropped

    int alpha = 3;              ///< vegas: times g
    int beta = 6;               ///< vegas: times g, at least alpha
    double vegas_smoothing = 1; ///< vegas: above 0 to 1; 1: none
    /// vegas: instead of L - g, L times this; 0: L - g, else below 1.
    double vegas_decrease_ratio = 0;
    /// vegas: the least latency is measured anew after probe_multiplier * L samples, times a draw
    /// from 0.5 to 1, so that a fleet does not do so at once.
    int probe_multiplier = 30;

    double rtt_tolerance = 1.5;      ///< gradient2: so much longer is no reason to shrink; 1 to 100
    double gradient_smoothing = 0.2; ///< gradient2: above 0 to 1; 1: none
    int queue_size = 4;              ///< gradient2: what it grows by, at least 1
    int long_window = 600;           ///< gradient2: samples of the long run

    // gradient, with the defaults of Envoy. A window ends after min_window (Envoy: to be set, 100ms
    // in its examples) and has one sample or more; a dropped call counts as one without end.
    /// From the end of a measurement to the next, and up to the jitter's share longer. Five windows
    /// in a row at min_limit begin one, too.
    duration min_rtt_interval = std::chrono::seconds{60};
    int min_rtt_requests = 50; ///< at least 1; calls that began before the measurement do not count
    double min_rtt_jitter = 0.15; ///< 0 to 1
    double min_rtt_buffer = 0.25; ///< so much longer is no reason to shrink; 0 to 100

    limit_sampling sampling = limit_sampling::mean; ///< of the others; gradient has its own
    /// A window lasts twice the least latency of the one before, but within these.
    duration min_window = std::chrono::seconds{1};
    duration max_window = std::chrono::seconds{1}; ///< at most 60 s
    /// And until it holds so many samples. (The source forgets a window with fewer, drops and all.)
    int window_size = 10;
    duration min_rtt = std::chrono::microseconds{100}; ///< windows leave out what is shorter
    double percentile = 0.5;                           ///< above 0 to 1

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;

    friend bool operator==(const concurrency_limit_options&,
                           const concurrency_limit_options&) = default;
};
static_assert(std::is_aggregate_v<concurrency_limit_options> &&
              std::is_trivially_copyable_v<concurrency_limit_options>);

/// The defaults of the source: every sample counts, aimd and gradient2 stay within 20 and 200,
/// vegas within 1 and 1000.
concurrency_limit_options netflix_defaults(concurrency_limit_kind kind);
/// gradient within 3 and 1000, every 100 ms.
concurrency_limit_options envoy_adaptive_concurrency();

/// Allocates in the constructor only, and there only for percentiles and gradient. `now` never goes
/// back.
class concurrency_limit {
  public:
    /// The stream is drawn from by vegas and gradient alone.
    explicit concurrency_limit(const concurrency_limit_options& options, random_stream probes = {});

    int limit() const { return static_cast<int>(limit_ / one); }

    /// A call ended; `in_flight` is how many there were when it began, itself included. Returns the
    /// new limit. A dropped call (timed out, refused for overload) makes the limit smaller whatever
    /// its latency, which is not looked at: a refusal is fast. (The source lets the latency of
    /// drops into what it learns, and gradient2 ignores that they are drops; here that is a
    /// gradient of 0.5 with no room for a queue.)
    int update(time_point now, duration rtt, int in_flight, bool dropped);

    /// Forgets all latencies, keeps the limit: for another backend behind the same name.
    void forget();

    const concurrency_limit_options& options() const { return options_; }
    /// What vegas or gradient holds for the latency without load; zero: not known yet.
    duration least_rtt() const { return duration{least_rtt_}; }
    /// What gradient2 holds for the latency of the long run; zero: not known yet.
    duration long_rtt() const { return duration{long_rtt_ / rtt_unit}; }

  private:
    static constexpr std::int64_t one = 1'000'000;
    static constexpr std::int64_t rtt_unit = 1'000; ///< long_rtt_ counts thousandths of a ns

    struct window {
        time_point end{};
        std::int64_t samples = 0, latencies = 0, sum = 0, least = 0;
        int in_flight = 0;
        bool dropped = false;
    };

    /// gradient's measurement of the latency without load.
    struct measurement {
        bool under_way = true;
        time_point began = time_point::min(), next{};
        std::int64_t limit_before = 0;
        int windows_at_least = 0; ///< in a row, with the limit at min_limit
    };

    void sample(time_point now, std::int64_t rtt, int in_flight, bool dropped);
    void sample_gradient(time_point now, time_point began, std::int64_t rtt, int in_flight);
    void keep_latency(std::int64_t rtt);
    void begin_measurement(time_point now);
    void end_measurement(time_point now);
    void apply_gradient(std::int64_t rtt, bool unused);
    std::int64_t window_latency();
    void apply(std::int64_t rtt, int in_flight, bool dropped);
    void apply_aimd(std::int64_t rtt, bool unused, bool dropped);
    void apply_vegas(std::int64_t rtt, bool unused, bool dropped);
    void apply_gradient2(std::int64_t rtt, bool unused, bool dropped);
    bool probes();
    void draw_probe();
    std::int64_t vegas_target(std::int64_t rtt) const;
    std::int64_t vegas_decreased() const;
    void learn_long_rtt(std::int64_t rtt);
    void move_towards(std::int64_t target, double smoothing);

    concurrency_limit_options options_;
    std::int64_t limit_; ///< in millionths
    std::int64_t least_rtt_ = 0;
    std::int64_t long_rtt_ = 0;
    std::int64_t probe_count_ = 0;
    std::int64_t probe_draw_ = one; ///< in millionths
    int long_samples_ = 0;
    window window_;
    std::int64_t last_least_ = 0;         ///< of the window before
    std::vector<std::int64_t> latencies_; ///< percentile, gradient: a ring
    measurement measurement_;
    random_stream random_;
};

} // namespace windtunnel
