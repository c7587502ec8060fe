// SPDX-License-Identifier: BSL-1.0
// What a file says of outlier detection.
#include <utility>

#include "topologies/src/discovery_tables.hpp"

namespace windtunnel::topology {

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
            .with("decay", &o::decay, duration_kind(zero::allowed),
                  {.help = "The average is over time, and what is so old weighs 1/e; after a "
                           "pause of three times this `window` requests are needed again (as "
                           "linkerd). `0s`: over requests.",
                   .fallback = "0s"})
            .with("base_ejection_time", &o::base_ejection_time, duration_kind(zero::allowed),
                  {.help = "Of replicas found so; `0s`: as the others.", .fallback = "0s"})
            .with("enforcement", &o::enforcement, percent_kind(),
                  {.help = "Per cent of those found that are ejected.", .fallback = "100"});
    return table;
}

const field_table<error_cost_ejection>& error_cost_table() {
    using o = error_cost_ejection;
    static const auto table =
        field_table<o>("error_cost_ejection",
                       "Ejects at once whose failures, weighed by how long they took, cost too "
                       "much of what its successes would (as brpc).")
            .with("short_window", &o::short_window, count_kind(1, 1'000'000),
                  {.help = "Requests.", .fallback = "1500"})
            .with("short_error_percent", &o::short_error_percent, percent_kind(),
                  {.help = "Of the cost of so many successes.", .fallback = "10"})
            .with("long_window", &o::long_window, count_kind(1, 1'000'000),
                  {.help = "Requests.", .fallback = "3000"})
            .with("long_error_percent", &o::long_error_percent, percent_kind(),
                  {.help = "Of the cost of so many successes.", .fallback = "5"})
            .with("min_cost", &o::min_cost, duration_kind(zero::allowed),
                  {.help = "Less is nothing.", .fallback = "500us"})
            .with("max_failed_latency_multiple", &o::max_failed_latency_multiple,
                  number_kind(0, 1000),
                  {.help = "A failure costs at most so many successes.", .fallback = "2"})
            .with("epsilon", &o::epsilon, number_kind(0.001, 0.5),
                  {.help = "What is left of a window's beginning at its end.", .fallback = "0.02"})
            .with("base_ejection_time", &o::base_ejection_time, duration_kind(zero::allowed),
                  {.help = "Of replicas found so; `0s`: as the others.", .fallback = "0s"})
            .with("enforcement", &o::enforcement, percent_kind(),
                  {.help = "Per cent of those found that are ejected; 0 turns it off.",
                   .fallback = "0"});
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
        .with("overloaded_is_failure_in_a_row", &o::overloaded_is_failure_in_a_row, boolean_kind(),
              {.help = "False: `overloaded` ends a row as a success does (linkerd).",
               .fallback = "true"})
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
               .fallback = "`{}`, which is off"})
        .with("error_cost", &o::error_cost, error_cost_table().kind(),
              {.help = "Weighs failures by how long they take.", .fallback = "`{}`, which is off"});
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
            .with(
                "memory", &o::memory,
                enum_kind<ejection_memory>({{"fades", ejection_memory::fades},
                                            {"expires", ejection_memory::expires},
                                            {"until_recovered", ejection_memory::until_recovered}}),
                {.help = "When its earlier ejections are forgotten: one with each interval "
                         "(Envoy, gRPC), all after `max_ejection_time` in service (brpc), or all "
                         "when it has passed its probation (Finagle, linkerd).",
                 .fallback = "fades"})
            .with("probation", &o::probation, count_kind(0, 1'000'000),
                  {.help = "So many requests a replica gets first when it is let back; one that is "
                           "not answered well ejects it again at once.",
                   .fallback = "0"})
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

std::vector<definition> outlier_definitions() {
    return {outlier_detection_table().describe(), success_rate_table().describe(),
            failure_percentage_table().describe(), average_success_rate_table().describe(),
            error_cost_table().describe()};
}

} // namespace windtunnel::topology
