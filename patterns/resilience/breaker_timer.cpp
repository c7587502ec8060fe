// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/breaker_timer.hpp"

namespace windtunnel {

breaker_timer::node::node(breaker_timer& of)
    : timer([](timer& t) {
          breaker_timer& self = static_cast<node&>(t).owner;
          self.breaker_.advance(self.time_.now());
      }),
      owner(of) {}

breaker_timer::breaker_timer(environment& time, circuit_breaker& breaker)
    : time_(time), breaker_(breaker), node_(*this) {
    breaker_.keep_on_time(
        [](void* self, time_point next) { static_cast<breaker_timer*>(self)->set(next); }, this);
}

breaker_timer::~breaker_timer() {
    breaker_.keep_on_time(nullptr, nullptr);
    set(never);
}

void breaker_timer::set(time_point next) {
    if (node_.armed())
        time_.disarm(node_);
    if (next != never)
        time_.arm(node_, next, timer_class::deadline);
}

} // namespace windtunnel
