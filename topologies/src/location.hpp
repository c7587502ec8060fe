// SPDX-License-Identifier: BSL-1.0
// Where in which file something was said: what every message about an input begins with.
#pragma once

#include <string>

namespace windtunnel::topology {

/// Line and column start at 1 and count characters, not bytes; 0 is unknown.
struct location {
    std::string file;
    int line = 0;
    int column = 0;
    std::string pointer; ///< JSON pointer (RFC 6901), "" is the whole document

    /// "shop.json:3:7", as far as it is known.
    std::string text() const;
};

} // namespace windtunnel::topology
