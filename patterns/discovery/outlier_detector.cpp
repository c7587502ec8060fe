// SPDX-License-Identifier: BSL-1.0
#include "patterns/discovery/outlier_detector.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>
#include <string>

#include "patterns/base/assert.hpp"

namespace windtunnel {

namespace {

constexpr std::array<std::string_view, 9> reason_names = {"consecutive_failures",
                                                          "consecutive_local_origin_failures",
                                                          "success_rate",
                                                          "local_origin_success_rate",
                                                          "failure_percentage",
                                                          "local_origin_failure_percentage",
                                                          "average_success_rate",
                                                          "error_cost",
                                                          "probation"};
constexpr std::array<std::string_view, 5> ejection_names = {
    "ejected", "not_enforced", "limit_reached", "unejected", "recovered"};

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

duration longest_ejection(const outlier_detector_options& o) {
    return std::max(o.base_ejection_time, o.max_ejection_time);
}

} // namespace

std::string_view to_string(ejection_reason reason) {
    return reason_names.at(static_cast<std::size_t>(reason));
}

std::string_view to_string(outlier_event_kind kind) {
    return ejection_names.at(static_cast<std::size_t>(kind));
}

outlier_detector::outlier_detector(const outlier_detector_options& options, std::size_t hosts,
                                   random_stream random, time_point now)
    : options_(validated(options)), random_(random), hosts_(checked(hosts)),
      present_(static_cast<std::uint32_t>(hosts)), interval_start_(now),
      next_interval_(saturating_add(now, options.interval)) {
    rates_.reserve(hosts);
    for (host_state& s : hosts_)
        begin_host(s, now);
}

bool outlier_detector::usable(host h) const {
    const host_state& s = hosts_[h];
    if (panicking_)
        return s.present && !options_.fail_traffic_on_panic;
    const bool waits = s.probation > 0 && s.probes >= s.probation;
    return s.present && s.healthy && !s.ejected && !waits;
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

void outlier_detector::found(host h, const finding& what, time_point at) {
    const auto spared = [&](outlier_event_kind kind, std::uint64_t& counter) {
        ++counter;
        report({kind, h, what.reason, at, at});
    };
    if (!may_eject())
        spared(outlier_event_kind::limit_reached, metrics_.limit_reached);
    else if (!random_.chance(what.enforcement / 100))
        spared(outlier_event_kind::not_enforced, metrics_.not_enforced);
    else
        eject(h, what, at);
}

void outlier_detector::eject(host h, const finding& what, time_point at) {
    host_state& s = hosts_[h];
    if (options_.memory == ejection_memory::expires && at - s.back >= longest_ejection(options_))
        s.multiplier = 0;
    s.probation = s.probes = 0;
    s.multiplier += s.multiplier < std::numeric_limits<int>::max();
    s.ejected = true;
    s.reason = what.reason;
    s.since = at;
    s.until = saturating_add(at, ejection_time(what.base, s.multiplier));
    ++ejected_;
    unusable_ += s.healthy;
    ++metrics_.ejected;
    look_for_panic();
    report({outlier_event_kind::ejected, h, s.reason, at, s.until});
}

duration outlier_detector::ejection_time(duration base, int multiplier) {
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
    begin_host(s, at);
    s.probation = options_.probation;
    --ejected_;
    unusable_ -= s.healthy;
    ++metrics_.unejected;
    look_for_panic();
    report({outlier_event_kind::unejected, h, s.reason, at, at});
}

void outlier_detector::begin_host(host_state& s, time_point at) {
    s.rate = {.value = 1, .last = at};
    s.cost.reset(options_.error_cost);
    s.back = at;
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
    begin_host(hosts_.emplace_back(), now);
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
