// SPDX-License-Identifier: BSL-1.0
#include "patterns/discovery/error_cost.hpp"

#include <algorithm>
#include <cmath>

namespace windtunnel {

namespace {

/// So long a call is as bad as it gets: sums of a million of them fit.
constexpr std::int64_t longest = 3'600'000'000'000;

} // namespace

bool error_cost::window::count(const error_cost_ejection& o, int size, double percent,
                               bool has_failed, std::int64_t took) {
    const bool filling = seen < size;
    seen += filling;
    const auto n = static_cast<double>(size);
    if (!has_failed) {
        const double kept = std::pow(o.epsilon, 1 / n);
        average = average == 0 ? took
                               : std::llround(static_cast<double>(average) * kept +
                                              static_cast<double>(took) * (1 - kept));
        cost = cost < o.min_cost.count() ? 0 : std::llround(static_cast<double>(cost) * kept);
        return true;
    }
    const auto most =
        static_cast<std::int64_t>(static_cast<double>(average) * o.max_failed_latency_multiple);
    cost = std::min(cost + (average == 0 ? took : std::min(took, most)), longest * 1'000'000);
    if (filling)
        return failed++ < static_cast<std::int32_t>(n * percent / 100);
    return cost <= std::llround(static_cast<double>(average) * n * percent / 100 * (1 + o.epsilon));
}

void error_cost::window::reset(int size) {
    if (seen < size)
        *this = {};
    cost = 0;
}

bool error_cost::on_result(const error_cost_ejection& o, bool failed, duration took) {
    const auto ns = std::clamp<std::int64_t>(took.count(), 0, longest);
    const bool by_long = long_.count(o, o.long_window, o.long_error_percent, failed, ns);
    const bool by_short = short_.count(o, o.short_window, o.short_error_percent, failed, ns);
    return by_long && by_short;
}

void error_cost::reset(const error_cost_ejection& o) {
    short_.reset(o.short_window);
    long_.reset(o.long_window);
}

} // namespace windtunnel
