// SPDX-License-Identifier: BSL-1.0
#include "gui/app/picture.hpp"

#include <stb/stb_image_write.h>
#include <stdexcept>

namespace windtunnel::gui {

void write_png(const picture& p, const std::filesystem::path& file) {
    stbi_flip_vertically_on_write(1);
    if (stbi_write_png(file.c_str(), p.width, p.height, 4, p.rgba.data(), p.width * 4) == 0)
        throw std::runtime_error("the picture cannot be written to " + file.string());
}

} // namespace windtunnel::gui
