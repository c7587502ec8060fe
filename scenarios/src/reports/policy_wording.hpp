// SPDX-License-Identifier: BSL-1.0
// What policies did, in a few words: "open 41.0 %, opened 3 times, first at 42.3 s".
#pragma once

#include <cstdint>
#include <string>

#include "scenarios/src/reports/wording.hpp"

namespace windtunnel::scenario {

/// Whether it did more than let calls pass.
bool did_something(const policy_figures& f);

/// "1,204"; "-" for a kind that lets everything in.
std::string admitted_text(const policy_figures& f);
/// "41", "12: 8 bulkhead_full, 4 bulkhead_timeout"; "-" for a kind that refuses nothing.
std::string refused_text(const policy_figures& f);
/// The other figures that are not zero, the states first. A figure without words of its own is
/// told by its name.
std::string doings_text(const policy_figures& f);

} // namespace windtunnel::scenario
