// SPDX-License-Identifier: BSL-1.0
// What a replica's admission tells of itself: one function a kind.
#pragma once

#include "patterns/base/time.hpp"
#include "topologies/src/system/policy_figures.hpp"

namespace windtunnel::topology {

class admission;

// Each needs the kind to be on.
void read_door_rate_limiter(const admission& of, time_point now, policy_figures& out);
void read_rate_limiter_by_caller(const admission& of, time_point now, policy_figures& out);
void read_priority_shedder(const admission& of, time_point now, policy_figures& out);
void read_door_adaptive_limit(const admission& of, time_point now, policy_figures& out);
void read_server_admission(const admission& of, time_point now, policy_figures& out);
void read_codel(const admission& of, time_point now, policy_figures& out);
void read_adaptive_lifo(const admission& of, time_point now, policy_figures& out);

} // namespace windtunnel::topology
