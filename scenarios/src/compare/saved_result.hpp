// SPDX-License-Identifier: BSL-1.0
// Results that were written as JSON by an earlier run, to be compared with.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "scenarios/src/compare/figures.hpp"

namespace windtunnel::scenario {

struct saved_result {
    std::string file;
    std::string reproduce; ///< the command line that made it
    std::string scenario;  ///< the file of the scenario, as it was named then
    figure_set figures;
};

/// Every result in the file. Throws topology::input_error for what is no JSON result, was written
/// by another version of the program or in another version of the format, holds a run that was
/// stopped or input that was refused, or has no figures to compare.
std::vector<saved_result> load_saved_results(const std::filesystem::path& path);

} // namespace windtunnel::scenario
