// SPDX-License-Identifier: BSL-1.0
// Documents held against their schemas by a validator that is not ours (valijson).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace windtunnel::test {

/// What the schema (JSON Schema, draft 7) has against the instance, a line each; empty: valid.
std::string schema_errors(const nlohmann::json& schema, const nlohmann::json& instance);

} // namespace windtunnel::test
