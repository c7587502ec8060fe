// SPDX-License-Identifier: BSL-1.0
// Text of unknown origin (names of files, arguments), as it may go to a terminal or a log.
#pragma once

#include <string>
#include <string_view>

namespace windtunnel::topology {

/// Control characters (C0, DEL) as \u001b; `lines`: but for ends of lines and tabs.
std::string printable(std::string_view text, bool lines = false);

} // namespace windtunnel::topology
