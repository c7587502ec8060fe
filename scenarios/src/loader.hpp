// SPDX-License-Identifier: BSL-1.0
// Scenario files: reading one, and the schema and reference page of their format. A scenario that
// was loaded is sound: its topology is, every name resolves, every time lies in the run, and every
// expectation can be measured. Errors: topology::input_error, with everything that is wrong, as far
// as it could be read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/src/overrides.hpp"
#include "scenarios/src/spec.hpp"
#include "topologies/src/document.hpp"
#include "topologies/src/field_table.hpp"
#include "topologies/src/styles.hpp"

namespace windtunnel::scenario {

/// What is changed, in this order: the variant's patch, the values, then the named overrides.
/// Values below "topology" are put into the topology when it is read, patched already, so that its
/// file can be changed like the rest.
struct load_options {
    std::string variant = {}; ///< empty: the scenario as it stands
    std::vector<value_override> set = {};
    std::vector<topology::edge_swap> swaps = {}; ///< edges that talk in another way
    std::optional<std::uint64_t> seed = {};
    std::optional<duration> warmup = {}, length = {};
    std::optional<int> replications = {}, max_replications = {};
    std::optional<double> confidence = {};
    bool auto_warmup = false, auto_replications = false; ///< "auto" in place of the value
};

/// Why that is no confidence for intervals; empty: it is one.
std::string confidence_error(double level);

/// The scenario's name is that of the file, without its ending, unless it says another.
scenario_spec load_scenario(const std::filesystem::path& path, const load_options& options = {});

/// The same from a document; files that it names are relative to `folder`.
scenario_spec parse_scenario(const topology::document& file, const std::filesystem::path& folder,
                             const std::string& name, const load_options& options = {});

/// The document that is read in the end: variant and overrides applied, the variants left out, and
/// the topology in it as it is read, patched and changed. Two runs of one version with equal texts
/// of it (and of the platform's file, where there is one) are equal.
topology::document effective_scenario(const topology::document& file,
                                      const std::filesystem::path& folder,
                                      const load_options& options);

/// The names of a file's variants, in its order.
std::vector<std::string> variant_names(const topology::document& file);

/// All definitions of the format, "scenario" first, quantities last.
std::vector<topology::definition> scenario_definitions();
/// JSON Schema, draft 7: the content of scenarios/schema/scenario.schema.json.
std::string scenario_schema();
/// The reference part of docs/scenario.md.
std::string scenario_reference_markdown();

} // namespace windtunnel::scenario
