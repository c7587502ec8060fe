// SPDX-License-Identifier: BSL-1.0
// A network whose messages share links as in SimGrid's flow model. SimGrid's engine is the master
// of time: run() lets it drive the simulation, whose own run() must not be used as long as this
// network has messages in flight. At one instant, arrivals come before deadlines.
//
// SimGrid is one engine to a process and its clock is never reset, so a process makes at most one
// simgrid_network in its life (std::logic_error else): make it in a child, see isolated.hpp and
// isolation_server.hpp. What SimGrid itself cannot bear ends that child.
//
// Times are SimGrid's, rounded to the nearest nanosecond. Links whose state or bandwidth changes by
// a profile in the platform file: only flows notice; a flow that fails is `lost`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "patterns/base/time.hpp"
#include "sim-core/physics/network.hpp"
#include "sim-core/physics/simgrid/platform.hpp"

namespace windtunnel::sim {

class simgrid_engine;
class simulation;

class simgrid_network final : public network {
  public:
    /// Throws std::invalid_argument for a platform that is not sound (see simgrid_platform). The
    /// simulation must be at its start and outlive this.
    simgrid_network(simulation& world, const simgrid_platform& platform);
    /// Forgets the messages in flight as flows; all others must have arrived or been cancelled.
    ~simgrid_network() override;

    /// Throws std::invalid_argument for a node without a place and where no route leads.
    void send(message& m) override;
    void cancel(message& m) override;

    /// Runs the simulation up to and including `end` as simulation::run_until does; with `never`,
    /// until nothing is left to happen. What an event throws comes out here; then the run is over.
    void run(time_point end);
    /// Ends run() after the event that is running; the next run() goes on. (simulation::stop()
    /// alone is noticed only while something is left to do at the same instant.)
    void stop();

    /// How long a message takes that is alone in the network; throws as send() does.
    duration alone(node_id from, node_id to, std::uint64_t size);

    /// Of one core of the host that the node runs on; throws for a node without a place.
    double flops(node_id node) const;

    std::size_t flows_in_flight() const;
    /// The most flows that were in flight at once: from 1,000 on, runs become slow.
    std::size_t most_flows_in_flight() const;

  private:
    friend class simgrid_engine;
    void due(message& m) override;
    void flow_ended(message& m, delivery how, time_point at);

    simulation& world_;
    std::uint64_t flow_threshold_;
    std::unique_ptr<simgrid_engine> engine_;
};

} // namespace windtunnel::sim
