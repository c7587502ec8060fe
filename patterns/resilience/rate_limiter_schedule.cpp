// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/rate_limiter_schedule.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace {

using detail::wide_count;
constexpr int most_permits = 1'000'000'000;
constexpr int most_logged = 1'000'000;

/// Of amounts that are not negative.
constexpr wide_count divide_up(wide_count amount, wide_count by) {
    return (amount + by - 1) / by;
}

} // namespace

std::string_view to_string(rate_limiter_kind kind) {
    constexpr std::array<std::string_view, 3> names{"token_bucket", "gcra", "sliding_window"};
    return names.at(static_cast<std::size_t>(kind));
}

duration rate_limiter_options::restored_after() const {
    if (kind == rate_limiter_kind::sliding_window)
        return period;
    auto span = divide_up(static_cast<wide_count>(most_at_once()) * period.count(), permits);
    if (refill_at_once)
        span = divide_up(span, period.count()) * period.count();
    return duration{static_cast<std::int64_t>(
        std::min<wide_count>(span, std::numeric_limits<std::int64_t>::max()))};
}

void rate_limiter_options::validate() const {
    constexpr option_check check{"rate_limiter"};
    check(permits >= 1 && permits <= most_permits, "permits", permits, "be from 1 to 1e9");
    check(period > duration::zero(), "period", period, "be above 0");
    check(burst >= 0 && burst <= most_permits, "burst", burst,
          "be from 1 to 1e9, or 0 for as many as permits");
    check(max_wait >= duration::zero(), "max_wait", max_wait, "not be negative");
    if (kind == rate_limiter_kind::sliding_window) {
        check(permits <= most_logged, "permits", permits,
              "be at most 1e6 for a sliding_window, which remembers each");
        check(burst == 0 || burst == permits, "burst", burst,
              "be 0 or as many as permits for a sliding_window: they may all come at once");
    }
    check(!refill_at_once || kind == rate_limiter_kind::token_bucket, "refill_at_once", "true",
          "be false for other kinds than token_bucket");
}

namespace detail {

rate_account rate_schedule::fresh() const {
    if (options_.kind != rate_limiter_kind::token_bucket)
        return {};
    return {full(), start_};
}

wide_count rate_schedule::full() const {
    return static_cast<wide_count>(options_.most_at_once()) * options_.period.count();
}

wide_count rate_schedule::since_start(time_point t) const {
    return static_cast<wide_count>(t.time_since_epoch().count()) -
           start_.time_since_epoch().count();
}

/// The instant up to which permits have arrived.
wide_count rate_schedule::refilled(time_point t) const {
    const auto passed = since_start(t);
    return options_.refill_at_once ? passed - passed % options_.period.count() : passed;
}

wide_count rate_schedule::level(const rate_account& a, time_point t) const {
    return std::min(full(), a.amount + (refilled(t) - refilled(a.at)) * options_.permits);
}

time_point rate_schedule::at_offset(wide_count nanoseconds) const {
    const auto t = nanoseconds + start_.time_since_epoch().count();
    return t >= never.time_since_epoch().count()
               ? never
               : time_point{duration{static_cast<std::int64_t>(t)}};
}

time_point rate_schedule::earliest(const rate_account& a, time_point from, int cost) const {
    const wide_count period = options_.period.count();
    if (options_.kind == rate_limiter_kind::gcra) {
        const auto allowed = a.amount + (cost - options_.most_at_once()) * period;
        return allowed <= 0 ? from
                            : std::max(from, at_offset(divide_up(allowed, options_.permits)));
    }
    const auto missing = cost * period - level(a, from);
    if (missing <= 0)
        return from;
    const wide_count grain = options_.refill_at_once ? period : 1;
    const auto wait = divide_up(divide_up(missing, options_.permits), grain) * grain;
    return at_offset(refilled(from) + wait);
}

rate_account rate_schedule::after(const rate_account& a, time_point at, int cost) const {
    const auto paid = static_cast<wide_count>(cost) * options_.period.count();
    if (options_.kind == rate_limiter_kind::gcra)
        return {std::max(since_start(at) * options_.permits, a.amount) + paid, at};
    return {level(a, at) - paid, at};
}

/// As a level, of either kind.
wide_count rate_schedule::stock(const rate_account& a, time_point t) const {
    if (options_.kind == rate_limiter_kind::token_bucket)
        return level(a, t);
    return full() - std::max<wide_count>(a.amount - since_start(t) * options_.permits, 0);
}

namespace {

/// Under a level that begins at `low`, rises by `step` after each `grain` (the first time after
/// `first`) up to `high`, for `time`.
wide_count under_stairs(wide_count low, wide_count high, wide_count step, wide_count first,
                        wide_count grain, wide_count time) {
    if (time <= first)
        return low * time;
    const auto whole = (time - first) / grain, rest = (time - first) % grain;
    const auto rising = std::min(whole, (high - low) / step); // whole steps below the top
    return low * first + (low * rising + step * (rising * (rising + 1) / 2)) * grain +
           high * (whole - rising) * grain + std::min(high, low + step * (whole + 1)) * rest;
}

/// The same, where it rises evenly by `slope` a ns.
wide_count under_slope(wide_count low, wide_count high, wide_count slope, wide_count time) {
    const auto rising = slope * time < high - low ? time : (high - low) / slope;
    return low * rising + slope * rising * rising / 2 + high * (time - rising);
}

} // namespace

wide_count rate_schedule::permits_over_time(const rate_account& a, time_point from,
                                            time_point to) const {
    const auto low = stock(a, from), time = since_start(to) - since_start(from);
    if (saturating_multiply(full(), time) == widest) // no term below is above it
        return widest;
    if (!options_.refill_at_once)
        return under_slope(low, full(), options_.permits, time);
    const wide_count period = options_.period.count();
    return under_stairs(low, full(), options_.permits * period,
                        refilled(from) + period - since_start(from), period, time);
}

void permit_log::add(time_point at, int count) {
    for (int i = 0; i < count; ++i)
        times_[static_cast<std::size_t>(count_++) % times_.size()] = at;
}

time_point permit_log::at(std::int64_t number) const {
    return times_[static_cast<std::size_t>(number) % times_.size()];
}

wide_count permit_log::out_over_time(time_point now, duration period) const {
    const auto kept = std::min(count_, static_cast<std::int64_t>(times_.size()));
    wide_count sum = 0;
    std::int64_t out = 0;
    for (; out < kept && now - at(count_ - 1 - out) < period; ++out)
        sum += (now - at(count_ - 1 - out)).count();
    return sum + wide_count{count_ - out} * period.count();
}

} // namespace detail

} // namespace windtunnel
