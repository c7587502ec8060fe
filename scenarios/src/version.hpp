// SPDX-License-Identifier: BSL-1.0
// The version of this program, as results carry it: "0.1.0".
#pragma once

namespace windtunnel::scenario {

extern const char* const version;

} // namespace windtunnel::scenario
