// SPDX-License-Identifier: BSL-1.0
// What the end of an interval brings about: hosts are compared, ejections end, the past fades.
#include <algorithm>
#include <cmath>
#include <utility>

#include "patterns/discovery/outlier_detector.hpp"

namespace windtunnel {

namespace {

/// In per cent: by less than this a rate is not below a threshold. Equal rates need not have
/// exactly themselves as their mean.
constexpr double rounding = 1e-9;

} // namespace

success_rate_statistics success_rate_threshold(std::span<const double> rates, int stdev_factor) {
    const auto count = static_cast<double>(rates.size());
    double sum = 0;
    for (const double rate : rates)
        sum += rate;
    const double mean = sum / count;
    double squares = 0;
    for (const double rate : rates)
        squares += (rate - mean) * (rate - mean);
    const double stdev = std::sqrt(squares / count);
    return {.mean = mean, .stdev = stdev, .threshold = mean - stdev * (stdev_factor / 1000.0)};
}

/// Per cent. Divided, not multiplied: a quotient that equals a decimal threshold rounds to it.
double outlier_detector::bucket::success_rate() const {
    return 100.0 * good / (static_cast<double>(good) + bad);
}

bool outlier_detector::bucket::has(int volume) const {
    return std::uint64_t{good} + bad >= static_cast<std::uint64_t>(volume);
}

void outlier_detector::advance(time_point now) {
    changeable();
    while (next_interval_ <= now && next_interval_ != never) {
        const time_point at = next_interval_;
        end_interval(at);
        // Where nothing is left to forget, the other intervals that are over bring nothing.
        const auto over = has_history() ? 0 : (now - at) / options_.interval;
        interval_start_ = at + over * options_.interval;
        next_interval_ = saturating_add(interval_start_, options_.interval);
    }
}

bool outlier_detector::has_history() const {
    const bool fade = options_.memory == ejection_memory::fades;
    return std::any_of(hosts_.begin(), hosts_.end(), [&](const host_state& s) {
        return s.ejected || s.probes > 0 || (s.multiplier > 0 && fade);
    });
}

void outlier_detector::end_interval(time_point at) {
    eject_by_success_rate(external, ejection_reason::success_rate, at);
    eject_by_failure_percentage(external, ejection_reason::failure_percentage, at);
    eject_by_success_rate(local, ejection_reason::local_origin_success_rate, at);
    eject_by_failure_percentage(local, ejection_reason::local_origin_failure_percentage, at);
    forgive(at);
    for (host_state& s : hosts_)
        for (bucket& b : s.seen)
            b.good = b.bad = 0;
}

bool outlier_detector::compares(const host_state& h, origin from, int volume) const {
    return h.present && !h.ejected && h.seen[from].has(volume);
}

std::size_t outlier_detector::compared(origin from, int volume) const {
    return static_cast<std::size_t>(
        std::count_if(hosts_.begin(), hosts_.end(),
                      [&](const host_state& h) { return compares(h, from, volume); }));
}

void outlier_detector::eject_by_success_rate(origin from, ejection_reason reason, time_point at) {
    const auto& o = options_.success_rate;
    if (o.enforcement == 0 ||
        compared(from, o.request_volume) < static_cast<std::size_t>(o.minimum_hosts))
        return;
    rates_.clear();
    for (const host_state& s : hosts_)
        if (compares(s, from, o.request_volume))
            rates_.push_back(s.seen[from].success_rate());
    const double threshold = success_rate_threshold(rates_, o.stdev_factor).threshold;
    for (host h = 0; h < hosts_.size(); ++h)
        if (compares(hosts_[h], from, o.request_volume) &&
            hosts_[h].seen[from].success_rate() < threshold - rounding)
            found(h, {reason, o.enforcement, options_.base_ejection_time}, at);
}

void outlier_detector::eject_by_failure_percentage(origin from, ejection_reason reason,
                                                   time_point at) {
    const auto& o = options_.failure_percentage;
    if (o.enforcement == 0 ||
        compared(from, o.request_volume) < static_cast<std::size_t>(o.minimum_hosts))
        return;
    for (host h = 0; h < hosts_.size(); ++h) {
        const bucket& b = hosts_[h].seen[from];
        if (compares(hosts_[h], from, o.request_volume) &&
            100.0 * b.bad / (static_cast<double>(b.good) + b.bad) >= o.threshold)
            found(h, {reason, o.enforcement, options_.base_ejection_time}, at);
    }
}

/// An interval without ejection takes 1 from a multiplier that fades, an ejection that is over
/// ends, and what a host on probation has not answered is asked again.
void outlier_detector::forgive(time_point at) {
    for (host h = 0; h < hosts_.size(); ++h) {
        host_state& s = hosts_[h];
        revision_ += std::exchange(s.probes, 0) > 0;
        if (s.ejected && at >= s.until)
            let_back(h, at);
        else if (!s.ejected && s.probation == 0 && options_.memory == ejection_memory::fades)
            s.multiplier = std::max(s.multiplier - 1, 0);
    }
}

} // namespace windtunnel
