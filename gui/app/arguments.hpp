// SPDX-License-Identifier: BSL-1.0
// The command line of windtunnel-gui.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "gui/panels/workspace.hpp"
#include "patterns/base/time.hpp"

namespace windtunnel::gui {

struct arguments {
    std::filesystem::path scenario;
    std::string variant;
    std::optional<std::uint64_t> seed;
    std::optional<std::filesystem::path> screenshot; ///< draw one picture, show no window
    std::optional<duration> at;                      ///< of the picture; absent: the end of the run
    /// Of the mouse in the picture, pixels: it tells the figures of what is there.
    std::optional<std::pair<int, int>> pointer;
    panel_choice panel = panel_choice::all; ///< which is shown
    bool light = false;                     ///< colours for a light ground
    bool check = false;                     ///< of the picture: that everything in it can be read
    int width = 1600, height = 1000;        ///< pixels
    std::optional<float> scale; ///< of text and lines; absent: the monitor's, 1 for a picture
};

/// The command line says that nothing is to be run: `text` answers it (help), or says what is
/// wrong.
struct no_run {
    int exit_code = 0;
    std::string text;
};

/// Throws no_run.
arguments parse_arguments(int argc, const char* const* argv);

} // namespace windtunnel::gui
