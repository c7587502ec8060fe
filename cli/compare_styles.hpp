// SPDX-License-Identifier: BSL-1.0
// `windtunnel compare --styles EDGE`: which way of talking for an edge.
#pragma once

#include <string>
#include <vector>

#include "cli/invocation.hpp"

namespace windtunnel::cli {

struct styles_options : run_options {
    std::string edge, jobs, format = "text";
    std::vector<std::string> out;
    bool quiet = false, no_color = false;
};

/// The exit code. Throws usage_error and topology::input_error.
int compare_styles(const styles_options& o);

} // namespace windtunnel::cli
