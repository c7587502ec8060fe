// SPDX-License-Identifier: BSL-1.0
// How sure one can be of a figure: Student-t intervals over replications, of means, ratios and
// quantiles. Where there is too little data (fewer than two values, a quantile further out than the
// sample reaches) or a value is not finite, there is no interval, never a wrong one. A level is a
// confidence in (0, 1), 0.95 by default; another one throws std::invalid_argument. Law, "Simulation
// Modeling and Analysis", 2015, chapter 9.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim-core/stats/histogram.hpp"

namespace windtunnel::sim {

inline constexpr double default_level = 0.95;

struct interval {
    double low = 0, high = 0;
    double level = default_level;

    double half_width() const { return (high - low) / 2; }
    double middle() const { return low + half_width(); }
    bool contains(double x) const { return low <= x && x <= high; }
};

/// Count, mean and variance of values as they come (Welford 1962).
class moments {
  public:
    void add(double x);

    std::uint64_t count() const { return count_; }
    /// NaN when there are no values.
    double mean() const;
    /// Of the population the values come from (divided by n - 1); none for fewer than two.
    std::optional<double> variance() const;
    /// Of the mean, were the values independent; none for fewer than two.
    std::optional<double> standard_error() const;

  private:
    std::uint64_t count_ = 0;
    double mean_ = 0, squares_ = 0;
};

moments moments_of(std::span<const double> values);

/// t with P(T <= t) = p for Student's T with so many degrees of freedom (at least 1); p in (0, 1).
double student_t_quantile(double p, double degrees_of_freedom);

/// The mean of the population that independent values (one a replication) come from.
std::optional<interval> mean_interval(const moments& values, double level = default_level);
std::optional<interval> mean_interval(std::span<const double> values, double level = default_level);

/// The mean of the population of `after` less that of `before`, from independent values whose
/// variances may differ (Welch, Biometrika 34, 1947). None for fewer than two values of either.
std::optional<interval> difference_interval(std::span<const double> before,
                                            std::span<const double> after,
                                            double level = default_level);

/// What one replication counted, of something that is a ratio: a sum and how many, good ones and
/// all.
struct ratio_sample {
    double numerator = 0, denominator = 0;
};

/// The sum of the numerators by that of the denominators, over independent replications whose
/// denominators differ (the ratio estimator; Law 2015, section 4.5: residuals n - r d). Those that
/// counted nothing say nothing: none for fewer than two with a denominator above 0.
std::optional<interval> ratio_interval(std::span<const ratio_sample> replications,
                                       double level = default_level);

/// The same as one value a replication, whose mean is the ratio and whose `mean_interval` is that
/// of `ratio_interval`: of two ratios of the same replications (the same random numbers), the
/// differences of the values say how sure the difference is. One that counted nothing has the ratio
/// itself. Empty for fewer than two with a denominator above 0.
std::vector<double> ratio_values(std::span<const ratio_sample> replications);

/// The quantile q in (0, 1) of what independent replications observe, each of which holds values
/// that may depend on each other. Around the quantile of all of them together: how the share of
/// values up to there, or below, differs from replication to replication says how far the quantile
/// may be off (sectioning; Asmussen and Glynn, "Stochastic Simulation", 2007, section III.5), which
/// is further on the side to which these shares are skewed (Willink, Communications in Statistics
/// 34, 2005). Its ends are quantiles of all values, each to within the histogram's relative error.
/// An end that would be further out than the values reach is the outermost of all, if replications
/// with a value at or beyond the quantile found are so many that only with probability (1-level)/2
/// none would have one beyond the true quantile. None for fewer than two replications with values,
/// or where an end is not known.
std::optional<interval> replicated_quantile_interval(std::span<const histogram> replications,
                                                     double q, double level = default_level);

/// The same as one value a replication, to compare quantiles as `ratio_values` compares ratios: the
/// quantile of all, plus what the replication's share of values up to there lacks of q, turned into
/// time by the slope of the quantiles of all between the ends of their interval: where an end is
/// the outermost value that is steeper than it need be, so that a difference is less sure, never
/// surer. Empty where there is no interval.
std::vector<double> quantile_values(std::span<const histogram> replications, double q);

} // namespace windtunnel::sim
