// SPDX-License-Identifier: BSL-1.0
#include "cli/invocation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <thread>

#include "cli/files.hpp"
#include "cli/help.hpp"
#include "cli/output.hpp"
#include "scenarios/src/compare/styles.hpp"
#include "scenarios/src/platform_check.hpp"
#include "topologies/src/quantity.hpp"
#include "topologies/src/suggest.hpp"

namespace windtunnel::cli {

namespace {

using scenario::load_options;

constexpr const char* automatic = "auto";

duration duration_option(const std::string& name, const std::string& text) {
    try {
        return topology::parse_duration(text);
    } catch (const topology::bad_quantity& error) {
        throw usage_error(fmt::format("{}: {}", name, error.what()));
    }
}

int count_option(const std::string& name, const std::string& text, int least) {
    constexpr int most = 100'000;
    return static_cast<int>(whole_number(name, text, least, most));
}

scenario::value_override override_option(const std::string& text) {
    const auto mark = text.find('=');
    if (mark == std::string::npos || mark == 0)
        throw usage_error(fmt::format("-D {}: write -D path=value, such as -D "
                                      "workload.readers.arrivals='poisson(300/s)'",
                                      text));
    return {text.substr(0, mark), text.substr(mark + 1), ""};
}

/// Which variants of a file: "" is the scenario as it stands.
std::vector<std::string> variants_of(const topology::document& file, const run_options& options) {
    if (!options.all_variants)
        return options.variants.empty() ? std::vector<std::string>{""} : options.variants;
    std::vector<std::string> all{""};
    for (std::string& name : scenario::variant_names(file))
        all.push_back(std::move(name));
    return all;
}

std::string reproduction(const std::string& file, const scenario::scenario_spec& spec,
                         const run_options& options) {
    const char* as_called = std::getenv("WINDTUNNEL_RUN");
    std::string line = as_called == nullptr ? "windtunnel run" : as_called;
    line += " " + shell_word(file);
    if (!spec.variant.empty())
        line += " --variant " + shell_word(spec.variant);
    line += fmt::format(" --seed {}", spec.seed);
    if (spec.most_replications) {
        line += " --replications auto";
        if (!options.max_replications.empty())
            line += " --max-replications " + options.max_replications;
    } else if (spec.replications > 1 || !options.replications.empty()) {
        line += fmt::format(" --replications {}", spec.replications);
    }
    if (!options.confidence.empty())
        line += " --confidence " + shell_word(options.confidence);
    if (!options.warmup.empty())
        line += " --warmup " + shell_word(options.warmup);
    if (!options.length.empty())
        line += " --duration " + shell_word(options.length);
    for (const std::string& each : options.set)
        line += " -D " + shell_word(each);
    for (const std::string& each : options.swap)
        line += " --swap " + shell_word(each);
    return line;
}

void load_file(const std::string& name, const run_options& options, load_options how,
               std::vector<run_job>& jobs, topology::error_collector& errors) {
    const std::filesystem::path path = name;
    const auto file = topology::document::load(path);
    if (kind_of(file) == file_kind::topology)
        topology::fail(file.root(), "this is a topology, and no scenario, which puts load on it: "
                                    "windtunnel new writes one to begin with");
    for (const std::string& variant : variants_of(file, options))
        errors.run([&] {
            how.variant = variant;
            auto spec =
                scenario::parse_scenario(file, path.parent_path(), path.stem().string(), how);
            check_buildable(spec); // finds what reading cannot
            std::string line = reproduction(name, spec, options);
            jobs.push_back({name, std::move(spec), std::move(line), {}});
        });
}

/// Empty for a file that names none, or cannot be read: that is told of where it is run.
std::string topology_named_by(const std::string& scenario) {
    try {
        const auto file = topology::document::load(scenario);
        const topology::node* named = file.root().find("topology");
        if (named != nullptr && named->is_string())
            return (std::filesystem::path(scenario).parent_path() / named->string()).string();
    } catch (const topology::input_error&) {
    }
    return "";
}

/// "shop->shipping=queue"
topology::edge_swap swap_option(const std::string& text) {
    const auto equals = text.rfind('=');
    const std::string name = equals == std::string::npos ? "" : text.substr(equals + 1);
    const auto known = topology::style_names();
    const auto to = topology::style_from(name);
    if (!to) {
        const std::string near = topology::nearest(name, known);
        throw usage_error(fmt::format(
            "--swap {}: expected EDGE=STYLE such as \"shop->shipping=queue\", with a style out of "
            "{}{}",
            text, fmt::join(known, ", "),
            near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near)));
    }
    try {
        return scenario::parse_edge_swap(text.substr(0, equals), *to);
    } catch (const topology::bad_quantity& error) {
        throw usage_error(fmt::format("--swap {}: {}", text, error.what()));
    }
}

} // namespace

std::int64_t whole_number(const std::string& name, const std::string& text, std::int64_t least,
                          std::int64_t most) {
    std::int64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stopped != end || value < least || value > most)
        throw usage_error(fmt::format("{}: expected a whole number from {} to {}, found {}", name,
                                      least, most, topology::in_quotes(text)));
    return value;
}

unsigned threads_option(const std::string& text) {
    if (text.empty())
        return std::max(1U, std::thread::hardware_concurrency());
    return static_cast<unsigned>(whole_number("--jobs", text, 1, 1024));
}

double share_option(const std::string& name, const std::string& text) {
    try {
        return topology::parse_share(text);
    } catch (const topology::bad_quantity& error) {
        throw usage_error(fmt::format("{}: {}", name, error.what()));
    }
}

double confidence_option(const std::string& text) {
    const double level = share_option("--confidence", text);
    if (const std::string error = scenario::confidence_error(level); !error.empty())
        throw usage_error(fmt::format("--confidence {}: {}", text, error));
    return level;
}

load_options load_options_of(const run_options& options) {
    load_options how;
    if (!options.seed.empty())
        how.seed = static_cast<std::uint64_t>(
            whole_number("--seed", options.seed, 0, std::int64_t{1} << 53));
    how.auto_replications = options.replications == automatic;
    if (!options.replications.empty() && !how.auto_replications)
        how.replications = count_option("--replications", options.replications, 1);
    if (!options.max_replications.empty())
        how.max_replications = count_option("--max-replications", options.max_replications, 2);
    if (!options.confidence.empty())
        how.confidence = confidence_option(options.confidence);
    how.auto_warmup = options.warmup == automatic;
    if (!options.warmup.empty() && !how.auto_warmup)
        how.warmup = duration_option("--warmup", options.warmup);
    if (!options.length.empty())
        how.length = duration_option("--duration", options.length);
    for (const std::string& each : options.set)
        how.set.push_back(override_option(each));
    for (const std::string& each : options.swap)
        how.swaps.push_back(swap_option(each));
    return how;
}

std::vector<run_job> load_jobs(const run_options& options) {
    const load_options how = load_options_of(options);
    std::vector<run_job> jobs;
    topology::error_collector errors;
    for (const std::string& name : options.files)
        errors.run([&] { load_file(name, options, how, jobs, errors); });
    errors.finish();
    return jobs;
}

double tolerance_option(const std::string& text) {
    const double tolerance = share_option("--tolerance", text);
    if (tolerance >= 1)
        throw usage_error(fmt::format("--tolerance {}: every change up to twice as much, or to "
                                      "nothing, would be none; write a share such as 1%",
                                      text));
    return tolerance;
}

void check_outputs(const std::vector<std::string>& outputs, std::vector<std::string> inputs) {
    if (outputs.empty())
        return; // the files are not read for this
    for (std::size_t i = inputs.size(); i-- > 0;)
        if (const std::string topology = topology_named_by(inputs[i]); !topology.empty())
            inputs.push_back(topology);
    check_apart(outputs, inputs);
}

std::string shell_word(const std::string& text) {
    constexpr const char* plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "_-./=:,+@%";
    if (!text.empty() && text.find_first_not_of(plain) == std::string::npos)
        return text;
    std::string quoted = "'";
    for (const char c : text)
        quoted += c == '\'' ? "'\\''" : std::string(1, c);
    return quoted + "'";
}

} // namespace windtunnel::cli
