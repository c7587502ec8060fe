// SPDX-License-Identifier: BSL-1.0
// The library's server_admission before the workers of one replica: who is let in queues for a
// worker, who has to wait does so here, before any worker. It is asked on arrival and decides the
// rest by itself; each request keeps its place until it ends.
#pragma once

#include <memory>
#include <optional>

#include "patterns/base/level_over_time.hpp"
#include "patterns/base/random_stream.hpp"
#include "patterns/base/transport.hpp"
#include "patterns/resilience/server_admission.hpp"
#include "topologies/src/system/door_place.hpp"

namespace windtunnel::topology {

class system_core;
struct exchange;

class server_door : private admission_observer {
  public:
    server_door(system_core& core, const server_admission_options& options, random_stream probes);

    /// None where it is let in, or waits: then its replica hears of it later (left_door).
    std::optional<failure> arrive(exchange& x);
    static bool holds_back(const exchange& x);
    /// How long it was held back; zero where there is no door.
    static duration waited(const exchange& x);
    /// It has ended, wherever it was; its door, if it met one, may be that of an earlier life.
    static void ended(exchange& x, const outcome<reply>& result, time_point now);

    const admission_queue& queue() const { return machine_.queue(); }
    /// Over time: requests that were let in and have not ended, those that wait here, and whether
    /// the queue stands (1) or drains (0).
    const level_over_time& in_use() const { return in_use_; }
    const level_over_time& waiting() const { return waiting_; }
    const level_over_time& standing() const { return standing_; }

  private:
    friend class door_place;
    void on_event(const admission_event& event) override;

    system_core& core_;
    server_admission machine_;
    level_over_time in_use_, waiting_, standing_;
};

} // namespace windtunnel::topology
