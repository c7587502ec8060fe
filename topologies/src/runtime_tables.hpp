// SPDX-License-Identifier: BSL-1.0
// What a file says of a service's machine and runtime.
#pragma once

#include "topologies/src/field_table.hpp"
#include "topologies/src/runtime_spec.hpp"

namespace windtunnel::topology {

const field_table<cpu_spec>& cpu_table();
const field_table<garbage_collection_spec>& garbage_collection_table();

} // namespace windtunnel::topology
