// SPDX-License-Identifier: BSL-1.0
// What a file says of how callers find, choose and watch the replicas that they call: the options
// of patterns/discovery and patterns/health, with what the simulator has to know besides.
#pragma once

#include <string>

#include "patterns/discovery/load_balancer_options.hpp"
#include "patterns/discovery/outlier_detector_options.hpp"
#include "patterns/discovery/registry.hpp"
#include "patterns/health/health_check.hpp"

namespace windtunnel::topology {

struct balancer_spec {
    load_balancer_options options{.policy = balancer_policy::round_robin}; ///< `zone` is unused
    bool zone_aware = false; ///< its own zone is that of the process that calls
    /// Priority 0 are those of the caller's own zone, 1 all others; needs the options' factor.
    bool own_zone_first = false;

    void validate() const;
    friend bool operator==(const balancer_spec&, const balancer_spec&) = default;
};

struct health_check_spec {
    std::string endpoint; ///< of the callee, which is asked
    health_check_options options;

    void validate() const { options.validate(); }
    friend bool operator==(const health_check_spec&, const health_check_spec&) = default;
};

/// The one registry of a topology: every replica registers in it, every caller looks there.
struct discovery_spec {
    /// The name of its process on the network.
    static constexpr const char* process = "registry";

    registry_options registry;
    registry_view_options view;
    duration fetch_interval = std::chrono::seconds{30}; ///< of each caller. Eureka
    bool watch = false;                                 ///< the registry also tells of each change

    void validate() const;
};

} // namespace windtunnel::topology
