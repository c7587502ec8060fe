// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/discovery_tables.hpp"

#include <utility>

#include "patterns/resilience/option_check.hpp"

namespace windtunnel::topology {

void balancer_spec::validate() const {
    options.validate();
    const bool by_priority = options.overprovisioning_factor > 0;
    constexpr option_check check{"balancer"};
    check(!zone_aware || !own_zone_first, "zone_aware", zone_aware,
          "be false where own_zone_first is true: they are two ways of using zones");
    check(own_zone_first == by_priority, "own_zone_first", own_zone_first,
          "be true exactly where there is an overprovisioning_factor");
}

void discovery_spec::validate() const {
    constexpr option_check check{"discovery"};
    check(fetch_interval > duration::zero(), "fetch_interval", fetch_interval, "be above 0");
    registry.validate();
    view.validate();
}

namespace {

// ---- balancers --------------------------------------------------------------------------------

value_kind<balancer_policy> policy_kind() {
    using p = balancer_policy;
    return enum_kind<p>({{"round_robin", p::round_robin},
                         {"random", p::random},
                         {"least_request", p::least_request},
                         {"power_of_two", p::power_of_two},
                         {"weighted_round_robin", p::weighted_round_robin},
                         {"peak_ewma", p::peak_ewma},
                         {"ring_hash", p::ring_hash},
                         {"maglev", p::maglev}});
}

/// Finds a member of the options in a spec that holds them.
template <class Spec, class Member>
auto in_options(Member member) {
    return [member](Spec & spec) -> auto& {
        return spec.options.*member;
    };
}

template <class Member>
auto of_balancer(Member member) {
    return in_options<balancer_spec>(member);
}

field_table<balancer_spec> with_loads(field_table<balancer_spec> table) {
    using o = load_balancer_options;
    return std::move(table)
        .with("choices", of_balancer(&o::choices), count_kind(1, 10),
              {.help = "Of `power_of_two` and `peak_ewma`: how many replicas are compared.",
               .fallback = "2"})
        .with("load", of_balancer(&o::load),
              enum_kind<load_source>({{"live", load_source::live},
                                      {"refreshed", load_source::refreshed},
                                      {"reported", load_source::reported}}),
              {.help = "Of `least_request`, `power_of_two` and `peak_ewma`: the caller's own "
                       "requests in flight, the same as of the last refresh, or what the replica "
                       "said with its last answer: how many requests it has in flight.",
               .fallback = "live"})
        .with("load_refresh", of_balancer(&o::load_refresh), duration_kind(),
              {.help = "Of `refreshed`: how often."})
        .with("decay", of_balancer(&o::decay), duration_kind(),
              {.help = "Of `peak_ewma`: in which time what was seen fades to 1/e.",
               .fallback = "10s"})
        .with("default_rtt", of_balancer(&o::default_rtt), duration_kind(),
              {.help = "Of `peak_ewma`: what a replica without history is thought to take.",
               .fallback = "10ms"})
        .with("failure_penalty", of_balancer(&o::failure_penalty), duration_kind(zero::allowed),
              {.help = "Of `peak_ewma`: what a failure counts at least, lest a replica that fails "
                       "fast looks best.",
               .fallback = "5s"});
}

field_table<balancer_spec> with_hashing(field_table<balancer_spec> table) {
    using o = load_balancer_options;
    return std::move(table)
        .with("ring_min_size", of_balancer(&o::ring_min_size), count_kind(1, 8'388'608),
              {.help = "Of `ring_hash`: entries at least.", .fallback = "1024"})
        .with("ring_max_size", of_balancer(&o::ring_max_size), count_kind(1, 8'388'608),
              {.help = "Of `ring_hash`: entries at most.", .fallback = "8388608"})
        .with("ring_points", of_balancer(&o::ring_points), count_kind(1, 65'536),
              {.help = "Of `ring_hash`: entries for each unit of weight.", .fallback = "128"})
        .with("maglev_table_size", of_balancer(&o::maglev_table_size), count_kind(2, 5'000'011),
              {.help = "Of `maglev`: entries, a prime.", .fallback = "65537"})
        .with("hash_balance_factor", of_balancer(&o::hash_balance_factor), count_kind(0, 10'000),
              {.help = "Of `ring_hash` and `maglev`: no replica gets more than so many per cent "
                       "of its share of the requests in flight; 0: no bound, else at least 100.",
               .fallback = "0"});
}

field_table<balancer_spec> with_zones_and_slow_start(field_table<balancer_spec> table) {
    using o = load_balancer_options;
    return std::move(table)
        .with("zone_aware", &balancer_spec::zone_aware, boolean_kind(),
              {.help = "Whether replicas of the caller's own zone are preferred, as far as all get "
                       "the same load. Where the caller or the callee has no zones they do not "
                       "count.",
               .fallback = "false"})
        .with("own_zone_first", &balancer_spec::own_zone_first, boolean_kind(),
              {.help = "Whether replicas of other zones get requests only as far as too few of the "
                       "caller's own zone are well; needs `overprovisioning_factor`. Where the "
                       "caller or the callee has no zones they do not count.",
               .fallback = "false"})
        .with("overprovisioning_factor", of_balancer(&o::overprovisioning_factor),
              number_kind(0, 100),
              {.help = "Of `own_zone_first`: 1 / this of the zone's replicas are enough for all of "
                       "its traffic. Envoy: 1.4.",
               .fallback = "0"})
        .with("panic_threshold", of_balancer(&o::panic_threshold), number_kind(0, 100),
              {.help = "Of `own_zone_first`: with fewer well than this, per cent, all of a zone "
                       "are used, unless others make up for them; 0 turns it off. An outlier "
                       "detection has a panic of its own, of all replicas together: turn that off.",
               .fallback = "0"})
        .with("min_cluster_size", of_balancer(&o::min_cluster_size), count_kind(1),
              {.help = "Of `zone_aware`: with fewer replicas zones do not count.", .fallback = "6"})
        .with("zone_routing", of_balancer(&o::zone_routing), share_kind(),
              {.help = "Of `zone_aware`: for so many of the requests.", .fallback = "100%"})
        .with("slow_start_window", of_balancer(&o::slow_start_window), duration_kind(zero::allowed),
              {.help = "All but the hashing ones: how long a replica that came back is spared.",
               .fallback = "0s"})
        .with("slow_start_aggression", of_balancer(&o::slow_start_aggression), number_kind(0, 100),
              {.help = "Its share grows as (time / window)^(1 / aggression).", .fallback = "1"})
        .with("slow_start_min_weight_percent", of_balancer(&o::slow_start_min_weight_percent),
              number_kind(0, 100),
              {.help = "The share that it has at least, in per cent.", .fallback = "10"});
}

} // namespace

const field_table<balancer_spec>& balancer_table() {
    using o = load_balancer_options;
    static const auto table = with_zones_and_slow_start(with_hashing(with_loads(
        field_table<balancer_spec>("balancer",
                                   "Which of the callee's replicas gets a call; the name of a "
                                   "policy alone stands for one with its defaults. Hashing "
                                   "policies go by the call's `key`.")
            .with("policy", of_balancer(&o::policy), policy_kind(),
                  {.help = "How it chooses.", .required = true}))));
    return table;
}

value_kind<balancer_spec> balancer_kind() {
    const auto name = policy_kind();
    const auto object = balancer_table().kind();
    return {"the name of a policy, or balancer",
            R"({"anyOf":[)" + name.schema + "," + object.schema + "]}",
            [name, object](const node& at) {
                if (!at.is_string())
                    return object.read(at);
                balancer_spec balancer;
                balancer.options.policy = name.read(at);
                return balancer;
            }};
}

// ---- health checks ----------------------------------------------------------------------------

const field_table<health_check_spec>& health_check_table() {
    using o = health_check_options;
    const auto of = [](auto member) { return in_options<health_check_spec>(member); };
    static const auto table =
        field_table<health_check_spec>("health_check",
                                       "Asks each replica of the callee now and then, and sends "
                                       "calls only to those that answer. The answers are requests "
                                       "like others, and count among them.")
            .with("endpoint", &health_check_spec::endpoint, reference_kind("endpoint"),
                  {.help = "Of the callee, such as `GET /health`. It should not need what the "
                           "service needs, or one sick service takes all out.",
                   .required = true})
            .with("interval", of(&o::interval), duration_kind(),
                  {.help = "From one's end to the next.", .fallback = "10s"})
            .with("timeout", of(&o::timeout), duration_kind(),
                  {.help = "An answer that takes longer is a failure.", .fallback = "1s"})
            .with("unhealthy_threshold", of(&o::unhealthy_threshold), count_kind(1),
                  {.help = "Failures in a row.", .fallback = "3"})
            .with("healthy_threshold", of(&o::healthy_threshold), count_kind(1),
                  {.help = "Successes in a row.", .fallback = "2"})
            .with("first_success_is_enough", of(&o::first_success_is_enough), boolean_kind(),
                  {.help = "At the beginning, when nothing is known.", .fallback = "true"})
            .with("no_traffic_interval", of(&o::no_traffic_interval), duration_kind(),
                  {.help = "While it is healthy and has no requests.", .fallback = "1m"})
            .with("unhealthy_interval", of(&o::unhealthy_interval), duration_kind(zero::allowed),
                  {.help = "While it is unhealthy; `0s`: as `interval`.", .fallback = "0s"})
            .with("interval_jitter", of(&o::interval_jitter), share_kind(),
                  {.help = "Each interval is longer by up to this share.", .fallback = "10%"})
            .with("initial_jitter", of(&o::initial_jitter), duration_kind(zero::allowed),
                  {.help = "The first one waits up to this long.", .fallback = "1s"})
            .with("flap_limit", of(&o::flap_limit), count_kind(0),
                  {.help = "Who turned unhealthy so often within `flap_window` stays so for "
                           "`flap_hold`; 0: off.",
                   .fallback = "0"})
            .with("flap_window", of(&o::flap_window), duration_kind(),
                  {.help = "", .fallback = "5m"})
            .with("flap_hold", of(&o::flap_hold), duration_kind(), {.help = "", .fallback = "1m"});
    return table;
}

// ---- the registry -----------------------------------------------------------------------------

namespace {

template <class Member>
auto of_registry(Member member) {
    return [member](discovery_spec & d) -> auto& {
        return d.registry.*member;
    };
}

template <class Member>
auto of_view(Member member) {
    return [member](discovery_spec & d) -> auto& {
        return d.view.*member;
    };
}

/// A duration, or "forever", which is duration::max().
value_kind<duration> duration_or_forever_kind() {
    const auto plain = duration_kind(zero::allowed);
    return {"duration or forever", R"({"anyOf":[{"const":"forever"},)" + plain.schema + "]}",
            [plain](const node& at) {
                return at.is_string() && at.string() == "forever" ? duration::max()
                                                                  : plain.read(at);
            }};
}

} // namespace

const field_table<discovery_spec>& discovery_table() {
    static const auto table =
        field_table<discovery_spec>("discovery",
                                    "A registry, in which every replica keeps a lease and from "
                                    "which every caller learns whom it may call. Without it "
                                    "callers know all replicas, whatever became of them.")
            .with("lease", of_registry(&registry_options::lease), duration_kind(),
                  {.help = "How long a replica is listed after its last heartbeat.",
                   .fallback = "90s"})
            .with("heartbeat_interval", of_registry(&registry_options::heartbeat_interval),
                  duration_kind(), {.help = "Below the lease.", .fallback = "30s"})
            .with("self_preservation", of_registry(&registry_options::self_preservation_threshold),
                  share_kind(),
                  {.help = "The registry evicts nobody while a smaller share of all replicas has "
                           "a live lease; 0: off.",
                   .fallback = "0"})
            .with("fetch_interval", &discovery_spec::fetch_interval, duration_kind(),
                  {.help = "How often a caller fetches the list.", .fallback = "30s"})
            .with("watch", &discovery_spec::watch, boolean_kind(),
                  {.help = "Whether the registry also tells callers of each change at once.",
                   .fallback = "false"})
            .with("empty_hold", of_view(&registry_view_options::empty_hold),
                  duration_or_forever_kind(),
                  {.help = "How long a caller does not believe a list that is suddenly empty.",
                   .fallback = "forever"})
            .with("shrink_threshold", of_view(&registry_view_options::self_preservation_threshold),
                  share_kind(),
                  {.help = "A caller does not believe, for `shrink_hold`, a list with a smaller "
                           "share of the replicas that it knew; 0: off.",
                   .fallback = "0"})
            .with("shrink_hold", of_view(&registry_view_options::shrink_hold),
                  duration_kind(zero::allowed), {.help = "", .fallback = "90s"});
    return table;
}

std::vector<definition> discovery_policy_definitions() {
    std::vector<definition> all{balancer_table().describe()};
    for (definition& each : outlier_definitions())
        all.push_back(std::move(each));
    all.push_back(health_check_table().describe());
    return all;
}

} // namespace windtunnel::topology
