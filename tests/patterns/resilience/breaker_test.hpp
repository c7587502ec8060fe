// SPDX-License-Identifier: BSL-1.0
// A circuit breaker with a clock and a diary, for tables of calls.
#pragma once

#include <string_view>
#include <vector>

#include "patterns/resilience/circuit_breaker.hpp"

namespace windtunnel::test {

/// The last `size` calls, no jitter, no growth of the wait: what most vectors assume.
inline circuit_breaker_options count_window(int size, double threshold = 0.5) {
    return {.failure_rate_threshold = threshold,
            .slow_call_rate_threshold = 1,
            .sliding_window_type = sliding_window_type::count,
            .sliding_window_size = size,
            .minimum_number_of_calls = size,
            .wait_multiplier = 1,
            .wait_jitter = 0};
}

struct breaker_test {
    explicit breaker_test(const circuit_breaker_options& options,
                          random_stream jitter = {1, "breaker"})
        : breaker(options, jitter) {
        breaker.observe(
            [](void* self, const breaker_transition& event) {
                static_cast<breaker_test*>(self)->diary.push_back(event);
            },
            this);
    }

    /// One call a letter: S success, F failure, s and f the same but slow (as long as `slow`, the
    /// others as long as `fast`), n neutral, r a call that must be refused. Returns false where a
    /// call is refused, or not, against expectation.
    bool calls(std::string_view letters, duration slow = {}, duration fast = {}) {
        for (const char letter : letters) {
            auto permit = breaker.try_acquire(now);
            if (static_cast<bool>(permit) == (letter == 'r'))
                return false;
            if (letter != 'r')
                now += letter == 's' || letter == 'f' ? slow : fast;
            if (permit)
                permit.record(meaning(letter), now);
        }
        return true;
    }

    breaker_state state() const { return breaker.state(now); }
    circuit_breaker_metrics metrics() const { return breaker.metrics(now); }

    static verdict meaning(char letter) {
        if (letter == 'n')
            return verdict::neutral;
        return letter == 'S' || letter == 's' ? verdict::success : verdict::failure;
    }

    time_point now{};
    std::vector<breaker_transition> diary;
    circuit_breaker breaker;
};

} // namespace windtunnel::test
