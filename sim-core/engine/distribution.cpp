// SPDX-License-Identifier: BSL-1.0
#include "sim-core/engine/distribution.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include "sim-core/engine/elementary.hpp"
#include "sim-core/engine/number_text.hpp"

namespace windtunnel::sim {

/// What is computed once and shared by all copies. Times are in ns.
struct distribution::model {
    struct row {
        double up_to; ///< share of the samples in this row and those before it
        double value; ///< mean of the branch, the value, or the value at the quantile
    };
    double mean = 0;
    double variance = 0;
    std::string text;
    std::vector<row> rows = {};
};

namespace {

using detail::text;

double ns(duration d) {
    return static_cast<double>(d.count());
}

/// Exact, in the largest unit up to seconds that leaves a whole part: 1500000 ns is "1.5ms".
std::string text(duration d) {
    struct unit {
        std::int64_t size;
        const char* name;
    };
    constexpr unit units[] = {{1'000'000'000, "s"}, {1'000'000, "ms"}, {1'000, "us"}, {1, "ns"}};
    if (d < duration::zero())
        return "-" + text(-d);
    if (d == duration::zero())
        return "0s";
    const unit& u = *std::find_if(std::begin(units), std::end(units),
                                  [&](const unit& each) { return d.count() >= each.size; });
    std::string result = std::to_string(d.count() / u.size);
    if (const auto rest = d.count() % u.size; rest != 0) {
        result += '.' + std::to_string(u.size + rest).substr(1);
        result.erase(result.find_last_not_of('0') + 1);
    }
    return result + u.name;
}

/// "p99.9" for 0.999: twelve digits, so that the product's rounding does not show.
std::string percentile_name(double share) {
    char buffer[32];
    const auto end =
        std::to_chars(buffer, buffer + sizeof buffer, share * 100, std::chars_format::general, 12);
    return 'p' + std::string{buffer, end.ptr};
}

std::string join(const std::vector<std::string>& parts) {
    std::string result;
    for (const std::string& part : parts)
        result += (result.empty() ? "" : ", ") + part;
    return result;
}

template <class Value>
[[noreturn]] void refuse(const std::string& name, const Value& value, const std::string& rule) {
    throw std::invalid_argument(name + " is " + text(value) + ": " + rule);
}

void require_time(const std::string& name, duration value, bool may_be_zero = false) {
    if (value < duration::zero() || (value == duration::zero() && !may_be_zero))
        refuse(name, value, may_be_zero ? "it must not be negative" : "it must be above 0");
    if (value > distribution::longest_parameter)
        refuse(name, value, "it must be at most " + text(distribution::longest_parameter));
}

void require_positive(const std::string& name, double value) {
    if (!(value > 0) || !std::isfinite(value))
        refuse(name, value, "it must be above 0 and finite");
}

duration whole(double x) {
    if (!(x < ns(distribution::longest_sample)))
        return distribution::longest_sample;
    return duration{static_cast<std::int64_t>(x + 0.5)};
}

/// E[(X / minimum)^j] of a Pareto, bounded where ratio = minimum/cap is above 0; `kept` is the
/// probability that the unbounded one stays below the cap.
double pareto_moment(double j, double shape, double ratio, double kept) {
    const double e = shape - j;
    if (ratio == 0)
        return e > 0 ? shape / e : std::numeric_limits<double>::infinity();
    const double exponent = e * own_log(ratio);
    const double integral = std::abs(exponent) < 1e-5 ? -own_log(ratio) * (1 + exponent / 2)
                                                      : (1 - own_exp(exponent)) / e;
    return shape * integral / kept;
}

/// The mean of a bounded Pareto with this minimum.
double bounded_pareto_mean(double minimum, double shape, double cap) {
    const double ratio = minimum / cap;
    return minimum * pareto_moment(1, shape, ratio, 1 - own_power(ratio, shape));
}

/// The minimum that gives a bounded Pareto this mean, which rises with it.
double pareto_minimum(double mean, double shape, double cap) {
    double low = 0, high = mean;
    for (int i = 0; i < 200; ++i) {
        const double middle = 0.5 * (low + high);
        if (middle <= low || middle >= high)
            break;
        (bounded_pareto_mean(middle, shape, cap) < mean ? low : high) = middle;
    }
    return high;
}

/// The density of the standard normal.
double normal_density(double z) {
    constexpr double factor = 0.398942280401432678; // 1 / sqrt(2 pi)
    return factor * own_exp(-z * z / 2);
}

/// P(Z <= -z) of a standard normal Z, for z >= 0: the inverse of its quantile.
double normal_tail(double z) {
    double low = 0, high = 0.5;
    for (int i = 0; i < 1100; ++i) {
        const double middle = 0.5 * (low + high);
        if (middle <= low || middle >= high)
            break;
        (normal_quantile(middle) < -z ? low : high) = middle;
    }
    return high;
}

/// The sigma of a lognormal whose quantile with normal quantile z is exp(ratio_log) times its mean.
std::optional<double> lognormal_sigma(double z, double ratio_log) {
    const double discriminant = z * z - 2 * ratio_log;
    if (discriminant < 0)
        return std::nullopt;
    const double root = std::sqrt(discriminant);
    // The smaller root is z - root; its other form does not cancel when the ratio is near 1.
    const double smaller = z > 0 ? 2 * ratio_log / (z + root) : z - root;
    return smaller > 0 ? smaller : z + root;
}

} // namespace

distribution::distribution(kind k, double a, double b, double c, model m)
    : kind_(k), a_(a), b_(b), c_(c), model_(std::make_shared<const model>(std::move(m))) {}

distribution distribution::constant(duration value) {
    require_time("constant: value", value, true);
    return distribution{}.shifted(value);
}

distribution distribution::uniform(duration low, duration high) {
    require_time("uniform: low", low, true);
    require_time("uniform: high", high, true);
    if (low > high)
        refuse("uniform: low", low, "it must not be above high, which is " + text(high));
    const double width = ns(high - low);
    return {kind::uniform, ns(low), width, 0,
            model{ns(low) + width / 2, width * width / 12,
                  "uniform(low=" + text(low) + ", high=" + text(high) + ")"}};
}

distribution distribution::exponential(duration mean) {
    require_time("exponential: mean", mean);
    return {kind::exponential, ns(mean), 0, 0,
            model{ns(mean), ns(mean) * ns(mean), "exponential(mean=" + text(mean) + ")"}};
}

distribution distribution::erlang(int k, duration mean) {
    require_time("erlang: mean", mean);
    if (k < 1 || k > largest_erlang_k)
        refuse("erlang: k", static_cast<double>(k),
               "it must be from 1 to " + std::to_string(largest_erlang_k));
    return {kind::erlang, ns(mean) / k, static_cast<double>(k), 0,
            model{ns(mean), ns(mean) * ns(mean) / k,
                  "erlang(k=" + std::to_string(k) + ", mean=" + text(mean) + ")"}};
}

distribution distribution::hyperexponential(const std::vector<branch>& branches) {
    double total = 0, mean = 0, square = 0;
    model m;
    std::vector<std::string> parts;
    for (const branch& each : branches) {
        require_positive("hyperexponential: share", each.share);
        require_time("hyperexponential: mean", each.mean);
        total += each.share;
        mean += each.share * ns(each.mean);
        square += 2 * each.share * ns(each.mean) * ns(each.mean);
        m.rows.push_back({total, ns(each.mean)});
        parts.push_back(text(each.share) + ": " + text(each.mean));
    }
    if (std::abs(total - 1) > 1e-6)
        refuse("hyperexponential: the sum of the shares", total, "it must be 1");
    m.mean = mean;
    m.variance = square - mean * mean;
    m.text = "hyperexponential(" + join(parts) + ")";
    return {kind::hyperexponential, 0, 0, 0, std::move(m)};
}

distribution distribution::hyperexponential(duration mean, double scv) {
    require_time("hyperexponential: mean", mean);
    if (!(scv >= 1) || !std::isfinite(scv))
        refuse("hyperexponential: scv", scv, "it must be at least 1 and finite");
    const double share = (1 + std::sqrt((scv - 1) / (scv + 1))) / 2;
    const double other = 1 / ((scv + 1) * 2 * share); // 1 - share, without cancelling
    return {kind::hyperexponential, 0, 0, 0,
            model{ns(mean),
                  scv * ns(mean) * ns(mean),
                  "hyperexponential(mean=" + text(mean) + ", scv=" + text(scv) + ")",
                  {{share, ns(mean) / (2 * share)}, {1, ns(mean) / (2 * other)}}}};
}

distribution distribution::make_lognormal(duration mean, double sigma, double scv,
                                          std::string text) {
    const double mu = own_log(ns(mean)) - sigma * sigma / 2;
    return {kind::lognormal, mu, sigma, 0,
            model{ns(mean), scv * ns(mean) * ns(mean), std::move(text)}};
}

distribution distribution::lognormal(duration mean, double share, duration value) {
    require_time("lognormal: mean", mean);
    if (!(share > 0 && share < 1))
        refuse("lognormal: share of the percentile", share, "it must be between 0 and 1");
    const std::string name = percentile_name(share);
    require_time("lognormal: " + name, value);
    const double z = normal_quantile(share);
    const auto sigma = lognormal_sigma(z, own_log(ns(value) / ns(mean)));
    if (!sigma && z > 0)
        refuse("lognormal: " + name, value,
               "no lognormal with the mean " + text(mean) + " has it above " +
                   text(whole(ns(mean) * own_exp(z * z / 2))));
    if (!sigma || !(*sigma > 0) || *sigma > widest_sigma)
        refuse("lognormal: " + name, value,
               std::string{"it must be "} + (share > 0.5 ? "above" : "below") + " the mean, " +
                   text(mean) + ", and not so far away that the rest is all in the tail");
    return make_lognormal(mean, *sigma, own_exp(*sigma * *sigma) - 1,
                          "lognormal(mean=" + text(mean) + ", " + name + "=" + text(value) + ")");
}

distribution distribution::lognormal(duration mean, double scv) {
    require_time("lognormal: mean", mean);
    require_positive("lognormal: scv", scv);
    const double sigma = std::sqrt(own_log1p(scv));
    if (sigma > widest_sigma)
        refuse("lognormal: scv", scv, "it must be at most 8102");
    return make_lognormal(mean, sigma, scv,
                          "lognormal(mean=" + text(mean) + ", scv=" + text(scv) + ")");
}

distribution distribution::normal(duration mean, duration sd) {
    require_time("normal: mean", mean, true);
    require_time("normal: sd", sd);
    const double m = ns(mean), s = ns(sd);
    const double cut = normal_tail(m / s);
    const double hazard = normal_density(m / s) / (1 - cut);
    return {kind::normal, m, s, cut,
            model{m + s * hazard, s * s * (1 - m / s * hazard - hazard * hazard),
                  "normal(mean=" + text(mean) + ", sd=" + text(sd) + ")"}};
}

distribution distribution::folded_normal(duration mean, duration sd) {
    require_time("folded_normal: mean", mean, true);
    require_time("folded_normal: sd", sd);
    const double m = ns(mean), s = ns(sd);
    const double folded = 2 * s * normal_density(m / s) + m * (1 - 2 * normal_tail(m / s));
    return {kind::folded_normal, m, s, 0,
            model{folded, m * m + s * s - folded * folded,
                  "folded_normal(mean=" + text(mean) + ", sd=" + text(sd) + ")"}};
}

distribution distribution::make_pareto(double minimum, double shape, std::optional<duration> cap,
                                       std::string text) {
    const double ratio = cap ? minimum / ns(*cap) : 0;
    const double kept = cap ? 1 - own_power(ratio, shape) : 1;
    const double mean = pareto_moment(1, shape, ratio, kept);
    const double square = pareto_moment(2, shape, ratio, kept);
    const double variance = std::isfinite(square) ? square - mean * mean : square;
    return {kind::pareto, minimum, 1 / shape, kept,
            model{mean * minimum,
                  variance * minimum * minimum,
                  std::move(text),
                  {{1, cap ? ns(*cap) : std::numeric_limits<double>::infinity()}}}};
}

distribution distribution::pareto(duration minimum, double shape, std::optional<duration> cap) {
    require_time("pareto: min", minimum);
    require_positive("pareto: shape", shape);
    std::string text_ = "pareto(min=" + text(minimum) + ", shape=" + text(shape);
    if (cap) {
        require_time("pareto: cap", *cap);
        if (*cap <= minimum)
            refuse("pareto: cap", *cap, "it must be above min, which is " + text(minimum));
        text_ += ", cap=" + text(*cap);
    }
    return make_pareto(ns(minimum), shape, cap, text_ + ")");
}

distribution distribution::pareto_of_mean(duration mean, double shape,
                                          std::optional<duration> cap) {
    require_time("pareto: mean", mean);
    require_positive("pareto: shape", shape);
    const std::string text_ = "pareto(mean=" + text(mean) + ", shape=" + text(shape);
    if (!cap) {
        if (shape <= 1)
            refuse("pareto: shape", shape, "it must be above 1, else the mean is infinite");
        return make_pareto(ns(mean) * (shape - 1) / shape, shape, cap, text_ + ")");
    }
    require_time("pareto: cap", *cap);
    if (*cap <= mean)
        refuse("pareto: cap", *cap, "it must be above mean, which is " + text(mean));
    return make_pareto(pareto_minimum(ns(mean), shape, ns(*cap)), shape, cap,
                       text_ + ", cap=" + text(*cap) + ")");
}

distribution distribution::empirical(std::vector<weighted_value> values) {
    if (values.empty())
        throw std::invalid_argument("empirical: there are no values: give at least one");
    std::stable_sort(values.begin(), values.end(),
                     [](const auto& a, const auto& b) { return a.value < b.value; });
    double total = 0, mean = 0, variance = 0, sum = 0;
    for (const weighted_value& each : values) {
        require_time("empirical: value", each.value, true);
        require_positive("empirical: weight", each.weight);
        total += each.weight;
        mean += each.weight * ns(each.value);
    }
    require_positive("empirical: the sum of the weights", total);
    mean /= total;
    const bool weighted = std::any_of(values.begin(), values.end(), [&](const auto& each) {
        return each.weight != values.front().weight;
    });
    model m;
    std::vector<std::string> parts;
    for (const weighted_value& each : values) {
        variance += each.weight / total * (ns(each.value) - mean) * (ns(each.value) - mean);
        m.rows.push_back({(sum += each.weight) / total, ns(each.value)});
        parts.push_back((weighted ? text(each.weight) + ": " : "") + text(each.value));
    }
    m.mean = mean;
    m.variance = variance;
    m.text = "empirical(" + join(parts) + ")";
    return {kind::values, 0, 0, 0, std::move(m)};
}

distribution distribution::empirical(const std::vector<duration>& values) {
    std::vector<weighted_value> weighted;
    for (const duration value : values)
        weighted.push_back({.value = value});
    return empirical(std::move(weighted));
}

distribution distribution::empirical_quantiles(const std::vector<quantile_point>& points) {
    if (points.size() < 2)
        refuse("empirical: the number of quantiles", static_cast<double>(points.size()),
               "give at least two, p0 and p100");
    if (points.front().share != 0)
        refuse("empirical: the first share", points.front().share, "it must be 0");
    if (points.back().share != 1)
        refuse("empirical: the last share", points.back().share, "it must be 1");
    model m;
    std::vector<std::string> parts;
    for (const quantile_point& each : points) {
        const std::string name = percentile_name(each.share);
        require_time("empirical: " + name, each.value, true);
        if (!m.rows.empty() && !(each.share > m.rows.back().up_to))
            refuse("empirical: share", each.share, "the shares must rise");
        if (!m.rows.empty() && ns(each.value) < m.rows.back().value)
            refuse("empirical: " + name, each.value, "it must not be below the quantile before it");
        m.rows.push_back({each.share, ns(each.value)});
        parts.push_back(name + "=" + text(each.value));
    }
    const auto for_each_piece = [&](auto f) { // share, middle, width
        for (std::size_t i = 1; i < m.rows.size(); ++i)
            f(m.rows[i].up_to - m.rows[i - 1].up_to, (m.rows[i - 1].value + m.rows[i].value) / 2,
              m.rows[i].value - m.rows[i - 1].value);
    };
    for_each_piece([&](double share, double middle, double) { m.mean += share * middle; });
    for_each_piece([&](double share, double middle, double width) {
        m.variance += share * ((middle - m.mean) * (middle - m.mean) + width * width / 12);
    });
    m.text = "empirical(" + join(parts) + ")";
    return {kind::quantiles, 0, 0, 0, std::move(m)};
}

distribution distribution::shifted(duration offset) const {
    require_time("offset", offset, true);
    require_time("offset", offset_ + offset, true);
    distribution result = *this;
    result.offset_ += offset;
    return result;
}

duration distribution::sample_random(random_stream& random) const {
    return std::min(offset_ + whole(draw(random)), longest_sample);
}

double distribution::draw(random_stream& random) const {
    switch (kind_) {
    case kind::constant:
        return 0;
    case kind::uniform: // low, width
        return a_ + b_ * random.uniform_open();
    case kind::exponential: // mean
        return -a_ * own_log(1 - random.uniform_open());
    case kind::erlang:
        return draw_erlang(random);
    case kind::hyperexponential:
        return draw_branch(random);
    case kind::lognormal: // mu, sigma
        return own_exp(a_ + b_ * normal_quantile(random.uniform_open()));
    case kind::normal: // mean, sd, share below zero
        return std::max(0.0, a_ + b_ * normal_quantile(c_ + (1 - c_) * random.uniform_open()));
    case kind::folded_normal: // mean, sd
        return std::abs(a_ + b_ * normal_quantile(random.uniform_open()));
    case kind::pareto:
        return draw_pareto(random.uniform_open());
    case kind::values:
        return draw_value(random.uniform_open());
    case kind::quantiles:
        return draw_quantile(random.uniform_open());
    }
    return 0;
}

/// a: the mean of one stage, b: k. One logarithm for sixteen stages, whose product is at least
/// 2^-848 and cannot underflow.
double distribution::draw_erlang(random_stream& random) const {
    double sum = 0;
    for (int left = static_cast<int>(b_); left > 0; left -= 16) {
        double product = 1;
        for (int i = std::min(left, 16); i > 0; --i)
            product *= 1 - random.uniform_open();
        sum -= own_log(product);
    }
    return a_ * sum;
}

double distribution::draw_branch(random_stream& random) const {
    const double u = random.uniform_open(), v = random.uniform_open();
    const model::row* row = model_->rows.data();
    for (const model::row* last = row + model_->rows.size() - 1; row != last && u > row->up_to;)
        ++row;
    return -row->value * own_log(1 - v);
}

/// a: minimum, b: 1/shape, c: the share of the unbounded law below the cap, 1 without one.
double distribution::draw_pareto(double u) const {
    return std::min(a_ * own_exp(-b_ * own_log(1 - c_ * u)), model_->rows.front().value);
}

double distribution::draw_value(double u) const {
    const auto& rows = model_->rows;
    const auto row = std::lower_bound(rows.begin(), rows.end() - 1, u,
                                      [](const auto& r, double x) { return r.up_to < x; });
    return row->value;
}

double distribution::draw_quantile(double u) const {
    const auto& rows = model_->rows;
    const auto above = std::lower_bound(rows.begin() + 1, rows.end() - 1, u,
                                        [](const auto& r, double x) { return r.up_to < x; });
    const auto below = above - 1;
    const double part = (u - below->up_to) / (above->up_to - below->up_to);
    return below->value + part * (above->value - below->value);
}

double distribution::mean_seconds() const {
    return (ns(offset_) + (model_ ? model_->mean : 0)) * 1e-9;
}

double distribution::variance() const {
    return model_ ? model_->variance * 1e-18 : 0;
}

double distribution::scv() const {
    return variance() == 0 ? 0 : variance() / (mean_seconds() * mean_seconds());
}

std::string distribution::describe() const {
    if (!model_)
        return text(offset_);
    return offset_ == duration::zero() ? model_->text : text(offset_) + " + " + model_->text;
}

bool operator==(const distribution& a, const distribution& b) {
    if (a.kind_ != b.kind_ || a.offset_ != b.offset_)
        return false;
    return a.model_ == b.model_ || a.model_->text == b.model_->text;
}

} // namespace windtunnel::sim
