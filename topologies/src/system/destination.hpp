// SPDX-License-Identifier: BSL-1.0
// A queue or a topic of a broker, running: it takes what is published at one replica of the broker
// and gives it to those who consume it. What decides is in patterns/messaging.
#pragma once

#include <cstdint>

#include "patterns/base/time.hpp"
#include "topologies/src/system/policy_figures.hpp"

namespace windtunnel::topology {

struct edge_runtime;
struct endpoint_runtime;
struct execution;
struct exchange;
struct policy_kind;

class destination {
  public:
    destination() = default;
    destination(const destination&) = delete;
    destination& operator=(const destination&) = delete;
    virtual ~destination() = default;

    /// Before the simulation begins: an endpoint whose replicas consume, and the edge to it.
    virtual void add_consumer(endpoint_runtime& to, edge_runtime& edge) = 0;
    /// All consumers are there.
    virtual void start() = 0;

    /// The number of the broker's replica that takes what is published under the key, whether or
    /// not it is up.
    virtual std::uint32_t leader(std::uint64_t key) const = 0;

    /// A request to publish has been worked on at the broker. True: it is answered later, by
    /// replica::publish_ended. False: it is taken, or has failed.
    virtual bool publish(execution& e) = 0;
    /// It gives up waiting.
    virtual void forget(execution& e) = 0;

    /// The disk of that replica of the broker is full, or is not any more.
    virtual void disk_full(std::uint32_t replica, bool on) = 0;
    /// That replica leads nothing any more, or again what it should.
    virtual void step_down(std::uint32_t replica, bool on) = 0;

    /// What it tells of itself, as policies do.
    virtual const policy_kind& kind() const = 0;
    virtual void read(time_point now, policy_figures& out) const = 0;

    /// The simulation ends: nothing is left of what is under way.
    virtual void clear() = 0;
};

} // namespace windtunnel::topology
