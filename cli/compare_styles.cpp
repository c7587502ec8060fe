// SPDX-License-Identifier: BSL-1.0
#include "cli/compare_styles.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "cli/help.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/signals.hpp"
#include "cli/terminal.hpp"
#include "scenarios/src/compare/styles.hpp"
#include "scenarios/src/reports/styles_report.hpp"
#include "topologies/src/diagnostic.hpp"

namespace windtunnel::cli {

namespace {

void check(const styles_options& o) {
    if (o.files.size() != 1)
        throw usage_error("--styles compares ways of one edge in one scenario: name one file");
    if (o.variants.size() > 1)
        throw usage_error("--styles runs the scenario, or one variant of it: name one");
    if (!o.swap.empty())
        throw usage_error("--styles tries every way of the edge by itself: leave --swap out");
    if (o.format != "text" && o.format != "markdown" && o.format != "json")
        throw usage_error(
            fmt::format("--format {}: with --styles there is text, markdown and json", o.format));
    if (!o.out.empty())
        throw usage_error("-o: --styles writes to standard output: use > FILE");
}

scenario::styles_request request_of(const styles_options& o) {
    scenario::styles_request request;
    try {
        const auto edge = scenario::parse_edge_swap(o.edge, topology::style::rest);
        request.caller = edge.caller;
        request.callee = edge.callee;
    } catch (const topology::bad_quantity& error) {
        throw usage_error(fmt::format("--styles: {}", error.what()));
    }
    request.how = load_options_of(o);
    request.how.variant = o.variants.empty() ? "" : o.variants.front();
    request.seed = request.how.seed.value_or(1);
    request.replications = request.how.replications.value_or(3);
    request.threads = threads_option(o.jobs);
    request.stop = &stop_asked();
    return request;
}

} // namespace

int compare_styles(const styles_options& o) {
    check(o);
    auto request = request_of(o);
    const std::filesystem::path path = o.files.front();
    const auto file = topology::document::load(path);
    progress_line progress(o.quiet ? progress_style::none : progress_style::automatic);
    double begin = 0, part = 0.25; // of the whole
    request.progress = [&](double share) {
        progress.show({.name = "styles of " + o.edge, .share = begin + part * share});
    };
    catch_signals();
    const auto folder = path.parent_path();
    const auto name = path.stem().string();
    const auto results = scenario::compare_styles(file, folder, name, request);
    begin = part;
    part = 1 - begin;
    const auto loads = scenario::compare_styles_by_load(file, folder, name, request);
    scenario::text_options how;
    how.markdown = o.format == "markdown";
    how.colours = colours_wanted(STDOUT_FILENO, o.no_color);
    how.width = width_of(STDOUT_FILENO);
    progress.without([] {});
    if (!o.quiet)
        print(o.format == "json" ? scenario::json_of_styles(o.edge, results, loads)
                                 : scenario::text_of_styles(o.edge, results, loads, how));
    if (signal_caught() != 0)
        return exit_code(scenario::verdict::aborted, signal_caught());
    return stdout_failed() ? exit_not_written : 0;
}

} // namespace windtunnel::cli
