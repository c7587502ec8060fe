// SPDX-License-Identifier: BSL-1.0
// How long to wait after the n-th failure in a row: the cap comes first, then the jitter, so that
// jitter survives the cap. Nothing overflows, whatever n.
#pragma once

#include <algorithm>

#include "patterns/base/time.hpp"

namespace windtunnel {

struct backoff_schedule {
    duration initial{};
    duration max{};
    double multiplier = 2;
    double jitter = 0; ///< up to so much shorter or longer: 0.2 is 0.8 to 1.2 times

    /// failures: at least 1; u: uniform in [0, 1).
    duration after(int failures, double u) const {
        double seconds = to_seconds(initial);
        const double most = to_seconds(max);
        for (int i = 1; i < failures && seconds < most && seconds > 0 && multiplier > 1; ++i)
            seconds *= multiplier;
        seconds = std::min(seconds, most) * (1 - jitter + 2 * jitter * u);
        return from_seconds(seconds);
    }
};

} // namespace windtunnel
