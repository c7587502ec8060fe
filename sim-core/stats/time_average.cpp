// SPDX-License-Identifier: BSL-1.0
#include "sim-core/stats/time_average.hpp"

namespace windtunnel::sim {

double time_average::mean(const snapshot& from, const snapshot& to) {
    WINDTUNNEL_ASSERT(from.at <= to.at);
    if (from.at == to.at)
        return 0;
    return static_cast<double>(to.integral - from.integral) /
           static_cast<double>((to.at - from.at).count());
}

void level_cell::record(std::int64_t level, duration held) {
    merge({static_cast<wide_integer>(level) * held.count(), held, level, level});
}

void level_cell::merge(const level_cell& other) {
    integral += other.integral;
    covered += other.covered;
    min = std::min(min, other.min);
    max = std::max(max, other.max);
}

double level_cell::mean() const {
    return static_cast<double>(integral) / static_cast<double>(covered.count());
}

void level_series::advance(time_point now) {
    WINDTUNNEL_ASSERT(now >= last_);
    while (last_ < now) {
        level_cell& cell = cells_.at(last_); // may widen the windows, so it comes first
        const duration into = (last_ - cells_.start()) % cells_.window();
        const duration held = std::min(now - last_, cells_.window() - into);
        cell.record(level_, held);
        last_ += held;
    }
}

} // namespace windtunnel::sim
