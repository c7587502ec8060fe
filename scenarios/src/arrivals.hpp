// SPDX-License-Identifier: BSL-1.0
// When requests arrive, one process a workload. Every open process is a rate over time whose
// integral is inverted: the next arrival is where the integral has grown by 1 (regular arrivals) or
// by an exponential of mean 1 (Poisson arrivals; Cinlar, "Introduction to stochastic processes",
// 1975). So a change of the rate never shifts the draws, and variants see the same randomness.
#pragma once

#include <memory>
#include <optional>

#include "patterns/base/random_stream.hpp"
#include "scenarios/src/spec.hpp"

namespace windtunnel::scenario {

class arrival_process {
  public:
    struct arrival {
        duration at{}; ///< since the workload's start
        int count = 1; ///< requests at this instant
    };
    virtual ~arrival_process() = default;
    /// The next arrival; none: there are no more.
    virtual std::optional<arrival> next() = 0;
};

/// `factor` times as many arrivals in the same pattern; of closed users so many more, at least 1.
arrivals_spec scaled(arrivals_spec spec, double factor);

/// Closed users are no arrival process: nullptr.
std::unique_ptr<arrival_process> make_arrivals(const arrivals_spec& spec, random_stream random);

} // namespace windtunnel::scenario
