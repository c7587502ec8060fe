// SPDX-License-Identifier: BSL-1.0
// What requests ask for, as a user writes it: "zipf(0.8, 10000)" or "uniform(10000)", and what
// sim::key_distribution::describe() says. Errors: bad_quantity, or std::invalid_argument from the
// distribution itself.
#pragma once

#include <string_view>

#include "sim-core/engine/key_distribution.hpp"
#include "topologies/src/field_table.hpp"

namespace windtunnel::topology {

sim::key_distribution parse_keys(std::string_view text);

value_kind<sim::key_distribution> keys_kind();
definition keys_definition();

} // namespace windtunnel::topology
