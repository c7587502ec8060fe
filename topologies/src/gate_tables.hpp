// SPDX-License-Identifier: BSL-1.0
// What a route of a gateway asks of its requests, and who gets copies of them, as a file says it.
// Errors: input_error.
#pragma once

#include <vector>

#include "topologies/src/field_table.hpp"
#include "topologies/src/spec.hpp"

namespace windtunnel::topology {

/// The steps that verify a token: here ("jwt"), or by asking a service ("call").
steps_spec read_authentication(const node& at);
limit_step read_limit(const node& at);
mirror_step read_mirror(const node& at);

std::vector<definition> gate_definitions();

} // namespace windtunnel::topology
