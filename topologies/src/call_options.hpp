// SPDX-License-Identifier: BSL-1.0
// How one service calls another, as a file says it: the policies of an edge, and the call's own
// options. Used by a topology's calls and their defaults, and by a scenario's workloads and policy
// overlays. Errors: input_error.
#pragma once

#include <vector>

#include "topologies/src/field_table.hpp"
#include "topologies/src/spec.hpp"

namespace windtunnel::topology {

/// The table of "policies": what an overlay may lay over an edge.
const field_table<policies_spec>& policies_table();
/// The table of "call_options": the policies and how the call is made, without its target.
const field_table<call_step>& call_options_table();
/// The table of "call": the options and its target.
const field_table<call_step>& call_table();
/// The table of "publish": the same, to a queue or a topic.
const field_table<call_step>& publish_table();

/// What the node says, over what `initial` says.
policies_spec parse_policies(const node& at, policies_spec initial = {});
call_step parse_call_options(const node& at, call_step initial = {});

/// "service.endpoint": the service ends at the first dot. Errors: bad_quantity.
endpoint_ref parse_endpoint_ref(std::string_view text);
std::string to_string(const endpoint_ref& endpoint);
value_kind<endpoint_ref> endpoint_kind();

/// Complains where policies contradict each other.
void check_policies(const node& at, const policies_spec& policies);

} // namespace windtunnel::topology
