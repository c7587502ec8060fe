// SPDX-License-Identifier: BSL-1.0
// What the policies of a running system tell of themselves, whenever somebody asks. Reading changes
// nothing, and what nobody reads costs nothing. Which kinds there are: policy_kinds.hpp.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "patterns/base/time.hpp"
#include "topologies/src/system/policy_figures.hpp"

namespace windtunnel::topology {

class system;
struct policy_kind;

/// One process's policies of one kind before its calls of one service.
struct policy_reading {
    std::string caller; ///< a service or a workload
    std::string callee; ///< a service; empty: it is a policy of the caller's own requests
    const policy_kind* kind;
    std::function<void(time_point now, policy_figures& into)> read;
};

/// All there are, by process, then by callee, then from the outermost policy inwards. What is not
/// configured is not there. The system must outlive them.
std::vector<policy_reading> policy_readings(const system& of);

} // namespace windtunnel::topology
