// SPDX-License-Identifier: BSL-1.0
// Envoy's configuration (v3, YAML or JSON, snake_case or camelCase): a bootstrap, a listener, a
// route configuration, an xDS answer, a list of clusters or a cluster. What of it is policies is in
// clusters and in the routes of virtual hosts.
#include <algorithm>
#include <array>

#include "topologies/src/import/draft.hpp"
#include "topologies/src/import/envoy_parts.hpp"

namespace windtunnel::topology {

namespace {

template <std::size_t N>
bool is_one_of(const std::string& key, const std::array<std::string_view, N>& keys) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
}

bool has_one_of(const node& object, const auto& keys) {
    return std::any_of(keys.begin(), keys.end(),
                       [&](std::string_view key) { return object.find(key) != nullptr; });
}

constexpr std::array<std::string_view, 14> of_clusters{
    "lb_policy",         "lbPolicy",         "connect_timeout",  "connectTimeout",
    "load_assignment",   "loadAssignment",   "circuit_breakers", "circuitBreakers",
    "outlier_detection", "outlierDetection", "cluster_type",     "clusterType",
    "common_lb_config",  "commonLbConfig"};
constexpr std::array<std::string_view, 2> virtual_hosts{"virtual_hosts", "virtualHosts"};

bool is_cluster(const node& at) {
    return at.find("name") != nullptr && has_one_of(at, of_clusters);
}

/// Reads what it finds, however deep; true when it found something.
bool walk(const node& at, import_draft& draft, error_collector& errors) {
    if (is_cluster(at)) {
        errors.run([&] { read_envoy_cluster(at, draft); });
        return true;
    }
    if (at.is_array() && is_one_of(at.key(), virtual_hosts)) {
        for (const node& host : at.children())
            errors.run([&] { read_envoy_virtual_host(host, draft); });
        return true;
    }
    bool found = false;
    for (const node& child : at.children())
        found |= walk(child, draft, errors);
    return found;
}

} // namespace

std::string envoy_node_cluster(const node& root) {
    const node* self = root.find("node");
    const node* cluster = self == nullptr ? nullptr : self->find("cluster");
    return cluster != nullptr && cluster->is_string() ? cluster->string() : "";
}

void read_envoy(const node& root, import_draft& draft) {
    error_collector errors;
    if (!walk(root, draft, errors) && errors.empty())
        draft.note(root.where(), "there is neither a cluster nor a virtual host in it");
    errors.finish();
}

} // namespace windtunnel::topology
