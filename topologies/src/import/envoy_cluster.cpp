// SPDX-License-Identifier: BSL-1.0
// Envoy's Cluster (envoy.config.cluster.v3), and its circuit breakers, which are limits on
// connections, requests and retries at once.
#include "topologies/src/import/envoy_cluster.hpp"

#include <fmt/format.h>

#include <limits>

#include "topologies/src/import/envoy_parts.hpp"
#include "topologies/src/import/product_kinds.hpp"
#include "topologies/src/import/product_table.hpp"

namespace windtunnel::topology {

namespace {

// ---- circuit breakers -------------------------------------------------------------------------

struct envoy_thresholds : product_object {
    std::string priority = "DEFAULT";
    std::optional<int> connections, pending, requests;
    int retries = 3;
    std::optional<retry_budget_options> budget;
};

void read_budget(envoy_thresholds& target, const node& at) {
    static const auto table = budget_table(snake_table<retry_budget_message>("retry_budget"),
                                           "budgetPercent", percent_message_kind());
    target.budget = read_retry_budget(table, at, *target.draft);
}

const product_table<envoy_thresholds>& thresholds_table() {
    using o = envoy_thresholds;
    static const auto table =
        snake_table<o>("thresholds")
            .with_custom("priority",
                         [](o& target, const node& at) {
                             const std::vector<std::string> names{"DEFAULT", "HIGH"};
                             target.priority = names[read_name(at, names)];
                         })
            .with("maxConnections", &o::connections, uint32_kind())
            .with("maxPendingRequests", &o::pending, uint32_kind())
            .with("maxRequests", &o::requests, uint32_kind())
            .with("maxRetries", &o::retries, uint32_kind())
            .with_custom("retryBudget", read_budget)
            .not_expressed({"maxConnectionPools"}, "there is one pool to a callee here")
            .unread({"trackRemaining"});
    return table;
}

// ---- the cluster ------------------------------------------------------------------------------

bool mentions(const node& at, std::string_view key) {
    if (at.find(key) != nullptr)
        return true;
    for (const node& child : at.children())
        if (mentions(child, key))
            return true;
    return false;
}

void read_thresholds(envoy_cluster& target, const node& at) {
    struct breakers : product_object {
        const node* all = nullptr;
    };
    static const auto table =
        snake_table<breakers>("circuit_breakers")
            .with_custom("thresholds", [](breakers& b, const node& list) { b.all = &list; })
            .not_expressed({"perHostThresholds"}, "a bulkhead is of all replicas together");
    breakers from;
    from.draft = target.draft;
    table.read(at, from);
    if (from.all != nullptr)
        expect_array(*from.all, "thresholds");
    target.thresholds = from.all;
}

product_table<envoy_cluster> with_plumbing(product_table<envoy_cluster> table) {
    return std::move(table)
        .not_expressed({"loadBalancingPolicy"}, "only lb_policy is read", "lb_policy")
        .not_expressed({"maxRequestsPerConnection", "preconnectPolicy"},
                       "connections are not opened and closed one by one here")
        .unread({"@type",
                 "altStatName",
                 "type",
                 "clusterType",
                 "edsClusterConfig",
                 "connectTimeout",
                 "perConnectionBufferLimitBytes",
                 "loadAssignment",
                 "upstreamHttpProtocolOptions",
                 "commonHttpProtocolOptions",
                 "httpProtocolOptions",
                 "http2ProtocolOptions",
                 "typedExtensionProtocolOptions",
                 "dnsRefreshRate",
                 "dnsJitter",
                 "dnsFailureRefreshRate",
                 "respectDnsTtl",
                 "dnsLookupFamily",
                 "dnsResolvers",
                 "useTcpForDnsLookups",
                 "dnsResolutionConfig",
                 "typedDnsResolverConfig",
                 "waitForWarmOnInit",
                 "cleanupInterval",
                 "upstreamBindConfig",
                 "lbSubsetConfig",
                 "originalDstLbConfig",
                 "transportSocket",
                 "transportSocketMatches",
                 "metadata",
                 "protocolSelection",
                 "upstreamConnectionOptions",
                 "closeConnectionsOnHostHealthFailure",
                 "ignoreHealthOnHostRemoval",
                 "filters",
                 "lrsServer",
                 "trackTimeoutBudgets",
                 "upstreamConfig",
                 "trackClusterStats",
                 "connectionPoolPerDownstreamConnection"});
}

const product_table<envoy_cluster>& cluster_table() {
    using o = envoy_cluster;
    static const auto table = with_plumbing(
        with_balancing(snake_table<o>("cluster")
                           .with("name", &o::name, text_kind())
                           .with_custom("circuitBreakers", read_thresholds)
                           .with_custom("outlierDetection",
                                        [](o& target, const node& at) { target.outlier = &at; })
                           .with_custom("healthChecks", [](o& target, const node& at) {
                               target.health_checks = &at;
                           })));
    return table;
}

// ---- what becomes of a cluster ----------------------------------------------------------------

/// The thresholds of the default priority; Envoy's own where there are none.
envoy_thresholds thresholds_of(const envoy_cluster& cluster, import_draft& draft) {
    envoy_thresholds result;
    result.draft = &draft;
    if (cluster.thresholds == nullptr)
        return result;
    for (const node& each : cluster.thresholds->children()) {
        envoy_thresholds one;
        one.draft = &draft;
        thresholds_table().read(each, one);
        if (one.priority == "DEFAULT")
            result = one;
        else
            draft.note(each.where(), "thresholds of priority HIGH are not taken over: a route has "
                                     "one priority here");
    }
    return result;
}

void say_limits(const envoy_cluster& cluster, const node& at, drafted_edge& edge,
                import_draft& draft) {
    const node& said = cluster.thresholds != nullptr ? *cluster.thresholds : at;
    const envoy_thresholds t = thresholds_of(cluster, draft);
    say_bulkhead(edge, {t.connections, t.requests, t.pending, 1024, cluster.http2}, said, draft);
    auto& budget = edge.policies.retry_budget;
    if (t.budget)
        draft.say(edge, "retry_budget", budget, *t.budget, said);
    else if (t.retries <= 1'000'000'000)
        draft.say(edge, "retry_budget", budget, at_most_retries(t.retries), said);
}

} // namespace

void read_envoy_cluster(const node& at, import_draft& draft) {
    envoy_cluster cluster;
    cluster.draft = &draft;
    cluster_table().read(at, cluster);
    cluster.http2 = mentions(at, "http2_protocol_options") || mentions(at, "http2ProtocolOptions");
    note_unread(cluster, at, fmt::format("cluster {}", cluster.name));
    drafted_edge& edge = draft.edge("", short_name(cluster.name, draft), at);
    say_limits(cluster, at, edge, draft);
    say_outlier_detection(cluster, edge, draft);
    say_health_check(cluster, edge, draft);
    draft.say(edge, "balancer", edge.policies.balancer,
              balancer_spec{.options = cluster.options, .zone_aware = cluster.zone_aware},
              cluster.balancer != nullptr ? *cluster.balancer : at);
}

} // namespace windtunnel::topology
