// SPDX-License-Identifier: BSL-1.0
// A comparison as a part of a JSON document; apart, so that few files need the JSON library.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace windtunnel::scenario {

struct comparison_report;

/// The schema's `comparison`.
nlohmann::ordered_json comparison_object(const comparison_report& report);

} // namespace windtunnel::scenario
