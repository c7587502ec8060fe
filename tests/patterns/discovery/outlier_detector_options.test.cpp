// SPDX-License-Identifier: BSL-1.0
// Every option that is refused, and that the message names option, value and rule; the presets.
#include "patterns/discovery/outlier_detector_options.hpp"

#include <catch2/catch.hpp>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>

#include "patterns/discovery/outlier_detector.hpp"

using namespace windtunnel;
using namespace std::chrono_literals;
using o = outlier_detector_options;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

struct bad {
    std::function<void(o&)> spoil;
    std::string message; ///< its start, after the name of the pattern
};

} // namespace

TEST_CASE("the outlier detector refuses options that make no sense") {
    CHECK_NOTHROW(o{}.validate());
    const bad rows[] = {
        {[](o& x) { x.interval = 0s; }, "interval is 0s; it must be above 0"},
        {[](o& x) { x.base_ejection_time = -1s; }, "base_ejection_time is -1s; it must be above 0"},
        {[](o& x) { x.max_ejection_time = 0s; }, "max_ejection_time is 0s; it must be above 0"},
        {[](o& x) { x.max_ejection_time_jitter = -1ns; },
         "max_ejection_time_jitter is -1ns; it must not be negative"},
        {[](o& x) { x.max_ejection_percent = 101; },
         "max_ejection_percent is 101; it must be from 0 to 100"},
        {[](o& x) { x.max_ejection_percent = not_a_number; }, "max_ejection_percent"},
        {[](o& x) { x.consecutive_failures = -1; },
         "consecutive_failures is -1; it must not be negative"},
        {[](o& x) { x.enforcing_consecutive_failures = 100.5; },
         "enforcing_consecutive_failures is 100.5; it must be from 0 to 100"},
        {[](o& x) { x.consecutive_local_origin_failures = -1; },
         "consecutive_local_origin_failures is -1"},
        {[](o& x) { x.enforcing_consecutive_local_origin_failures = -1; },
         "enforcing_consecutive_local_origin_failures is -1"},
        {[](o& x) { x.success_rate.stdev_factor = -1; },
         "success_rate.stdev_factor is -1; it must be from 0 to 100000"},
        {[](o& x) { x.success_rate.minimum_hosts = 0; },
         "success_rate.minimum_hosts is 0; it must be at least 1"},
        {[](o& x) { x.success_rate.request_volume = 0; },
         "success_rate.request_volume is 0; it must be at least 1"},
        {[](o& x) { x.success_rate.enforcement = 200; }, "success_rate.enforcement is 200"},
        {[](o& x) { x.failure_percentage.threshold = 101; }, "failure_percentage.threshold is 101"},
        {[](o& x) { x.failure_percentage.minimum_hosts = 0; },
         "failure_percentage.minimum_hosts is 0"},
        {[](o& x) { x.failure_percentage.request_volume = 0; },
         "failure_percentage.request_volume is 0"},
        {[](o& x) { x.failure_percentage.enforcement = -0.5; },
         "failure_percentage.enforcement is -0.5"},
        {[](o& x) { x.panic_threshold = 100.1; }, "panic_threshold is 100.1"},
        {[](o& x) { x.probation = -1; }, "probation is -1; it must be from 0 to 1000000"},
        {[](o& x) { x.memory = ejection_memory::until_recovered; },
         "memory is until_recovered; it must not be until_recovered without a probation"},
        {[](o& x) { x.average_success_rate.decay = -1s; },
         "average_success_rate.decay is -1s; it must not be negative"},
        {[](o& x) { x.average_success_rate.base_ejection_time = -1s; },
         "average_success_rate.base_ejection_time is -1s; it must not be negative"},
        {[](o& x) { x.error_cost.short_window = 0; },
         "error_cost.short_window is 0; it must be from 1 to 1000000"},
        {[](o& x) { x.error_cost.long_window = 0; }, "error_cost.long_window is 0"},
        {[](o& x) { x.error_cost.short_error_percent = 101; }, "error_cost.short_error_percent"},
        {[](o& x) { x.error_cost.long_error_percent = -1; }, "error_cost.long_error_percent"},
        {[](o& x) { x.error_cost.min_cost = -1s; },
         "error_cost.min_cost is -1s; it must not be negative"},
        {[](o& x) { x.error_cost.max_failed_latency_multiple = 0; },
         "error_cost.max_failed_latency_multiple is 0; it must be above 0 and at most 1000"},
        {[](o& x) { x.error_cost.epsilon = not_a_number; }, "error_cost.epsilon"},
        {[](o& x) { x.error_cost.base_ejection_time = -1s; },
         "error_cost.base_ejection_time is -1s; it must not be negative"},
        {[](o& x) { x.error_cost.enforcement = 101; }, "error_cost.enforcement is 101"},
    };
    for (const auto& [spoil, message] : rows) {
        o options;
        spoil(options);
        CHECK_THROWS_WITH(options.validate(),
                          Catch::Matchers::StartsWith("outlier_detector: " + message));
        CHECK_THROWS_AS(options.validate(), std::invalid_argument);
        CHECK_THROWS_AS(outlier_detector(options, 2, {}), std::invalid_argument);
    }
    CHECK_THROWS_AS(outlier_detector({}, 0x80000001, {}), std::invalid_argument);
}

TEST_CASE("the presets are what Envoy and gRPC do by default") {
    const auto envoy = envoy_outlier_detection();
    CHECK_NOTHROW(envoy.validate());
    CHECK(envoy.interval == 10s);
    CHECK(envoy.base_ejection_time == 30s);
    CHECK(envoy.max_ejection_time == 300s);
    CHECK(envoy.max_ejection_percent == 10);
    CHECK(envoy.limit == ejection_limit::strict);
    CHECK(envoy.consecutive_failures == 5);
    CHECK(envoy.success_rate == success_rate_ejection{1900, 5, 100, 100});
    CHECK(envoy.failure_percentage == failure_percentage_ejection{85, 5, 50, 0});
    CHECK(envoy.panic_threshold == 50);

    const auto grpc = grpc_outlier_detection();
    CHECK_NOTHROW(grpc.validate());
    CHECK(grpc.limit == ejection_limit::until_reached);
    CHECK(grpc.consecutive_failures == 0);
    CHECK(grpc.success_rate == success_rate_ejection{1900, 5, 100, 100});
    CHECK(grpc.failure_percentage == failure_percentage_ejection{85, 5, 50, 100});
    CHECK(grpc.panic_threshold == 0);

    o ours = envoy; // but for one host, which may always be ejected
    ours.limit = ejection_limit::at_least_one;
    CHECK(o{} == ours);
}

TEST_CASE("the presets of brpc and linkerd are what their sources say") {
    const auto brpc = brpc_outlier_detection();
    CHECK_NOTHROW(brpc.validate());
    CHECK(brpc.enabled());
    CHECK(brpc.base_ejection_time == 100ms);
    CHECK(brpc.max_ejection_time == 30s);
    CHECK(brpc.error_cost.short_window == 1500);
    CHECK(brpc.error_cost.short_error_percent == 10);
    CHECK(brpc.error_cost.long_window == 3000);
    CHECK(brpc.error_cost.long_error_percent == 5);
    CHECK(brpc.error_cost.min_cost == 500us);
    CHECK(brpc.error_cost.max_failed_latency_multiple == 2);
    CHECK(brpc.error_cost.epsilon == 0.02);
    CHECK(brpc.consecutive_failures == 0);
    const auto linkerd = linkerd_outlier_detection();
    CHECK_NOTHROW(linkerd.validate());
    CHECK(linkerd.consecutive_failures == 7);
    CHECK(linkerd.base_ejection_time == 1s);
    CHECK(linkerd.max_ejection_time == 60s);
    CHECK(linkerd.probation == 1);
    CHECK_FALSE(linkerd.overloaded_is_failure_in_a_row);
}

TEST_CASE("a detector is enabled while some algorithm may eject") {
    o x{.consecutive_failures = 0, .success_rate = {.enforcement = 0}};
    CHECK_FALSE(x.enabled());
    x.split_local_origin = true;
    CHECK(x.enabled());
    x.consecutive_local_origin_failures = 0;
    CHECK_FALSE(x.enabled());
    x.error_cost.enforcement = 1;
    CHECK(x.enabled());
    x.error_cost.enforcement = 0;
    x.failure_percentage.enforcement = 1;
    CHECK(x.enabled());
    CHECK(o{}.enabled());
}

TEST_CASE("limits, reasons and events have names") {
    CHECK(to_string(ejection_limit::strict) == "strict");
    CHECK(to_string(ejection_limit::at_least_one) == "at_least_one");
    CHECK(to_string(ejection_limit::until_reached) == "until_reached");
    CHECK(to_string(ejection_reason::consecutive_failures) == "consecutive_failures");
    CHECK(to_string(ejection_reason::success_rate) == "success_rate");
    CHECK(to_string(ejection_reason::local_origin_failure_percentage) ==
          "local_origin_failure_percentage");
    CHECK(to_string(outlier_event_kind::ejected) == "ejected");
    CHECK(to_string(outlier_event_kind::recovered) == "recovered");
    CHECK(to_string(ejection_reason::error_cost) == "error_cost");
    CHECK(to_string(ejection_reason::probation) == "probation");
    CHECK(to_string(ejection_memory::fades) == "fades");
    CHECK(to_string(ejection_memory::expires) == "expires");
    CHECK(to_string(ejection_memory::until_recovered) == "until_recovered");
    CHECK(to_string(outlier_event_kind::unejected) == "unejected");
}
