// SPDX-License-Identifier: BSL-1.0
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "cli/choice.hpp"
#include "cli/files.hpp"
#include "cli/help.hpp"
#include "cli/output.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "scenarios/src/arrivals_text.hpp"
#include "scenarios/src/expectation_metrics.hpp"
#include "scenarios/src/faults/fault_table.hpp"
#include "scenarios/src/loader.hpp"
#include "scenarios/src/reports/table.hpp"
#include "topologies/src/admission_table.hpp"
#include "topologies/src/call_options.hpp"
#include "topologies/src/discovery_tables.hpp"
#include "topologies/src/distribution_text.hpp"

namespace windtunnel::cli {

namespace {

struct list_options {
    std::string what, in;
};

struct row {
    std::string name, meaning;
};

std::string first_sentence(const std::string& text) {
    const auto end = text.find(". ");
    return end == std::string::npos ? text : text.substr(0, end + 1);
}

// ---- the catalogue ----------------------------------------------------------------------------

std::filesystem::path folder_of(const list_options& o) {
    if (!o.in.empty())
        return o.in;
    const auto folder = catalogue_folder(o.what);
    if (folder.empty())
        throw usage_error(fmt::format("no {} came with this program; name a folder with --in "
                                      "FOLDER",
                                      o.what));
    return folder;
}

std::string member(const topology::node& root, const char* key) {
    const topology::node* found = root.find(key);
    return found != nullptr && found->is_string() ? found->string() : "";
}

/// A file that cannot be read, or is something else, is listed with what is the matter, not left
/// out.
row about(const std::filesystem::path& path, const std::string& what) {
    const bool scenarios = what == "scenarios";
    const char* mark = scenarios ? "topology" : "services";
    try {
        const auto file = topology::document::load(path);
        if (file.root().find(mark) == nullptr)
            return {path.string(), fmt::format("no {}: it has no \"{}\"",
                                               scenarios ? "scenario" : "topology", mark)};
        std::string text = member(file.root(), "title");
        if (text.empty())
            text = first_sentence(member(file.root(), "description"));
        return {path.string(), text};
    } catch (const topology::input_error& error) {
        return {path.string(), "cannot be read: " + error.diagnostics().front().message};
    }
}

std::vector<row> catalogue(const list_options& o) {
    std::vector<row> rows;
    for (const auto& path : json_files(folder_of(o))) {
        const auto from_here = std::filesystem::proximate(path);
        rows.push_back(about(*from_here.begin() == ".." ? path : from_here, o.what));
    }
    return rows;
}

// ---- the words of the formats -----------------------------------------------------------------

std::vector<row> faults(const list_options&) {
    std::vector<row> rows;
    for (const auto& fault : scenario::fault_rows())
        rows.push_back({std::string(fault.key), std::string(fault.meaning)});
    return rows;
}

std::vector<row> metrics(const list_options&) {
    std::vector<row> rows;
    for (const auto& metric : scenario::metric_table())
        rows.push_back({std::string(metric.name), std::string(metric.meaning)});
    return rows;
}

/// What a policy does; what its absence means is told by the reference.
void add_fields(std::vector<row>& rows, const std::string& before, const auto& table) {
    for (const auto& field : table.describe().fields)
        rows.push_back({before + field.key, first_sentence(field.help)});
}

/// Of calls, then what they go by, then of a service and of a topology.
std::vector<row> policies(const list_options&) {
    std::vector<row> rows;
    add_fields(rows, "", topology::policies_table());
    for (const auto& field : topology::call_options_table().describe().fields)
        if (field.key == "key" || field.key == "user")
            rows.push_back({field.key, "Of a call: " + first_sentence(field.help)});
    add_fields(rows, "admission.", topology::admission_table());
    const auto discovery = topology::discovery_table().describe();
    rows.push_back({discovery.name, "Of a topology: " + first_sentence(discovery.help)});
    return rows;
}

std::vector<row> arrivals(const list_options&) {
    std::vector<row> rows;
    for (const auto& form : scenario::arrivals_forms())
        rows.push_back({std::string(form.example), std::string(form.meaning)});
    return rows;
}

/// The forms that the reference's sentence shows in backquotes.
std::vector<row> distributions(const list_options&) {
    std::vector<row> rows{{"4ms", "always the same"}};
    const std::string help = topology::distribution_definition().help;
    for (std::size_t at = help.find('`'); at != std::string::npos; at = help.find('`', at)) {
        const auto end = help.find('`', at + 1);
        rows.push_back({help.substr(at + 1, end - at - 1), ""});
        at = end + 1;
    }
    rows.back().meaning = "a constant and another distribution";
    return rows;
}

using lister = std::function<std::vector<row>(const list_options&)>;

const std::vector<std::pair<std::string, lister>>& listers() {
    static const std::vector<std::pair<std::string, lister>> all{
        {"scenarios", catalogue}, {"topologies", catalogue},
        {"faults", faults},       {"distributions", distributions},
        {"arrivals", arrivals},   {"policies", policies},
        {"metrics", metrics}};
    return all;
}

std::vector<std::string> kinds() {
    std::vector<std::string> names;
    for (const auto& [name, list] : listers())
        names.push_back(name);
    return names;
}

int list(const list_options& o) {
    const auto found = std::find_if(listers().begin(), listers().end(),
                                    [&](const auto& each) { return each.first == o.what; });
    if (found == listers().end())
        refuse_word("list", o.what, kinds());
    if (!o.in.empty() && o.what != "scenarios" && o.what != "topologies")
        throw usage_error(fmt::format("list: --in is a folder of scenarios or topologies; {} come "
                                      "with the program",
                                      o.what));
    std::size_t widest = 0;
    const auto rows = found->second(o);
    for (const row& each : rows)
        widest = std::max(widest, scenario::columns_of(each.name));
    std::string text;
    for (const row& each : rows)
        text += each.meaning.empty()
                    ? each.name + "\n"
                    : fmt::format("{}{}  {}\n", each.name,
                                  std::string(widest - scenario::columns_of(each.name), ' '),
                                  each.meaning);
    print(text);
    return 0;
}

} // namespace

verb add_list(CLI::App& program) {
    auto* app = program.add_subcommand(
        "list", "Lists what there is: files to run, and the words that files are written with.");
    app->footer("  windtunnel list scenarios\n"
                "  windtunnel list scenarios --in my/scenarios\n"
                "  windtunnel list faults");
    const auto o = std::make_shared<list_options>();
    app->add_option("KIND", o->what, fmt::format("{}", fmt::join(kinds(), ", ")))
        ->required()
        ->type_name("KIND");
    app->add_option("--in", o->in, "the folder to look in, for scenarios and topologies")
        ->type_name("FOLDER");
    return {app, [o] { return list(*o); }};
}

} // namespace windtunnel::cli
