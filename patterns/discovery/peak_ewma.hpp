// SPDX-License-Identifier: BSL-1.0
// What the next answer of one host is expected to take: an exponentially weighted moving average
// over time that believes a peak at once. After t since the last sample, with decay tau:
//   a sample at or above the average becomes the average (peak);
//   else average = average * e^(-t/tau) + sample * (1 - e^(-t/tau)).
// Read without a sample it is average * e^(-t/tau): a host that is left alone is forgiven.
// Source: Finagle's load metric of that name. e^x is computed by +, * and / alone, so that the same
// samples give the same bits on every machine.
#pragma once

#include "patterns/base/time.hpp"

namespace windtunnel {

/// e^(-elapsed/tau), in [0, 1]; 1 where elapsed is not above 0. tau must be above 0.
double decay_factor(duration elapsed, duration tau);

class peak_ewma {
  public:
    /// `initial` is what it is taken for before the first sample, and decays from `now` on.
    peak_ewma(duration initial, time_point now)
        : average_(static_cast<double>(initial.count())), at_(now) {}

    void record(duration sample, duration tau, time_point now);
    /// In nanoseconds.
    double value(duration tau, time_point now) const;
    /// False before the first sample.
    bool seen() const { return seen_; }

  private:
    double average_; ///< as of at_
    time_point at_;
    bool seen_ = false;
};

} // namespace windtunnel
