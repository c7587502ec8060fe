// SPDX-License-Identifier: BSL-1.0
// What in a scenario has a name: workloads, services, endpoints, and the edges between them that
// the steps and the workloads imply. In the order of the files.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/src/spec.hpp"

namespace windtunnel::scenario {

/// Who calls what: a service or workload and an endpoint.
struct edge_name {
    std::string caller;
    endpoint_ref callee;
};

/// Each pair once.
std::vector<edge_name> edges_of(const scenario_spec& scenario);

/// Every call that a step or a workload makes; an edge may have several. Of a workload's, `to` of
/// the call is unused.
using call_visitor = std::function<void(const std::string& caller, const endpoint_ref& to,
                                        const topology::call_step& call)>;
void for_each_call(const scenario_spec& scenario, const call_visitor& visit);

/// A workload, a service, "service.endpoint" or "caller->callee" with an edge between them.
std::optional<expectation_spec::subject_kind> find_subject(std::string_view name,
                                                           const scenario_spec& scenario);
/// Why there is no such subject, with the nearest one: for a message.
struct missing_subject {
    std::string message, suggestion;
};
missing_subject explain_missing(std::string_view name, const scenario_spec& scenario);

/// Names for a message: "a, b, c", at most so many and then "...".
std::string listed(const std::vector<std::string>& names, std::size_t most = 8);

std::vector<std::string> workload_names(const scenario_spec& scenario);
std::vector<std::string> service_names(const topology::topology_spec& topology);
std::vector<std::string> endpoint_names(const topology::topology_spec& topology);
std::vector<std::string> fault_names(const scenario_spec& scenario);

} // namespace windtunnel::scenario
