// SPDX-License-Identifier: BSL-1.0
// SimGrid's engine without actors: flows in the network, and the head of the simulation's queue as
// one timer of SimGrid's. This is the one header that names SimGrid's types; only this folder's
// .cpp files include it. Times in seconds are SimGrid's, nanoseconds ours.
#pragma once

#include <boost/intrusive/list.hpp>
#include <cstdint>
#include <functional>
#include <simgrid/kernel/Timer.hpp>
#include <simgrid/s4u.hpp>
#include <string>
#include <vector>

#include "patterns/base/time.hpp"
#include "sim-core/physics/network.hpp"
#include "sim-core/physics/simgrid/platform.hpp"

namespace windtunnel::sim {

class simgrid_network;
class simulation;

/// What a message meets between two hosts.
struct simgrid_route {
    bool known = false;
    bool always_flow = false;  ///< a wireless link: its speed depends on the others
    bool never_flow = false;   ///< nothing is shared on the way
    double latency = 0;        ///< seconds, with the model's factor
    double seconds_a_byte = 0; ///< alone, with cross traffic and TCP's window
};

/// A message that shares links, from start() until SimGrid's last word on it.
struct simgrid_flow : boost::intrusive::list_base_hook<> {
    class simgrid_engine* engine = nullptr;
    message* carried = nullptr; ///< null once it was cancelled
    simgrid::s4u::CommPtr comm;
};

class simgrid_engine {
  public:
    simgrid_engine(simgrid_network& network, simulation& world, const simgrid_platform& platform);
    simgrid_engine(const simgrid_engine&) = delete;
    simgrid_engine& operator=(const simgrid_engine&) = delete;
    ~simgrid_engine();

    const simgrid_route& route(node_id from, node_id to);
    double flops(node_id node) const;
    simgrid_flow& start(message& m);
    void cancel(simgrid_flow& flow);
    void run(time_point end);
    void stop();

    /// Calls `each` for every flow that still carries a message.
    void for_each_carried(const std::function<void(message&)>& each);
    std::size_t in_flight() const { return running_.size(); }
    std::size_t most_in_flight() const { return most_in_flight_; }

  private:
    using flows = boost::intrusive::list<simgrid_flow>;
    struct stopped {};

    void place(const std::vector<std::string>& placement);
    std::uint32_t place_of(node_id node) const;
    simgrid_route measure(simgrid::s4u::Host& from, simgrid::s4u::Host& to) const;
    void listen();
    void completed(simgrid_flow& flow, bool arrived);
    void advance(time_point end);
    void set_head(time_point time, double date);
    void clear_head();
    void follow_head();
    void head_is_due();
    void run_world(time_point t);
    time_point clock() const;

    simgrid_network& network_;
    simulation& world_;
    simgrid::s4u::Engine* engine_;           ///< lives until the process ends, as SimGrid wants it
    std::vector<simgrid::s4u::Host*> hosts_; ///< those that are used
    std::vector<std::uint32_t> places_;      ///< node -> index in hosts_
    std::vector<std::vector<simgrid_route>> routes_; ///< [from][to], rows made on first use
    flows running_;
    flows ended_; ///< kept until SimGrid has done with them
    std::size_t most_in_flight_ = 0;
    simgrid::kernel::timer::Timer* head_ = nullptr;
    time_point head_time_ = never;
    bool stopping_ = false;
};

} // namespace windtunnel::sim
