// SPDX-License-Identifier: BSL-1.0
// What one process (a replica, a workload's client) has of its own to call others with: breakers,
// bulkheads, retry budgets and balancers, shared by its calls of one service with equal options,
// as a program shares the client that it made for a dependency.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "patterns/discovery/load_balancer.hpp"
#include "patterns/resilience/pipeline.hpp"
#include "topologies/src/spec.hpp"
#include "topologies/src/system/channel.hpp"

namespace windtunnel::topology {

class process {
  public:
    /// `name` names the random streams: "checkout#0".
    explicit process(std::string name) : name_(std::move(name)) {}

    /// A site for the call; the edge is edge_of(endpoint) of the system.
    call_site& add_site(system_core& core, sim::node_id node, edge_runtime& edge,
                        const call_step& call, const policies_spec& policies);

    struct named_breaker {
        std::string service;
        circuit_breaker breaker;
    };
    struct named_bulkhead {
        std::string service;
        windtunnel::bulkhead bulkhead;
    };

    const std::string& name() const { return name_; }
    call_site& site(std::size_t index) const { return *sites_[index]; }
    std::size_t sites() const { return sites_.size(); }
    const std::vector<std::unique_ptr<named_breaker>>& breakers() const { return breakers_; }
    const std::vector<std::unique_ptr<named_bulkhead>>& bulkheads() const { return bulkheads_; }

  private:
    struct named_budget {
        std::string service;
        retry_budget budget;
    };
    struct named_balancer {
        std::string service;
        load_balancer balancer;
    };

    std::unique_ptr<pipeline> make_pipeline(system_core& core, const std::string& service,
                                            const policies_spec& spec);
    circuit_breaker& breaker_for(system_core& core, const std::string& service,
                                 const circuit_breaker_options& options);
    windtunnel::bulkhead& bulkhead_for(const std::string& service, const bulkhead_options& options);
    retry_budget& budget_for(const std::string& service, const retry_budget_options& options);
    load_balancer& balancer_for(system_core& core, const service_runtime& service,
                                balancer_policy policy);

    std::string name_;
    std::vector<std::unique_ptr<named_breaker>> breakers_;
    std::vector<std::unique_ptr<named_bulkhead>> bulkheads_;
    std::vector<std::unique_ptr<named_budget>> budgets_;
    std::vector<std::unique_ptr<named_balancer>> balancers_;
    std::vector<std::unique_ptr<call_site>> sites_;
};

} // namespace windtunnel::topology
