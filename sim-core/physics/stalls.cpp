// SPDX-License-Identifier: BSL-1.0
#include "sim-core/physics/stalls.hpp"

#include <algorithm>

#include "sim-core/engine/simulation.hpp"
#include "sim-core/physics/worker_pool.hpp"

namespace windtunnel::sim {

stalls::stalls(simulation& simulation, worker_pool& pool, const distribution& every,
               const distribution& take, random_stream random)
    : simulation_(simulation), pool_(pool), every_(every), take_(take), random_(random),
      timer_(*this) {
    wait();
}

stalls::~stalls() {
    simulation_.disarm(timer_);
}

stall_totals stalls::totals() const {
    auto result = totals_;
    if (stalled())
        result.stalled_for += simulation_.now() - since_;
    return result;
}

void stalls::turn(timer& t) {
    stalls& self = static_cast<turn_timer&>(t).of;
    const auto now = self.simulation_.now();
    if (self.stalled()) {
        self.totals_.stalled_for += now - self.since_;
        self.since_ = never;
        self.wait();
        self.pool_.resume();
        return;
    }
    ++self.totals_.stalls;
    self.since_ = now;
    self.pool_.pause();
    self.simulation_.arm(self.timer_, saturating_add(now, self.take_.sample(self.random_)));
}

void stalls::wait() {
    const auto time = std::max(every_.sample(random_), duration{1});
    simulation_.arm(timer_, saturating_add(simulation_.now(), time));
}

} // namespace windtunnel::sim
