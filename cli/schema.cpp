// SPDX-License-Identifier: BSL-1.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/choice.hpp"
#include "cli/help.hpp"
#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "scenarios/src/loader.hpp"
#include "scenarios/src/reports/json.hpp"
#include "scenarios/src/sweep/outcome.hpp"
#include "topologies/src/loader.hpp"

namespace windtunnel::cli {

namespace {

std::string schema_of(const std::string& name) {
    if (name == "topology")
        return topology::topology_schema();
    if (name == "scenario")
        return scenario::scenario_schema();
    if (name == "result")
        return scenario::result_schema();
    if (name == "sweep")
        return scenario::sweep_schema();
    refuse_word("schema", name, {"topology", "scenario", "result", "sweep"});
}

} // namespace

verb add_schema(CLI::App& program) {
    auto* app = program.add_subcommand(
        "schema", "Prints the JSON Schema (draft 7) of what is read and of what is written.");
    app->footer("  windtunnel schema scenario > scenario.schema.json");
    const auto name = std::make_shared<std::string>();
    app->add_option("FORMAT", *name, "topology, scenario, result or sweep")
        ->required()
        ->type_name("FORMAT");
    return {app, [name] { return print(schema_of(*name)) ? 0 : exit_not_written; }};
}

} // namespace windtunnel::cli
