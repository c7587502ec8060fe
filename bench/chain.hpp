// SPDX-License-Identifier: BSL-1.0
// The chain of topologies/chain.json under load, as a user would run it.
#pragma once

#include <cstdint>
#include <string>

#include "scenarios/src/spec.hpp"

namespace windtunnel::bench {

/// `requests` Poisson arrivals at 2800/s; with all four patterns on every hop, or with none.
scenario::scenario_spec chain_scenario(std::uint64_t requests, bool policies);

} // namespace windtunnel::bench
