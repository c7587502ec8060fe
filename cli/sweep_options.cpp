// SPDX-License-Identifier: BSL-1.0
#include "cli/sweep_options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "cli/choice.hpp"
#include "cli/help.hpp"
#include "topologies/src/diagnostic.hpp"
#include "topologies/src/quantity.hpp"

namespace windtunnel::cli {

namespace {

using topology::in_quotes;

constexpr const char* sweep_examples =
    "  windtunnel sweep storm.json -P load=100/s..800/s:50/s\n"
    "  windtunnel sweep storm.json -P retry.max_attempts=1..5 -P load=100/s..300/s:25/s -o "
    "map.svg\n"
    "  windtunnel sweep storm.json -P timeout=100ms..10s:x2 --metric 'clients: goodput' -o t.csv\n"
    "  windtunnel sweep storm.json -P load=50/s..300/s --find\n\n"
    "Exit codes:\n"
    "  0 every point was run (whatever its verdict), or the boundary found; 1 no boundary in the\n"
    "  range; 2 invalid input; 4 the boundary cannot be told; 70 a bug; 74 an output could not be\n"
    "  written; 130/143 stopped";

const std::vector<std::pair<std::string, sweep_form>> forms{
    {"text", sweep_form::text}, {"csv", sweep_form::csv}, {"json", sweep_form::json}};
const std::vector<std::pair<std::string, progress_style>> styles{
    {"auto", progress_style::automatic},
    {"plain", progress_style::plain},
    {"none", progress_style::none}};

CLI::Option* add_list(CLI::App& app, const std::string& names, std::vector<std::string>& into,
                      const std::string& help, const std::string& type) {
    return app.add_option(names, into, help)->type_name(type)->take_all()->allow_extra_args(false);
}

double within_of(const std::string& text) {
    try {
        const double value = topology::parse_share(text);
        if (value > 0 && value < 1)
            return value;
    } catch (const topology::bad_quantity&) {
    }
    throw usage_error(fmt::format("--within: expected a share such as 1% (above 0, below 100%), "
                                  "found {}",
                                  in_quotes(text)));
}

/// Without what the result does not depend on: threads, files, progress.
std::string command_of(const sweep_arguments& a) {
    const char* as_called = std::getenv("WINDTUNNEL_RUN");
    std::string line = fmt::format("{} sweep {}", as_called == nullptr ? "windtunnel" : as_called,
                                   shell_word(a.files.front()));
    const auto add = [&](const char* option, const std::string& value) {
        if (!value.empty())
            line += fmt::format(" {} {}", option, shell_word(value));
    };
    for (const std::string& each : a.parameters)
        add("-P", each);
    if (a.find)
        line += " --find";
    add("--within", a.within);
    add("--max-replications", a.max_replications);
    add("--confidence", a.confidence);
    for (const std::string& each : a.variants)
        add("--variant", each);
    add("--seed", a.seed);
    add("--replications", a.replications);
    add("--warmup", a.warmup);
    add("--duration", a.length);
    for (const std::string& each : a.set)
        add("-D", each);
    for (const std::string& each : a.metrics)
        add("--metric", each);
    add("--max-points", a.most_points);
    return line;
}

void check_find(const sweep_arguments& a) {
    if (a.find && a.parameters.size() != 1)
        throw usage_error(fmt::format("--find looks for a boundary along one parameter, and there "
                                      "are {}: write one -P name=A..B, and the others with -D",
                                      a.parameters.size()));
    if (!a.find && !a.within.empty())
        throw usage_error("--within says how close --find comes: write --find, or leave it out");
}

/// "csv=FILE", or a name whose ending says it.
sweep_target target_of(const std::string& text) {
    struct kind {
        const char *word, *ending;
        sweep_form form;
    };
    constexpr std::array kinds{
        kind{"csv=", ".csv", sweep_form::csv}, kind{"json=", ".json", sweep_form::json},
        kind{"svg=", ".svg", sweep_form::picture}, kind{"text=", ".txt", sweep_form::text}};
    for (const kind& each : kinds)
        if (text.starts_with(each.word))
            return {each.form, output_file(text.substr(std::string(each.word).size()))};
    for (const kind& each : kinds)
        if (text.ends_with(each.ending))
            return {each.form, output_file(text)};
    throw usage_error(fmt::format("--out {0}: which form? name it .csv, .json, .svg or .txt, or "
                                  "write csv={0}, json={0}, svg={0} or text={0}",
                                  text));
}

} // namespace

void add_sweep_options(CLI::App& app, sweep_arguments& a) {
    app.footer(sweep_examples);
    app.add_option("SCENARIO", a.files, "a scenario file")->required()->type_name("SCENARIO");
    add_list(app, "-P,--param", a.parameters,
             "a parameter and its values: a..b, a..b:step, a..b:x2, a,b,c (may be repeated: every "
             "combination)",
             "NAME=VALUES")
        ->required();
    add_list(app, "--metric", a.metrics,
             "a figure to show in place of the usual ones, such as 'readers: p99'", "METRIC");
    app.add_flag("--find", a.find, "bisects for where the verdict turns, along one range");
    app.add_option("--within", a.within, "how close --find comes [1%]")->type_name("SHARE");
    app.add_option("--max-replications", a.max_replications,
                   "of a point of --find that cannot tell [16 times as many], or with auto [100]")
        ->type_name("N");
    app.add_option("--confidence", a.confidence, "of the intervals, such as 99% [95%]")
        ->type_name("SHARE");
    add_list(app, "--variant", a.variants, "of the scenario", "NAME");
    add_list(app, "-D,--set", a.set, "change a value of every point (may be repeated)",
             "PATH=VALUE");
    app.add_option("--duration", a.length, "how long is measured, such as 60s")->type_name("TIME");
    app.add_option("--warmup", a.warmup, "how long before that, such as 10s, or auto")
        ->type_name("TIME|auto");
    app.add_option("--seed", a.seed, "of the first run of every point")->type_name("N");
    app.add_option(
           "--replications,--reps", a.replications,
           "runs of every point, with seeds that follow each other; auto: as many as it takes "
           "to tell")
        ->type_name("N|auto");
    app.add_option("-j,--jobs", a.jobs, "threads; the results do not depend on it [all cores]")
        ->type_name("N");
    app.add_option("--max-points", a.most_points, "consent to more points than 1000")
        ->type_name("N");
    app.add_option("--format", a.format, "of standard output")->type_name("text|csv|json");
    add_list(app, "-o,--out", a.out,
             "also write FILE.csv, FILE.json, FILE.svg (a map, or a line), FILE.txt or csv=FILE "
             "and so on",
             "FILE");
    app.add_option("--resume", a.resume,
                   "the journal to go on with, or to begin [the first --out with .journal]")
        ->type_name("FILE");
    app.add_flag("-q,--quiet", a.quiet, "print nothing");
    app.add_flag("--no-color", a.no_color, "no colours (as with NO_COLOR in the environment)");
    app.add_option("--progress", a.progress, "on standard error: on a terminal, as lines, or not")
        ->type_name("auto|plain|none");
}

sweep_settings settings_of(const sweep_arguments& a) {
    if (a.files.size() != 1)
        throw usage_error(
            fmt::format("sweep takes one scenario, and there are {}", a.files.size()));
    if (a.variants.size() > 1)
        throw usage_error("sweep takes one --variant: sweep the others on their own");
    check_find(a);
    sweep_settings s;
    s.sweep = {load_options_of(a), a.parameters, a.metrics, a.find};
    if (!a.variants.empty())
        s.sweep.base.variant = a.variants.front();
    s.file = a.files.front();
    s.resume = a.resume;
    s.command = command_of(a);
    if (!a.format.empty())
        s.format = chosen("--format", a.format, forms);
    if (!a.progress.empty())
        s.progress = chosen("--progress", a.progress, styles);
    s.threads = threads_option(a.jobs);
    if (!a.most_points.empty())
        s.most_points =
            static_cast<std::size_t>(whole_number("--max-points", a.most_points, 1, 10'000'000));
    if (!a.within.empty())
        s.within = within_of(a.within);
    if (a.find && a.replications != "auto") // of the search, not of the scenario
        s.most_replications = std::exchange(s.sweep.base.max_replications, {}).value_or(0);
    s.quiet = a.quiet;
    s.no_color = a.no_color;
    return s;
}

std::vector<sweep_target> open_sweep_targets(const std::vector<std::string>& names) {
    std::vector<sweep_target> targets;
    for (const std::string& each : names) {
        try {
            targets.push_back(target_of(each));
        } catch (const usage_error&) {
            throw;
        } catch (const std::runtime_error& error) {
            throw usage_error(error.what());
        }
    }
    return targets;
}

} // namespace windtunnel::cli
