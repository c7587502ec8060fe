// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/version.hpp"

namespace windtunnel::scenario {

const char* const version = WINDTUNNEL_VERSION;

} // namespace windtunnel::scenario
