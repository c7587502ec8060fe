// SPDX-License-Identifier: BSL-1.0
// One fault as a user says it, before anybody has read it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "patterns/base/time.hpp"

namespace windtunnel::gui {

/// Values are JSON, or else texts as they stand.
struct wanted_fault {
    std::string kind, target; ///< "latency", "ratings" or "web->ratings"
    duration at{};
    std::string length;                                      ///< "10s"; empty: to the end
    std::vector<std::pair<std::string, std::string>> values; ///< by key; empty ones are left out
};

} // namespace windtunnel::gui
