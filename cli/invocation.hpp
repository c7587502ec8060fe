// SPDX-License-Identifier: BSL-1.0
// What `windtunnel run` was asked to do: the options as they were written, the scenarios that they
// name, loaded, and the command line that brings one of the results back.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/src/loader.hpp"
#include "scenarios/src/spec.hpp"

namespace windtunnel::cli {

/// Texts as they were written; empty: not given.
struct run_options {
    std::vector<std::string> files, variants, set, swap;
    bool all_variants = false;
    std::string seed, replications, max_replications, confidence, warmup, length;
};

/// One scenario to run.
struct run_job {
    std::string file;
    scenario::scenario_spec spec;
    std::string reproduce;
    std::vector<scenario::expectation_spec> figures = {}; ///< to be kept for comparisons
};

/// Numbers and durations of the options. Throws usage_error.
scenario::load_options load_options_of(const run_options& options);

/// How many threads `--jobs` asks for; empty: as many as there are cores. Throws usage_error.
unsigned threads_option(const std::string& text);

/// A share such as 5% or 0.05, of the option `name`. Throws usage_error.
double share_option(const std::string& name, const std::string& text);

/// A confidence that intervals can have, of `--confidence`. Throws usage_error.
double confidence_option(const std::string& text);

/// Of --tolerance: below 1. Throws usage_error.
double tolerance_option(const std::string& text);

/// A whole number between the bounds, of the option `name`. Throws usage_error.
std::int64_t whole_number(const std::string& name, const std::string& text, std::int64_t least,
                          std::int64_t most);

/// Every file with every variant that is asked for. Throws topology::input_error with all that is
/// wrong in all files; then nothing is to be run.
std::vector<run_job> load_jobs(const run_options& options);

/// Throws usage_error where one of the outputs is one of these files, or a topology that one of
/// them names, or another output.
void check_outputs(const std::vector<std::string>& outputs, std::vector<std::string> inputs);

/// A word for a shell: in single quotes where it needs them.
std::string shell_word(const std::string& text);

} // namespace windtunnel::cli
