// SPDX-License-Identifier: BSL-1.0
// What one process (a replica, a workload's client) has of its own to call others with: breakers,
// bulkheads, budgets, limiters, hedges and views of its peers, shared by its calls of one service
// with equal options, as a program shares the client that it made for a dependency.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "patterns/resilience/pipeline.hpp"
#include "topologies/src/spec.hpp"
#include "topologies/src/system/channel.hpp"
#include "topologies/src/system/peers.hpp"
#include "topologies/src/system/policy_watch.hpp"

namespace windtunnel::topology {

class process {
  public:
    /// `name` names the random streams: "checkout#0".
    explicit process(std::string name) : name_(std::move(name)) {}

    /// In which zone it runs, and how many processes like it there are in each.
    void set_zone(int zone, std::vector<std::uint32_t> callers_by_zone);

    /// What a site needs besides its call.
    struct surroundings {
        sim::node_id node = 0;
        edge_runtime* edge = nullptr;      ///< from this process to the call's endpoint
        edge_runtime* probes = nullptr;    ///< to that of its health check, if it has one
        registry_node* registry = nullptr; ///< nullptr: there is none
    };
    /// Throws std::invalid_argument for options that do not fit the service.
    call_site& add_site(system_core& core, const surroundings& around, const call_step& call,
                        const policies_spec& policies);

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
    call_site& site(std::size_t index) const { return *sites_[index]; }
    std::size_t sites() const { return sites_.size(); }
    const list<circuit_breaker>& breakers() const { return breakers_; }
    const list<bulkhead>& bulkheads() const { return bulkheads_; }
    const list<rate_limiter>& rate_limiters() const { return rate_limiters_; }
    const list<adaptive_limiter>& adaptive_limiters() const { return adaptive_limiters_; }
    const list<client_throttle>& throttles() const { return throttles_; }
    const list<hedge>& hedges() const { return hedges_; }
    const list<retry_budget>& budgets() const { return budgets_; }
    /// Of each "service.endpoint"; caches, coalescing, or both.
    const list<caching_transport::answers>& caches() const { return caches_; }
    const std::vector<std::unique_ptr<peers>>& peer_groups() const { return peers_; }

  private:
    std::unique_ptr<pipeline> make_pipeline(system_core& core, const edge_runtime& edge,
                                            const policies_spec& spec);
    circuit_breaker& breaker_for(system_core& core, const edge_runtime& edge,
                                 const circuit_breaker_options& options);
    void add_cache(system_core& core, call_site& site, const policies_spec& policies);
    peers& peers_for(system_core& core, const surroundings& around, const policies_spec& policies);

    std::string name_;
    std::vector<std::unique_ptr<policy_watch>> watches_;
    list<circuit_breaker> breakers_;
    list<bulkhead> bulkheads_;
    list<retry_budget> budgets_;
    list<rate_limiter> rate_limiters_;
    list<adaptive_limiter> adaptive_limiters_;
    list<client_throttle> throttles_;
    list<hedge> hedges_;
    list<caching_transport::answers> caches_;
    std::vector<std::unique_ptr<peers>> peers_;
    int zone_ = load_balancer_options::no_zone;
    std::vector<std::uint32_t> callers_by_zone_;
    std::vector<std::unique_ptr<call_site>> sites_;
};

} // namespace windtunnel::topology
