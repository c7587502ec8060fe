// SPDX-License-Identifier: BSL-1.0
// Which host of an Envoy cluster gets a request: lb_policy with the options of each, zones, panic.
#include "topologies/src/import/envoy_cluster.hpp"
#include "topologies/src/import/product_kinds.hpp"

namespace windtunnel::topology {

namespace {

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
    return snake_table<envoy_cluster>("slow_start_config")
        .with("slowStartWindow", option(&o::slow_start_window), proto_duration_kind())
        .with_custom("aggression",
                     [](envoy_cluster& target, const node& at) {
                         static const auto table =
                             snake_table<runtime_double>("aggression")
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
    return snake_table<envoy_cluster>("least_request_lb_config")
        .with("choiceCount", option(&load_balancer_options::choices), count_kind(2, 10))
        .with_custom("slowStartConfig", part<slow_start_table>)
        .not_expressed({"activeRequestBias", "selectionMethod", "localityLbConfig"},
                       "of hosts that are alike the less loaded one is chosen");
}

product_table<envoy_cluster> round_robin_table() {
    return snake_table<envoy_cluster>("round_robin_lb_config")
        .with_custom("slowStartConfig", part<slow_start_table>)
        .not_expressed({"localityLbConfig"}, "localities have no weights here");
}

product_table<envoy_cluster> ring_hash_table() {
    using o = load_balancer_options;
    return snake_table<envoy_cluster>("ring_hash_lb_config")
        .with("minimumRingSize", option(&o::ring_min_size), count_kind(1, 8'388'608))
        .with("maximumRingSize", option(&o::ring_max_size), count_kind(1, 8'388'608))
        .not_expressed({"hashFunction"}, "the hash is always the same here");
}

product_table<envoy_cluster> maglev_table() {
    return snake_table<envoy_cluster>("maglev_lb_config")
        .with("tableSize", option(&load_balancer_options::maglev_table_size),
              count_kind(2, 5'000'011));
}

product_table<envoy_cluster> consistent_hashing_table() {
    return snake_table<envoy_cluster>("consistent_hashing_lb_config")
        .with("hashBalanceFactor", option(&load_balancer_options::hash_balance_factor),
              count_kind(100, 10'000))
        .unread({"useHostnameForHashing"});
}

product_table<envoy_cluster> zone_aware_table() {
    using o = load_balancer_options;
    return snake_table<envoy_cluster>("zone_aware_lb_config")
        .with_custom("routingEnabled",
                     [](envoy_cluster& target, const node& at) {
                         target.options.zone_routing = percent_message_kind().read(at) / 100;
                     })
        .with("minClusterSize", option(&o::min_cluster_size), uint32_kind())
        .with_custom("failTrafficOnPanic",
                     [](envoy_cluster& target, const node& at) {
                         target.fail_on_panic = boolean_kind().read(at) ? &at : nullptr;
                     })
        .not_expressed({"forceLocalityDirectRouting", "forceLocalZone", "localityBasis"},
                       "a zone gets what its callers send, as far as all hosts get the same load");
}

void read_zones(envoy_cluster& target, const node& at) {
    target.zone_aware = true;
    part<zone_aware_table>(target, at);
}

void read_panic(envoy_cluster& target, const node& at) {
    target.panic = percent_message_kind().read(at);
    target.panic_at = &at;
}

product_table<envoy_cluster> common_lb_table() {
    return snake_table<envoy_cluster>("common_lb_config")
        .with_custom("healthyPanicThreshold", read_panic)
        .with_custom("consistentHashingLbConfig", part<consistent_hashing_table>)
        .with_custom("zoneAwareLbConfig", read_zones)
        .not_expressed({"localityWeightedLbConfig"}, "localities have no weights here")
        .unread({"updateMergeWindow", "ignoreNewHostsUntilFirstHc",
                 "closeConnectionsOnHostSetChange", "overrideHostStatus"});
}

} // namespace

product_table<envoy_cluster> with_balancing(product_table<envoy_cluster> table) {
    return std::move(table)
        .with_custom("lbPolicy", read_policy)
        .with_custom("leastRequestLbConfig", part<least_request_table>)
        .with_custom("roundRobinLbConfig", part<round_robin_table>)
        .with_custom("ringHashLbConfig", part<ring_hash_table>)
        .with_custom("maglevLbConfig", part<maglev_table>)
        .with_custom("commonLbConfig", part<common_lb_table>);
}

} // namespace windtunnel::topology
