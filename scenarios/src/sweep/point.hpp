// SPDX-License-Identifier: BSL-1.0
// What is kept of a point of a sweep: its verdict and its figures, as plain data that goes to a
// line of JSON and back without loss, so that what was computed once is never computed again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scenarios/src/expectation_metrics.hpp"
#include "scenarios/src/sweep/plan.hpp"
#include "scenarios/src/verdict.hpp"

namespace windtunnel::scenario {

/// In which a figure would be for ever, at the scenario's confidence; none of one replication.
using point_interval = std::optional<std::pair<double, double>>;

struct point_expectation {
    std::string text; ///< as it stands in the file
    check_status status = check_status::inconclusive;
    unit_kind unit{};
    std::optional<double> observed; ///< seconds, a share, per second or a count
    std::string observed_text;      ///< "p99 = 412 ms"
    point_interval interval = {};
};

struct point_metric {
    std::string text; ///< as it was asked for
    unit_kind unit{};
    std::optional<double> value; ///< none: there was nothing to measure
    point_interval interval = {};
};

struct point_result {
    point_values values;
    int replications = 1;
    std::uint64_t seed = 1; ///< of the first
    int asked = 1;          ///< replications that were asked for; with `automatic` at most so many
    bool automatic = false; ///< as many as it took to tell
    scenario::verdict verdict = verdict::passed;
    std::string error; ///< why there are no figures: it could not be run
    std::vector<point_expectation> expectations;
    std::vector<point_metric> metrics;
    /// Verdicts of the replications, each taken alone: held and not held; the rest cannot tell.
    int alone_passed = 0, alone_failed = 0;
};

/// One line, without its end.
std::string to_line(const point_result& point);
/// Nothing where the line is not one of these.
std::optional<point_result> point_from_line(const std::string& line);

} // namespace windtunnel::scenario
