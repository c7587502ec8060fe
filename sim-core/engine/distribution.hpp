// SPDX-License-Identifier: BSL-1.0
// How long something takes: a distribution over durations, as a value that is cheap to copy.
// Samples are whole nanoseconds, never negative, at most `longest_sample`, and the same bits on
// every processor. Each is drawn by inversion (the larger the draw, the larger the sample) with a
// fixed number of draws a sample (folded_normal folds what is inverted), so that two variants of a
// scenario that share a stream stay in step. The factories throw std::invalid_argument naming the
// parameter, its value and the rule it breaks.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "patterns/base/random_stream.hpp"
#include "patterns/base/time.hpp"

namespace windtunnel::sim {

class distribution {
  public:
    /// The longest parameter: about 100 days, exact in a double.
    static constexpr duration longest_parameter = std::chrono::hours{24 * 100};
    /// Longer samples are cut to this (100 years), so that adding one to a time cannot overflow.
    static constexpr duration longest_sample = std::chrono::hours{24 * 365 * 100};
    /// The widest lognormal: scv 8102. Beyond it no run is long enough for the mean to show.
    static constexpr double widest_sigma = 3;
    static constexpr int largest_erlang_k = 1000;

    struct branch {
        double share = 1; ///< probability
        duration mean{};
    };
    struct weighted_value {
        duration value{};
        double weight = 1; ///< relative to the others
    };
    struct quantile_point {
        double share = 0; ///< of the samples that are at most `value`: 0.99 for p99
        duration value{};
    };

    /// Always zero.
    distribution() = default;

    static distribution constant(duration value);
    static distribution uniform(duration low, duration high);
    static distribution exponential(duration mean);
    /// The sum of k exponentials, scv 1/k. Takes k draws a sample.
    static distribution erlang(int k, duration mean);
    /// One of several exponentials. The shares must sum to 1. Takes two draws a sample.
    static distribution hyperexponential(const std::vector<branch>& branches);
    /// Two branches with balanced means (share * mean is the same in both), scv >= 1. Tijms, "A
    /// First Course in Stochastic Models", 2003, appendix B.
    static distribution hyperexponential(duration mean, double scv);
    /// `value` is the quantile `share` (0.99 for p99). With z the normal quantile of the share,
    /// sigma solves sigma^2/2 - z sigma + log(value/mean) = 0. Of two positive roots the smaller is
    /// taken: the larger one describes a nearly constant time with a rare enormous one. There is
    /// none, and an error, where value/mean > exp(z^2/2), where it is not below 1 for a share of
    /// one half or less, and where sigma would exceed widest_sigma.
    static distribution lognormal(duration mean, double share, duration value);
    static distribution lognormal(duration mean, double scv);
    /// A normal that is cut off at zero: the law given that it is not negative, as a time cannot
    /// be. Its mean is above `mean`: by less than 0.2 % where that is three standard deviations or
    /// more.
    static distribution normal(duration mean, duration sd);
    /// |X| of a normal X with this mean, which may be zero, and this standard deviation: what is
    /// below zero is folded over. The larger the draw, the larger is X.
    static distribution folded_normal(duration mean, duration sd);
    /// P(X > x) = (minimum/x)^shape. With a cap the bounded Pareto: the law given that X <= cap.
    static distribution pareto(duration minimum, double shape, std::optional<duration> cap = {});
    /// The Pareto with this mean; without a cap the shape must be above 1.
    static distribution pareto_of_mean(duration mean, double shape,
                                       std::optional<duration> cap = {});
    /// Just these values, each with a probability in proportion to its weight.
    static distribution empirical(std::vector<weighted_value> values);
    static distribution empirical(const std::vector<duration>& values);
    /// Linear between the points: shares rise strictly from 0 to 1, values do not fall.
    static distribution empirical_quantiles(const std::vector<quantile_point>& points);

    /// This plus a constant, which must not be negative.
    distribution shifted(duration offset) const;

    duration sample(random_stream& random) const {
        return kind_ == kind::constant ? offset_ : sample_random(random);
    }

    bool is_constant() const { return kind_ == kind::constant; }
    double mean_seconds() const;
    /// In square seconds; infinite for a Pareto of shape <= 2 without a cap.
    double variance() const;
    /// Squared coefficient of variation: variance / mean^2; 0 for a constant, zero included.
    double scv() const;

    /// Canonical text; two distributions are equal exactly when their texts are:
    ///   4ms | uniform(low=1ms, high=2ms) | exponential(mean=4ms) | erlang(k=4, mean=4ms)
    ///   | hyperexponential(0.95: 5ms, 0.05: 100ms) | hyperexponential(mean=4ms, scv=4)
    ///   | lognormal(mean=4ms, p99=12ms) | lognormal(mean=4ms, scv=2)
    ///   | normal(mean=10ms, sd=2ms) | folded_normal(mean=10ms, sd=2ms)
    ///   | pareto(min=1ms, shape=1.5, cap=10s) | pareto(mean=3ms, shape=1.5)
    ///   | empirical(1ms, 2ms) | empirical(3: 1ms, 1: 2ms) | empirical(p0=1ms, p50=2ms, p100=9ms)
    /// with "2ms + " in front when shifted.
    std::string describe() const;

    friend bool operator==(const distribution& a, const distribution& b);

  private:
    enum class kind : std::uint8_t {
        constant,
        uniform,
        exponential,
        erlang,
        hyperexponential,
        lognormal,
        normal,
        folded_normal,
        pareto,
        values,
        quantiles
    };
    struct model;

    distribution(kind k, double a, double b, double c, model m);
    static distribution make_lognormal(duration mean, double sigma, double scv, std::string text);
    static distribution make_pareto(double minimum, double shape, std::optional<duration> cap,
                                    std::string text);
    duration sample_random(random_stream& random) const;
    double draw(random_stream& random) const;
    double draw_erlang(random_stream& random) const;
    double draw_branch(random_stream& random) const;
    double draw_pareto(double u) const;
    double draw_value(double u) const;
    double draw_quantile(double u) const;

    kind kind_ = kind::constant;
    duration offset_{};            ///< what is added to each sample; the value of a constant
    double a_ = 0, b_ = 0, c_ = 0; ///< what sampling needs, in ns where it is a time; see draw()
    std::shared_ptr<const model> model_; ///< moments, text and tables; none for a constant
};

} // namespace windtunnel::sim
