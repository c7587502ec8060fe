// SPDX-License-Identifier: BSL-1.0
// Now and then all workers of a pool stand still for a while: a garbage collector that stops the
// world, a virtual machine that is moved. The time from the end of one stall to the next and the
// length of each are drawn from a stream of its own.
#pragma once

#include <cstdint>

#include "patterns/base/random_stream.hpp"
#include "patterns/base/time.hpp"
#include "patterns/base/timer.hpp"
#include "sim-core/engine/distribution.hpp"

namespace windtunnel::sim {

class simulation;
class worker_pool;

struct stall_totals {
    std::uint64_t stalls = 0; ///< that began
    duration stalled_for{};
};

/// The pool outlives it, the simulation too.
class stalls {
  public:
    /// `every` must not always be zero.
    stalls(simulation& simulation, worker_pool& pool, const distribution& every,
           const distribution& take, random_stream random);
    stalls(const stalls&) = delete;
    stalls& operator=(const stalls&) = delete;
    ~stalls();

    bool stalled() const { return since_ != never; }
    stall_totals totals() const; ///< as of now

  private:
    struct turn_timer : timer {
        explicit turn_timer(stalls& s) : timer(&stalls::turn), of(s) {}
        stalls& of;
    };
    static void turn(timer& t);
    void wait();

    simulation& simulation_;
    worker_pool& pool_;
    distribution every_, take_;
    random_stream random_;
    time_point since_ = never;
    stall_totals totals_;
    turn_timer timer_;
};

} // namespace windtunnel::sim
