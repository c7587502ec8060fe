// SPDX-License-Identifier: BSL-1.0
#include "patterns/health/health_check.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "patterns/base/assert.hpp"
#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace {

constexpr std::array<std::string_view, 3> health_status_names{"unknown", "healthy", "unhealthy"};
constexpr std::array<std::string_view, 4> result_names{"success", "failure", "fatal", "no_view"};

const health_check_options& validated(const health_check_options& options) {
    options.validate();
    return options;
}

duration share(duration d, double part) {
    return from_seconds(to_seconds(d) * part);
}

duration plus(duration a, duration b) {
    return b > duration::max() - a ? duration::max() : a + b;
}

} // namespace

std::string_view to_string(health_status status) {
    return health_status_names.at(static_cast<std::size_t>(status));
}

std::string_view to_string(probe_result result) {
    return result_names.at(static_cast<std::size_t>(result));
}

void health_check_options::validate() const {
    constexpr option_check check{"health_check"};
    constexpr duration zero{};
    check(interval > zero, "interval", interval, "be above 0");
    check(timeout > zero, "timeout", timeout, "be above 0");
    check(unhealthy_threshold >= 1, "unhealthy_threshold", unhealthy_threshold, "be at least 1");
    check(healthy_threshold >= 1, "healthy_threshold", healthy_threshold, "be at least 1");
    check(no_traffic_interval > zero, "no_traffic_interval", no_traffic_interval, "be above 0");
    check(unhealthy_interval >= zero, "unhealthy_interval", unhealthy_interval, "not be negative");
    check(interval_jitter >= 0 && interval_jitter <= 1, "interval_jitter", interval_jitter,
          "be from 0 to 1");
    check(initial_jitter >= zero, "initial_jitter", initial_jitter, "not be negative");
    check(flap_limit >= 0, "flap_limit", flap_limit, "not be negative");
    check(flap_window > zero, "flap_window", flap_window, "be above 0");
    check(flap_hold >= zero, "flap_hold", flap_hold, "not be negative");
}

health_check::health_check(const health_check_options& options, random_stream jitter,
                           time_point now)
    : options_(validated(options)), jitter_(jitter), next_at_(now) {
    if (options.initial_jitter > duration::zero())
        next_at_ = saturating_add(now, share(options.initial_jitter, jitter_.uniform()));
}

std::uint32_t health_check::begin(time_point now) {
    WINDTUNNEL_ASSERT(!probing_);
    probing_ = true;
    traffic_ = false;
    deadline_ = saturating_add(now, options_.timeout);
    return ++probe_;
}

bool health_check::on_result(std::uint32_t probe, probe_result result, time_point now) {
    if (!probing_ || probe != probe_)
        return false;
    const bool late = now >= deadline_;
    probing_ = false;
    bool changed = false;
    if (result != probe_result::no_view || late)
        changed =
            judge(result == probe_result::success && !late, result == probe_result::fatal, now);
    next_at_ = saturating_add(now, next_interval());
    return changed;
}

bool health_check::on_timeout(std::uint32_t probe, time_point now) {
    return on_result(probe, probe_result::failure, now);
}

void health_check::on_traffic(time_point now) {
    if (traffic_)
        return;
    traffic_ = true;
    if (!probing_ && status_ == health_status::healthy)
        next_at_ = std::min(next_at_, saturating_add(now, next_interval()));
}

bool health_check::judge(bool good, bool fatal, time_point now) {
    streak_ = good != last_good_ ? 1 : std::min(streak_, std::numeric_limits<int>::max() - 1) + 1;
    last_good_ = good;
    const bool first = status_ == health_status::unknown;
    if (!good) {
        const int needed = fatal || first ? 1 : options_.unhealthy_threshold;
        return streak_ >= needed && becomes(health_status::unhealthy, now);
    }
    const int needed = first && options_.first_success_is_enough ? 1 : options_.healthy_threshold;
    return streak_ >= needed && !held_down(now) && becomes(health_status::healthy, now);
}

bool health_check::becomes(health_status status, time_point now) {
    if (status_ == status)
        return false;
    if (status_ == health_status::healthy)
        note_flap(now);
    status_ = status;
    return true;
}

/// Counted in windows that start with a flap; the last of flap_limit starts the hold.
void health_check::note_flap(time_point now) {
    if (options_.flap_limit == 0)
        return;
    if (flaps_ == 0 || now - flaps_since_ >= options_.flap_window) {
        flaps_ = 0;
        flaps_since_ = now;
    }
    if (++flaps_ < options_.flap_limit)
        return;
    flaps_ = 0;
    held_until_ = saturating_add(now, options_.flap_hold);
}

/// The jitter is on top, so that no peer is asked more often than it was told.
duration health_check::next_interval() {
    duration base = options_.interval;
    if (status_ == health_status::healthy && !traffic_)
        base = options_.no_traffic_interval;
    if (status_ == health_status::unhealthy && options_.unhealthy_interval > duration::zero())
        base = options_.unhealthy_interval;
    const double u = options_.interval_jitter > 0 ? jitter_.uniform() : 0;
    return plus(base, share(base, options_.interval_jitter * u));
}

} // namespace windtunnel
