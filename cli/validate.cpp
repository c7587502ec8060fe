// SPDX-License-Identifier: BSL-1.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <vector>

#include "cli/files.hpp"
#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "scenarios/src/loader.hpp"
#include "scenarios/src/notes.hpp"
#include "scenarios/src/platform_check.hpp"
#include "topologies/src/loader.hpp"

namespace windtunnel::cli {

namespace {

struct validate_options {
    std::vector<std::string> files;
    bool quiet = false;
};

std::string counted(std::size_t count, const char* what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string about(const topology::topology_spec& t) {
    std::size_t endpoints = 0;
    for (const auto& service : t.services)
        endpoints += service.endpoints.size();
    return fmt::format("topology {}: {}, {}", t.name, counted(t.services.size(), "service"),
                       counted(endpoints, "endpoint"));
}

std::string about(const scenario::scenario_spec& s) {
    std::string text = fmt::format(
        "scenario {}: {}, {}, {}", s.name, counted(s.workloads.size(), "workload"),
        counted(s.faults.size(), "fault"), counted(s.expectations.size(), "expectation"));
    if (!s.variants.empty())
        text += fmt::format(", variants: {}", fmt::join(s.variants, ", "));
    return text;
}

/// What a valid file is, and what in it has no effect.
struct finding {
    std::string about;
    std::vector<std::string> notes;
};

/// Each once: variants have most of them in common.
void add_notes(const scenario::scenario_spec& spec, std::vector<std::string>& to) {
    for (const scenario::note& each : scenario::notes_on(spec)) {
        std::string text = fmt::format("{}: note: {}", each.where.text(), each.message);
        if (std::find(to.begin(), to.end(), text) == to.end())
            to.push_back(std::move(text));
    }
}

/// The scenario as it stands and with each of its variants.
finding check_scenario(const topology::document& file, const std::filesystem::path& path) {
    finding found;
    topology::error_collector errors;
    std::vector<std::string> variants{""};
    errors.run([&] {
        for (std::string& name : scenario::variant_names(file))
            variants.push_back(std::move(name));
    });
    for (const std::string& variant : variants) {
        const bool sound = errors.run([&] {
            const auto spec = scenario::parse_scenario(file, path.parent_path(),
                                                       path.stem().string(), {.variant = variant});
            check_buildable(spec);
            if (found.about.empty())
                found.about = about(spec);
            add_notes(spec, found.notes);
        });
        if (!sound && variant.empty())
            break; // the variants would say the same again
    }
    errors.finish();
    return found;
}

finding check(const std::filesystem::path& path) {
    const auto file = topology::document::load(path);
    if (kind_of(file) == file_kind::scenario)
        return check_scenario(file, path);
    return {about(topology::parse_topology(file.root(), path.parent_path())), {}};
}

int validate(const validate_options& o) {
    topology::error_collector errors;
    for (const std::string& name : o.files)
        errors.run([&] {
            const finding found = check(name);
            if (o.quiet)
                return;
            print(fmt::format("{}: valid, {}\n", name, found.about));
            for (const std::string& note : found.notes)
                print(note + "\n");
        });
    errors.finish();
    return 0;
}

} // namespace

verb add_validate(CLI::App& program) {
    auto* app = program.add_subcommand(
        "validate",
        "Reads scenarios and topologies and says everything that is wrong with them, and what "
        "in them has no effect.");
    app->footer("  windtunnel validate shop.json\n"
                "  windtunnel validate topologies/*.json scenarios/*.json");
    const auto o = std::make_shared<validate_options>();
    app->add_option("FILE", o->files, "scenario and topology files, in any order")
        ->required()
        ->type_name("FILE...");
    app->add_flag("-q,--quiet", o->quiet, "print nothing when all is valid");
    return {app, [o] { return validate(*o); }};
}

} // namespace windtunnel::cli
