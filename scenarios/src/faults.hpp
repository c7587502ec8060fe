// SPDX-License-Identifier: BSL-1.0
// One fault of a scenario on a running system: begins and ends when it should, once or again and
// again. It acts after all else that happens in its instant.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "scenarios/src/recorder.hpp"

namespace windtunnel::scenario {

class fault : private timer {
  public:
    /// `end`: of the run, from its beginning. The system ends before the fault, the simulation
    /// after.
    fault(const fault_spec& spec, std::size_t index, topology::system& system, recorder& books,
          duration end);
    fault(const fault&) = delete;
    fault& operator=(const fault&) = delete;
    ~fault();

    void start();
    bool on() const { return on_; }
    const std::string& name() const { return spec_.name; }

  private:
    static void struck(timer& t);
    void find_targets(topology::system& system);
    void switch_to(bool on);
    void apply(const latency_fault& what, bool on);
    void apply(const error_fault& what, bool on);
    void apply(const pause_fault& what, bool on);
    void apply(const crash_fault& what, bool on);
    void apply(const slow_fault& what, bool on);
    void apply(const disk_full_fault& what, bool on);
    void apply(const leader_change_fault& what, bool on);
    void apply(const deploy_fault& what, bool on);
    void apply(const rewind_fault& what, bool on);
    void apply(const registry_outage_fault& what, bool on);
    template <class Injection, class List>
    void inject(Injection& injection, List list, bool on);
    duration next_change(duration now);

    const fault_spec& spec_;
    std::size_t index_;
    topology::system& system_;
    sim::simulation& world_;
    recorder& books_;
    duration over_; ///< when it ends for good
    random_stream schedule_;
    bool on_ = false;
    std::vector<topology::edge_runtime*> edges_; ///< where a caller was named
    std::vector<topology::endpoint_runtime*> endpoints_;
    std::vector<topology::replica*> replicas_;
    topology::registry_node* registry_; ///< nullptr: there is none
    topology::delay_injection delay_;
    topology::error_injection error_;
};

} // namespace windtunnel::scenario
