// SPDX-License-Identifier: BSL-1.0
// A question of a process to a broker and its answer, as two messages on the network: what clients
// of a broker say besides the requests of services (fetch, join, commit, heartbeats). An answer may
// be given later. What a broker that is down is asked is refused; what the network loses nobody
// hears of, so who asks must look at the clock.
#pragma once

#include <boost/intrusive/list.hpp>
#include <cstdint>
#include <functional>
#include <utility>

#include "sim-core/physics/network.hpp"
#include "topologies/src/system/system_core.hpp"

namespace windtunnel::topology {

class errands;

class errand : public boost::intrusive::list_base_hook<>, private sim::message {
  public:
    /// What happens at the broker: it must lead to answer() or refuse(), at once or later.
    using question = std::function<void(errand&)>;
    /// What happens when the answer is there; false: the broker was down.
    using hearing = std::function<void(bool)>;

    void answer(std::uint64_t bytes = 0) { go_back(true, bytes); }
    void refuse() { go_back(false, 0); }
    /// Number of the broker's replica that is asked.
    std::uint32_t asked() const { return asked_; }
    sim::node_id who_asks() const { return home_; }

  private:
    friend class errands;
    errand(errands& all, sim::node_id home, question ask, hearing hear)
        : sim::message(&errand::moved), all_(all), home_(home), ask_(std::move(ask)),
          hear_(std::move(hear)) {}

    static void moved(sim::message& m, sim::delivery how);
    void go_back(bool good, std::uint64_t bytes);

    errands& all_;
    sim::node_id home_;
    std::uint32_t asked_ = 0;
    question ask_;
    hearing hear_;
    bool waits_ = false; ///< at the broker
    bool returns_ = false, good_ = true;
};

/// All that are under way, to the replicas of one broker.
class errands {
  public:
    errands(system_core& core, const service_runtime& broker) : core_(core), broker_(broker) {}
    ~errands() { clear(); }
    errands(const errands&) = delete;
    errands& operator=(const errands&) = delete;

    void send(sim::node_id from, std::uint32_t to_replica, std::uint64_t bytes,
              errand::question ask, errand::hearing hear);
    /// The broker's replica crashed: what waits there is refused.
    void refuse_at(std::uint32_t replica);
    void clear();

  private:
    friend class errand;
    void end(errand& e);

    system_core& core_;
    const service_runtime& broker_;
    boost::intrusive::list<errand, boost::intrusive::constant_time_size<false>> under_way_;
};

} // namespace windtunnel::topology
