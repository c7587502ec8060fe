// SPDX-License-Identifier: BSL-1.0
#include <fmt/format.h>

#include "topologies/src/import/grpc_parts.hpp"
#include "topologies/src/import/product_kinds.hpp"
#include "topologies/src/import/product_table.hpp"

namespace windtunnel::topology {

namespace {

struct grpc_balancer : product_object {
    load_balancer_options options{.policy = balancer_policy::round_robin};
};

void say_balancer(const node& at, load_balancer_options options, import_draft& draft) {
    static const auto table =
        camel_table<grpc_balancer>("load balancing policy")
            .with("choiceCount", option(&load_balancer_options::choices), count_kind(2, 10))
            .with("minRingSize", option(&load_balancer_options::ring_min_size),
                  count_kind(1, 8'388'608))
            .with("maxRingSize", option(&load_balancer_options::ring_max_size),
                  count_kind(1, 8'388'608));
    grpc_balancer from;
    from.draft = &draft;
    from.options = options;
    table.read(at, from);
    drafted_edge& edge = edge_to_server(at, draft);
    draft.say(edge, "balancer", edge.policies.balancer, balancer_spec{.options = from.options}, at);
}

struct grpc_outlier : product_object {
    outlier_detector_options options = grpc_outlier_detection();
    bool success_rate = false, failure_percentage = false;
};

void read_success_rate(grpc_outlier& target, const node& at) {
    using s = success_rate_ejection;
    const auto which = &outlier_detector_options::success_rate;
    static const auto table =
        camel_table<grpc_outlier>("successRateEjection")
            .with("stdevFactor", option(which, &s::stdev_factor), count_kind(0, 100'000))
            .with("enforcementPercentage", option(which, &s::enforcement), percentage_kind())
            .with("minimumHosts", option(which, &s::minimum_hosts), count_kind(1))
            .with("requestVolume", option(which, &s::request_volume), count_kind(1));
    table.read(at, target);
    target.success_rate = true;
}

void read_failure_percentage(grpc_outlier& target, const node& at) {
    using f = failure_percentage_ejection;
    const auto which = &outlier_detector_options::failure_percentage;
    static const auto table =
        camel_table<grpc_outlier>("failurePercentageEjection")
            .with("threshold", option(which, &f::threshold), percentage_kind())
            .with("enforcementPercentage", option(which, &f::enforcement), percentage_kind())
            .with("minimumHosts", option(which, &f::minimum_hosts), count_kind(1))
            .with("requestVolume", option(which, &f::request_volume), count_kind(1));
    table.read(at, target);
    target.failure_percentage = true;
}

/// A50: an algorithm that is not said is off.
void read_outlier_detection(const node& at, import_draft& draft) {
    using o = outlier_detector_options;
    static const auto table =
        camel_table<grpc_outlier>("outlier_detection")
            .with("interval", option(&o::interval), proto_duration_kind())
            .with("baseEjectionTime", option(&o::base_ejection_time), proto_duration_kind())
            .with("maxEjectionTime", option(&o::max_ejection_time), proto_duration_kind())
            .with("maxEjectionPercent", option(&o::max_ejection_percent), percentage_kind())
            .with_custom("successRateEjection", read_success_rate)
            .with_custom("failurePercentageEjection", read_failure_percentage)
            .with_custom("childPolicy", [](grpc_outlier& target, const node& child) {
                read_grpc_balancers(child, *target.draft);
            });
    grpc_outlier from;
    from.draft = &draft;
    table.read(at, from);
    if (!from.success_rate)
        from.options.success_rate.enforcement = 0;
    if (!from.failure_percentage)
        from.options.failure_percentage.enforcement = 0;
    drafted_edge& edge = edge_to_server(at, draft);
    draft.say(edge, "outlier_detection", edge.policies.outlier_detection, from.options, at);
}

/// Whether the policy is known here; gRPC takes the first of a list that it knows.
bool read_balancer(const node& at, import_draft& draft) {
    const std::string& name = at.key();
    using policy = balancer_policy;
    if (name == "round_robin")
        say_balancer(at, {.policy = policy::round_robin}, draft);
    else if (name == "weighted_round_robin")
        say_balancer(at, {.policy = policy::weighted_round_robin}, draft);
    else if (name == "least_request_experimental")
        say_balancer(at, {.policy = policy::power_of_two}, draft);
    else if (name == "ring_hash_experimental")
        say_balancer(at, {.policy = policy::ring_hash, .ring_max_size = 4096}, draft);
    else if (name == "outlier_detection_experimental")
        read_outlier_detection(at, draft);
    else
        return false;
    return true;
}

} // namespace

void read_grpc_balancers(const node& at, import_draft& draft) {
    expect_array(at, "loadBalancingConfig");
    for (const node& each : at.children()) {
        expect_object(each, "load balancing policy");
        if (each.children().size() != 1)
            fail(each, "expected an object with one key, the policy's name");
        if (read_balancer(each.children().front(), draft))
            return;
        draft.note(each.where(),
                   fmt::format("the policy {} is not known here", each.children().front().key()),
                   "round_robin");
    }
}

void read_grpc_balancer_name(const node& at, import_draft& draft) {
    if (!at.is_string())
        fail_expected(at, "load balancing policy");
    if (at.string() == "round_robin" || at.string() == "ROUND_ROBIN") {
        drafted_edge& edge = edge_to_server(at, draft);
        draft.say(edge, "balancer", edge.policies.balancer,
                  balancer_spec{.options = {.policy = balancer_policy::round_robin}}, at);
    } else {
        draft.note(at.where(), fmt::format("the policy {} is not known here", at.string()),
                   "round_robin");
    }
}

} // namespace windtunnel::topology
