// SPDX-License-Identifier: BSL-1.0
// How sure a figure is: what each replication contributed to it. Replications are independent, so
// how they differ says how far the figure of all of them may be off; percentiles are those of the
// merged histograms, never averages of percentiles. In bounded memory: of many replications,
// neighbours are put together and count as one.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "scenarios/src/measurement.hpp"
#include "scenarios/src/result.hpp"
#include "scenarios/src/spec.hpp"
#include "sim-core/stats/confidence.hpp"

namespace windtunnel::scenario {

/// One figure in one phase.
class figure_evidence {
  public:
    /// More of them are put together in pairs.
    static constexpr std::size_t most_groups = 256;

    /// The figure as one replication shows it; in the order of the seeds.
    void add(const measurement& of_replication);

    std::size_t replications() const { return replications_; }
    /// Replications in a group; the last group may have fewer.
    std::size_t group_size() const { return group_size_; }

    /// None for fewer than two replications with samples, and for figures without an error that is
    /// known, such as a maximum.
    /// A share of none, or of all, has the exact binomial end (Clopper and Pearson, 1934): that all
    /// replications agree says nothing of how seldom the rest is.
    std::optional<sim::interval> interval(double level) const;
    /// One value a group, whose mean is the figure of all; to be compared with those of another
    /// variant, group by group. Empty where there is no interval.
    std::vector<double> values() const;

  private:
    void halve();

    std::vector<sim::ratio_sample> ratios_;
    std::vector<sim::histogram> histograms_; ///< of a quantile; empty for a ratio
    std::size_t replications_ = 0, group_size_ = 1;
    double quantile_ = 0;
    bool known_ = true, share_ = false;
};

/// A list of figures, in all phases that each is about.
class evidence {
  public:
    evidence() = default;
    /// Those of recovers_within stay without.
    explicit evidence(std::vector<expectation_spec> figures) : figures_(std::move(figures)) {}

    void add(const run_result& replication);

    const std::vector<expectation_spec>& figures() const { return figures_; }
    /// Nothing where none was added, or the figure is not about the phase.
    const figure_evidence* of(std::size_t figure, std::size_t phase) const;

  private:
    std::vector<expectation_spec> figures_;
    std::vector<std::vector<std::optional<figure_evidence>>> phases_; ///< of each figure
};

} // namespace windtunnel::scenario
