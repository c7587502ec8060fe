// SPDX-License-Identifier: BSL-1.0
// Round robin in proportion to static weights, smooth: on each turn every candidate is credited its
// weight, and the one with the most credit goes and is debited what all were credited (nginx). So
// the weights 5, 1, 1 give a a b a c a a and not a a a a a b c. Invariant among fixed candidates:
// the credits add up to 0, and after any number of turns no host is a whole turn or more above its
// share. Of equal credits the lowest index goes. Who is no candidate keeps its credit, less than a
// turn. O(candidates) a turn; integers only.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "patterns/discovery/host_set.hpp"

namespace windtunnel {

class smooth_weighted_turns {
  public:
    void append() { credit_.push_back(0); }

    /// The next of the first `eligible` of `hosts`, which must be at least one. `weights` is by
    /// host, each above 0.
    host_set::host next(const host_set& hosts, std::uint32_t eligible,
                        std::span<const std::uint32_t> weights);

  private:
    std::vector<std::int64_t> credit_; ///< by host
};

} // namespace windtunnel
