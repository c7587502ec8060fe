// SPDX-License-Identifier: BSL-1.0
// The kinds of policies that a topology or a scenario can switch on, each once: its name, the names
// of its figures, what switches it on, and how it is read of a running system. Results, reports,
// expectations and the window know of kinds from here alone; a new kind is one more row.
#pragma once

#include <span>
#include <string_view>

#include "patterns/base/time.hpp"
#include "topologies/src/spec.hpp"
#include "topologies/src/system/policy_figures.hpp"

namespace windtunnel::topology {

class admission;
class host_limits;
class policies_in_use;

struct policy_kind {
    std::string_view name; ///< as a file names it: "circuit_breaker"
    policy_figure_names figures;
};

/// Of the calls of one service by one caller.
struct call_policy_kind : policy_kind {
    /// Whether calls with these policies have it.
    bool (*is_on)(const policies_spec& policies, const topology_spec& topology);
    bool (*is_there)(const policies_in_use& of);
    void (*read)(const policies_in_use& of, time_point now, policy_figures& out);
};

/// Of a service's admission.
struct admission_policy_kind : policy_kind {
    bool (*is_on)(const admission_spec& spec);
    void (*read)(const admission& of, time_point now, policy_figures& out);
};

/// Of what the machine and the runtime do to a service's replicas.
struct host_limit_kind : policy_kind {
    bool (*is_on)(const service_spec& spec);
    void (*read)(const host_limits& of, policy_figures& out);
};

/// Of a queue or a topic of a broker, of an endpoint that consumes from a topic, or of a gateway's
/// route.
struct destination_kind : policy_kind {
    bool (*is)(const endpoint_spec& endpoint, const topology_spec& topology);
};

/// From the outermost policy inwards; who gets the call at the end.
std::span<const call_policy_kind> call_policy_kinds();
/// In the order in which a request meets them.
std::span<const admission_policy_kind> admission_policy_kinds();

std::span<const host_limit_kind> host_limit_kinds();
std::span<const destination_kind> destination_kinds();

/// nullptr: there is none of that name.
const call_policy_kind* find_call_policy_kind(std::string_view name);
const admission_policy_kind* find_admission_policy_kind(std::string_view name);
const host_limit_kind* find_host_limit_kind(std::string_view name);
const destination_kind* find_destination_kind(std::string_view name);
/// What a service as a whole may have: those of its admission, its replicas' limits, and that of a
/// gateway.
const policy_kind* find_service_policy_kind(std::string_view name);
const policy_kind& gateway_kind();

} // namespace windtunnel::topology
