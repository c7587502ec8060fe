// SPDX-License-Identifier: BSL-1.0
#include "patterns/discovery/peak_ewma.hpp"

#include <algorithm>

namespace windtunnel {

/// e^x for x halved until its Taylor series converges in ten terms, then squared back.
double decay_factor(duration elapsed, duration tau) {
    if (elapsed.count() <= 0)
        return 1;
    double x = static_cast<double>(elapsed.count()) / static_cast<double>(tau.count());
    if (x >= 700)
        return 0;
    int halved = 0;
    for (; x > 0.25; ++halved)
        x /= 2;
    double series = 1;
    for (int i = 10; i > 0; --i)
        series = 1 + series * x / i;
    double result = 1 / series;
    for (; halved > 0; --halved)
        result *= result;
    return result;
}

void peak_ewma::record(duration sample, duration tau, time_point now) {
    const double seen = static_cast<double>(std::max(sample, duration{}).count());
    const double left = decay_factor(now - at_, tau);
    average_ = seen >= average_ || !seen_ ? seen : average_ * left + seen * (1 - left);
    at_ = std::max(at_, now);
    seen_ = true;
}

double peak_ewma::value(duration tau, time_point now) const {
    return average_ * decay_factor(now - at_, tau);
}

} // namespace windtunnel
