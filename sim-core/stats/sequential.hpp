// SPDX-License-Identifier: BSL-1.0
// How many replications it takes to tell on which side of a bound a figure lies: looks at growing
// numbers of them, until an interval is clear of the bound.
//
// Looking often is a test that is made often, so the looks share the error that is allowed
// (Bonferroni: each is made at 1 - (1 - level) / looks). And a number of replications at which an
// interval was clear of the bound is one at which the figure was lucky to be far from it, so the
// interval of just these holds the truth too seldom. Therefore as many again are run when a look is
// clear, and the interval of all is the one that counts: of normal figures it holds the truth in
// 93 % of all cases or more at 95 %, wherever the bound is (tests/sim-core/stats).
// Source of the idea: Law, "Simulation Modeling and Analysis", 2015, section 9.4.1 (sequential
// procedures); Jennison and Turnbull, "Group Sequential Methods", 2000, chapters 2 and 8.
#pragma once

#include <vector>

#include "sim-core/stats/confidence.hpp"

namespace windtunnel::sim {

struct sequential_options {
    int first = 10;               ///< replications at the first look; at least 2
    int most = 100;               ///< in all; at least `first`
    double level = default_level; ///< of the interval that counts in the end
};

class sequential_plan {
  public:
    /// Throws std::invalid_argument where the options cannot be.
    explicit sequential_plan(const sequential_options& options);

    /// Numbers of replications, rising by half or more from `first` to half of `most` (or to `most`
    /// alone, where that is less than twice the first).
    const std::vector<int>& looks() const { return looks_; }
    /// At which an interval must be clear of its bound at a look.
    double look_level() const { return look_level_; }
    /// How many there are to be in all after a look: twice as many where it was clear, `most` where
    /// none was.
    int after_clear(int look) const;
    int most() const { return options_.most; }

  private:
    sequential_options options_;
    std::vector<int> looks_;
    double look_level_;
};

} // namespace windtunnel::sim
