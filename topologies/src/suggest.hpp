// SPDX-License-Identifier: BSL-1.0
// The nearest valid name to one that is not: the optimal string alignment distance (Damerau 1964:
// insertions, deletions, substitutions and swaps of neighbours), which ignores case.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace windtunnel::topology {

/// How many edits turn one into the other; upper and lower case letters count as equal.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The name nearest to `word`, the first of several; empty when none is near (a third of the
/// word's length, at least one edit). Words over 100 bytes are near to nothing.
std::string nearest(std::string_view word, const std::vector<std::string>& names);

} // namespace windtunnel::topology
