// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/concurrency_limit.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "patterns/base/assert.hpp"
#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace {

__extension__ using wide_count = __int128;

constexpr int largest_limit = 1'000'000;
constexpr std::int64_t longest_rtt = 1'000'000'000'000; // longer counts as 1000 s: no overflow
constexpr int warmup = 10;                              // samples of the long run that are averaged
constexpr std::size_t kept_latencies = 256;
constexpr int windows_at_least_that_measure = 5; // Envoy

constexpr std::array<std::string_view, 4> algorithm_names{"aimd", "vegas", "gradient2", "gradient"};
constexpr std::array<std::string_view, 3> sampling_names{"each", "mean", "percentile"};

std::int64_t in_millionths(double x) {
    return static_cast<std::int64_t>(std::floor(x * 1e6 + 0.5));
}

std::int64_t times(std::int64_t x, std::int64_t factor, std::int64_t divisor) {
    return static_cast<std::int64_t>(static_cast<wide_count>(x) * factor / divisor);
}

/// max(1, floor(log10(limit))): digits, less one.
std::int64_t growth(std::int64_t limit) {
    std::int64_t result = 0;
    for (; limit >= 10; limit /= 10)
        ++result;
    return std::max<std::int64_t>(result, 1);
}

void check_limits(const option_check& check, const concurrency_limit_options& o) {
    check(o.min_limit >= 1, "min_limit", o.min_limit, "be at least 1");
    check(o.max_limit >= o.min_limit && o.max_limit <= largest_limit, "max_limit", o.max_limit,
          "be from min_limit to 1000000");
    check(o.initial_limit >= o.min_limit && o.initial_limit <= o.max_limit, "initial_limit",
          o.initial_limit, "be from min_limit to max_limit");
}

void check_algorithms(const option_check& check, const concurrency_limit_options& o) {
    const auto smooths = [](double x) { return x >= 1e-6 && x <= 1; };
    check(o.backoff_ratio >= 0.5 && o.backoff_ratio < 1, "backoff_ratio", o.backoff_ratio,
          "be at least 0.5 and below 1");
    check(o.timeout > duration::zero(), "timeout", o.timeout, "be above 0");
    check(o.alpha >= 1 && o.alpha <= 1000, "alpha", o.alpha, "be from 1 to 1000");
    check(o.beta >= o.alpha && o.beta <= 1000, "beta", o.beta, "be from alpha to 1000");
    check(smooths(o.vegas_smoothing), "vegas_smoothing", o.vegas_smoothing, "be from 1e-6 to 1");
    check(o.vegas_decrease_ratio >= 0 && o.vegas_decrease_ratio < 1, "vegas_decrease_ratio",
          o.vegas_decrease_ratio, "be at least 0 and below 1");
    check(o.probe_multiplier >= 1 && o.probe_multiplier <= largest_limit, "probe_multiplier",
          o.probe_multiplier, "be from 1 to 1000000");
    check(o.rtt_tolerance >= 1 && o.rtt_tolerance <= 100, "rtt_tolerance", o.rtt_tolerance,
          "be from 1 to 100");
    check(smooths(o.gradient_smoothing), "gradient_smoothing", o.gradient_smoothing,
          "be from 1e-6 to 1");
    check(o.queue_size >= 1 && o.queue_size <= largest_limit, "queue_size", o.queue_size,
          "be from 1 to 1000000");
    check(o.long_window >= 1 && o.long_window <= largest_limit, "long_window", o.long_window,
          "be from 1 to 1000000");
}

void check_gradient(const option_check& check, const concurrency_limit_options& o) {
    check(o.min_rtt_interval > duration::zero(), "min_rtt_interval", o.min_rtt_interval,
          "be above 0");
    check(o.min_rtt_requests >= 1 && o.min_rtt_requests <= largest_limit, "min_rtt_requests",
          o.min_rtt_requests, "be from 1 to 1000000");
    check(o.min_rtt_jitter >= 0 && o.min_rtt_jitter <= 1, "min_rtt_jitter", o.min_rtt_jitter,
          "be from 0 to 1");
    check(o.min_rtt_buffer >= 0 && o.min_rtt_buffer <= 100, "min_rtt_buffer", o.min_rtt_buffer,
          "be from 0 to 100");
}

void check_sampling(const option_check& check, const concurrency_limit_options& o) {
    check(o.min_window > duration::zero(), "min_window", o.min_window, "be above 0");
    check(o.max_window >= o.min_window && o.max_window <= std::chrono::seconds{60}, "max_window",
          o.max_window, "be from min_window to 60s");
    check(o.window_size >= 1, "window_size", o.window_size, "be at least 1");
    check(o.min_rtt >= duration::zero(), "min_rtt", o.min_rtt, "not be negative");
    check(o.percentile > 0 && o.percentile <= 1, "percentile", o.percentile,
          "be above 0 and at most 1");
}

/// Of a number in in_millionths, in in_millionths.
std::int64_t square_root(std::int64_t x) {
    const auto all = x * 1'000'000;
    auto root = static_cast<std::int64_t>(std::sqrt(static_cast<double>(all)));
    while (root * root > all)
        --root;
    while ((root + 1) * (root + 1) <= all)
        ++root;
    return root;
}

const concurrency_limit_options& validated(const concurrency_limit_options& options) {
    options.validate();
    return options;
}

} // namespace

std::string_view to_string(concurrency_limit_kind kind) {
    return algorithm_names.at(static_cast<std::size_t>(kind));
}

std::string_view to_string(limit_sampling sampling) {
    return sampling_names.at(static_cast<std::size_t>(sampling));
}

void concurrency_limit_options::validate() const {
    constexpr option_check check{"concurrency_limit"};
    check_limits(check, *this);
    check_algorithms(check, *this);
    check_gradient(check, *this);
    check_sampling(check, *this);
}

concurrency_limit_options netflix_defaults(concurrency_limit_kind kind) {
    const bool vegas = kind == concurrency_limit_kind::vegas;
    return {.kind = kind,
            .min_limit = vegas ? 1 : 20,
            .max_limit = vegas ? 1000 : 200,
            .sampling = limit_sampling::each};
}

concurrency_limit_options envoy_adaptive_concurrency() {
    return {.kind = concurrency_limit_kind::gradient,
            .initial_limit = 3,
            .min_limit = 3,
            .max_limit = 1000,
            .min_window = std::chrono::milliseconds{100}};
}

concurrency_limit::concurrency_limit(const concurrency_limit_options& options, random_stream probes)
    : options_(validated(options)), limit_(options.initial_limit * one), random_(probes) {
    const bool gradient = options.kind == concurrency_limit_kind::gradient;
    if (gradient || options.sampling == limit_sampling::percentile)
        latencies_.resize(kept_latencies);
    if (gradient) { // which begins with a measurement
        measurement_.limit_before = limit_;
        limit_ = options.min_limit * one;
    }
    draw_probe();
}

void concurrency_limit::forget() {
    least_rtt_ = long_rtt_ = last_least_ = probe_count_ = 0;
    long_samples_ = 0;
    window_ = {};
    measurement_.next = time_point::min(); // with the next call
}

int concurrency_limit::update(time_point now, duration rtt, int in_flight, bool dropped) {
    WINDTUNNEL_ASSERT(rtt >= duration::zero() && in_flight >= 0);
    const auto latency = std::clamp<std::int64_t>(rtt.count(), 1, longest_rtt);
    if (options_.kind == concurrency_limit_kind::gradient)
        sample_gradient(now, now - rtt, dropped ? longest_rtt : latency, in_flight);
    else if (options_.sampling == limit_sampling::each)
        apply(latency, in_flight, dropped);
    else if (dropped || rtt >= options_.min_rtt)
        sample(now, latency, in_flight, dropped);
    return limit();
}

void concurrency_limit::sample(time_point now, std::int64_t rtt, int in_flight, bool dropped) {
    auto& w = window_;
    if (w.samples == 0) {
        const auto length =
            std::clamp(duration{2 * last_least_}, options_.min_window, options_.max_window);
        w = {.end = saturating_add(now, length), .least = longest_rtt};
    }
    ++w.samples;
    w.in_flight = std::max(w.in_flight, in_flight);
    w.dropped |= dropped;
    if (!dropped)
        keep_latency(rtt);
    if (now < w.end || w.samples < options_.window_size)
        return;
    last_least_ = w.latencies > 0 ? w.least : last_least_;
    const auto seen = w;
    const auto latency = seen.latencies > 0 ? window_latency() : longest_rtt;
    window_ = {};
    apply(latency, seen.in_flight, seen.dropped);
}

void concurrency_limit::keep_latency(std::int64_t rtt) {
    auto& w = window_;
    if (!latencies_.empty())
        latencies_[static_cast<std::size_t>(w.latencies) % kept_latencies] = rtt;
    ++w.latencies;
    w.sum += rtt;
    w.least = std::min(w.least, rtt);
}

/// The mean, or the nearest rank of the percentile.
std::int64_t concurrency_limit::window_latency() {
    if (latencies_.empty())
        return window_.sum / window_.latencies;
    const auto kept = std::min<std::int64_t>(window_.latencies, kept_latencies);
    const auto share = in_millionths(options_.percentile);
    const auto rank = std::max<std::int64_t>((kept * share + one - 1) / one, 1);
    const auto place = latencies_.begin() + (rank - 1);
    std::nth_element(latencies_.begin(), place, latencies_.begin() + kept);
    return *place;
}

void concurrency_limit::apply(std::int64_t rtt, int in_flight, bool dropped) {
    const bool unused = std::int64_t{2} * in_flight * one < limit_;
    switch (options_.kind) {
    case concurrency_limit_kind::aimd:
        return apply_aimd(rtt, unused, dropped);
    case concurrency_limit_kind::vegas:
        return apply_vegas(rtt, unused, dropped);
    case concurrency_limit_kind::gradient2:
        return apply_gradient2(rtt, unused, dropped);
    case concurrency_limit_kind::gradient:
        return apply_gradient(rtt, unused);
    }
}

void concurrency_limit::apply_aimd(std::int64_t rtt, bool unused, bool dropped) {
    if (dropped || rtt > options_.timeout.count())
        move_towards(limit() * in_millionths(options_.backoff_ratio) / one * one, 1);
    else if (!unused)
        move_towards(limit_ + one, 1);
}

void concurrency_limit::apply_vegas(std::int64_t rtt, bool unused, bool dropped) {
    if (dropped)
        return move_towards(vegas_decreased(), options_.vegas_smoothing);
    if (probes() || least_rtt_ == 0 || rtt < least_rtt_)
        least_rtt_ = rtt;
    else if (!unused)
        move_towards(vegas_target(rtt), options_.vegas_smoothing);
}

bool concurrency_limit::probes() {
    const auto due = probe_draw_ * options_.probe_multiplier * limit();
    if (++probe_count_ * one < due)
        return false;
    probe_count_ = 0;
    draw_probe();
    return true;
}

void concurrency_limit::draw_probe() {
    if (options_.kind == concurrency_limit_kind::vegas)
        probe_draw_ = one / 2 + static_cast<std::int64_t>(random_.below(one / 2));
}

std::int64_t concurrency_limit::vegas_target(std::int64_t rtt) const {
    const auto waiting = times(limit_, rtt - least_rtt_, rtt);
    const auto queue = (waiting + one - 1) / one;
    const auto step = growth(limit());
    if (queue <= step)
        return limit_ + options_.beta * step * one;
    if (queue < options_.alpha * step)
        return limit_ + step * one;
    return queue > options_.beta * step ? vegas_decreased() : limit_;
}

std::int64_t concurrency_limit::vegas_decreased() const {
    if (options_.vegas_decrease_ratio > 0)
        return times(limit_, in_millionths(options_.vegas_decrease_ratio), one);
    return limit_ - growth(limit()) * one;
}

void concurrency_limit::apply_gradient2(std::int64_t rtt, bool unused, bool dropped) {
    if (dropped)
        return move_towards(limit_ / 2, options_.gradient_smoothing);
    learn_long_rtt(rtt);
    const auto now = rtt * rtt_unit;
    const auto gradient =
        std::clamp(times(long_rtt_, in_millionths(options_.rtt_tolerance), now), one / 2, one);
    if (long_rtt_ > 2 * now) // after a long overload: the long run catches up faster
        long_rtt_ -= long_rtt_ / 20;
    if (!unused)
        move_towards(times(limit_, gradient, one) + options_.queue_size * one,
                     options_.gradient_smoothing);
}

/// A mean at first, then exponential, as if over long_window samples.
void concurrency_limit::learn_long_rtt(std::int64_t rtt) {
    const auto difference = rtt * rtt_unit - long_rtt_;
    if (long_samples_ < warmup)
        long_rtt_ += difference / ++long_samples_;
    else
        long_rtt_ += difference * 2 / (options_.long_window + 1);
}

/// Both kinds of windows: of a measurement as many calls as it takes, else as long as one lasts.
void concurrency_limit::sample_gradient(time_point now, time_point began, std::int64_t rtt,
                                        int in_flight) {
    if (measurement_.under_way && began < measurement_.began)
        return; // with more at once
    if (window_.latencies == 0)
        window_ = {.end = saturating_add(now, options_.min_window), .least = longest_rtt};
    window_.in_flight = std::max(window_.in_flight, in_flight);
    keep_latency(rtt);
    if (measurement_.under_way) {
        if (window_.latencies >= options_.min_rtt_requests)
            end_measurement(now);
        return;
    }
    if (now >= measurement_.next)
        return begin_measurement(now);
    if (now < window_.end)
        return;
    const auto latency = window_latency();
    const auto seen = std::exchange(window_, {});
    apply(latency, seen.in_flight, false);
    measurement_.windows_at_least =
        limit_ == options_.min_limit * one ? measurement_.windows_at_least + 1 : 0;
    if (measurement_.windows_at_least >= windows_at_least_that_measure)
        begin_measurement(now);
}

void concurrency_limit::begin_measurement(time_point now) {
    measurement_ = {.under_way = true, .began = now, .limit_before = limit_};
    limit_ = options_.min_limit * one;
    window_ = {};
}

void concurrency_limit::end_measurement(time_point now) {
    least_rtt_ = window_latency();
    window_ = {};
    limit_ = measurement_.limit_before;
    const double longer = 1 + options_.min_rtt_jitter * random_.uniform();
    measurement_ = {
        .under_way = false,
        .began = now,
        .next = saturating_add(now, from_seconds(to_seconds(options_.min_rtt_interval) * longer))};
}

void concurrency_limit::apply_gradient(std::int64_t rtt, bool unused) {
    const auto borne = times(least_rtt_, in_millionths(1 + options_.min_rtt_buffer), one);
    const auto gradient = std::clamp(times(borne, one, rtt), one / 2, 2 * one);
    const auto scaled = times(limit_, gradient, one);
    const auto target = scaled + square_root(scaled);
    if (target <= limit_ || !unused)
        move_towards(target, 1);
}

void concurrency_limit::move_towards(std::int64_t target, double smoothing) {
    const auto least = options_.min_limit * one;
    const auto most = options_.max_limit * one;
    if (options_.kind == concurrency_limit_kind::vegas)
        target = std::clamp(target, least, most); // before smoothing, as the source does
    const auto moved = limit_ + times(target - limit_, in_millionths(smoothing), one);
    limit_ = std::clamp(moved, least, most);
}

} // namespace windtunnel
