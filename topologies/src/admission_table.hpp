// SPDX-License-Identifier: BSL-1.0
// The options of a service's admission, as a file says them: names, ranges and help of the
// library's own option aggregates (patterns/resilience).
#pragma once

#include <vector>

#include "topologies/src/admission_spec.hpp"
#include "topologies/src/field_table.hpp"

namespace windtunnel::topology {

const field_table<admission_spec>& admission_table();

std::vector<definition> admission_definitions();

} // namespace windtunnel::topology
