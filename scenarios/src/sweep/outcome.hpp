// SPDX-License-Identifier: BSL-1.0
// What a sweep found, and its forms: a table for people, CSV, JSON and a picture. All are made of
// the points' kept figures alone, so a sweep that was interrupted and gone on with ends with the
// same bytes as one that was not.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/src/reports/text.hpp"
#include "scenarios/src/sweep/boundary.hpp"
#include "scenarios/src/sweep/point.hpp"

namespace windtunnel::scenario {

struct sweep_outcome {
    std::vector<point_result> points; ///< those that were run, in the grid's order
    std::size_t asked = 0;            ///< points of the grid
    std::string command;              ///< that brings this result again
    std::optional<boundary> found;    ///< of --find

    bool complete() const {
        return found ? found->status != boundary_status::stopped : points.size() == asked;
    }
};

/// A table with a line for each point, then what it comes to.
std::string sweep_text(const sweep_plan& plan, const sweep_outcome& outcome,
                       const text_options& options = {});

/// RFC 4180 with a header; numbers in the base units that the header names, parameters too where
/// all their values are quantities of one kind.
std::string sweep_csv(const sweep_plan& plan, const sweep_outcome& outcome);

/// As scenarios/schema/sweep.schema.json, which sweep_schema() is, says.
std::string sweep_json(const sweep_plan& plan, const sweep_outcome& outcome);
const std::string& sweep_schema();

/// An SVG without anything from outside. Of two parameters a map for each metric, its colours those
/// of viridis, which people see alike who do not see red or green; of one a line. Throws
/// topology::input_error for more than two.
std::string sweep_picture(const sweep_plan& plan, const sweep_outcome& outcome);
void check_picture(const sweep_plan& plan);

// ---- what they share ----------------------------------------------------------------------------

/// The kind of all values of a parameter, where it is one.
std::optional<quantity> common_quantity(const std::vector<std::string>& values);
/// "p99" for "readers: p99" where readers is the only workload, or the first one.
std::string short_metric(const std::string& text, const sweep_plan& plan);

} // namespace windtunnel::scenario
