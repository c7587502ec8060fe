// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/import/policies.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/choice.hpp"
#include "cli/help.hpp"
#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "scenarios/src/loader.hpp"

namespace windtunnel::cli {

namespace {

namespace fs = std::filesystem;
using topology::document;

struct import_request {
    std::vector<std::string> files, names;
    std::string from, caller, into, out;
    bool strict = false;
};

// ---- the options ------------------------------------------------------------------------------

void check_format(const std::string& format) {
    const auto& known = topology::import_formats();
    if (format.empty() || std::find(known.begin(), known.end(), format) != known.end())
        return;
    refuse_word("--from", format, known);
}

topology::import_options import_options_of(const import_request& o) {
    check_format(o.from);
    topology::import_options result{.format = o.from, .caller = o.caller, .names = {}};
    for (const std::string& each : o.names) {
        const auto equals = each.find('=');
        if (equals == 0 || equals == std::string::npos || equals + 1 == each.size())
            throw usage_error(
                fmt::format("--as: write NAME=SERVICE or NAME=SERVICE.ENDPOINT, found "
                            "{}",
                            topology::in_quotes(each)));
        result.names[each.substr(0, equals)] = each.substr(equals + 1);
    }
    return result;
}

// ---- into a scenario --------------------------------------------------------------------------

/// An edge that the scenario does not have is said at the place that it was imported from.
topology::diagnostic at_its_source(topology::diagnostic found,
                                   const topology::imported_policies& imported) {
    if (found.where.file != imported.policies.root().where().file)
        return found;
    for (const topology::imported_edge& edge : imported.edges) {
        const std::string pointer = imported.policies.root().find(edge.key)->where().pointer;
        if (found.where.pointer != pointer && !found.where.pointer.starts_with(pointer + "/"))
            continue;
        found.where = edge.where;
        found.message =
            fmt::format("\"{}\" is no edge of the scenario: {}; say with --caller and --as what "
                        "they are called there",
                        edge.key, found.message);
    }
    return found;
}

void check_scenario(const document& scenario, const fs::path& path,
                    const topology::imported_policies& imported) {
    try {
        (void)scenario::parse_scenario(scenario, path.parent_path(), path.stem().string());
    } catch (const topology::input_error& error) {
        std::vector<topology::diagnostic> all;
        for (const topology::diagnostic& each : error.diagnostics())
            all.push_back(at_its_source(each, imported));
        throw topology::input_error(std::move(all), error.omitted());
    }
}

document as_patch(const topology::imported_policies& imported) {
    const document empty = document::parse("{}", {});
    return document::with(empty.root(), "policies", imported.policies.root());
}

/// What is printed: the policies alone, or the scenario with them.
std::string result_of(const import_request& o, const topology::imported_policies& imported) {
    const document patch = as_patch(imported);
    if (o.into.empty())
        return patch.root().text(2) + "\n";
    const document merged = document::merge(document::load(o.into).root(), patch.root());
    check_scenario(merged, o.into, imported);
    return merged.root().text(2) + "\n";
}

// ---- the verb ---------------------------------------------------------------------------------

/// In the order of the files; false where nothing is to be written: there is no policy, or --strict
/// wants no notes.
bool tell(const import_request& o, const topology::imported_policies& imported) {
    for (const topology::import_note& note : imported.notes)
        complain(note.text());
    if (imported.edges.empty()) {
        complain("there is no policy in these files: nothing was written");
        return false;
    }
    if (!o.strict || imported.notes.empty())
        return true;
    complain(fmt::format("{} not taken over as {}; without --strict the rest is written",
                         imported.notes.size() == 1
                             ? "1 thing is"
                             : fmt::format("{} things are", imported.notes.size()),
                         imported.notes.size() == 1 ? "it stands" : "they stand"));
    return false;
}

int import_policies(const import_request& o) {
    const auto imported =
        topology::import_policies({o.files.begin(), o.files.end()}, import_options_of(o));
    if (!tell(o, imported))
        return 2;
    const std::string text = result_of(o, imported);
    if (o.out.empty())
        return print(text) ? 0 : exit_not_written;
    try {
        return output_file(o.out).write(text) ? 0 : exit_not_written;
    } catch (const std::runtime_error& error) {
        throw usage_error(error.what());
    }
}

} // namespace

verb add_import_policies(CLI::App& program) {
    auto* app = program.add_subcommand(
        "import-policies", "Turns the configuration of resilience4j, gRPC, Envoy or Istio into "
                           "policies on edges.");
    app->footer("  windtunnel import-policies application.yml\n"
                "  windtunnel import-policies rules.yaml --into shop.json -o shop-as-run.json\n"
                "  windtunnel import-policies service_config.json --caller web --as "
                "'shop.Payment=payment'");
    const auto o = std::make_shared<import_request>();
    app->add_option("FILE", o->files, "configuration files, YAML or JSON, read as one")
        ->required()
        ->type_name("FILE...");
    app->add_option("--from", o->from,
                    "resilience4j, grpc, envoy or istio; without it each file's content says")
        ->type_name("FORMAT");
    app->add_option("--caller", o->caller,
                    "who makes the calls; without it what the files say of that, else any")
        ->type_name("NAME");
    app->add_option("--as", o->names,
                    "what an instance, cluster, host or method is called in the topology")
        ->type_name("NAME=OURS");
    app->add_option("--into", o->into,
                    "the scenario that gets the policies; without it they alone "
                    "are written")
        ->type_name("SCENARIO");
    app->add_option("-o,--out", o->out, "the file to write to; without it standard output")
        ->type_name("FILE");
    app->add_flag("--strict", o->strict, "write nothing when something cannot be expressed");
    return {app, [o] { return import_policies(*o); }};
}

} // namespace windtunnel::cli
