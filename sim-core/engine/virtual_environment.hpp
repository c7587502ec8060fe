// SPDX-License-Identifier: BSL-1.0
// The environment of a simulation: virtual time, its timers, its memory, streams from the run's
// seed.
#pragma once

#include "patterns/base/environment.hpp"
#include "sim-core/engine/simulation.hpp"

namespace windtunnel::sim {

class virtual_environment final : public windtunnel::environment {
  public:
    virtual_environment(boost::asio::execution_context& context, simulation& owner,
                        std::uint64_t seed)
        : environment(context, seed, without_clock{}), simulation_(owner) {}

    time_point now() const override { return simulation_.now(); }
    void arm(timer& t, time_point due, timer_class kind) override {
        simulation_.arm(t, due > simulation_.now() ? due : simulation_.now(), kind);
    }
    void disarm(timer& t) override { simulation_.disarm(t); }
    void* allocate(std::size_t bytes) override { return simulation_.memory().allocate(bytes); }
    void deallocate(void* block, std::size_t bytes) override {
        simulation_.memory().deallocate(block, bytes);
    }

  private:
    void shutdown() override {}
    simulation& simulation_;
};

} // namespace windtunnel::sim
