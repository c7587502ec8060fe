// SPDX-License-Identifier: BSL-1.0
#include "sim-core/stats/confidence.hpp"

#include <boost/math/distributions/students_t.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace windtunnel::sim {
namespace {

// No long double: it differs between platforms.
using policy = boost::math::policies::policy<boost::math::policies::promote_double<false>,
                                             boost::math::policies::promote_float<false>>;
using students_t = boost::math::students_t_distribution<double, policy>;

void require_share(const char* name, double value) {
    if (!(value > 0 && value < 1))
        throw std::invalid_argument(std::string{name} + " is " + std::to_string(value) +
                                    ": it must be between 0 and 1");
}

} // namespace

void moments::add(double x) {
    const double from_old = x - mean_;
    mean_ += from_old / static_cast<double>(++count_);
    squares_ += from_old * (x - mean_);
}

double moments::mean() const {
    return count_ == 0 ? std::numeric_limits<double>::quiet_NaN() : mean_;
}

std::optional<double> moments::variance() const {
    if (count_ < 2)
        return std::nullopt;
    return squares_ / static_cast<double>(count_ - 1);
}

std::optional<double> moments::standard_error() const {
    if (count_ < 2)
        return std::nullopt;
    return std::sqrt(*variance() / static_cast<double>(count_));
}

moments moments_of(std::span<const double> values) {
    moments result;
    for (const double value : values)
        result.add(value);
    return result;
}

double student_t_quantile(double p, double degrees_of_freedom) {
    require_share("t quantile: p", p);
    if (!(degrees_of_freedom >= 1) || !std::isfinite(degrees_of_freedom))
        throw std::invalid_argument("t quantile: degrees of freedom are " +
                                    std::to_string(degrees_of_freedom) +
                                    ": there must be at least 1, and finitely many");
    return boost::math::quantile(students_t{degrees_of_freedom}, p);
}

std::optional<interval> mean_interval(const moments& values, double level) {
    require_share("confidence level", level);
    const auto error = values.standard_error();
    if (!error || !std::isfinite(*error) || !std::isfinite(values.mean()))
        return std::nullopt;
    const double t = student_t_quantile((1 + level) / 2, static_cast<double>(values.count() - 1));
    return interval{values.mean() - t * *error, values.mean() + t * *error, level};
}

std::optional<interval> mean_interval(std::span<const double> values, double level) {
    return mean_interval(moments_of(values), level);
}

std::optional<interval> difference_interval(std::span<const double> before,
                                            std::span<const double> after, double level) {
    require_share("confidence level", level);
    const moments a = moments_of(before), b = moments_of(after);
    if (a.count() < 2 || b.count() < 2)
        return std::nullopt;
    const double of_a = *a.variance() / static_cast<double>(a.count());
    const double of_b = *b.variance() / static_cast<double>(b.count());
    const double middle = b.mean() - a.mean(), squared = of_a + of_b;
    if (!std::isfinite(middle) || !std::isfinite(squared))
        return std::nullopt;
    if (squared == 0)
        return interval{middle, middle, level};
    const double degrees = squared * squared /
                           (of_a * of_a / static_cast<double>(a.count() - 1) +
                            of_b * of_b / static_cast<double>(b.count() - 1));
    const double reach = student_t_quantile((1 + level) / 2, degrees) * std::sqrt(squared);
    return interval{middle - reach, middle + reach, level};
}

std::vector<double> ratio_values(std::span<const ratio_sample> replications) {
    double numerators = 0, denominators = 0;
    for (const ratio_sample& each : replications) {
        numerators += each.numerator;
        denominators += each.denominator;
    }
    const auto counted =
        std::count_if(replications.begin(), replications.end(),
                      [](const ratio_sample& each) { return each.denominator > 0; });
    if (counted < 2 || !std::isfinite(numerators))
        return {};
    const double ratio = numerators / denominators;
    const double mean_denominator = denominators / static_cast<double>(replications.size());
    std::vector<double> values;
    for (const ratio_sample& each : replications)
        values.push_back(ratio + (each.numerator - ratio * each.denominator) / mean_denominator);
    return values;
}

namespace {

std::vector<ratio_sample> those_that_counted(std::span<const ratio_sample> replications) {
    std::vector<ratio_sample> counted;
    std::copy_if(replications.begin(), replications.end(), std::back_inserter(counted),
                 [](const ratio_sample& each) { return each.denominator > 0; });
    return counted;
}

} // namespace

std::optional<interval> ratio_interval(std::span<const ratio_sample> replications, double level) {
    require_share("level", level);
    return mean_interval(ratio_values(those_that_counted(replications)), level);
}

namespace {

/// How many of each replication's values are at most that long; exact at the end of a bucket.
std::vector<ratio_sample> shares_up_to(duration value, std::span<const histogram> replications) {
    std::vector<ratio_sample> shares;
    for (const histogram& each : replications)
        shares.push_back(
            {static_cast<double>(each.count_at_most(value)), static_cast<double>(each.count())});
    return shares;
}

/// How far below and above what was found the truth may be.
struct reaches {
    double below = 0, above = 0;
};

/// Of the mean of values, as mean_interval says; where they are skewed, further on the side of
/// their long tail, by Willink's transformation of Student's t ("A confidence interval and test for
/// the mean of an asymmetric distribution", Communications in Statistics 34, 2005). It is not taken
/// at its word that the other side may be nearer: with few values that holds too seldom.
std::optional<reaches> skewed_reaches(std::span<const double> values, double level) {
    const moments m = moments_of(values);
    const auto plain = mean_interval(m, level);
    if (!plain)
        return {};
    reaches result{plain->half_width(), plain->half_width()};
    const auto n = static_cast<double>(values.size());
    const double error = m.standard_error().value_or(0);
    if (n < 3 || error == 0)
        return result;
    double cubes = 0;
    for (const double value : values)
        cubes += std::pow((value - m.mean()) / std::sqrt(*m.variance()), 3);
    const double skewness = cubes * n / ((n - 1) * (n - 2));
    const double b = skewness / (6 * std::sqrt(n));
    if (std::abs(b) < 1e-9)
        return result;
    const auto bent = [b](double t) { return (std::cbrt(1 + 6 * b * (t - b)) - 1) / (2 * b); };
    const double t = result.below / error;
    return reaches{std::max(result.below, bent(t) * error),
                   std::max(result.above, -bent(-t) * error)};
}

/// Shares of values around a quantile, and how far they may be off.
struct located_shares {
    std::vector<ratio_sample> up_to, below; ///< the quantile's bucket counted, or not
    reaches reach = {};                     ///< of the one that differs more
    bool up_to_differs_more = true;
    double count = 0;

    // Where the share may be less, the quantile may be further out.
    double highest(double q) const { return q + reach.below; }
    double lowest(double q) const { return q - reach.above; }
    bool ends_above(double q) const { return (1 - highest(q)) * count < 1; }
    bool ends_below(double q) const { return lowest(q) * count < 1; }
};

std::optional<reaches> share_reaches(std::span<const ratio_sample> replications, double level) {
    return skewed_reaches(ratio_values(those_that_counted(replications)), level);
}

/// None for fewer than two replications with values. Where many values are alike, as after a
/// timeout, the share up to them may be the same in all replications, and the share below them not.
std::optional<located_shares> located(duration quantile, std::span<const histogram> replications,
                                      double level) {
    located_shares found{
        shares_up_to(histogram::highest_like(quantile), replications),
        shares_up_to(histogram::lowest_like(quantile) - duration{1}, replications)};
    const auto up_to = share_reaches(found.up_to, level), below = share_reaches(found.below, level);
    if (!up_to || !below)
        return {};
    found.reach = {std::max(up_to->below, below->below), std::max(up_to->above, below->above)};
    found.up_to_differs_more = up_to->below + up_to->above >= below->below + below->above;
    for (const histogram& each : replications)
        found.count += static_cast<double>(each.count());
    return found;
}

/// Whether so many replications, of those with values, have some on the other side of the quantile
/// found that none would have one on the other side of the true quantile only with probability
/// (1-level)/2: then the outermost of all values is on the other side of that.
template <class HasSome>
bool is_bounded(std::span<const ratio_sample> shares, double level, HasSome has_some) {
    double all = 0, without = 0;
    for (const ratio_sample& each : shares) {
        all += each.denominator > 0 ? 1 : 0;
        without += each.denominator > 0 && !has_some(each) ? 1 : 0;
    }
    return std::pow(without / all, all) <= (1 - level) / 2;
}

histogram merged(std::span<const histogram> replications) {
    histogram all;
    for (const histogram& each : replications)
        all.merge(each);
    return all;
}

/// Between which values a quantile of all lies, and the share of the values that do.
struct quantile_bounds {
    located_shares shares;
    duration low{}, high{};
    double between = 0;
};

/// None where an end is not known.
std::optional<quantile_bounds>
bounds_of(const histogram& all, std::span<const histogram> replications, double q, double level) {
    if (all.empty())
        return {};
    auto shares = located(all.quantile(q), replications, level);
    if (!shares)
        return {};
    const bool above = shares->ends_above(q), below = shares->ends_below(q);
    if (above && !is_bounded(shares->below, level, [](const ratio_sample& each) {
            return each.numerator < each.denominator;
        }))
        return {};
    if (below && !is_bounded(shares->up_to, level,
                             [](const ratio_sample& each) { return each.numerator > 0; }))
        return {};
    const double lowest = below ? 0 : shares->lowest(q), highest = above ? 1 : shares->highest(q);
    const duration low = below ? all.min() : all.quantile(lowest),
                   high = above ? all.max() : all.quantile(highest);
    return quantile_bounds{std::move(*shares), low, high, highest - lowest};
}

} // namespace

std::optional<interval> replicated_quantile_interval(std::span<const histogram> replications,
                                                     double q, double level) {
    require_share("q", q);
    const auto found = bounds_of(merged(replications), replications, q, level);
    if (!found)
        return {};
    return interval{to_seconds(found->low), to_seconds(found->high), level};
}

std::vector<double> quantile_values(std::span<const histogram> replications, double q) {
    require_share("q", q);
    const histogram all = merged(replications);
    const auto found = bounds_of(all, replications, q, default_level);
    if (!found)
        return {};
    const auto& of = found->shares;
    const auto shares = ratio_values(of.up_to_differs_more ? of.up_to : of.below);
    const double slope =
        found->between > 0 ? to_seconds(found->high - found->low) / found->between : 0;
    const double mean = moments_of(shares).mean(); // not q where many values share a bucket
    std::vector<double> values;
    for (const double share : shares)
        values.push_back(to_seconds(all.quantile(q)) + (mean - share) * slope);
    return values;
}

} // namespace windtunnel::sim
