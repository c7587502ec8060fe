// SPDX-License-Identifier: BSL-1.0
// What was drawn, as a file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace windtunnel::gui {

struct picture {
    int width = 0, height = 0;
    std::vector<std::uint8_t> rgba; ///< rows from the bottom up, as OpenGL has them
};

/// Throws std::runtime_error naming the file where it cannot be written.
void write_png(const picture& p, const std::filesystem::path& file);

} // namespace windtunnel::gui
