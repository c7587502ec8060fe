// SPDX-License-Identifier: BSL-1.0
// Policies that people run already, as policies on edges: resilience4j's YAML, gRPC's service
// config, Envoy's clusters and routes, Istio's DestinationRule and VirtualService become the
// "policies" of a scenario, {"caller->callee": {...}}. A product's defaults are written out, so
// that the policy acts as it does there. What cannot be expressed is a note at its place, never
// dropped in silence; what the product itself would refuse, and keys that it does not know, are
// errors. Errors: input_error.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "topologies/src/document.hpp"

namespace windtunnel::topology {

struct import_options {
    std::string format; ///< "resilience4j", "grpc", "envoy", "istio"; empty: the content says
    std::string caller; ///< who calls; empty: what the configuration says of that, else "*"
    /// What an instance, cluster or host is called there, and the service or service.endpoint here.
    std::map<std::string, std::string> names;
};

/// What was read otherwise than it stands there, or not at all.
struct import_note {
    location where;
    std::string message; ///< what, and why
    std::string nearest; ///< what comes nearest to it here; empty: nothing does

    /// `file:line:column: note: message; nearest: ...`
    std::string text() const;
};

struct imported_edge {
    std::string key; ///< "caller->callee"
    std::string callee;
    location where; ///< what the configuration says of it first
};

struct imported_policies {
    document policies;                ///< an object, the least specific edges first
    std::vector<imported_edge> edges; ///< in the same order
    std::vector<import_note> notes;   ///< in the order of the files
};

const std::vector<std::string>& import_formats();

/// Reads all files as one configuration.
imported_policies import_policies(const std::vector<std::filesystem::path>& files,
                                  const import_options& options = {});

} // namespace windtunnel::topology
