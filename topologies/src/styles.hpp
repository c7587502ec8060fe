// SPDX-License-Identifier: BSL-1.0
// How two services talk, as one word, and a topology in which an edge talks in another way: the
// same services with the same work, whatever is between them. Errors: input_error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topologies/src/spec.hpp"

namespace windtunnel::topology {

enum class style : std::uint8_t {
    in_process, ///< the callee is a module of the caller's process, which gets its workers
    rest,
    grpc,
    graphql,
    queue,  ///< the caller publishes, the callee consumes, and the answer is not waited for
    stream, ///< the same over a topic with a partition for each of the callee's workers
};
std::string_view to_string(style s);
std::optional<style> style_from(std::string_view name);
std::vector<std::string> style_names();
/// Those that are a "protocol" of the edge; the others change the topology.
bool is_protocol(style s);

/// "caller->callee", or an endpoint of the callee.
struct edge_swap {
    std::string caller, callee;
    style to{};
    location where; ///< for messages
};

/// The edge's calls in another way that is no protocol. What calls the callee besides goes on as it
/// does. A broker is a service of its own, "CALLEE-queue" or "CALLEE-stream".
void swap_style(topology_spec& topology, const edge_swap& swap);

} // namespace windtunnel::topology
