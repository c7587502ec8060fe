// SPDX-License-Identifier: BSL-1.0
// Which hosts of an Envoy cluster are thought to be well: outlier detection and health checks.
#include <fmt/format.h>

#include "topologies/src/import/envoy_cluster.hpp"
#include "topologies/src/import/product_kinds.hpp"

namespace windtunnel::topology {

namespace {

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
        snake_table<envoy_outlier>("outlier_detection")
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

// ---- panic without a detection -----------------------------------------------------------------

/// Panic is an option of the detection here.
void note_panic(const node* at, import_draft& draft) {
    if (at != nullptr)
        draft.note(at->key_where(),
                   at->key() + " is not taken over: panic is part of outlier_detection here, and "
                               "the cluster has none",
                   "an outlier_detection with a panic_threshold");
}

// ---- health checks ------------------------------------------------------------------------------

struct envoy_health_check : product_object {
    /// Envoy spreads nothing unless it is said.
    health_check_options options{.interval_jitter = 0, .initial_jitter = duration::zero()};
    std::string path, method = "GET";
    std::string other; ///< the kind of a check that does not ask over HTTP
};

void read_http_check(envoy_health_check& target, const node& at) {
    static const auto table =
        snake_table<envoy_health_check>("http_health_check")
            .with("path", &envoy_health_check::path, text_kind())
            .with("method", &envoy_health_check::method, text_kind())
            .not_expressed({"expectedStatuses", "retriableStatuses"},
                           "error answers are not told apart by their status here")
            .unread({"host", "requestHeadersToAdd", "requestHeadersToRemove", "codecClientType",
                     "serviceNameMatcher", "send", "receive", "responseBufferSize"});
    table.read(at, target);
}

const product_table<envoy_health_check>& health_check_message() {
    using c = envoy_health_check;
    using o = health_check_options;
    const auto not_http = [](c& target, const node& at) { target.other = at.key(); };
    static const auto table =
        snake_table<c>("health_checks")
            .with("timeout", option(&o::timeout), proto_duration_kind())
            .with("interval", option(&o::interval), proto_duration_kind())
            .with("unhealthyInterval", option(&o::unhealthy_interval), proto_duration_kind())
            .with("noTrafficInterval", option(&o::no_traffic_interval), proto_duration_kind())
            .with("initialJitter", option(&o::initial_jitter), proto_duration_kind(zero::allowed))
            .with("unhealthyThreshold", option(&o::unhealthy_threshold), count_kind(1))
            .with("healthyThreshold", option(&o::healthy_threshold), count_kind(1))
            .with_custom("intervalJitterPercent",
                         [](c& target, const node& at) {
                             target.options.interval_jitter = percentage_kind().read(at) / 100;
                         })
            .with_custom("httpHealthCheck", read_http_check)
            .with_custom("tcpHealthCheck", not_http)
            .with_custom("grpcHealthCheck", not_http)
            .with_custom("customHealthCheck", not_http)
            .not_expressed({"intervalJitter"}, "it is a share of the interval here",
                           "interval_jitter")
            .not_expressed(
                {"unhealthyEdgeInterval", "healthyEdgeInterval", "noTrafficHealthyInterval"},
                "an interval depends on nothing but health and traffic here")
            .unread({"altPort", "reuseConnection", "eventLogPath", "eventLogger", "eventService",
                     "alwaysLogHealthCheckFailures", "alwaysLogHealthCheckSuccess", "tlsOptions",
                     "transportSocketMatchCriteria"});
    return table;
}

/// What the check asks is an endpoint of the callee: the user says which, as its topology may have
/// none for it.
std::string asked_endpoint(const envoy_health_check& check, const node& at, import_draft& draft) {
    if (check.path.empty()) {
        draft.note(at.where(),
                   fmt::format("health_checks: {} is not taken over: a health check here is a "
                               "request to an endpoint",
                               check.other.empty() ? "one that asks nothing" : check.other),
                   "health_check of the edge");
        return "";
    }
    std::string named = draft.ours(check.path);
    if (named != check.path)
        return named;
    draft.note(at.where(),
               fmt::format("the health check of {} is not taken over: which endpoint of the "
                           "topology that is, is not known",
                           check.path),
               fmt::format("--as '{}={} {}', where the callee has it", check.path, check.method,
                           check.path));
    return "";
}

} // namespace

void say_outlier_detection(const envoy_cluster& cluster, drafted_edge& edge, import_draft& draft) {
    if (cluster.outlier == nullptr) {
        note_panic(cluster.panic_at, draft);
        note_panic(cluster.fail_on_panic, draft);
        return;
    }
    envoy_outlier from;
    from.draft = &draft;
    from.options.panic_threshold = cluster.panic;
    from.options.fail_traffic_on_panic = cluster.fail_on_panic != nullptr;
    outlier_table().read(*cluster.outlier, from);
    draft.say(edge, "outlier_detection", edge.policies.outlier_detection, from.options,
              *cluster.outlier);
}

void say_health_check(const envoy_cluster& cluster, drafted_edge& edge, import_draft& draft) {
    if (cluster.health_checks == nullptr)
        return;
    expect_array(*cluster.health_checks, "health_checks");
    for (const node& each : cluster.health_checks->children()) {
        envoy_health_check from;
        from.draft = &draft;
        health_check_message().read(each, from);
        note_unread(from, each, "health check");
        std::string endpoint = asked_endpoint(from, each, draft);
        if (!endpoint.empty())
            draft.say(edge, "health_check", edge.policies.health_check,
                      health_check_spec{.endpoint = std::move(endpoint), .options = from.options},
                      each);
    }
}

} // namespace windtunnel::topology
