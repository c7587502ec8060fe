// SPDX-License-Identifier: BSL-1.0
#include <fmt/format.h>

#include <limits>

#include "topologies/src/import/envoy_parts.hpp"
#include "topologies/src/import/istio_parts.hpp"
#include "topologies/src/import/product_kinds.hpp"
#include "topologies/src/import/product_table.hpp"

namespace windtunnel::topology {

namespace {

constexpr int no_limit = std::numeric_limits<int>::max();

/// A trafficPolicy.
struct istio_policy : product_object {
    std::optional<int> connections, pending, requests;
    int retries = no_limit;
    bool http2 = false;
    const node* pool = nullptr;
    const node* outlier = nullptr;
    std::optional<retry_budget_options> budget;
    const node* budget_at = nullptr;
    /// The mesh's default is LEAST_REQUEST, Envoy's choice of two.
    load_balancer_options options{.policy = balancer_policy::power_of_two};
    const node* balancer = nullptr;
};

// ---- connectionPool ---------------------------------------------------------------------------

void read_tcp(istio_policy& target, const node& at) {
    static const auto table =
        camel_table<istio_policy>("tcp")
            .with("maxConnections", &istio_policy::connections, uint32_kind())
            .not_expressed({"connectTimeout"}, "connections are not opened one by one here",
                           "timeout")
            .not_expressed({"maxConnectionDuration", "idleTimeout"},
                           "connections are not opened and closed one by one here")
            .unread({"tcpKeepalive"});
    table.read(at, target);
}

void read_http(istio_policy& target, const node& at) {
    using o = istio_policy;
    static const auto table =
        camel_table<o>("http")
            .with("http1MaxPendingRequests", &o::pending, uint32_kind())
            .with("http2MaxRequests", &o::requests, uint32_kind())
            .with("maxRetries", &o::retries, uint32_kind())
            .with_custom(
                "h2UpgradePolicy",
                [](o& into, const node& upgrade) {
                    const std::vector<std::string> names{"DEFAULT", "DO_NOT_UPGRADE", "UPGRADE"};
                    into.http2 = read_name(upgrade, names) == 2;
                })
            .not_expressed({"maxRequestsPerConnection", "idleTimeout", "maxConcurrentStreams"},
                           "connections are not opened and closed one by one here")
            .unread({"useClientProtocol"});
    table.read(at, target);
}

void read_pool(istio_policy& target, const node& at) {
    static const auto table = camel_table<istio_policy>("connectionPool")
                                  .with_custom("tcp", read_tcp)
                                  .with_custom("http", read_http);
    table.read(at, target);
    target.pool = &at;
}

// ---- loadBalancer -----------------------------------------------------------------------------

void read_simple(istio_policy& target, const node& at) {
    using policy = balancer_policy;
    static const std::vector<std::pair<std::string, policy>> policies{
        {"UNSPECIFIED", policy::power_of_two}, {"LEAST_REQUEST", policy::power_of_two},
        {"LEAST_CONN", policy::power_of_two},  {"RANDOM", policy::random},
        {"ROUND_ROBIN", policy::round_robin},  {"PASSTHROUGH", policy::power_of_two}};
    std::vector<std::string> names;
    for (const auto& each : policies)
        names.push_back(each.first);
    const auto& [name, chosen] = policies[read_name(at, names)];
    target.options.policy = chosen;
    if (name == "PASSTHROUGH")
        target.draft->note(at.where(),
                           "PASSTHROUGH is not taken over: who calls does not know the "
                           "address that it calls",
                           "LEAST_REQUEST");
}

void read_ring(istio_policy& target, const node& at) {
    static const auto table =
        camel_table<istio_policy>("ringHash")
            .with("minimumRingSize", option(&load_balancer_options::ring_min_size),
                  count_kind(1, 8'388'608));
    target.options.policy = balancer_policy::ring_hash;
    table.read(at, target);
}

void read_maglev(istio_policy& target, const node& at) {
    static const auto table = camel_table<istio_policy>("maglev").with(
        "tableSize", option(&load_balancer_options::maglev_table_size), count_kind(2, 5'000'011));
    target.options.policy = balancer_policy::maglev;
    table.read(at, target);
}

void read_consistent_hash(istio_policy& target, const node& at) {
    static const auto table =
        camel_table<istio_policy>("consistentHash")
            .with("minimumRingSize", option(&load_balancer_options::ring_min_size),
                  count_kind(1, 8'388'608))
            .with_custom("ringHash", read_ring)
            .with_custom("maglev", read_maglev)
            .not_expressed(
                {"httpHeaderName", "httpCookie", "useSourceIp", "httpQueryParameterName"},
                "what a call is hashed by is its own, not a policy's", "the key of the call");
    target.options.policy = balancer_policy::ring_hash;
    table.read(at, target);
}

void read_warmup(istio_policy& target, const node& at) {
    using o = load_balancer_options;
    static const auto table =
        camel_table<istio_policy>("warmup")
            .with("duration", option(&o::slow_start_window), go_duration_kind())
            .with("minimumPercent", option(&o::slow_start_min_weight_percent), percentage_kind())
            .with("aggression", option(&o::slow_start_aggression), number_kind(0, 100));
    table.read(at, target);
}

void read_load_balancer(istio_policy& target, const node& at) {
    static const auto table =
        camel_table<istio_policy>("loadBalancer")
            .with_custom("simple", read_simple)
            .with_custom("consistentHash", read_consistent_hash)
            .with("warmupDurationSecs", option(&load_balancer_options::slow_start_window),
                  go_duration_kind())
            .with_custom("warmup", read_warmup)
            .not_expressed({"localityLbSetting"}, "zones are the topology's",
                           "a balancer that is zone_aware");
    target.balancer = &at;
    table.read(at, target);
}

// ---- retryBudget ------------------------------------------------------------------------------

void read_budget(istio_policy& target, const node& at) {
    static const auto table = budget_table(camel_table<retry_budget_message>("retryBudget"),
                                           "percent", percentage_kind());
    target.budget = read_retry_budget(table, at, *target.draft);
    target.budget_at = &at;
}

// ---- outlierDetection -------------------------------------------------------------------------

/// Envoy's, without the comparison of success rates and without panic unless it is said.
outlier_detector_options istio_outlier_detection() {
    outlier_detector_options o = envoy_outlier_detection();
    o.success_rate.enforcement = 0;
    o.panic_threshold = 0;
    return o;
}

struct istio_outlier : product_object {
    outlier_detector_options options = istio_outlier_detection();
};

void note_gateway_errors(istio_outlier& target, const node& at) {
    if (uint32_kind().read(at) > 0)
        target.draft->note(at.key_where(),
                           "consecutiveGatewayErrors is not taken over: answers of a gateway are "
                           "not counted apart",
                           "consecutive_failures, which counts them, too");
}

const product_table<istio_outlier>& istio_outlier_table() {
    using o = outlier_detector_options;
    static const auto table =
        camel_table<istio_outlier>("outlierDetection")
            .with("consecutive5xxErrors", option(&o::consecutive_failures), uint32_kind())
            .with("consecutiveErrors", option(&o::consecutive_failures), uint32_kind())
            .with_custom("consecutiveGatewayErrors", note_gateway_errors)
            .with("interval", option(&o::interval), go_duration_kind())
            .with("baseEjectionTime", option(&o::base_ejection_time), go_duration_kind())
            .with("maxEjectionPercent", option(&o::max_ejection_percent), percentage_kind())
            .with("minHealthPercent", option(&o::panic_threshold), percentage_kind())
            .with("splitExternalLocalOriginErrors", option(&o::split_local_origin), boolean_kind())
            .with("consecutiveLocalOriginFailures", option(&o::consecutive_local_origin_failures),
                  uint32_kind());
    return table;
}

// ---- trafficPolicy ----------------------------------------------------------------------------

const product_table<istio_policy>& policy_table() {
    using o = istio_policy;
    static const auto table =
        camel_table<o>("trafficPolicy")
            .with_custom("connectionPool", read_pool)
            .with_custom("loadBalancer", read_load_balancer)
            .with_custom("outlierDetection",
                         [](o& target, const node& at) { target.outlier = &at; })
            .with_custom("retryBudget", read_budget)
            .not_expressed({"portLevelSettings"}, "a service has one port here",
                           "the same for the whole host")
            .unread({"tls", "tunnel", "proxyProtocol"});
    return table;
}

void say_policy(const istio_policy& policy, const node& at, drafted_edge& edge,
                import_draft& draft) {
    const node& pool = policy.pool != nullptr ? *policy.pool : at;
    auto& budget = edge.policies.retry_budget;
    say_bulkhead(edge,
                 {policy.connections, policy.requests, policy.pending, no_limit, policy.http2},
                 pool, draft);
    if (policy.budget)
        draft.say(edge, "retry_budget", budget, *policy.budget, *policy.budget_at);
    else if (policy.retries != no_limit && policy.retries > 0)
        draft.say(edge, "retry_budget", budget, at_most_retries(policy.retries), pool);
    if (policy.outlier != nullptr) {
        istio_outlier outlier;
        outlier.draft = &draft;
        istio_outlier_table().read(*policy.outlier, outlier);
        draft.say(edge, "outlier_detection", edge.policies.outlier_detection, outlier.options,
                  *policy.outlier);
    }
    draft.say(edge, "balancer", edge.policies.balancer, balancer_spec{.options = policy.options},
              policy.balancer != nullptr ? *policy.balancer : at);
}

struct istio_rule : product_object {
    std::string host, caller;
    const node* policy = nullptr;
};

void note_subsets(istio_rule& target, const node& at) {
    expect_array(at, "subsets");
    for (const node& each : at.children())
        if (const node* policy = each.find("trafficPolicy"))
            target.draft->note(policy->key_where(),
                               "the trafficPolicy of a subset is not taken over: a service here is "
                               "one version",
                               "a service of its own for each version");
}

void read_selector(istio_rule& target, const node& at) {
    const node* labels = at.find("matchLabels");
    const node* app = labels == nullptr ? nullptr : labels->find("app");
    if (app != nullptr && app->is_string())
        target.caller = app->string();
    else
        target.draft->note(at.key_where(),
                           "workloadSelector is not taken over: only its label app "
                           "says who calls",
                           "--caller NAME");
}

} // namespace

void read_destination_rule(const node& spec, import_draft& draft) {
    using o = istio_rule;
    static const auto table =
        camel_table<o>("DestinationRule")
            .with("host", &o::host, text_kind())
            .with_custom("trafficPolicy", [](o& target, const node& at) { target.policy = &at; })
            .with_custom("subsets", note_subsets)
            .with_custom("workloadSelector", read_selector)
            .unread({"exportTo"});
    istio_rule rule;
    rule.draft = &draft;
    table.read(spec, rule);
    if (rule.host.empty())
        fail(spec, "DestinationRule lacks the key \"host\"");
    istio_policy policy;
    policy.draft = &draft;
    if (rule.policy == nullptr)
        return;
    policy_table().read(*rule.policy, policy);
    note_unread(policy, *rule.policy, "trafficPolicy");
    drafted_edge& edge = draft.edge(rule.caller, short_name(rule.host, draft), spec);
    say_policy(policy, *rule.policy, edge, draft);
}

} // namespace windtunnel::topology
