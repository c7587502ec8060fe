// SPDX-License-Identifier: BSL-1.0
// A signed integer of 128 bits: the sum of as many durations as a run can make, exactly.
#pragma once

namespace windtunnel::sim {

__extension__ typedef __int128 wide_integer;

} // namespace windtunnel::sim
