// SPDX-License-Identifier: BSL-1.0
// Envoy's Cluster as it is read, part by part. Internal to import/.
#pragma once

#include <string>

#include "topologies/src/import/envoy_parts.hpp"
#include "topologies/src/import/product_table.hpp"

namespace windtunnel::topology {

struct envoy_cluster : product_object {
    std::string name;
    load_balancer_options options{.policy = balancer_policy::round_robin};
    bool zone_aware = false;
    double panic = 50;
    // Where in the file something was said; nullptr: it was not.
    const node* balancer = nullptr;
    const node* outlier = nullptr;
    const node* health_checks = nullptr;
    const node* thresholds = nullptr;
    const node* panic_at = nullptr;
    const node* fail_on_panic = nullptr;
    bool http2 = false;
};

/// Adds the keys that are about which host gets a request.
product_table<envoy_cluster> with_balancing(product_table<envoy_cluster> table);

/// Says them of the edge, or what of them cannot be said.
void say_outlier_detection(const envoy_cluster& cluster, drafted_edge& edge, import_draft& draft);
void say_health_check(const envoy_cluster& cluster, drafted_edge& edge, import_draft& draft);

} // namespace windtunnel::topology
