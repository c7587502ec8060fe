// SPDX-License-Identifier: BSL-1.0
// A quantile of recent latencies in bounded memory (18 KiB, fixed at construction): two log-linear
// histograms of integer counts, which take turns. What it knows at `now` is the current window and
// the one before: observations of the last one to two windows, none that is two windows old (>=).
// A latency may be censored: "at least t", because a hedge won or a timeout struck. Dropping those
// would drag the quantile down, and a hedge that follows it would run away. Quantile: the least t
// with S(t) <= 1 - q, where S is the product over t of 1 - ended/at risk (Kaplan and Meier,
// "Nonparametric estimation from incomplete observations", 1958); without censored ones that is the
// ceil(q*n)-th smallest. Answers are off by at most `relative_error`; below 64 ns they are exact;
// 2^40 ns (18 minutes) and more count as just below that. Only + - * /: the same answers
// everywhere.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <vector>

#include "patterns/base/time.hpp"

namespace windtunnel {

/// Options are fixed for the life of an estimate.
struct quantile_estimate_options {
    duration window = std::chrono::seconds{30}; ///< above 0; 1 to 2 of them are remembered
    /// Below so many uncensored observations there is no answer; at least 1.
    int min_samples = 100;

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;

    friend bool operator==(const quantile_estimate_options&,
                           const quantile_estimate_options&) = default;
};
static_assert(std::is_aggregate_v<quantile_estimate_options> &&
              std::is_trivially_copyable_v<quantile_estimate_options>);

/// Not thread-safe. `now` never goes back. Recording is O(1), but for the turn of a window.
class quantile_estimate {
  public:
    /// The most by which a quantile is off, in parts of it.
    static constexpr double relative_error = 1.0 / 64;

    explicit quantile_estimate(const quantile_estimate_options& options, time_point now = {});

    /// It took that long; negative counts as zero.
    void record(duration latency, time_point now);
    /// It would have taken that long or longer, nobody waited for it.
    void record_censored(duration at_least, time_point now);

    /// q in (0, 1]. None below min_samples. Where too many of the longest are censored for S to
    /// come down to 1 - q, the longest known: a lower bound. O(1152): keep what it said for a
    /// while.
    std::optional<duration> quantile(double q, time_point now) const;

    /// In view at `now`, without the censored.
    std::uint64_t observed(time_point now) const;
    std::uint64_t censored(time_point now) const;
    const quantile_estimate_options& options() const { return options_; }

  private:
    struct window_counts {
        std::vector<std::uint32_t> ended, censored; ///< by bucket
        std::uint64_t ended_total = 0, censored_total = 0;
    };
    struct view { ///< what is not too old; null: nothing
        std::array<const window_counts*, 2> windows;
    };

    view at(time_point now) const;
    void roll(time_point now);

    quantile_estimate_options options_;
    std::array<window_counts, 2> windows_;
    std::size_t current_ = 0;
    time_point window_end_;
};

} // namespace windtunnel
