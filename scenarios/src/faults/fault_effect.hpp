// SPDX-License-Identifier: BSL-1.0
// What a fault does to a running system, kind by kind: it begins at places, may grow, and ends.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "scenarios/src/workload.hpp"
#include "topologies/src/system/system.hpp"

namespace windtunnel::scenario {

/// Where it is, as of its beginning. An edge where a caller was named; endpoints where all
/// instances of a service have it; instances else. Requests are disturbed at the first of these
/// that there is.
struct fault_places {
    std::vector<topology::edge_runtime*> edges;
    std::vector<topology::endpoint_runtime*> endpoints;
    std::vector<topology::replica*> replicas; ///< always, but for edges those of the callee
    workload* load = nullptr;
};

/// Of one fault: `begin` and `end` come in turns.
class fault_effect {
  public:
    virtual ~fault_effect() = default;
    virtual void begin(const fault_places& at) = 0;
    virtual void end() = 0;
    /// How far it has grown, from 0 to 1; before begin(), too. Kinds that do not grow are told 1.
    virtual void grow(double) {}
};

/// The system, and the name of the fault, which names its random streams.
struct fault_surroundings {
    topology::system& system;
    const fault_spec& spec;
};
using effect_ptr = std::unique_ptr<fault_effect>;

effect_ptr make_effect(const fault_surroundings& around);

// Of each group; nullptr: the kind is none of it.
effect_ptr request_effect(const fault_surroundings& around);
effect_ptr message_effect(const fault_surroundings& around);
effect_ptr connection_effect(const fault_surroundings& around);
effect_ptr process_effect(const fault_surroundings& around);
effect_ptr load_effect(const fault_surroundings& around);

/// Calls `change` for each place at which requests are disturbed.
template <class Change>
void at_requests(const fault_places& at, Change&& change) {
    for (topology::disturbed_place* e : at.edges)
        change(*e);
    for (topology::disturbed_place* e : at.endpoints)
        change(*e);
    if (at.edges.empty() && at.endpoints.empty())
        for (topology::disturbed_place* r : at.replicas)
            change(*r);
}

} // namespace windtunnel::scenario
