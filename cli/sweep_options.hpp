// SPDX-License-Identifier: BSL-1.0
// What `windtunnel sweep` was asked to do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "cli/invocation.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "scenarios/src/sweep/plan.hpp"

namespace CLI {
class App;
}

namespace windtunnel::cli {

/// A form of what was found.
enum class sweep_form : std::uint8_t { text, csv, json, picture };

/// Texts as they were written; empty: not given.
struct sweep_arguments : run_options {
    std::vector<std::string> parameters, metrics, out;
    std::string jobs, most_points, within, resume, progress, format;
    bool find = false, quiet = false, no_color = false;
};

void add_sweep_options(CLI::App& app, sweep_arguments& a);

/// The same, understood.
struct sweep_settings {
    scenario::sweep_options sweep;
    std::string file, resume, command;
    sweep_form format = sweep_form::text;
    progress_style progress = progress_style::automatic;
    unsigned threads = 1;
    std::size_t most_points = 1000;
    double within = 0.01;
    int most_replications = 0; ///< of a point that cannot tell; 0: 16 times as many
    bool quiet = false, no_color = false;
};

/// Throws usage_error.
sweep_settings settings_of(const sweep_arguments& a);

struct sweep_target {
    sweep_form form;
    output_file file;
};
/// Opens every file of --out. Throws usage_error.
std::vector<sweep_target> open_sweep_targets(const std::vector<std::string>& names);

} // namespace windtunnel::cli
