// SPDX-License-Identifier: BSL-1.0
// Values that a document may have to leave open.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

namespace windtunnel::scenario {

nlohmann::ordered_json or_null(const std::optional<double>& value);

} // namespace windtunnel::scenario
