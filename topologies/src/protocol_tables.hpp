// SPDX-License-Identifier: BSL-1.0
// Protocols as a file says them: a name with its defaults, or an object that changes some. Errors:
// input_error.
#pragma once

#include <vector>

#include "topologies/src/field_table.hpp"
#include "topologies/src/protocol_spec.hpp"

namespace windtunnel::topology {

/// "rest", or {"kind":"rest","max_connections":10}.
value_kind<protocol_spec> protocol_value_kind();
std::vector<definition> protocol_definitions();

} // namespace windtunnel::topology
