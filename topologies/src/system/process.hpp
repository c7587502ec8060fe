// SPDX-License-Identifier: BSL-1.0
// What one process (a replica, a workload's client) has of its own to call others with: breakers,
// bulkheads, budgets, limiters, hedges and views of its peers, shared by its calls of one service
// with equal options, as a program shares the client that it made for a dependency. A crash ends
// all of that: a restart begins with new ones, and the figures of the old ones go on counting.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "patterns/resilience/breaker_timer.hpp"
#include "patterns/resilience/pipeline.hpp"
#include "topologies/src/spec.hpp"
#include "topologies/src/system/channel.hpp"
#include "topologies/src/system/connections.hpp"
#include "topologies/src/system/peers.hpp"
#include "topologies/src/system/policy_readings.hpp"
#include "topologies/src/system/policy_watch.hpp"

namespace windtunnel::topology {

class process {
  public:
    /// `name` names the random streams: "checkout#0".
    explicit process(std::string name) : name_(std::move(name)), streams_(name_) {}

    /// In which zone it runs, and how many processes like it there are in each.
    void set_zone(int zone, std::vector<std::uint32_t> callers_by_zone);

    /// What a site needs besides its call.
    struct surroundings {
        sim::node_id node = 0;
        edge_runtime* edge = nullptr;      ///< from this process to the call's endpoint
        edge_runtime* probes = nullptr;    ///< to that of its health check, if it has one
        registry_node* registry = nullptr; ///< nullptr: there is none
        const replica* of = nullptr;       ///< whose process it is; nullptr: a client's
    };
    /// Throws std::invalid_argument for options that do not fit the service. The call must outlive
    /// the process.
    void add_site(system_core& core, const surroundings& around, const call_step& call,
                  const policies_spec& policies);

    /// It crashed: it asks nobody any more, neither its peers how they are nor the registry.
    void stop();
    /// It begins anew after a crash, with all sites as they were at the beginning.
    void restart(system_core& core);
    /// Its caches of what "service.endpoint" answers are emptied; of all, where none is named.
    void flush_caches(const std::string& of);
    /// What its policies had counted in the lives that ended by a restart.
    const figures_of_past_lives& past() const { return past_; }

    /// A policy object, and the service whose calls share it.
    template <class Policy>
    struct shared {
        template <class... Arguments>
        explicit shared(std::string s, Arguments&&... arguments)
            : service(std::move(s)), policy(std::forward<Arguments>(arguments)...) {}
        std::string service;
        Policy policy;
    };
    template <class Policy>
    using list = std::vector<std::unique_ptr<shared<Policy>>>;

    const std::string& name() const { return name_; }
    call_site& site(std::size_t index) const { return *life_.sites[index]; }
    std::size_t sites() const { return life_.sites.size(); }
    const list<circuit_breaker>& breakers() const { return life_.breakers; }
    const list<bulkhead>& bulkheads() const { return life_.bulkheads; }
    const list<rate_limiter>& rate_limiters() const { return life_.rate_limiters; }
    const list<adaptive_limiter>& adaptive_limiters() const { return life_.adaptive_limiters; }
    const list<client_throttle>& throttles() const { return life_.throttles; }
    const list<hedge>& hedges() const { return life_.hedges; }
    const list<retry_budget>& budgets() const { return life_.budgets; }
    /// Of each "service.endpoint"; caches, coalescing, or both.
    const list<caching_transport::answers>& caches() const { return life_.caches; }
    const std::vector<std::unique_ptr<peers>>& peer_groups() const { return life_.peers; }
    const std::vector<std::unique_ptr<topology::connections>>& connection_groups() const {
        return life_.connections;
    }

  private:
    /// What it has from a start on.
    struct life {
        std::vector<std::unique_ptr<policy_watch>> watches; ///< of the breakers
        list<circuit_breaker> breakers;
        std::vector<std::unique_ptr<breaker_timer>> breaker_timers; ///< of those that are automatic
        list<bulkhead> bulkheads;
        list<retry_budget> budgets;
        list<rate_limiter> rate_limiters;
        list<adaptive_limiter> adaptive_limiters;
        list<client_throttle> throttles;
        list<hedge> hedges;
        list<caching_transport::answers> caches;
        std::vector<std::unique_ptr<topology::peers>> peers;
        std::vector<std::unique_ptr<topology::connections>> connections;
        std::vector<std::unique_ptr<call_site>> sites;
    };
    /// What a site is made of, each time.
    struct site_plan {
        surroundings around;
        const call_step* call;
        policies_spec policies;
    };

    void make_site(system_core& core, const site_plan& plan);
    std::unique_ptr<pipeline> make_pipeline(system_core& core, const edge_runtime& edge,
                                            const policies_spec& spec);
    circuit_breaker& breaker_for(system_core& core, const edge_runtime& edge,
                                 const circuit_breaker_options& options);
    void add_cache(system_core& core, call_site& site, const policies_spec& policies);
    topology::connections& connections_for(system_core& core, const surroundings& around,
                                           const protocol_spec& protocol);
    topology::peers& peers_for(system_core& core, const surroundings& around,
                               const policies_spec& policies);
    void tell_forgotten(life& before, time_point now);

    std::string name_;
    std::string streams_; ///< what its random streams are named after: no life repeats another
    int zone_ = load_balancer_options::no_zone;
    std::vector<std::uint32_t> callers_by_zone_;
    std::vector<site_plan> plan_;
    std::vector<std::unique_ptr<life>> ended_; ///< calls of those lives may still be under way
    life life_;
    figures_of_past_lives past_;
};

/// The name of a process for the random streams of the life that comes after so many.
std::string name_of_life(const std::string& process, std::size_t ended);

} // namespace windtunnel::topology
