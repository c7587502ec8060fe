// SPDX-License-Identifier: BSL-1.0
// What a circuit breaker can be told, and the names of its states.
#include <array>

#include "patterns/resilience/circuit_breaker.hpp"
#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace {

constexpr int largest_window = 1'000'000;

constexpr std::array<std::string_view, 6> state_names{"closed",      "open",     "half_open",
                                                      "forced_open", "disabled", "metrics_only"};
constexpr std::array<std::string_view, 6> reason_names{
    "failure_rate", "slow_call_rate", "wait_over", "probes_passed", "half_open_timeout", "by_hand"};

bool is_share(double x) {
    return x > 0 && x <= 1;
}

} // namespace

std::string_view to_string(breaker_state state) {
    return state_names.at(static_cast<std::size_t>(state));
}

std::string_view to_string(transition_reason reason) {
    return reason_names.at(static_cast<std::size_t>(reason));
}

void circuit_breaker_options::validate() const {
    constexpr option_check check{"circuit_breaker"};
    constexpr duration zero{};
    check(is_share(failure_rate_threshold), "failure_rate_threshold", failure_rate_threshold,
          "be above 0 and at most 1");
    check(is_share(slow_call_rate_threshold), "slow_call_rate_threshold", slow_call_rate_threshold,
          "be above 0 and at most 1");
    check(slow_call_duration_threshold > zero, "slow_call_duration_threshold",
          slow_call_duration_threshold, "be above 0");
    check(sliding_window_size >= 1 && sliding_window_size <= largest_window, "sliding_window_size",
          sliding_window_size, "be from 1 to 1000000");
    check(sliding_window_duration.count() >= sliding_window_size, "sliding_window_duration",
          sliding_window_duration, "be above 0, with at least 1ns for each of its buckets");
    check(minimum_number_of_calls >= 1, "minimum_number_of_calls", minimum_number_of_calls,
          "be at least 1");
    check(wait_in_open > zero, "wait_in_open", wait_in_open, "be above 0");
    check(max_wait_in_open >= wait_in_open, "max_wait_in_open", max_wait_in_open,
          "be at least wait_in_open");
    check(wait_multiplier >= 1 && wait_multiplier <= 1e9, "wait_multiplier", wait_multiplier,
          "be from 1 to 1e9");
    check(wait_jitter >= 0 && wait_jitter < 1, "wait_jitter", wait_jitter,
          "be at least 0 and below 1");
    check(permitted_calls_in_half_open >= 1, "permitted_calls_in_half_open",
          permitted_calls_in_half_open, "be at least 1");
    check(successes_to_close >= 0 && successes_to_close <= permitted_calls_in_half_open,
          "successes_to_close", successes_to_close, "be from 0 to permitted_calls_in_half_open");
    check(max_wait_in_half_open > zero, "max_wait_in_half_open", max_wait_in_half_open,
          "be above 0: half-open needs an end");
    check(state_after_max_wait == breaker_state::open ||
              state_after_max_wait == breaker_state::closed,
          "state_after_max_wait", to_string(state_after_max_wait), "be open or closed");
    check(initial_state != breaker_state::half_open, "initial_state", to_string(initial_state),
          "not be half_open, which starts with a call");
}

} // namespace windtunnel
