// SPDX-License-Identifier: BSL-1.0
// The sums that runs make: see patterns/base/wide_integer.hpp.
#pragma once

#include "patterns/base/wide_integer.hpp"

namespace windtunnel::sim {

using windtunnel::wide_integer;

} // namespace windtunnel::sim
