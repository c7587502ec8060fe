// SPDX-License-Identifier: BSL-1.0
// Brokers and consumers as a file says them. Errors: input_error.
#pragma once

#include <vector>

#include "topologies/src/field_table.hpp"
#include "topologies/src/messaging_spec.hpp"
#include "topologies/src/spec.hpp"

namespace windtunnel::topology {

/// The members of "queues" and of "topics": an endpoint each, whose destination they are.
std::vector<endpoint_spec> read_queues(const node& at);
std::vector<endpoint_spec> read_topics(const node& at);

/// The member "consumes" of an endpoint.
consume_spec read_consume(const node& at);

std::vector<definition> messaging_definitions();

} // namespace windtunnel::topology
