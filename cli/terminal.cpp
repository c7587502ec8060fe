// SPDX-License-Identifier: BSL-1.0
#include "cli/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace windtunnel::cli {

namespace {

constexpr std::size_t width_of_files = 100, narrowest = 40, widest = 160;

std::string_view variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

} // namespace

bool is_terminal(int fd) {
    return isatty(fd) == 1;
}

bool can_rewrite(int fd) {
    return is_terminal(fd) && variable("TERM") != "dumb";
}

bool colours_wanted(int fd, bool no_color) {
    if (no_color || !variable("NO_COLOR").empty())
        return false;
    if (const auto forced = variable("FORCE_COLOR"); !forced.empty())
        return forced != "0";
    return can_rewrite(fd);
}

std::size_t width_of(int fd) {
    winsize size{};
    if (!is_terminal(fd) || ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return width_of_files;
    return std::clamp<std::size_t>(size.ws_col, narrowest, widest);
}

} // namespace windtunnel::cli
