// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/discovery_tables.hpp"

#include <utility>

#include "patterns/resilience/option_check.hpp"

namespace windtunnel::topology {

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

// ---- outlier detection ------------------------------------------------------------------------

namespace {

value_kind<double> percent_kind() {
    return number_kind(0, 100);
}

const field_table<success_rate_ejection>& success_rate_table() {
    using o = success_rate_ejection;
    static const auto table =
        field_table<o>("success_rate_ejection",
                       "Ejects who succeeds in an interval less often than the mean of the "
                       "replicas, less so many standard deviations.")
            .with("stdev_factor", &o::stdev_factor, count_kind(0, 100'000),
                  {.help = "In thousandths.", .fallback = "1900"})
            .with("minimum_hosts", &o::minimum_hosts, count_kind(1),
                  {.help = "Not with fewer replicas that have enough requests.", .fallback = "5"})
            .with("request_volume", &o::request_volume, count_kind(1),
                  {.help = "Requests in the interval that are enough.", .fallback = "100"})
            .with("enforcement", &o::enforcement, percent_kind(),
                  {.help = "Per cent of those found that are ejected; 0 turns it off.",
                   .fallback = "100"});
    return table;
}

const field_table<failure_percentage_ejection>& failure_percentage_table() {
    using o = failure_percentage_ejection;
    static const auto table =
        field_table<o>("failure_percentage_ejection",
                       "Ejects who fails in an interval as often as this or more often.")
            .with("threshold", &o::threshold, percent_kind(),
                  {.help = "Per cent of its requests.", .fallback = "85"})
            .with("minimum_hosts", &o::minimum_hosts, count_kind(1),
                  {.help = "Not with fewer replicas that have enough requests.", .fallback = "5"})
            .with("request_volume", &o::request_volume, count_kind(1),
                  {.help = "Requests in the interval that are enough.", .fallback = "50"})
            .with("enforcement", &o::enforcement, percent_kind(),
                  {.help = "Per cent of those found that are ejected; 0 turns it off.",
                   .fallback = "0"});
    return table;
}

const field_table<average_success_rate_ejection>& average_success_rate_table() {
    using o = average_success_rate_ejection;
    static const auto table =
        field_table<o>("average_success_rate_ejection",
                       "Ejects at once who succeeds less often than this, on an average in which "
                       "what is older weighs less.")
            .with("threshold", &o::threshold, percent_kind(),
                  {.help = "Per cent of its requests; 0 turns it off.", .fallback = "0"})
            .with("window", &o::window, count_kind(1, 1'000'000),
                  {.help = "Requests of the average; not with fewer.", .fallback = "100"})
            .with("enforcement", &o::enforcement, percent_kind(),
                  {.help = "Per cent of those found that are ejected.", .fallback = "100"});
    return table;
}

using detection_table = field_table<outlier_detector_options>;

detection_table with_rows(detection_table table) {
    using o = outlier_detector_options;
    return std::move(table)
        .with("consecutive_failures", &o::consecutive_failures, count_kind(0),
              {.help = "Failures in a row that eject at once; 0 turns it off.", .fallback = "5"})
        .with("enforcing_consecutive_failures", &o::enforcing_consecutive_failures, percent_kind(),
              {.help = "Per cent of those found that are ejected.", .fallback = "100"})
        .with("split_local_origin", &o::split_local_origin, boolean_kind(),
              {.help = "Whether timeouts and refused or broken connections are counted apart "
                       "from error answers.",
               .fallback = "false"})
        .with("consecutive_local_origin_failures", &o::consecutive_local_origin_failures,
              count_kind(0), {.help = "Where they are split.", .fallback = "5"})
        .with("enforcing_consecutive_local_origin_failures",
              &o::enforcing_consecutive_local_origin_failures, percent_kind(),
              {.help = "Per cent of those found that are ejected.", .fallback = "100"})
        .with("success_rate", &o::success_rate, success_rate_table().kind(),
              {.help = "Compares success rates.", .fallback = "`{}`"})
        .with("failure_percentage", &o::failure_percentage, failure_percentage_table().kind(),
              {.help = "Compares with a threshold.", .fallback = "`{}`, which is off"})
        .with("average_success_rate", &o::average_success_rate, average_success_rate_table().kind(),
              {.help = "Holds the average of the last requests against a threshold, at once.",
               .fallback = "`{}`, which is off"});
}

detection_table with_panic(detection_table table) {
    using o = outlier_detector_options;
    return std::move(table)
        .with("panic_threshold", &o::panic_threshold, percent_kind(),
              {.help = "With fewer usable replicas than this, in per cent, all are used; 0 turns "
                       "it off. It counts those that health checks found ill, too.",
               .fallback = "50"})
        .with("fail_traffic_on_panic", &o::fail_traffic_on_panic, boolean_kind(),
              {.help = "None is used instead of all.", .fallback = "false"})
        .with("successful_active_health_check_uneject", &o::successful_active_health_check_uneject,
              boolean_kind(),
              {.help = "Whether a health check that passes ends an ejection.", .fallback = "true"});
}

} // namespace

const field_table<outlier_detector_options>& outlier_detection_table() {
    using o = outlier_detector_options;
    static const auto table = with_panic(with_rows(
        detection_table("outlier_detection",
                        "Ejects replicas that answer worse than the others for a while; one for "
                        "each caller's replica and service called.")
            .with("interval", &o::interval, duration_kind(),
                  {.help = "Replicas are compared, and ejections end, at the end of each.",
                   .fallback = "10s"})
            .with("base_ejection_time", &o::base_ejection_time, duration_kind(),
                  {.help = "Times how often the replica was ejected of late.", .fallback = "30s"})
            .with("max_ejection_time", &o::max_ejection_time, duration_kind(),
                  {.help = "No ejection is longer, before jitter.", .fallback = "5m"})
            .with("growth", &o::growth,
                  enum_kind<ejection_growth>({{"linear", ejection_growth::linear},
                                              {"exponential", ejection_growth::exponential}}),
                  {.help = "How ejections of one replica become longer.", .fallback = "linear"})
            .with("max_ejection_time_jitter", &o::max_ejection_time_jitter,
                  duration_kind(zero::allowed),
                  {.help = "Each ejection is longer by up to this.", .fallback = "0s"})
            .with("max_ejection_percent", &o::max_ejection_percent, percent_kind(),
                  {.help = "Of the replicas, at once.", .fallback = "10"})
            .with("limit", &o::limit,
                  enum_kind<ejection_limit>({{"strict", ejection_limit::strict},
                                             {"at_least_one", ejection_limit::at_least_one},
                                             {"until_reached", ejection_limit::until_reached}}),
                  {.help = "How `max_ejection_percent` is meant: never exceeded (Envoy), not by "
                           "more than the first one, or ejecting goes on until it is reached "
                           "(gRPC).",
                   .fallback = "at_least_one"})));
    return table;
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
    return {balancer_table().describe(),
            outlier_detection_table().describe(),
            success_rate_table().describe(),
            failure_percentage_table().describe(),
            average_success_rate_table().describe(),
            health_check_table().describe()};
}

} // namespace windtunnel::topology
