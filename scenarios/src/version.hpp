// SPDX-License-Identifier: BSL-1.0
// The versions that results carry: of this program, "0.1.0", and of their published schema.
#pragma once

namespace windtunnel::scenario {

extern const char* const version;

inline constexpr int result_schema_version = 1;

} // namespace windtunnel::scenario
