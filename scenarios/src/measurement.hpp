// SPDX-License-Identifier: BSL-1.0
// A figure measured of a result, and how far it could have been off had there been enough samples
// to tell for sure. Times in seconds. What there was nothing to measure of is not there.
#pragma once

#include <cstdint>

#include "patterns/base/time.hpp"
#include "sim-core/stats/histogram.hpp"

namespace windtunnel::scenario {

struct measurement {
    bool there = false;
    double value = 0, low = 0, high = 0;
    std::uint64_t samples = 0, needed = 0; ///< needed: to tell for sure

    static measurement exactly(double value, std::uint64_t samples = 0) {
        return {true, value, value, value, samples, 0};
    }
};

measurement mean_of(double sum, std::uint64_t count);
measurement quotient(std::uint64_t part, std::uint64_t whole);
measurement over_time(double amount, duration span);
/// k of n, for a comparison with `bound`: needs 1/bound samples, or 1/(1-bound).
measurement share_of(std::uint64_t k, std::uint64_t n, double bound);
/// Needs 1/(1-q) samples.
measurement quantile_of(const sim::histogram& h, double q);

} // namespace windtunnel::scenario
