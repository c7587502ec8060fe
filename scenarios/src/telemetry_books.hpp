// SPDX-License-Identifier: BSL-1.0
// Keeps a run's telemetry: counts what hooks tell in the window that is open, and reads levels at
// its end. Each hook is one addition or two.
#pragma once

#include <cstdint>
#include <vector>

#include "scenarios/src/telemetry.hpp"
#include "topologies/src/system/observer.hpp"

namespace windtunnel::topology {
class replica;
class system;
} // namespace windtunnel::topology

namespace windtunnel::scenario {

class telemetry_books {
  public:
    /// The system is complete, and outlives this.
    void begin(const topology::system& system);

    void sent(const topology::try_place& place) { ++at(place).sent; }
    void arrived(const topology::try_place& place, duration way) {
        try_window& w = at(place);
        ++w.arrived;
        w.way_sum += way.count();
    }
    void over(const topology::try_record& record);
    void request_over(const topology::request_record& record);
    /// A window has ended, at this moment.
    void end_window();

    const telemetry& kept() const { return kept_; }

  private:
    try_window& at(const topology::try_place& place) {
        return open_tries_[first_try_[place.edge] + place.replica];
    }
    replica_window levels_of(const topology::replica& r) const;
    void end_tries();
    void end_replicas();

    const topology::system* system_ = nullptr;
    telemetry kept_;
    std::vector<std::size_t> first_try_; ///< by edge: where its replicas begin in open_tries_
    std::vector<try_window> open_tries_;
    std::vector<std::size_t> first_replica_;  ///< by service
    std::vector<std::uint64_t> open_over_;    ///< by replica
    std::vector<replica_window> last_levels_; ///< sums at the end of the window before
};

} // namespace windtunnel::scenario
