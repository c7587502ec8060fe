// SPDX-License-Identifier: BSL-1.0
// What an outlier detector can be told. The defaults are Envoy's, except that one host may always
// be ejected; `envoy_outlier_detection`, `grpc_outlier_detection` (proposal A50),
// `brpc_outlier_detection` and `linkerd_outlier_detection` are what those do. Percentages are from
// 0 to 100. An enforcement of 0 turns an algorithm off; one in between ejects that share of the
// hosts found, to try a setting out.
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "patterns/base/time.hpp"
#include "patterns/discovery/error_cost.hpp"

namespace windtunnel {

/// When one more host may be ejected, e of n being ejected already.
enum class ejection_limit : std::uint8_t {
    strict,        ///< 100 * (e + 1) / n <= max: 10 % of 5 hosts is none. Envoy
    at_least_one,  ///< the same, or e == 0. Envoy with always_eject_one_host
    until_reached, ///< 100 * e / n < max: 10 % of 5 hosts is one. A50
};
std::string_view to_string(ejection_limit limit);

/// A host is an outlier when its success rate in an interval is below mean - stdev * factor / 1000
/// of the hosts with enough requests.
struct success_rate_ejection {
    int stdev_factor = 1900;  ///< thousandths, 0 to 100000
    int minimum_hosts = 5;    ///< with enough requests, at least 1
    int request_volume = 100; ///< requests in the interval that are enough, at least 1
    double enforcement = 100; ///< per cent
    friend bool operator==(const success_rate_ejection&, const success_rate_ejection&) = default;
};

/// A host is an outlier when its share of failures in an interval is at or above the threshold.
struct failure_percentage_ejection {
    double threshold = 85;   ///< per cent
    int minimum_hosts = 5;   ///< with enough requests, at least 1
    int request_volume = 50; ///< requests in the interval that are enough, at least 1
    double enforcement = 0;  ///< per cent; A50: 100
    friend bool operator==(const failure_percentage_ejection&,
                           const failure_percentage_ejection&) = default;
};

/// A host is an outlier at once when the average of its successes falls below the threshold: an
/// exponential one, in which a request has 1 / window of the weight of all before it (Finagle's
/// success-rate failure accrual), or one by time, in which what is `decay` old has 1/e of its
/// weight, and which begins at 100 % (linkerd's). Nothing is said before `window` requests
/// (linkerd: cold start), by time also after a pause of more than three times `decay`: a single
/// request would weigh 95 %.
struct average_success_rate_ejection {
    double threshold = 0;          ///< per cent; 0 turns it off. Finagle, linkerd: 80
    int window = 100;              ///< requests, 1 to 1000000. Finagle; linkerd's min_requests
    duration decay{};              ///< 0: by requests. linkerd: 10 s
    duration base_ejection_time{}; ///< of hosts found so; 0: the detector's
    double enforcement = 100;      ///< per cent
    friend bool operator==(const average_success_rate_ejection&,
                           const average_success_rate_ejection&) = default;
};

/// How ejections of one host follow each other.
enum class ejection_growth : std::uint8_t {
    linear,      ///< base * multiplier. Envoy, A50
    exponential, ///< base * 2^(multiplier - 1). Finagle
};
std::string_view to_string(ejection_growth growth);

/// When earlier ejections are forgotten.
enum class ejection_memory : std::uint8_t {
    fades,           ///< one with each interval that the host is healthy in. Envoy, A50
    expires,         ///< all, once it was in service for max_ejection_time. brpc
    until_recovered, ///< all, when it has passed its probation. Finagle, linkerd
};
std::string_view to_string(ejection_memory memory);

struct outlier_detector_options {
    /// Hosts are compared at the end of each, and ejections end only then.
    duration interval = std::chrono::seconds{10};
    /// An ejection lasts min(base * multiplier, max(base, max)) + jitter, the multiplier being how
    /// often the host was ejected less the intervals it was healthy in, at least 1; or as `growth`
    /// says.
    duration base_ejection_time = std::chrono::seconds{30};
    duration max_ejection_time = std::chrono::seconds{300};
    ejection_growth growth = ejection_growth::linear;
    ejection_memory memory = ejection_memory::fades;
    /// Requests that a host gets when its ejection is over, before it is as any other: when all of
    /// them are good. One that is not ejects it at once, and so does `overloaded`. 0: no probation.
    /// Finagle, linkerd: 1; brpc: half_open_window_size
    int probation = 0;
    duration max_ejection_time_jitter{}; ///< each ejection draws from 0 to this

    double max_ejection_percent = 10; ///< of all hosts; 0: none, whatever the limit
    ejection_limit limit = ejection_limit::at_least_one;

    /// Failures in a row that eject at once; 0 turns it off. Envoy: consecutive_5xx.
    int consecutive_failures = 5;
    double enforcing_consecutive_failures = 100; ///< per cent
    /// False: `overloaded` is no failure in a row, it ends one, as any answer of a host that is
    /// well (linkerd). It counts as one in all else but the error cost, to which it is nothing.
    bool overloaded_is_failure_in_a_row = true;
    /// Counts what went wrong on our side of the wire (no connection, timed out) apart from what
    /// the host answered: in a row, and in the two comparisons.
    bool split_local_origin = false;
    int consecutive_local_origin_failures = 5; ///< where they are split; 0 turns it off
    double enforcing_consecutive_local_origin_failures = 100; ///< per cent

    success_rate_ejection success_rate{};
    failure_percentage_ejection failure_percentage{};
    average_success_rate_ejection average_success_rate{};
    windtunnel::error_cost_ejection error_cost{};

    /// With a smaller share of usable hosts than this all are used: a wrong guess about most of
    /// them hurts more than a bad host among them. Per cent; 0 turns it off. Envoy
    double panic_threshold = 50;
    bool fail_traffic_on_panic = false; ///< use none instead of all. Envoy
    /// A health check that passes ends an ejection. Envoy
    bool successful_active_health_check_uneject = true;

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;
    /// False where no algorithm may eject anybody.
    bool enabled() const;

    friend bool operator==(const outlier_detector_options&,
                           const outlier_detector_options&) = default;
};
static_assert(std::is_aggregate_v<outlier_detector_options> &&
              std::is_trivially_copyable_v<outlier_detector_options>);

outlier_detector_options envoy_outlier_detection();
/// No failures in a row, no jitter, no panic; failure percentage on.
outlier_detector_options grpc_outlier_detection();
/// Error cost alone, 100 ms that double to 30 s, and everybody may be ejected. It looks every 100
/// ms whether an ejection is over.
outlier_detector_options brpc_outlier_detection();
/// Seven failures in a row or a success rate below 80 % over 10 s, 1 s that doubles to 1 min, and
/// one request on probation; the 20 requests before the average counts are ours.
outlier_detector_options linkerd_outlier_detection();

} // namespace windtunnel
