// SPDX-License-Identifier: BSL-1.0
// Envoy's Cluster (envoy.config.cluster.v3): circuit breakers, which are limits on connections,
// requests and retries at once; outlier detection; the balancer.
#include <fmt/format.h>

#include <limits>

#include "topologies/src/import/envoy_parts.hpp"
#include "topologies/src/import/product_kinds.hpp"
#include "topologies/src/import/product_table.hpp"

namespace windtunnel::topology {

namespace {

template <class T>
product_table<T> table_named(const std::string& name) {
    return {name, spelling::snake};
}

// ---- {"value": 50} ----------------------------------------------------------------------------

struct wrapped_percentage : product_object {
    double value = 0;
};

/// envoy.type.v3.Percent.
value_kind<double> percent_message_kind() {
    return {"percent", {}, [](const node& at) {
                static const auto table = table_named<wrapped_percentage>("percent").with(
                    "value", &wrapped_percentage::value, percentage_kind());
                wrapped_percentage target;
                table.read(at, target);
                return target.value;
            }};
}

// ---- circuit breakers -------------------------------------------------------------------------

struct envoy_budget : product_object {
    double percent = 20;
    int min_concurrency = 3;
};

struct envoy_thresholds : product_object {
    std::string priority = "DEFAULT";
    std::optional<int> connections, pending, requests;
    int retries = 3;
    std::optional<envoy_budget> budget;
};

void read_budget(envoy_thresholds& target, const node& at) {
    static const auto table =
        table_named<envoy_budget>("retry_budget")
            .with("budgetPercent", &envoy_budget::percent, percent_message_kind())
            .with("minRetryConcurrency", &envoy_budget::min_concurrency, count_kind(0))
            .not_expressed({"budgetInterval"}, "what is under way counts, not what was");
    target.budget.emplace();
    target.budget->draft = target.draft;
    table.read(at, *target.budget);
}

const product_table<envoy_thresholds>& thresholds_table() {
    using o = envoy_thresholds;
    static const auto table =
        table_named<o>("thresholds")
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

struct envoy_cluster : product_object {
    std::string name;
    load_balancer_options options{.policy = balancer_policy::round_robin};
    const node* balancer = nullptr;
    const node* outlier = nullptr;
    const node* thresholds = nullptr;
    double panic = 50;
    bool http2 = false;
};

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
        table_named<breakers>("circuit_breakers")
            .with_custom("thresholds", [](breakers& b, const node& list) { b.all = &list; })
            .not_expressed({"perHostThresholds"}, "a bulkhead is of all replicas together");
    breakers from;
    from.draft = target.draft;
    table.read(at, from);
    if (from.all != nullptr)
        expect_array(*from.all, "thresholds");
    target.thresholds = from.all;
}

void read_policy(envoy_cluster& target, const node& at) {
    using policy = balancer_policy;
    static const std::vector<std::pair<std::string, std::optional<policy>>> policies{
        {"ROUND_ROBIN", policy::round_robin}, {"LEAST_REQUEST", policy::power_of_two},
        {"RANDOM", policy::random},           {"RING_HASH", policy::ring_hash},
        {"MAGLEV", policy::maglev},           {"CLUSTER_PROVIDED", {}},
        {"LOAD_BALANCING_POLICY_CONFIG", {}}};
    std::vector<std::string> names;
    for (const auto& each : policies)
        names.push_back(each.first);
    const auto& [name, chosen] = policies[read_name(at, names)];
    target.balancer = &at;
    if (chosen)
        target.options.policy = *chosen;
    else
        target.draft->note(at.where(),
                           name + " is not taken over: hosts are chosen by what another "
                                  "part of the configuration says",
                           "round_robin");
}

/// A message with the options of a balancer, read into the cluster's.
template <product_table<envoy_cluster> (*make)()>
void part(envoy_cluster& target, const node& at) {
    static const auto table = make();
    table.read(at, target);
}

product_table<envoy_cluster> slow_start_table() {
    using o = load_balancer_options;
    struct runtime_double : product_object {
        double value = 1;
    };
    return table_named<envoy_cluster>("slow_start_config")
        .with("slowStartWindow", option(&o::slow_start_window), proto_duration_kind())
        .with_custom("aggression",
                     [](envoy_cluster& target, const node& at) {
                         static const auto table =
                             table_named<runtime_double>("aggression")
                                 .with("defaultValue", &runtime_double::value, number_kind(0, 100))
                                 .unread({"runtimeKey"});
                         runtime_double from;
                         table.read(at, from);
                         target.options.slow_start_aggression = from.value;
                     })
        .with("minWeightPercent", option(&o::slow_start_min_weight_percent),
              percent_message_kind());
}

product_table<envoy_cluster> least_request_table() {
    return table_named<envoy_cluster>("least_request_lb_config")
        .with("choiceCount", option(&load_balancer_options::choices), count_kind(2, 10))
        .with_custom("slowStartConfig", part<slow_start_table>)
        .not_expressed({"activeRequestBias", "selectionMethod", "localityLbConfig"},
                       "of hosts that are alike the less loaded one is chosen");
}

product_table<envoy_cluster> round_robin_table() {
    return table_named<envoy_cluster>("round_robin_lb_config")
        .with_custom("slowStartConfig", part<slow_start_table>)
        .not_expressed({"localityLbConfig"}, "localities have no weights here");
}

product_table<envoy_cluster> ring_hash_table() {
    using o = load_balancer_options;
    return table_named<envoy_cluster>("ring_hash_lb_config")
        .with("minimumRingSize", option(&o::ring_min_size), count_kind(1, 8'388'608))
        .with("maximumRingSize", option(&o::ring_max_size), count_kind(1, 8'388'608))
        .not_expressed({"hashFunction"}, "the hash is always the same here");
}

product_table<envoy_cluster> maglev_table() {
    return table_named<envoy_cluster>("maglev_lb_config")
        .with("tableSize", option(&load_balancer_options::maglev_table_size),
              count_kind(2, 5'000'011));
}

product_table<envoy_cluster> consistent_hashing_table() {
    return table_named<envoy_cluster>("consistent_hashing_lb_config")
        .with("hashBalanceFactor", option(&load_balancer_options::hash_balance_factor),
              count_kind(100, 10'000))
        .unread({"useHostnameForHashing"});
}

product_table<envoy_cluster> common_lb_table() {
    return table_named<envoy_cluster>("common_lb_config")
        .with("healthyPanicThreshold", &envoy_cluster::panic, percent_message_kind())
        .with_custom("consistentHashingLbConfig", part<consistent_hashing_table>)
        .not_expressed({"zoneAwareLbConfig", "localityWeightedLbConfig"},
                       "zones are the topology's", "a balancer that is zone_aware")
        .unread({"updateMergeWindow", "ignoreNewHostsUntilFirstHc",
                 "closeConnectionsOnHostSetChange", "overrideHostStatus"});
}

product_table<envoy_cluster> with_plumbing(product_table<envoy_cluster> table) {
    return std::move(table)
        .not_expressed({"loadBalancingPolicy"}, "only lb_policy is read", "lb_policy")
        .not_expressed({"maxRequestsPerConnection", "preconnectPolicy"},
                       "connections are not opened and closed one by one here")
        .not_expressed({"healthChecks"}, "what they ask is not known here",
                       "health_check of the edge")
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
    static const auto table =
        with_plumbing(table_named<o>("cluster")
                          .with("name", &o::name, text_kind())
                          .with_custom("lbPolicy", read_policy)
                          .with_custom("circuitBreakers", read_thresholds)
                          .with_custom("outlierDetection",
                                       [](o& target, const node& at) { target.outlier = &at; })
                          .with_custom("leastRequestLbConfig", part<least_request_table>)
                          .with_custom("roundRobinLbConfig", part<round_robin_table>)
                          .with_custom("ringHashLbConfig", part<ring_hash_table>)
                          .with_custom("maglevLbConfig", part<maglev_table>)
                          .with_custom("commonLbConfig", part<common_lb_table>));
    return table;
}

// ---- outlier detection ------------------------------------------------------------------------

struct envoy_outlier : product_object {
    outlier_detector_options options = envoy_outlier_detection();
};

void note_gateway_failures(envoy_outlier& target, const node& at) {
    if (percentage_kind().read(at) > 0)
        target.draft->note(at.key_where(),
                           at.key() + " is not taken over: answers of a gateway are not counted "
                                      "apart",
                           "consecutive_failures, which counts them, too");
}

product_table<envoy_outlier> with_rates(product_table<envoy_outlier> table) {
    using s = success_rate_ejection;
    using f = failure_percentage_ejection;
    const auto rate = &outlier_detector_options::success_rate;
    const auto share = &outlier_detector_options::failure_percentage;
    return std::move(table)
        .with("enforcingSuccessRate", option(rate, &s::enforcement), percentage_kind())
        .with("successRateMinimumHosts", option(rate, &s::minimum_hosts), count_kind(1))
        .with("successRateRequestVolume", option(rate, &s::request_volume), count_kind(1))
        .with("successRateStdevFactor", option(rate, &s::stdev_factor), count_kind(0, 100'000))
        .with("failurePercentageThreshold", option(share, &f::threshold), percentage_kind())
        .with("enforcingFailurePercentage", option(share, &f::enforcement), percentage_kind())
        .with("failurePercentageMinimumHosts", option(share, &f::minimum_hosts), count_kind(1))
        .with("failurePercentageRequestVolume", option(share, &f::request_volume), count_kind(1))
        .not_expressed({"enforcingLocalOriginSuccessRate", "enforcingFailurePercentageLocalOrigin"},
                       "local and remote failures share one enforcement of their comparisons");
}

const product_table<envoy_outlier>& outlier_table() {
    using o = outlier_detector_options;
    static const auto table = with_rates(
        table_named<envoy_outlier>("outlier_detection")
            .with("consecutive5xx", option(&o::consecutive_failures), uint32_kind())
            .with("consecutive_5xx", option(&o::consecutive_failures), uint32_kind())
            .with("enforcingConsecutive5xx", option(&o::enforcing_consecutive_failures),
                  percentage_kind())
            .with("enforcing_consecutive_5xx", option(&o::enforcing_consecutive_failures),
                  percentage_kind())
            .with("interval", option(&o::interval), proto_duration_kind())
            .with("baseEjectionTime", option(&o::base_ejection_time), proto_duration_kind())
            .with("maxEjectionTime", option(&o::max_ejection_time), proto_duration_kind())
            .with("maxEjectionTimeJitter", option(&o::max_ejection_time_jitter),
                  proto_duration_kind(zero::allowed))
            .with("maxEjectionPercent", option(&o::max_ejection_percent), percentage_kind())
            .with_custom("alwaysEjectOneHost",
                         [](envoy_outlier& target, const node& at) {
                             target.options.limit = boolean_kind().read(at)
                                                        ? ejection_limit::at_least_one
                                                        : ejection_limit::strict;
                         })
            .with("splitExternalLocalOriginErrors", option(&o::split_local_origin), boolean_kind())
            .with("consecutiveLocalOriginFailure", option(&o::consecutive_local_origin_failures),
                  uint32_kind())
            .with("enforcingConsecutiveLocalOriginFailure",
                  option(&o::enforcing_consecutive_local_origin_failures), percentage_kind())
            .with("successfulActiveHealthCheckUnejectHost",
                  option(&o::successful_active_health_check_uneject), boolean_kind())
            .with_custom("enforcingConsecutiveGatewayFailure", note_gateway_failures)
            .unread({"consecutiveGatewayFailure", "monitors"}));
    return table;
}

void say_outlier_detection(const envoy_cluster& cluster, drafted_edge& edge, import_draft& draft) {
    envoy_outlier from;
    from.draft = &draft;
    from.options.panic_threshold = cluster.panic;
    outlier_table().read(*cluster.outlier, from);
    draft.say(edge, "outlier_detection", edge.policies.outlier_detection, from.options,
              *cluster.outlier);
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
        draft.say(edge, "retry_budget", budget,
                  retry_budget_options{.kind = retry_budget_kind::concurrent,
                                       .ratio = t.budget->percent / 100,
                                       .min_concurrency = t.budget->min_concurrency},
                  said);
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
    if (cluster.outlier != nullptr)
        say_outlier_detection(cluster, edge, draft);
    draft.say(edge, "balancer", edge.policies.balancer, balancer_spec{.options = cluster.options},
              cluster.balancer != nullptr ? *cluster.balancer : at);
}

} // namespace windtunnel::topology
