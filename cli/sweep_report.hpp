// SPDX-License-Identifier: BSL-1.0
// Hands on what a sweep found: to standard output and to files. What cannot be written to its file
// is printed, so that nothing that was computed is lost.
#pragma once

#include <vector>

#include "cli/sweep_options.hpp"
#include "scenarios/src/sweep/outcome.hpp"

namespace windtunnel::cli {

/// False where any of it could not be written.
bool report_sweep(const sweep_settings& settings, std::vector<sweep_target>& targets,
                  const scenario::sweep_plan& plan, const scenario::sweep_outcome& outcome);

} // namespace windtunnel::cli
