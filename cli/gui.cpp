// SPDX-License-Identifier: BSL-1.0
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "cli/files.hpp"
#include "cli/help.hpp"
#include "cli/signals.hpp"
#include "cli/verbs.hpp"

namespace windtunnel::cli {

namespace {

/// Becomes the program beside this one; comes back only when that is not possible.
int become_gui(const std::vector<std::string>& arguments) {
    const std::string path = (program_folder() / "windtunnel-gui").string();
    std::vector<const char*> words{path.c_str()};
    for (const std::string& each : arguments)
        words.push_back(each.c_str());
    words.push_back(nullptr);
    ignore_closed_pipes(false);
    execv(path.c_str(), const_cast<char* const*>(words.data()));
    const int error = errno;
    throw usage_error(error == ENOENT
                          ? fmt::format("the graphical program is not here: {} was not built or "
                                        "not installed (CMake target windtunnel-gui)",
                                        path)
                          : fmt::format("cannot start {}: {}", path, std::strerror(error)));
}

} // namespace

verb add_gui(CLI::App& program) {
    auto* app = program.add_subcommand("gui", "Watches a scenario in a window.");
    app->footer("  windtunnel gui shop.json");
    app->set_help_flag(); // the window's own options are the other program's to tell
    app->allow_extras();
    app->prefix_command();
    return {app, [app] { return become_gui(app->remaining()); }};
}

} // namespace windtunnel::cli
