// SPDX-License-Identifier: BSL-1.0
// Time as every pattern sees it: integer nanoseconds on a monotonic clock that somebody injects.
// Patterns never read a clock: a state machine is given `now`, a driver asks its `environment`.
// On a simulation the epoch is the start of the run; live it is that of std::chrono::steady_clock.
#pragma once

#include <chrono>
#include <cstdint>

namespace windtunnel {

using duration = std::chrono::nanoseconds;

/// The clock's tag: it has no `now()` on purpose, so that no library code can read a wall clock.
struct monotonic_clock {
    using duration = windtunnel::duration;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<monotonic_clock, duration>;
    static constexpr bool is_steady = true;
};

using time_point = monotonic_clock::time_point;

/// "No deadline": later than anything that happens.
inline constexpr time_point never = time_point::max();

/// t + d, or `never` where that would overflow. d must not be negative.
constexpr time_point saturating_add(time_point t, duration d) {
    return d > never - (t > time_point{} ? t : time_point{}) ? never : t + d;
}

constexpr double to_seconds(duration d) {
    return static_cast<double>(d.count()) * 1e-9;
}
constexpr double to_seconds(time_point t) {
    return to_seconds(t.time_since_epoch());
}

/// The nearest nanosecond; saturates at the range of `duration` (292 years). NaN becomes zero.
constexpr duration from_seconds(double s) {
    constexpr double limit = 9.2e9;
    if (!(s == s))
        return duration::zero();
    if (s >= limit)
        return duration::max();
    if (s <= -limit)
        return duration::min();
    const double ns = s * 1e9;
    return duration{static_cast<std::int64_t>(ns < 0 ? ns - 0.5 : ns + 0.5)};
}

} // namespace windtunnel
