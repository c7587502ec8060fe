// SPDX-License-Identifier: BSL-1.0
// Help that leads with examples, and messages that name the nearest verb or option.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace windtunnel::cli {

/// Wrong use of the program: one message, exit code 2.
class usage_error : public std::runtime_error {
  public:
    using runtime_error::runtime_error;
};

/// Gives the program's help its form; an App's footer is its examples.
void format_help(CLI::App& program);

/// Throws usage_error for an unknown verb, or an unknown option of a verb, with the nearest one.
void check_words(const CLI::App& program, const std::vector<std::string>& words);

} // namespace windtunnel::cli
