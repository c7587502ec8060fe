// SPDX-License-Identifier: BSL-1.0
// Values that a document may have to leave open.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

namespace windtunnel::scenario {

inline nlohmann::ordered_json or_null(const std::optional<double>& value) {
    return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
}

} // namespace windtunnel::scenario
