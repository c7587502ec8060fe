// SPDX-License-Identifier: BSL-1.0
// A signed integer of 128 bits: sums of as many durations, and products of times and rates, as a
// program can come to, exactly.
#pragma once

namespace windtunnel {

__extension__ typedef __int128 wide_integer;

} // namespace windtunnel
