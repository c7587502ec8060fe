// SPDX-License-Identifier: BSL-1.0
// Counts what a test program takes from the heap, by whatever way: operator new ends in malloc, and
// Asio asks for aligned memory. Link allocations.cpp.
#pragma once

#include <cstdint>

namespace windtunnel::test {

/// Blocks taken so far, in all threads.
std::uint64_t allocations();

} // namespace windtunnel::test
