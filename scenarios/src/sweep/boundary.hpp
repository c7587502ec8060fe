// SPDX-License-Identifier: BSL-1.0
// Where along one parameter a verdict turns, found by bisection from two ends that differ: the
// highest load that passes, the smallest outage that does not. Which side passes is seen at the
// ends. A range with a step (whole numbers have one) is searched value by value, exactly; any other
// until the bracket is `within` of its upper end, by the geometric middle as long as it spans a
// decade, else by the arithmetic one, rounded to as few digits as that leaves.
// A point that cannot tell (inconclusive) is run again with twice the replications, up to a limit;
// what cannot tell then is an indifference zone, whose two borders are searched.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scenarios/src/sweep/run_points.hpp"

namespace windtunnel::scenario {

enum class boundary_status : std::uint8_t {
    found,       ///< the bracket is as narrow as was asked for, with no zone wider than that
    both_passed, ///< both ends do: there is no boundary to be seen
    both_failed,
    undecided, ///< an end cannot tell, or an indifference zone is left
    stopped,   ///< from outside; the bracket is what was known by then
    broken,    ///< a point could not be run: see its error
};
std::string_view to_string(boundary_status status);

struct boundary_options {
    double within = 0.01;
    int replications = 0;      ///< of a point at first; 0: as its scenario says
    int most_replications = 0; ///< of a point that cannot tell; 0: 16 times as many
};

struct boundary {
    boundary_status status = boundary_status::stopped;
    bool passes_below = false;                    ///< else it passes above
    std::optional<point_result> passing, failing; ///< of the bracket: the last, the first
    /// Between them, the first and the last value that cannot tell; none: there is no such zone.
    std::optional<std::pair<std::string, std::string>> zone;
    std::vector<point_result> points; ///< all that were run, by rising value
};

/// Runs points, from the journal or anew; nothing for one that was stopped.
using point_source =
    std::function<std::vector<std::optional<point_result>>(std::vector<point_job>)>;

boundary find_boundary(const sweep_plan& plan, const boundary_options& options,
                       const point_source& run);

/// How sure it is that a typical run of the point has its verdict, by the sign test over its
/// replications, each taken alone: 1 - 2^-n sum of C(n, i) for i from the number that agree to n.
/// Nothing for fewer than two that can tell, or a point that cannot tell itself.
std::optional<double> confidence_in(const point_result& point);

/// "412/s passes (10 of 10 runs alone: 99.9 % sure)"
std::string agreement_text(const point_result& point);

} // namespace windtunnel::scenario
