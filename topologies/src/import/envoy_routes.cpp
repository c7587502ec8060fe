// SPDX-License-Identifier: BSL-1.0
// Envoy's VirtualHost (envoy.config.route.v3): timeouts and retries of its routes, which become
// those of the edges to the routes' clusters. The route that matches everything comes last there
// and goes first here, where an edge has one policy of each kind.
#include <fmt/format.h>

#include <algorithm>

#include "topologies/src/import/envoy_parts.hpp"
#include "topologies/src/import/product_kinds.hpp"
#include "topologies/src/import/product_table.hpp"

namespace windtunnel::topology {

namespace {

// ---- retry_policy -----------------------------------------------------------------------------

struct envoy_retry : product_object {
    retry_options options = envoy_retries();
    std::optional<duration> per_try, base, most;
    bool by_code = false; ///< retry_on has retriable-status-codes
    const node* codes = nullptr;
};

void read_conditions(envoy_retry& target, const node& at) {
    if (!at.is_string())
        fail_expected(at, "list of conditions such as \"5xx,reset\"");
    read_retry_on(at, at.string(), target.options, *target.draft);
}

void read_back_off(envoy_retry& target, const node& at) {
    static const auto table = snake_table<envoy_retry>("retry_back_off")
                                  .with("baseInterval", &envoy_retry::base, proto_duration_kind())
                                  .with("maxInterval", &envoy_retry::most, proto_duration_kind());
    table.read(at, target);
    if (!target.base)
        fail(at, "retry_back_off lacks the key \"base_interval\", which Envoy requires");
    if (target.most && *target.most < *target.base)
        fail(at, "max_interval must be at least base_interval");
    target.options.initial_backoff = *target.base;
    target.options.max_backoff = target.most.value_or(*target.base * 10);
}

const product_table<envoy_retry>& retry_policy_table() {
    using o = envoy_retry;
    static const auto table =
        snake_table<o>("retry_policy")
            .with_custom("retryOn", read_conditions)
            .with_custom("numRetries",
                         [](o& target, const node& at) {
                             target.options.max_attempts = 1 + count_kind(0, 1000).read(at);
                         })
            .with("perTryTimeout", &o::per_try, proto_duration_kind(zero::allowed))
            .with_custom("retryBackOff", read_back_off)
            .not_expressed({"perTryIdleTimeout"}, "an answer comes at once and whole",
                           "per_try_timeout")
            .not_expressed({"retryPriority", "retryHostPredicate", "retryOptionsPredicates",
                            "hostSelectionRetryMaxAttempts"},
                           "a retry goes where the balancer sends it")
            .not_expressed({"retriableStatusCodes"},
                           "error answers are not told apart by their "
                           "status here",
                           "retry_errors and retry_overloaded")
            .not_expressed(
                {"rateLimitedRetryBackOff", "retriableHeaders", "retriableRequestHeaders"},
                "answers have no headers");
    return table;
}

// ---- routes -----------------------------------------------------------------------------------

struct envoy_target : product_object {
    std::string name;
};

struct envoy_action : product_object {
    std::vector<std::string> clusters;
    duration timeout = std::chrono::seconds{15}; ///< zero: none
    const node* timeout_at = nullptr;
    const node* retry = nullptr;
};

void read_weighted(envoy_action& target, const node& at) {
    struct weighted : product_object {
        const node* clusters = nullptr;
    };
    static const auto list =
        snake_table<weighted>("weighted_clusters")
            .with_custom("clusters", [](weighted& w, const node& all) { w.clusters = &all; })
            .unread({"totalWeight", "runtimeKeyPrefix", "headerName"});
    static const auto element =
        snake_table<envoy_target>("weighted cluster")
            .with("name", &envoy_target::name, text_kind())
            .unread({"weight", "metadataMatch", "requestHeadersToAdd", "requestHeadersToRemove",
                     "responseHeadersToAdd", "responseHeadersToRemove", "typedPerFilterConfig",
                     "hostRewriteLiteral"});
    weighted from;
    list.read(at, from);
    if (from.clusters == nullptr)
        fail(at, "weighted_clusters lacks the key \"clusters\"");
    for (const node& each : from.clusters->children()) {
        envoy_target one;
        element.read(each, one);
        target.clusters.push_back(one.name);
    }
    target.draft->note(at.key_where(), at.key() + ": how calls are shared out is not taken over",
                       "a step of probability in the topology");
}

const product_table<envoy_action>& action_table() {
    using o = envoy_action;
    static const auto table =
        snake_table<o>("route")
            .with_custom(
                "cluster",
                [](o& target, const node& at) { target.clusters.push_back(text_kind().read(at)); })
            .with_custom("weightedClusters", read_weighted)
            .with_custom("timeout",
                         [](o& target, const node& at) {
                             target.timeout = proto_duration_kind(zero::allowed).read(at);
                             target.timeout_at = &at;
                         })
            .with_custom("retryPolicy", [](o& target, const node& at) { target.retry = &at; })
            .not_expressed(
                {"clusterHeader", "clusterSpecifierPlugin", "inlineClusterSpecifierPlugin"},
                "who is called is the topology's to say")
            .not_expressed(
                {"idleTimeout", "maxStreamDuration", "maxGrpcTimeout", "grpcTimeoutOffset"},
                "an answer comes at once and whole", "timeout, the total_timeout here")
            .not_expressed({"hedgePolicy"},
                           "there a retry follows a per_try_timeout without ending the attempt",
                           "hedge with delay_from fixed and that delay")
            .not_expressed({"hashPolicy"}, "what a call is hashed by is its own, not a policy's",
                           "the key of the call")
            .not_expressed({"requestMirrorPolicies"}, "a copy of a call is a call of its own",
                           "another call in the topology")
            .not_expressed({"rateLimits", "includeVhRateLimits"},
                           "they limit at a service of their "
                           "own",
                           "rate_limiter")
            .unread({"metadataMatch", "prefixRewrite", "regexRewrite", "pathRewritePolicy",
                     "hostRewriteLiteral", "autoHostRewrite", "hostRewriteHeader",
                     "hostRewritePathRegex", "appendXForwardedHost", "priority", "cors",
                     "upgradeConfigs", "internalRedirectPolicy", "internalRedirectAction",
                     "maxInternalRedirects", "clusterNotFoundResponseCode", "earlyDataPolicy"});
    return table;
}

void say_retries(drafted_edge& edge, const node& at, import_draft& draft) {
    envoy_retry retry;
    retry.draft = &draft;
    retry_policy_table().read(at, retry);
    if (at.find("retry_on") == nullptr && at.find("retryOn") == nullptr)
        draft.note(at.key_where(), "without retry_on nothing is retried, there and here");
    draft.say(edge, "retry", edge.policies.retry, retry.options, at);
    if (retry.per_try && *retry.per_try > duration::zero())
        draft.say(edge, "timeout", edge.policies.timeout, *retry.per_try, at);
}

/// `standard` is the virtual host's retry policy, for routes without their own.
void read_action(const node& at, const node* standard, import_draft& draft) {
    envoy_action action;
    action.draft = &draft;
    action_table().read(at, action);
    note_unread(action, at, "route");
    const node* retry = action.retry != nullptr ? action.retry : standard;
    for (const std::string& cluster : action.clusters) {
        drafted_edge& edge = draft.edge("", short_name(cluster, draft), at);
        if (retry != nullptr)
            say_retries(edge, *retry, draft);
        if (action.timeout > duration::zero())
            draft.say(edge, "total_timeout", edge.policies.total_timeout, action.timeout,
                      action.timeout_at != nullptr ? *action.timeout_at : at);
    }
}

struct envoy_route : product_object {
    const node* action = nullptr;
};

void read_route(const node& at, const node* standard, import_draft& draft) {
    static const auto table =
        snake_table<envoy_route>("route")
            .with_custom("route", [](envoy_route& r, const node& action) { r.action = &action; })
            .unread({"name", "match", "redirect", "directResponse", "filterAction",
                     "nonForwardingAction", "metadata", "decorator", "typedPerFilterConfig",
                     "requestHeadersToAdd", "requestHeadersToRemove", "responseHeadersToAdd",
                     "responseHeadersToRemove", "tracing", "perRequestBufferLimitBytes",
                     "statPrefix"});
    envoy_route route;
    table.read(at, route);
    if (route.action != nullptr)
        read_action(*route.action, standard, draft);
}

struct envoy_host : product_object {
    const node* routes = nullptr;
    const node* retry = nullptr;
};

} // namespace

void read_envoy_virtual_host(const node& at, import_draft& draft) {
    using o = envoy_host;
    static const auto table =
        snake_table<o>("virtual host")
            .with_custom("routes", [](o& host, const node& routes) { host.routes = &routes; })
            .with_custom("retryPolicy", [](o& host, const node& retry) { host.retry = &retry; })
            .not_expressed({"hedgePolicy", "rateLimits"}, "it is read of routes alone")
            .unread({"name", "domains", "matcher", "requireTls", "virtualClusters",
                     "requestHeadersToAdd", "requestHeadersToRemove", "responseHeadersToAdd",
                     "responseHeadersToRemove", "cors", "typedPerFilterConfig",
                     "includeRequestAttemptCount", "includeAttemptCountInResponse",
                     "retryPolicyTypedConfig", "perRequestBufferLimitBytes",
                     "requestMirrorPolicies", "includeIsTimeoutRetryHeader", "metadata"});
    envoy_host host;
    host.draft = &draft;
    table.read(at, host);
    if (host.routes == nullptr)
        return;
    expect_array(*host.routes, "routes");
    const auto& routes = host.routes->children();
    error_collector errors;
    std::for_each(routes.rbegin(), routes.rend(), [&](const node& each) {
        errors.run([&] { read_route(each, host.retry, draft); });
    });
    errors.finish();
}

} // namespace windtunnel::topology
