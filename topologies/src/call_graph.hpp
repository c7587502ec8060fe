// SPDX-License-Identifier: BSL-1.0
// The calls of all endpoints, flat: which endpoint calls which, how often a request, and whether
// each request does. What the checks of a topology look at.
#pragma once

#include <cstddef>
#include <vector>

#include "topologies/src/spec.hpp"

namespace windtunnel::topology {

struct call_graph {
    struct edge {
        std::size_t to = 0;
        double times = 1;    ///< at most
        double expected = 1; ///< on average
        bool certain = true;
        location where;
    };
    struct vertex {
        endpoint_ref name;
        double steps = 0; ///< of its own, for each request
        std::vector<edge> calls;
    };
    std::vector<vertex> vertices;
};

} // namespace windtunnel::topology
