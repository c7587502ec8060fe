// SPDX-License-Identifier: BSL-1.0
// The running system as a picture needs it: nodes with their place and health, edges with their
// traffic of the last second, their breakers and what their policies did. Plain data; the places
// never change in a run.
#pragma once

#include <string>
#include <vector>

#include "gui/model/counters.hpp"
#include "gui/model/graph_layout.hpp"
#include "gui/model/health.hpp"
#include "gui/model/policy_view.hpp"
#include "scenarios/src/run.hpp"

namespace windtunnel::gui {

/// What passed in a time: rates are a second.
struct flow {
    double rate = 0;                                                ///< requests (calls) that ended
    double attempts = 0;                                            ///< tries that left
    double failed_share = 0, refused_share = 0, degraded_share = 0; ///< of the requests
    double mean_latency = 0; ///< seconds, of good answers; 0 where there was none
};
flow flow_of(const request_counters& in_between, duration span);

struct active_fault {
    std::string name;
    std::size_t number = 0; ///< in the file
    friend bool operator==(const active_fault&, const active_fault&) = default;
};

struct node_view {
    std::string name;
    bool workload = false;
    point centre;
    // Of a service:
    int replicas = 1, down = 0, paused = 0;
    std::size_t workers = 0, occupied = 0; ///< of all replicas, now
    std::size_t queue = 0, in_flight = 0;  ///< now
    double utilisation = 0;                ///< in the last second
    // Of both (a workload: its requests):
    double arrivals = 0; ///< a second: came, or were sent, ended or not
    flow traffic;        ///< of those that ended
    diagnosis state;
    std::vector<policy_view> policies; ///< of its admission
    refusal_view refusal;              ///< the same; a share of what came
    std::vector<active_fault> faults;  ///< that hit this service
};

struct breaker_counts {
    int closed = 0, half_open = 0, open = 0;
    int all() const { return closed + half_open + open; }
};

struct edge_view {
    call_edge name;
    int from = 0, to = 0; ///< nodes
    std::vector<point> route;
    double sent = 0; ///< a second; of a workload's only edge also calls that have not ended
    flow traffic;
    breaker_counts breakers; ///< of all instances of the caller
    std::vector<policy_view> policies;
    refusal_view refusal;             ///< a share of the tries
    std::vector<active_fault> faults; ///< that hit this edge alone
};

struct topology_view {
    std::vector<node_view> nodes; ///< the workloads first, then the services
    std::vector<edge_view> edges;
    double width = 0, height = 0; ///< of the whole drawing
    layout_options sizes;
    duration span{}; ///< the time that the rates are of
};

/// The picture of a run in which nothing has happened.
topology_view draw_topology(const scenario::scenario_spec& spec,
                            const std::vector<call_edge>& edges);

/// Brings it up to date: levels and breakers as of now, traffic of the time from `earlier` to
/// `later`.
void update_topology(topology_view& view, const scenario::scenario_run& run,
                     const counters& earlier, const counters& later);

} // namespace windtunnel::gui
