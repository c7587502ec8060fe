// SPDX-License-Identifier: BSL-1.0
// What the output goes to: a terminal or not, its width, whether colours are wanted.
#pragma once

#include <cstddef>

namespace windtunnel::cli {

bool is_terminal(int fd);

/// `fd` is a terminal that knows escapes, unless NO_COLOR is set (https://no-color.org);
/// FORCE_COLOR wants them in any case, `--no-color` in none.
bool colours_wanted(int fd, bool no_color);

/// Columns of the terminal, or 100 where there is none, so that files do not depend on a window.
std::size_t width_of(int fd);

/// A terminal that can rewrite its line.
bool can_rewrite(int fd);

} // namespace windtunnel::cli
