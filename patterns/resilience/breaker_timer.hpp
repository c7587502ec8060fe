// SPDX-License-Identifier: BSL-1.0
// Keeps a circuit breaker on time: what time alone brings about (an automatic half_open, a
// half-open state that is over) is told to its observer at that instant, and not with the next
// call. It is the breaker's one schedule while it lives, and is destroyed before breaker and
// environment. On a live environment it has to be made and destroyed where the breaker's calls run.
#pragma once

#include "patterns/base/environment.hpp"
#include "patterns/base/timer.hpp"
#include "patterns/resilience/circuit_breaker.hpp"

namespace windtunnel {

class breaker_timer {
  public:
    breaker_timer(environment& time, circuit_breaker& breaker);
    breaker_timer(const breaker_timer&) = delete;
    breaker_timer& operator=(const breaker_timer&) = delete;
    ~breaker_timer();

  private:
    struct node : timer {
        explicit node(breaker_timer& of);
        breaker_timer& owner;
    };
    void set(time_point next);

    environment& time_;
    circuit_breaker& breaker_;
    node node_;
};

} // namespace windtunnel
