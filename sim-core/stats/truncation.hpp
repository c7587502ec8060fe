// SPDX-License-Identifier: BSL-1.0
// How much of a series belongs to its warm-up: MSER-5 (White, "An effective truncation heuristic
// for bias reduction in simulation output", Simulation 69, 1997; the batches of five: White, Cobb
// and Spratt, WSC 2000). Batches of five values are averaged, and batches are left out from the
// front until the standard error of the mean of those that stay is least. Where that needs more
// than half of the series, the series is too short to tell.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace windtunnel::sim {

inline constexpr std::size_t mser_batch = 5;

/// How many values to leave out from the front: a multiple of mser_batch, 0 where the series is
/// steady from the beginning. None: it still warms up at its middle, or it has fewer than ten
/// batches, or a value is not finite. The last values that fill no batch are not looked at.
std::optional<std::size_t> mser_truncation(std::span<const double> series);

} // namespace windtunnel::sim
