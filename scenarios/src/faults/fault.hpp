// SPDX-License-Identifier: BSL-1.0
// One fault of a scenario on a running system: begins, grows and ends when it should, once or again
// and again. It acts after all else that happens in its instant.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "scenarios/src/faults/fault_effect.hpp"
#include "scenarios/src/recorder.hpp"

namespace windtunnel::scenario {

class fault : private timer {
  public:
    /// `end`: of the run, from its beginning. The system ends before the fault, the simulation and
    /// the workloads after.
    fault(const fault_spec& spec, std::size_t index, topology::system& system,
          const std::vector<std::unique_ptr<workload>>& workloads, recorder& books, duration end);
    fault(const fault&) = delete;
    fault& operator=(const fault&) = delete;
    ~fault();

    void start();
    bool on() const { return on_; }
    const std::string& name() const { return spec_.name; }

  private:
    static void struck(timer& t);
    void begin();
    void grow(duration now);
    fault_places places();
    void pick(std::vector<topology::replica*>& from);
    duration next_change(duration now);

    const fault_spec& spec_;
    std::size_t index_;
    topology::system& system_;
    sim::simulation& world_;
    recorder& books_;
    workload* load_ = nullptr; ///< nullptr: it is on none
    duration over_;            ///< when it ends for good
    duration ends_{};          ///< this time
    int steps_ = 0;            ///< of its growth
    random_stream schedule_, picks_;
    bool on_ = false;
    effect_ptr effect_;
};

} // namespace windtunnel::scenario
