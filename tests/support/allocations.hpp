// SPDX-License-Identifier: BSL-1.0
// Counts what a test program takes from the heap, through operator new. Link allocations.cpp.
#pragma once

#include <cstdint>

namespace windtunnel::test {

/// Calls of operator new so far, in all threads.
std::uint64_t allocations();

} // namespace windtunnel::test
