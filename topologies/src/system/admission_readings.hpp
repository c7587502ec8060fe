// SPDX-License-Identifier: BSL-1.0
// What a replica's admission, and the caches before a process's calls, tell of themselves: the part
// of policy_readings for what stands in no pipeline.
#pragma once

#include <string>
#include <vector>

#include "topologies/src/system/policy_readings.hpp"

namespace windtunnel::topology {

class admission;
class process;

/// Of one replica of `service`; no callee: they are about its own requests.
std::vector<policy_reading> admission_readings(const admission& own, const std::string& service);

/// Those before the calls that `caller` makes of `callee`, all endpoints of it together.
void list_caches(const process& own, const std::string& caller, const std::string& callee,
                 std::vector<policy_reading>& to);

} // namespace windtunnel::topology
