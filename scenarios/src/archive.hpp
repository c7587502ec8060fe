// SPDX-License-Identifier: BSL-1.0
// A result as bytes that hold all of it, exactly: what a replication in a process of its own sends
// back, and what a saved run is. CBOR (RFC 8949): an array of a magic word, a version and the
// members of run_result in their order; histograms are sparse. The same result is the same bytes.
#pragma once

#include <string>
#include <string_view>

#include "scenarios/src/result.hpp"

namespace windtunnel::scenario {

std::string to_archive(const run_result& result);

/// Throws std::invalid_argument when the bytes are not such an archive, or only part of one.
run_result from_archive(std::string_view bytes);

} // namespace windtunnel::scenario
