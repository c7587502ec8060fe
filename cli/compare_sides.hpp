// SPDX-License-Identifier: BSL-1.0
// What `windtunnel compare` compares, what each of it is called, and which is compared with which.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/src/compare/figures.hpp"
#include "scenarios/src/spec.hpp"

namespace windtunnel::cli {

/// A saved result, or a scenario that is run.
struct compared_side {
    std::string file, scenario, variant;                ///< no variant: as it stands
    std::optional<scenario::figure_set> figures = {};   ///< none: nothing came out (yet)
    const scenario::scenario_spec* spec = nullptr;      ///< of what is run
    std::vector<scenario::expectation_spec> asked = {}; ///< of what is run: what will be compared
    std::string label = {};                             ///< one that no other side has
};

/// Gives each its label: the file, where there are several, and of scenario and variant what the
/// file leaves open.
void label_sides(std::vector<compared_side>& sides);

struct comparison_plan {
    /// Of sides, by their place: each with the first of its group.
    std::vector<std::vector<std::size_t>> groups;
    std::vector<std::string> alone; ///< those that have no partner: "only in b.json: shop (quick)"
};

/// In one file: the variants of a scenario with the first of them. In several: each with its
/// counterpart in the first file, which has the same scenario and variant; the scenario does not
/// matter where both files are about one each, nor the variant where both have one entry each.
/// `base`: the label of what comes first in its group, or a file that takes the first one's place.
/// Throws usage_error where it is neither, or where nothing has a partner.
comparison_plan plan_comparison(const std::vector<compared_side>& sides, const std::string& base);

/// Throws usage_error where any two that are to be compared can have no figure in common.
void check_common_figures(const std::vector<compared_side>& sides, const comparison_plan& plan);
/// "a.json and b.json have no figure in common: ...".
std::string nothing_in_common(const compared_side& base, const compared_side& other);

} // namespace windtunnel::cli
