// SPDX-License-Identifier: BSL-1.0
#include "patterns/discovery/outlier_detector_options.hpp"

#include <array>

#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace {

constexpr std::array<std::string_view, 3> limit_names = {"strict", "at_least_one", "until_reached"};
constexpr std::array<std::string_view, 3> memory_names = {"fades", "expires", "until_recovered"};
constexpr option_check outlier_check{"outlier_detector"};
constexpr duration no_time{};

void check_percent(double value, std::string_view option) {
    outlier_check(value >= 0 && value <= 100, option, value, "be from 0 to 100");
}

void check_times(const outlier_detector_options& o) {
    outlier_check(o.interval > no_time, "interval", o.interval, "be above 0");
    outlier_check(o.base_ejection_time > no_time, "base_ejection_time", o.base_ejection_time,
                  "be above 0");
    outlier_check(o.max_ejection_time > no_time, "max_ejection_time", o.max_ejection_time,
                  "be above 0");
    outlier_check(o.max_ejection_time_jitter >= no_time, "max_ejection_time_jitter",
                  o.max_ejection_time_jitter, "not be negative");
    outlier_check(o.probation >= 0 && o.probation <= 1'000'000, "probation", o.probation,
                  "be from 0 to 1000000");
    outlier_check(o.memory != ejection_memory::until_recovered || o.probation > 0, "memory",
                  to_string(o.memory), "not be until_recovered without a probation");
}

void check_rows(const outlier_detector_options& o) {
    outlier_check(o.consecutive_failures >= 0, "consecutive_failures", o.consecutive_failures,
                  "not be negative");
    check_percent(o.enforcing_consecutive_failures, "enforcing_consecutive_failures");
    outlier_check(o.consecutive_local_origin_failures >= 0, "consecutive_local_origin_failures",
                  o.consecutive_local_origin_failures, "not be negative");
    check_percent(o.enforcing_consecutive_local_origin_failures,
                  "enforcing_consecutive_local_origin_failures");
}

void check_rates(const outlier_detector_options& o) {
    const auto& s = o.success_rate;
    outlier_check(s.stdev_factor >= 0 && s.stdev_factor <= 100'000, "success_rate.stdev_factor",
                  s.stdev_factor, "be from 0 to 100000");
    outlier_check(s.minimum_hosts >= 1, "success_rate.minimum_hosts", s.minimum_hosts,
                  "be at least 1");
    outlier_check(s.request_volume >= 1, "success_rate.request_volume", s.request_volume,
                  "be at least 1");
    check_percent(s.enforcement, "success_rate.enforcement");
    const auto& f = o.failure_percentage;
    check_percent(f.threshold, "failure_percentage.threshold");
    outlier_check(f.minimum_hosts >= 1, "failure_percentage.minimum_hosts", f.minimum_hosts,
                  "be at least 1");
    outlier_check(f.request_volume >= 1, "failure_percentage.request_volume", f.request_volume,
                  "be at least 1");
    check_percent(f.enforcement, "failure_percentage.enforcement");
    const auto& a = o.average_success_rate;
    check_percent(a.threshold, "average_success_rate.threshold");
    outlier_check(a.window >= 1 && a.window <= 1'000'000, "average_success_rate.window", a.window,
                  "be from 1 to 1000000");
    outlier_check(a.decay >= no_time, "average_success_rate.decay", a.decay, "not be negative");
    outlier_check(a.base_ejection_time >= no_time, "average_success_rate.base_ejection_time",
                  a.base_ejection_time, "not be negative");
    check_percent(a.enforcement, "average_success_rate.enforcement");
}

void check_window(int requests, std::string_view option) {
    outlier_check(requests >= 1 && requests <= 1'000'000, option, requests, "be from 1 to 1000000");
}

void check_error_cost(const error_cost_ejection& o) {
    check_window(o.short_window, "error_cost.short_window");
    check_window(o.long_window, "error_cost.long_window");
    check_percent(o.short_error_percent, "error_cost.short_error_percent");
    check_percent(o.long_error_percent, "error_cost.long_error_percent");
    outlier_check(o.min_cost >= no_time, "error_cost.min_cost", o.min_cost, "not be negative");
    outlier_check(o.max_failed_latency_multiple > 0 && o.max_failed_latency_multiple <= 1000,
                  "error_cost.max_failed_latency_multiple", o.max_failed_latency_multiple,
                  "be above 0 and at most 1000");
    outlier_check(o.epsilon >= 0.001 && o.epsilon <= 0.5, "error_cost.epsilon", o.epsilon,
                  "be from 0.001 to 0.5");
    outlier_check(o.base_ejection_time >= no_time, "error_cost.base_ejection_time",
                  o.base_ejection_time, "not be negative");
    check_percent(o.enforcement, "error_cost.enforcement");
}

} // namespace

std::string_view to_string(ejection_growth growth) {
    return growth == ejection_growth::linear ? "linear" : "exponential";
}

std::string_view to_string(ejection_memory memory) {
    return memory_names.at(static_cast<std::size_t>(memory));
}

std::string_view to_string(ejection_limit limit) {
    return limit_names.at(static_cast<std::size_t>(limit));
}

void outlier_detector_options::validate() const {
    check_times(*this);
    check_percent(max_ejection_percent, "max_ejection_percent");
    check_rows(*this);
    check_rates(*this);
    check_error_cost(error_cost);
    check_percent(panic_threshold, "panic_threshold");
}

bool outlier_detector_options::enabled() const {
    const bool in_a_row = consecutive_failures > 0 && enforcing_consecutive_failures > 0;
    const bool local_in_a_row = split_local_origin && consecutive_local_origin_failures > 0 &&
                                enforcing_consecutive_local_origin_failures > 0;
    const bool on_average =
        average_success_rate.threshold > 0 && average_success_rate.enforcement > 0;
    return in_a_row || local_in_a_row || on_average || success_rate.enforcement > 0 ||
           failure_percentage.enforcement > 0 || error_cost.enforcement > 0;
}

outlier_detector_options envoy_outlier_detection() {
    return {.limit = ejection_limit::strict};
}

outlier_detector_options grpc_outlier_detection() {
    return {.limit = ejection_limit::until_reached,
            .consecutive_failures = 0,
            .failure_percentage = {.enforcement = 100},
            .panic_threshold = 0,
            .successful_active_health_check_uneject = false};
}

outlier_detector_options brpc_outlier_detection() {
    return {.interval = std::chrono::milliseconds{100},
            .base_ejection_time = std::chrono::milliseconds{100},
            .max_ejection_time = std::chrono::seconds{30},
            .growth = ejection_growth::exponential,
            .memory = ejection_memory::expires,
            .max_ejection_percent = 100,
            .consecutive_failures = 0,
            .success_rate = {.enforcement = 0},
            .error_cost = {.enforcement = 100},
            .panic_threshold = 0};
}

outlier_detector_options linkerd_outlier_detection() {
    return {
        .interval = std::chrono::seconds{1},
        .base_ejection_time = std::chrono::seconds{1},
        .max_ejection_time = std::chrono::minutes{1},
        .growth = ejection_growth::exponential,
        .memory = ejection_memory::until_recovered,
        .probation = 1,
        .max_ejection_percent = 100,
        .consecutive_failures = 7,
        .overloaded_is_failure_in_a_row = false,
        .success_rate = {.enforcement = 0},
        .average_success_rate = {.threshold = 80, .window = 20, .decay = std::chrono::seconds{10}},
        .panic_threshold = 0,
        .successful_active_health_check_uneject = false};
}

} // namespace windtunnel
