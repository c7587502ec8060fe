// SPDX-License-Identifier: BSL-1.0
// Every option that is refused, and that the message names option, value and rule.
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "patterns/resilience/bulkhead.hpp"
#include "patterns/resilience/circuit_breaker.hpp"
#include "patterns/resilience/retry.hpp"
#include "patterns/resilience/retry_budget.hpp"

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

template <class Options>
struct bad {
    std::function<void(Options&)> spoil;
    std::string message; ///< its start
};

template <class Options>
void check_refused(const std::vector<bad<Options>>& rows) {
    CHECK_NOTHROW(Options{}.validate());
    for (const auto& [spoil, message] : rows) {
        Options options;
        spoil(options);
        CHECK_THROWS_WITH(options.validate(), Catch::Matchers::StartsWith(message));
        CHECK_THROWS_AS(options.validate(), std::invalid_argument);
    }
}

} // namespace

TEST_CASE("the circuit breaker refuses options that make no sense") {
    using o = circuit_breaker_options;
    check_refused<o>({
        {[](o& x) { x.failure_rate_threshold = 1.5; },
         "circuit_breaker: failure_rate_threshold is 1.5; it must be above 0 and at most 1"},
        {[](o& x) { x.failure_rate_threshold = 0; },
         "circuit_breaker: failure_rate_threshold is 0"},
        {[](o& x) { x.failure_rate_threshold = not_a_number; },
         "circuit_breaker: failure_rate_threshold"},
        {[](o& x) { x.slow_call_rate_threshold = -0.1; },
         "circuit_breaker: slow_call_rate_threshold is -0.1; it must be above 0 and at most 1"},
        {[](o& x) { x.slow_call_duration_threshold = 0s; },
         "circuit_breaker: slow_call_duration_threshold is 0s; it must be above 0"},
        {[](o& x) { x.sliding_window_size = 0; },
         "circuit_breaker: sliding_window_size is 0; it must be from 1 to 1000000"},
        {[](o& x) { x.sliding_window_size = 1'000'001; },
         "circuit_breaker: sliding_window_size is 1000001"},
        {[](o& x) { x.sliding_window_duration = 9ns; },
         "circuit_breaker: sliding_window_duration is 9ns; it must be above 0"},
        {[](o& x) { x.minimum_number_of_calls = 0; },
         "circuit_breaker: minimum_number_of_calls is 0; it must be at least 1"},
        {[](o& x) { x.wait_in_open = -250ms; },
         "circuit_breaker: wait_in_open is -250ms; it must be above 0"},
        {[](o& x) { x.max_wait_in_open = 4999ms; },
         "circuit_breaker: max_wait_in_open is 4999ms; it must be at least wait_in_open"},
        {[](o& x) { x.wait_multiplier = 0.5; },
         "circuit_breaker: wait_multiplier is 0.5; it must be from 1 to 1e9"},
        {[](o& x) { x.wait_jitter = 1; },
         "circuit_breaker: wait_jitter is 1; it must be at least 0 and below 1"},
        {[](o& x) { x.permitted_calls_in_half_open = 0; },
         "circuit_breaker: permitted_calls_in_half_open is 0; it must be at least 1"},
        {[](o& x) { x.max_wait_in_half_open = 0s; },
         "circuit_breaker: max_wait_in_half_open is 0s; it must be above 0"},
        {[](o& x) { x.state_after_max_wait = breaker_state::disabled; },
         "circuit_breaker: state_after_max_wait is disabled; it must be open or closed"},
        {[](o& x) { x.initial_state = breaker_state::half_open; },
         "circuit_breaker: initial_state is half_open; it must not be half_open"},
    });
}

TEST_CASE("retry refuses options that make no sense") {
    using o = retry_options;
    check_refused<o>({
        {[](o& x) { x.max_attempts = 0; },
         "retry: max_attempts is 0; it must be at least 1: it includes the first attempt"},
        {[](o& x) { x.initial_backoff = -1ns; },
         "retry: initial_backoff is -1ns; it must not be negative"},
        {[](o& x) { x.max_backoff = 49ms; },
         "retry: max_backoff is 49ms; it must be at least initial_backoff"},
        {[](o& x) { x.backoff_multiplier = 0.99; },
         "retry: backoff_multiplier is 0.99; it must be from 1 to 1e9"},
        {[](o& x) { x.backoff_multiplier = not_a_number; }, "retry: backoff_multiplier"},
        {[](o& x) { x.jitter_factor = 1.1; },
         "retry: jitter_factor is 1.1; it must be from 0 to 1"},
    });
    CHECK_NOTHROW(retry_options{.initial_backoff = 0s, .max_backoff = 0s}.validate());
}

TEST_CASE("the retry budget refuses options that make no sense") {
    using o = retry_budget_options;
    check_refused<o>({
        {[](o& x) { x.ratio = -0.1; }, "retry_budget: ratio is -0.1; it must be from 0 to 1000"},
        {[](o& x) { x.min_per_second = not_a_number; }, "retry_budget: min_per_second"},
        {[](o& x) { x.ttl = 999ms; }, "retry_budget: ttl is 999ms; it must be from 1s to 60s"},
        {[](o& x) { x.ttl = 61s; }, "retry_budget: ttl is 61s"},
        {[](o& x) { x.max_tokens = 0; },
         "retry_budget: max_tokens is 0; it must be above 0 and at most 1000"},
        {[](o& x) { x.max_tokens = 1001; }, "retry_budget: max_tokens is 1001"},
        {[](o& x) { x.token_ratio = 0.0001; },
         "retry_budget: token_ratio is 1e-04; it must be at least 0.001"},
    });
}

TEST_CASE("the bulkhead refuses options that make no sense") {
    using o = bulkhead_options;
    check_refused<o>({
        {[](o& x) { x.max_concurrent = 0; },
         "bulkhead: max_concurrent is 0; it must be at least 1"},
        {[](o& x) { x.max_queue = -1; }, "bulkhead: max_queue is -1; it must not be negative"},
        {[](o& x) { x.max_wait = 1s; },
         "bulkhead: max_wait is 1s; it must be 0s where max_queue is 0"},
        {[](o& x) { x.max_queue = 10; },
         "bulkhead: max_wait is 0s; it must be above 0 where there is a queue"},
    });
    CHECK_NOTHROW(bulkhead_options{.max_queue = 10, .max_wait = 1s}.validate());
}

TEST_CASE("a machine refuses bad options when it is made") {
    CHECK_THROWS_AS(circuit_breaker({.wait_jitter = 2}, {}), std::invalid_argument);
    CHECK_THROWS_AS(retry_budget({.ratio = -1}), std::invalid_argument);
    CHECK_THROWS_AS(bulkhead({.max_concurrent = 0}), std::invalid_argument);
}
