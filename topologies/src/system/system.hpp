// SPDX-License-Identifier: BSL-1.0
// A topology, running: its services with their replicas, the edges between them, the network, and
// the clients that load it. Everything that decides is the code of patterns/; what takes time is
// physics. Built on a simulation that must outlive it; made, used and destroyed by one thread at a
// time. Lists are in the order of the topology file; indexes into them are stable.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "topologies/src/spec.hpp"
#include "topologies/src/system/client.hpp"
#include "topologies/src/system/injection.hpp"
#include "topologies/src/system/journeys.hpp"
#include "topologies/src/system/observer.hpp"
#include "topologies/src/system/replica.hpp"

namespace windtunnel::sim {

class delay_network;

} // namespace windtunnel::sim

namespace windtunnel::topology {

class system {
  public:
    /// Which policies an edge really has, given those of the topology: lays overlays over them.
    using policies_of = std::function<policies_spec(
        const std::string& caller, const endpoint_ref& to, const policies_spec& own)>;

    /// Throws input_error where the topology cannot be built (a platform that does not fit it).
    /// The spec must outlive the system, and so must who records spans (nullptr: nobody; see
    /// system_spans).
    system(sim::simulation& simulation, const topology_spec& spec, observer& books,
           const policies_of& overlay = {}, span_recorder* spans = nullptr);
    ~system();
    system(const system&) = delete;
    system& operator=(const system&) = delete;

    /// A process outside of the services that calls them: a workload. `calls` must outlive it.
    /// `zone`: one of the services' zones; empty: in none.
    client& add_client(const std::string& name, const std::vector<call_step>& calls,
                       const std::string& zone = {});

    /// Runs the simulation up to `end`, driven by whoever is the master of time (SimGrid, where the
    /// topology has a platform).
    void run_until(time_point end);

    const topology_spec& spec() const { return spec_; }
    sim::simulation& simulation() const;
    const std::vector<std::unique_ptr<service_runtime>>& services() const { return services_; }
    const std::vector<std::unique_ptr<endpoint_runtime>>& endpoints() const { return endpoints_; }
    const std::vector<std::unique_ptr<edge_runtime>>& edges() const { return edges_; }
    const std::vector<std::unique_ptr<client>>& clients() const { return clients_; }

    /// nullptr: there is none of that name.
    service_runtime* find_service(std::string_view name) const;
    endpoint_runtime* find_endpoint(const endpoint_ref& ref) const;

    registry_node* registry() const; ///< nullptr: callers know all replicas

    std::size_t in_flight() const; ///< requests between two processes, anywhere
    /// Requests of clients that have no answer yet, or whose messages are still to be worked on; 0
    /// where there are no brokers.
    std::size_t unfinished_work() const;
    /// Those of them that were answered well.
    std::vector<journeys::undone> not_done() const;

    // ---- for faults ---------------------------------------------------------------------------
    /// What carries messages, for rules that disturb them; nullptr: a platform does.
    sim::delay_network* messages() const;
    /// One more, or one less, of those that are looked for only while there are any: copies,
    /// garbled answers, names that are not resolved.
    void count_rare_fault(int change);
    /// Breaks the connections of all requests under way on these edges, or to these replicas.
    void break_off(const std::vector<edge_runtime*>& edges, const std::vector<replica*>& replicas);
    /// Of the service or client of that name; none where there is none.
    std::vector<process*> processes_of(std::string_view caller) const;

  private:
    void build_services();
    void build_replicas(service_runtime& s, const service_runtime* process);
    void build_zones();
    void build_registry();
    void build_destinations();
    void build_calls();
    int zone_number(const std::string& zone) const;
    void add_site(process& from, sim::node_id at, const std::string& caller, const call_step& call,
                  const replica* of = nullptr);
    void build_network();
    void start_platform();
    edge_runtime& edge_between(const std::string& caller, const endpoint_ref& to);
    link_spec link_between(const std::string& from, const std::string& to) const;

    /// A process that sends and receives: its own name, and that of its service or workload.
    struct node {
        const std::string* process;
        const std::string* name;
    };

    struct parts;
    std::unique_ptr<parts> parts_;
    const topology_spec& spec_;
    std::vector<std::unique_ptr<service_runtime>> services_;
    std::vector<std::unique_ptr<endpoint_runtime>> endpoints_;
    std::vector<std::unique_ptr<edge_runtime>> edges_;
    std::vector<std::unique_ptr<client>> clients_;
    policies_of overlay_;
    std::vector<node> nodes_;        ///< by node_id
    std::vector<std::string> zones_; ///< their numbers are their places
};

} // namespace windtunnel::topology
