// SPDX-License-Identifier: BSL-1.0
// Two results side by side: which figures differ, by how much, and how sure that is.
//
// Results of the same seeds met the same arrivals and the same work (common random numbers), so
// they are compared replication by replication: what chance did to both cancels (paired t; Law,
// "Simulation Modeling and Analysis", 2015, section 10.2.1). Others are compared as independent
// samples (Welch 1947). A table of many figures asks many questions at once: the intervals hold
// all together at the confidence (Bonferroni), so the chance that any figure of two equal systems
// is called different is at most 1 - confidence.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/src/compare/figures.hpp"
#include "sim-core/stats/confidence.hpp"

namespace windtunnel::scenario {

enum class difference : std::uint8_t {
    none_shown, ///< 0 is within the interval, or the difference within the tolerance
    better,
    worse,
    changed,      ///< it differs, and that is neither good nor bad
    not_to_judge, ///< no interval: too few replications, or a figure whose error is not known
};
std::string_view to_string(difference d);

struct compared_figure {
    std::string name;
    unit_kind unit{};
    double before = 0, after = 0;
    /// Of `after - before`, in the figure's unit.
    std::optional<sim::interval> change;
    difference verdict = difference::not_to_judge;

    /// (after - before) / |before|; nothing where `before` is 0.
    std::optional<double> relative() const;
    /// `change` without what cannot be: no figure is below 0.
    std::optional<sim::interval> possible_change() const;
    /// The same in parts of |before|, as if that were known exactly.
    std::optional<sim::interval> relative_change() const;
};

struct compare_options {
    double confidence = sim::default_level; ///< of all figures together
    double tolerance = 0; ///< a change of at most this part of `before` is none, such as 0.01
};

struct result_comparison {
    bool paired = false;
    std::size_t replications_before = 0, replications_after = 0;
    std::vector<std::uint64_t> seeds_before, seeds_after;
    compare_options how;
    /// Those that differ first, by the size of their relative change; then the rest, likewise.
    std::vector<compared_figure> figures;
    std::vector<figure_sample> only_before, only_after; ///< that the other one has not

    std::size_t count(difference d) const;
};

result_comparison compare(const figure_set& before, const figure_set& after,
                          const compare_options& options = {});

} // namespace windtunnel::scenario
