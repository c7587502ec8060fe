// SPDX-License-Identifier: BSL-1.0
// The options of load balancers, outlier detection, health checks and the registry, as a file says
// them: names, ranges and help of the library's own option aggregates. Contradictions between
// options are refused by their validate().
#pragma once

#include <vector>

#include "topologies/src/discovery_spec.hpp"
#include "topologies/src/field_table.hpp"

namespace windtunnel::topology {

const field_table<balancer_spec>& balancer_table();
/// A balancer, or the name of its policy alone.
value_kind<balancer_spec> balancer_kind();

const field_table<outlier_detector_options>& outlier_detection_table();
const field_table<health_check_spec>& health_check_table();
const field_table<discovery_spec>& discovery_table();

/// Of what lies on edges; the registry's is not among them.
std::vector<definition> discovery_policy_definitions();
/// Of those, outlier detection.
std::vector<definition> outlier_definitions();

} // namespace windtunnel::topology
