// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/reports/json_values.hpp"

#include <nlohmann/json.hpp>

namespace windtunnel::scenario {

nlohmann::ordered_json or_null(const std::optional<double>& value) {
    return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
}

} // namespace windtunnel::scenario
