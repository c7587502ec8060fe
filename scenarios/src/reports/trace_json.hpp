// SPDX-License-Identifier: BSL-1.0
// The block `traces` of the JSON report: how many there were, what broke them, and which were kept.
// Small: of the kept ones it names the slowest and the first failed ones. It has a version of its
// own.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "scenarios/src/result.hpp"

namespace windtunnel::scenario {

inline constexpr int trace_block_version = 1;

/// null: nothing was recorded.
nlohmann::ordered_json traces_object(const run_result& result);

} // namespace windtunnel::scenario
