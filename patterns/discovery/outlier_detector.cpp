// SPDX-License-Identifier: BSL-1.0
#include "patterns/discovery/outlier_detector.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include "patterns/base/assert.hpp"

namespace windtunnel {

namespace {

constexpr std::array<std::string_view, 7> reason_names = {
    "consecutive_failures", "consecutive_local_origin_failures",
    "success_rate",         "local_origin_success_rate",
    "failure_percentage",   "local_origin_failure_percentage",
    "average_success_rate"};
constexpr std::array<std::string_view, 4> ejection_names = {"ejected", "not_enforced",
                                                            "limit_reached", "unejected"};

/// In per cent: by less than this a rate is not below a threshold. Equal rates need not have
/// exactly themselves as their mean.
constexpr double rounding = 1e-9;

std::size_t checked(std::size_t hosts) {
    constexpr std::size_t most = 0x80000000;
    if (hosts > most)
        throw std::invalid_argument("hosts: " + std::to_string(hosts) +
                                    "; must be at most 2147483648");
    return hosts;
}

const outlier_detector_options& validated(const outlier_detector_options& options) {
    options.validate();
    return options;
}

void count_up(std::uint32_t& counter) {
    counter += counter < std::numeric_limits<std::uint32_t>::max();
}

} // namespace

std::string_view to_string(ejection_reason reason) {
    return reason_names.at(static_cast<std::size_t>(reason));
}

std::string_view to_string(outlier_event_kind kind) {
    return ejection_names.at(static_cast<std::size_t>(kind));
}

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

void outlier_detector::bucket::count(bool success) {
    count_up(success ? good : bad);
    if (success)
        bad_in_a_row = 0;
    else
        count_up(bad_in_a_row);
}

/// Per cent. Divided, not multiplied: a quotient that equals a decimal threshold rounds to it.
double outlier_detector::bucket::success_rate() const {
    return 100.0 * good / (static_cast<double>(good) + bad);
}

bool outlier_detector::bucket::has(int volume) const {
    return std::uint64_t{good} + bad >= static_cast<std::uint64_t>(volume);
}

outlier_detector::outlier_detector(const outlier_detector_options& options, std::size_t hosts,
                                   random_stream random, time_point now)
    : options_(validated(options)), random_(random), hosts_(checked(hosts)),
      present_(static_cast<std::uint32_t>(hosts)), interval_start_(now),
      next_interval_(saturating_add(now, options.interval)) {
    rates_.reserve(hosts);
}

bool outlier_detector::usable(host h) const {
    const host_state& s = hosts_[h];
    if (panicking_)
        return s.present && !options_.fail_traffic_on_panic;
    return s.present && s.healthy && !s.ejected;
}

/// Where local origins are split off, whatever the host answered shows that it was reached.
void outlier_detector::on_result(host h, verdict result, bool local_origin, time_point now) {
    changeable();
    WINDTUNNEL_ASSERT(h < hosts_.size());
    advance(now);
    host_state& s = hosts_[h];
    if (result == verdict::neutral || !s.present)
        return;
    if (s.ejected) {
        ++metrics_.late_results;
        return;
    }
    const bool success = result == verdict::success;
    if (options_.split_local_origin)
        s.seen[local].count(success || !local_origin);
    if (!options_.split_local_origin || !local_origin)
        s.seen[external].count(success);
    judge_row(h, external, options_.consecutive_failures, options_.enforcing_consecutive_failures,
              ejection_reason::consecutive_failures, now);
    judge_row(h, local, options_.consecutive_local_origin_failures,
              options_.enforcing_consecutive_local_origin_failures,
              ejection_reason::consecutive_local_origin_failures, now);
    if (options_.average_success_rate.threshold > 0)
        judge_average(h, success, now);
}

/// As Finagle's: of what is so many requests old 1/e is left after a window of them.
void outlier_detector::average::count(bool success, int window) {
    const double kept = seen == 0 ? 0 : std::exp(-1.0 / window);
    value = kept * value + (1 - kept) * (success ? 1 : 0);
    seen += seen < window;
}

void outlier_detector::judge_average(host h, bool success, time_point now) {
    const auto& o = options_.average_success_rate;
    average& rate = hosts_[h].rate;
    rate.count(success, o.window);
    if (o.enforcement == 0 || hosts_[h].ejected || rate.seen < o.window ||
        100 * rate.value >= o.threshold)
        return;
    rate = {}; // spared or ejected, it is seen anew
    found(h, ejection_reason::average_success_rate, o.enforcement, now);
}

/// Found or spared, the row begins anew.
void outlier_detector::judge_row(host h, origin from, int most, double enforcement,
                                 ejection_reason reason, time_point now) {
    std::uint32_t& row = hosts_[h].seen[from].bad_in_a_row;
    if (most == 0 || hosts_[h].ejected || row < static_cast<std::uint32_t>(most))
        return;
    row = 0;
    if (enforcement > 0)
        found(h, reason, enforcement, now);
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
    return std::any_of(hosts_.begin(), hosts_.end(),
                       [](const host_state& s) { return s.ejected || s.multiplier > 0; });
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
            found(h, reason, o.enforcement, at);
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
            found(h, reason, o.enforcement, at);
    }
}

/// An interval without ejection takes 1 from the multiplier, an ejection that is over ends.
void outlier_detector::forgive(time_point at) {
    for (host h = 0; h < hosts_.size(); ++h) {
        host_state& s = hosts_[h];
        if (!s.ejected)
            s.multiplier = std::max(s.multiplier - 1, 0);
        else if (at >= s.until)
            let_back(h, at);
    }
}

bool outlier_detector::may_eject() const {
    if (options_.max_ejection_percent == 0)
        return false;
    const auto share = [this](std::uint32_t some) { return 100.0 * some / present_; };
    switch (options_.limit) {
    case ejection_limit::strict:
        return share(ejected_ + 1) <= options_.max_ejection_percent;
    case ejection_limit::at_least_one:
        return ejected_ == 0 || share(ejected_ + 1) <= options_.max_ejection_percent;
    case ejection_limit::until_reached:
        return share(ejected_) < options_.max_ejection_percent;
    }
    WINDTUNNEL_ASSERT(!"a limit");
    return false;
}

void outlier_detector::found(host h, ejection_reason reason, double enforcement, time_point at) {
    const auto spared = [&](outlier_event_kind kind, std::uint64_t& counter) {
        ++counter;
        report({kind, h, reason, at, at});
    };
    if (!may_eject())
        spared(outlier_event_kind::limit_reached, metrics_.limit_reached);
    else if (!random_.chance(enforcement / 100))
        spared(outlier_event_kind::not_enforced, metrics_.not_enforced);
    else
        eject(h, reason, at);
}

void outlier_detector::eject(host h, ejection_reason reason, time_point at) {
    host_state& s = hosts_[h];
    s.multiplier += s.multiplier < std::numeric_limits<int>::max();
    s.ejected = true;
    s.reason = reason;
    s.since = at;
    s.until = saturating_add(at, ejection_time(s.multiplier));
    ++ejected_;
    unusable_ += s.healthy;
    ++metrics_.ejected;
    look_for_panic();
    report({outlier_event_kind::ejected, h, reason, at, s.until});
}

duration outlier_detector::ejection_time(int multiplier) {
    const duration base = options_.base_ejection_time;
    const duration most = std::max(base, options_.max_ejection_time);
    const std::int64_t times = options_.growth == ejection_growth::linear ? multiplier
                               : multiplier > 62 ? std::numeric_limits<std::int64_t>::max()
                                                 : std::int64_t{1} << (multiplier - 1);
    const duration time = times <= most / base ? base * times : most;
    const auto jitter = options_.max_ejection_time_jitter.count();
    if (jitter == 0)
        return time;
    const auto drawn = random_.below(static_cast<std::uint64_t>(jitter) + 1);
    const duration more{static_cast<duration::rep>(drawn)};
    return more > duration::max() - time ? duration::max() : time + more;
}

/// With nothing held against it but the multiplier.
void outlier_detector::let_back(host h, time_point at) {
    host_state& s = hosts_[h];
    s.ejected = false;
    for (bucket& b : s.seen)
        b = {};
    s.rate = {};
    --ejected_;
    unusable_ -= s.healthy;
    ++metrics_.unejected;
    look_for_panic();
    report({outlier_event_kind::unejected, h, s.reason, at, at});
}

/// Called after each change of who is usable.
void outlier_detector::look_for_panic() {
    ++revision_;
    panicking_ =
        present_ > 0 && 100.0 * (present_ - unusable_) / present_ < options_.panic_threshold;
}

outlier_detector::host outlier_detector::add_host(time_point now) {
    changeable();
    advance(now);
    const auto h = static_cast<host>(checked(hosts_.size() + 1) - 1);
    hosts_.emplace_back();
    rates_.reserve(hosts_.size());
    ++present_;
    look_for_panic();
    return h;
}

void outlier_detector::remove_host(host h, time_point now) {
    changeable();
    WINDTUNNEL_ASSERT(h < hosts_.size());
    advance(now);
    host_state& s = hosts_[h];
    if (!s.present)
        return;
    if (s.ejected)
        let_back(h, now);
    unusable_ -= !s.healthy;
    s.present = false;
    s.multiplier = 0;
    --present_;
    look_for_panic();
}

void outlier_detector::set_healthy(host h, bool healthy, time_point now) {
    changeable();
    WINDTUNNEL_ASSERT(h < hosts_.size() && hosts_[h].present);
    advance(now);
    host_state& s = hosts_[h];
    if (s.healthy != healthy) {
        if (!s.ejected)
            unusable_ += healthy ? std::uint32_t{0} - 1 : 1;
        s.healthy = healthy;
        look_for_panic();
    }
    if (s.ejected && healthy && options_.successful_active_health_check_uneject)
        let_back(h, now);
}

void outlier_detector::uneject(host h, time_point now) {
    changeable();
    WINDTUNNEL_ASSERT(h < hosts_.size());
    advance(now);
    if (!hosts_[h].ejected)
        return;
    --hosts_[h].multiplier;
    let_back(h, now);
}

void outlier_detector::set_options(const outlier_detector_options& options, time_point now) {
    changeable();
    advance(now);
    options_ = validated(options);
    next_interval_ = std::max(now, saturating_add(interval_start_, options_.interval));
    for (host h = 0; h < hosts_.size() && !options_.enabled(); ++h) {
        hosts_[h].multiplier = 0;
        if (hosts_[h].ejected)
            let_back(h, now);
    }
    look_for_panic();
    advance(now);
}

std::vector<ejection> outlier_detector::ejections() const {
    std::vector<ejection> result;
    for (host h = 0; h < hosts_.size(); ++h)
        if (const host_state& s = hosts_[h]; s.ejected)
            result.push_back({h, s.reason, s.since, s.until, s.multiplier});
    return result;
}

void outlier_detector::observe(observer function, void* context) {
    observer_ = function;
    observer_context_ = context;
}

void outlier_detector::report(const outlier_event& event) {
    if (observer_ == nullptr)
        return;
    observing_ = true;
    try {
        observer_(observer_context_, event);
    } catch (...) {
        ++metrics_.observer_errors;
    }
    observing_ = false;
}

void outlier_detector::changeable() const {
    WINDTUNNEL_ASSERT(!observing_);
}

} // namespace windtunnel
