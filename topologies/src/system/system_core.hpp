// SPDX-License-Identifier: BSL-1.0
// What all parts of a running system share.
#pragma once

#include <boost/intrusive/list.hpp>
#include <new>
#include <unordered_set>
#include <utility>

#include "sim-core/engine/simulation.hpp"
#include "sim-core/engine/virtual_environment.hpp"
#include "topologies/src/system/exchange.hpp"
#include "topologies/src/system/journeys.hpp"
#include "topologies/src/system/observer.hpp"
#include "topologies/src/system/system_spans.hpp"
#include "topologies/src/system/token_book.hpp"

namespace windtunnel::topology {

class system_core {
  public:
    explicit system_core(sim::simulation& s) : simulation(s), environment(s.environment()) {}

    time_point now() const { return simulation.now(); }

    exchange& open(channel& via, replica& at, pending_call& call) {
        auto* x = new (environment.allocate(sizeof(exchange))) exchange(via, at, call);
        in_flight.push_back(*x);
        return *x;
    }
    void close(exchange& x) {
        if (breaking != nullptr)
            breaking->erase(&x);
        forget_notice(x);
        if (x.span != 0)
            spans->exchange_ends(x, now());
        in_flight.erase(in_flight.iterator_to(x));
        simulation.disarm(x);
        x.~exchange();
        environment.deallocate(&x, sizeof(exchange));
    }

    notice& make_notice(exchange& x) {
        x.giving_up = new (environment.allocate(sizeof(notice))) notice(x);
        return *x.giving_up;
    }
    /// Nothing where there is none.
    void forget_notice(exchange& x) {
        if (notice* gone = std::exchange(x.giving_up, nullptr)) {
            gone->cancel();
            gone->~notice();
            environment.deallocate(gone, sizeof(notice));
        }
    }

    sim::simulation& simulation;
    sim::virtual_environment& environment;
    sim::network* network = nullptr;
    topology::observer* observer = nullptr; ///< never null while requests are in flight
    system_spans* spans = nullptr;          ///< nullptr: nobody records
    topology::journeys journeys;            ///< of requests, where there are brokers
    bool has_brokers = false;
    std::uint64_t last_idempotency_key = 0;
    token_book tokens;                          ///< of all requests
    boost::intrusive::list<exchange> in_flight; ///< in the order of sending
    /// Rare disturbances in force: without any, nobody looks for them.
    int rare_faults = 0;
    std::unordered_set<const exchange*>* breaking = nullptr; ///< still to be broken off
};

} // namespace windtunnel::topology
