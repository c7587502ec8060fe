// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/import/policies.hpp"

#include <algorithm>
#include <array>

#include "topologies/src/import/draft.hpp"
#include "topologies/src/import/yaml.hpp"
#include "topologies/src/suggest.hpp"

namespace windtunnel::topology {

namespace {

struct product {
    const char* name;
    bool (*is_of)(const node& root);
    void (*read)(const node& root, import_draft& draft);
    std::string (*caller)(const node& root);
};

bool has_any(const node& root, std::initializer_list<std::string_view> keys) {
    return std::any_of(keys.begin(), keys.end(),
                       [&](std::string_view key) { return root.find(key) != nullptr; });
}

bool is_of_spring(const node& root) {
    return std::any_of(root.children().begin(), root.children().end(), [](const node& child) {
        return child.key().starts_with("resilience4j") || child.key().starts_with("spring");
    });
}

bool is_of_grpc(const node& root) {
    return has_any(
        root, {"methodConfig", "loadBalancingConfig", "loadBalancingPolicy", "retryThrottling"});
}

bool is_of_istio(const node& root) {
    return has_any(root, {"apiVersion"}) && has_any(root, {"kind"});
}

bool is_of_envoy(const node& root) {
    if (root.is_array())
        return std::any_of(root.children().begin(), root.children().end(), is_of_envoy);
    return has_any(root,
                   {"static_resources", "staticResources",   "clusters",         "virtual_hosts",
                    "virtualHosts",     "route_config",      "routeConfig",      "resources",
                    "filter_chains",    "filterChains",      "lb_policy",        "lbPolicy",
                    "connect_timeout",  "connectTimeout",    "load_assignment",  "circuit_breakers",
                    "circuitBreakers",  "outlier_detection", "outlierDetection", "node"});
}

std::string nobody(const node&) {
    return {};
}

constexpr std::array products{
    product{"resilience4j", is_of_spring, read_resilience4j, spring_application},
    product{"grpc", is_of_grpc, read_grpc_service_config, nobody},
    product{"envoy", is_of_envoy, read_envoy, envoy_node_cluster},
    product{"istio", is_of_istio, read_istio, nobody}};

const product& product_of(const node& root, const std::string& format) {
    const auto found = std::find_if(products.begin(), products.end(), [&](const product& each) {
        return format.empty() ? each.is_of(root) : each.name == format;
    });
    if (found == products.end())
        fail(root,
             "this is no configuration of resilience4j, grpc, envoy or istio; if it is one of "
             "them, say of which with --from");
    return *found;
}

void read_file(const std::filesystem::path& path, const import_options& options,
               import_draft& draft) {
    const auto documents = load_yaml(path);
    if (documents.empty())
        throw input_error(
            diagnostic{{path.string(), 0, 0, {}}, "there is nothing in this file", {}});
    draft.caller_is({});
    error_collector errors;
    for (const document& each : documents)
        errors.run([&] {
            const auto& product = product_of(each.root(), options.format);
            if (const std::string caller = product.caller(each.root()); !caller.empty())
                draft.caller_is(caller);
        });
    errors.finish();
    for (const document& each : documents)
        errors.run([&] { product_of(each.root(), options.format).read(each.root(), draft); });
    errors.finish();
}

} // namespace

const std::vector<std::string>& import_formats() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all;
        for (const product& each : products)
            all.emplace_back(each.name);
        return all;
    }();
    return names;
}

imported_policies import_policies(const std::vector<std::filesystem::path>& files,
                                  const import_options& options) {
    import_draft draft(options);
    error_collector errors;
    for (const auto& file : files)
        errors.run([&] { read_file(file, options, draft); });
    errors.finish();
    return draft.finish();
}

} // namespace windtunnel::topology
