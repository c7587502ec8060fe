// SPDX-License-Identifier: BSL-1.0
// A figure measured of a result, how far it could have been off had there been enough samples to
// tell for sure, and what it was computed from, so that the same figure of several replications
// says how far it is off from what the system would show for ever. Times in seconds. What there was
// nothing to measure of is not there.
#pragma once

#include <cstdint>
#include <optional>

#include "patterns/base/time.hpp"
#include "sim-core/stats/confidence.hpp"
#include "sim-core/stats/histogram.hpp"

namespace windtunnel::scenario {

struct measurement {
    bool there = false;
    double value = 0, low = 0, high = 0;
    std::uint64_t samples = 0, needed = 0; ///< needed: to tell for sure
    /// Where it is a sum by another: the two, in units that are those of all replications.
    std::optional<sim::ratio_sample> ratio = {};
    bool share = false; ///< of events that each happen or do not, to be held against another share
    /// Where it is a quantile: of these.
    std::optional<sim::histogram> values = {};
    double quantile = 0;

    /// A figure that is no ratio and no quantile, such as a maximum.
    static measurement exactly(double value, std::uint64_t samples = 0) {
        return {true, value, value, value, samples, 0};
    }
};

/// Not there where the denominator is 0.
measurement ratio_of(double numerator, double denominator, std::uint64_t samples = 0);
measurement mean_of(double sum, std::uint64_t count);
measurement quotient(std::uint64_t part, std::uint64_t whole);
measurement over_time(double amount, duration span);
/// k of n, for a comparison with `bound`: needs 1/bound samples, or 1/(1-bound).
measurement share_of(std::uint64_t k, std::uint64_t n, double bound);
/// Needs 1/(1-q) samples.
measurement quantile_of(const sim::histogram& h, double q);

} // namespace windtunnel::scenario
