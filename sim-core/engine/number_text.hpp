// SPDX-License-Identifier: BSL-1.0
// Numbers in messages and canonical forms.
#pragma once

#include <charconv>
#include <string>

namespace windtunnel::sim::detail {

/// The shortest text that reads back as the same number: "0.1".
inline std::string text(double x) {
    char buffer[32];
    return {buffer, std::to_chars(buffer, buffer + sizeof buffer, x).ptr};
}

} // namespace windtunnel::sim::detail
