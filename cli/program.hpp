// SPDX-License-Identifier: BSL-1.0
// The command line as a whole: chooses the verb, and turns every way to end into an exit code.
#pragma once

#include <string>
#include <vector>

namespace windtunnel::cli {

inline constexpr int exit_usage = 2, exit_bug = 70;

/// `words` without the program's name.
int run_program(const std::vector<std::string>& words);

} // namespace windtunnel::cli
