// SPDX-License-Identifier: BSL-1.0
#include "gui/model/topology_view.hpp"

#include <algorithm>

#include "patterns/base/assert.hpp"

namespace windtunnel::gui {

namespace {

int index_of(const std::vector<node_view>& nodes, const std::string& name, bool workloads_too) {
    for (std::size_t i = 0; i < nodes.size(); ++i)
        if (nodes[i].name == name && (workloads_too || !nodes[i].workload))
            return static_cast<int>(i);
    return -1;
}

double share(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

double per_second(std::uint64_t count, duration span) {
    return span > duration::zero() ? static_cast<double>(count) / to_seconds(span) : 0;
}

void read_levels(node_view& node, const topology::service_runtime& service) {
    node.down = node.paused = 0;
    node.occupied = node.queue = node.in_flight = 0;
    for (const auto& replica : service.replicas) {
        node.down += !replica->up();
        node.paused += replica->up() && replica->workers().paused();
        node.occupied += replica->workers().occupied();
        node.queue += replica->workers().in_queue();
        node.in_flight += replica->in_flight();
    }
}

void count_in(breaker_counts& counts, breaker_state state) {
    const bool open = state == breaker_state::open || state == breaker_state::forced_open;
    counts.open += open;
    counts.half_open += state == breaker_state::half_open;
    counts.closed += !open && state != breaker_state::half_open;
}

void read_breakers(topology_view& view, const std::string& caller, const topology::process& own,
                   time_point now) {
    for (const auto& b : own.breakers())
        for (edge_view& edge : view.edges)
            if (edge.name == call_edge{caller, b->service})
                count_in(edge.breakers, b->policy.state(now));
}

void place_faults(topology_view& view, const scenario::scenario_run& run) {
    for (node_view& n : view.nodes)
        n.faults.clear();
    for (edge_view& e : view.edges)
        e.faults.clear();
    const auto& faults = run.spec().faults;
    const std::vector<std::string> on = run.faults_on();
    for (std::size_t i = 0; i < faults.size(); ++i) {
        if (std::find(on.begin(), on.end(), faults[i].name) == on.end())
            continue;
        const scenario::fault_target& where = faults[i].on;
        const bool on_edge = !where.caller.empty() && where.caller != "*";
        for (edge_view& e : view.edges)
            if (on_edge && e.name == call_edge{where.caller, where.service})
                e.faults.push_back({faults[i].name, i});
        const int n = index_of(view.nodes, where.service, false);
        if (!on_edge && n >= 0)
            view.nodes[static_cast<std::size_t>(n)].faults.push_back({faults[i].name, i});
    }
}

/// Of the calls to a service, by whomever: what failed there or on the way, and how many they were.
request_counters calls_to(const topology_view& view, const std::string& service,
                          const counters& earlier, const counters& later) {
    request_counters sum;
    for (std::size_t e = 0; e < view.edges.size(); ++e)
        if (view.edges[e].name.callee == service)
            sum += later.edges[e] - earlier.edges[e];
    return sum;
}

void update_service(topology_view& view, node_view& node, std::size_t index,
                    const counters& earlier, const counters& later) {
    const service_counters &a = earlier.services[index], &b = later.services[index];
    node.traffic = flow_of(b.requests - a.requests, view.span);
    node.arrivals = per_second(b.arrivals - a.arrivals, view.span);
    const double workers = b.worker_seconds - a.worker_seconds;
    node.utilisation = workers > 0 ? (b.busy_seconds - a.busy_seconds) / workers : 0;
    const request_counters calls = calls_to(view, node.name, earlier, later);
    const request_counters own = b.requests - a.requests;
    node.policies = policies_of(node.name, earlier.policies, later.policies);
    node.refusal =
        refusal_of(node.policies, own.requests - std::min(own.requests, refused_by(node.policies)));
    node.state = diagnose({.replicas = node.replicas,
                           .down = node.down,
                           .paused = node.paused,
                           .arrivals = node.arrivals,
                           .answers = static_cast<double>(own.requests),
                           .in_flight = static_cast<double>(node.in_flight),
                           .error_share = node.traffic.failed_share,
                           .failed_share = share(calls.failed - calls.refused, calls.requests),
                           .degraded_share = node.traffic.degraded_share,
                           .utilisation = node.utilisation,
                           .queue = static_cast<double>(node.queue),
                           .workers = static_cast<double>(node.workers)});
}

void update_workload(node_view& node, const workload_counters& a, const workload_counters& b,
                     duration span) {
    const request_counters ended = b.requests - a.requests;
    node.traffic = flow_of(ended, span);
    node.in_flight = static_cast<std::size_t>(b.sent - b.requests.requests);
    node.arrivals = per_second(b.sent - a.sent, span);
    node.state = diagnose({.arrivals = node.arrivals,
                           .answers = static_cast<double>(ended.requests),
                           .in_flight = static_cast<double>(node.in_flight),
                           .error_share = node.traffic.failed_share,
                           .degraded_share = node.traffic.degraded_share});
}

/// A call is counted when it is over; what a workload sends is known before, where all of it takes
/// one edge.
void update_edge(topology_view& view, edge_view& edge, const request_counters& in_between) {
    edge.traffic = flow_of(in_between, view.span);
    const node_view& caller = view.nodes[static_cast<std::size_t>(edge.from)];
    const auto leaving = std::count_if(view.edges.begin(), view.edges.end(),
                                       [&](const edge_view& e) { return e.from == edge.from; });
    edge.sent = std::max(edge.traffic.attempts,
                         caller.workload && leaving == 1 ? caller.arrivals : edge.traffic.rate);
}

void add_nodes(topology_view& view, const scenario::scenario_spec& spec) {
    for (const auto& workload : spec.workloads) {
        view.nodes.emplace_back().name = workload.name;
        view.nodes.back().workload = true;
    }
    for (const auto& service : spec.topology.services) {
        node_view& node = view.nodes.emplace_back();
        node.name = service.name;
        node.replicas = service.replicas;
        node.workers =
            static_cast<std::size_t>(service.replicas) * static_cast<std::size_t>(service.workers);
    }
}

} // namespace

flow flow_of(const request_counters& c, duration span) {
    flow f;
    const double seconds = to_seconds(span);
    if (seconds > 0) {
        f.rate = static_cast<double>(c.requests) / seconds;
        f.attempts = static_cast<double>(c.attempts) / seconds;
    }
    f.failed_share = share(c.failed, c.requests);
    f.refused_share = share(c.refused, c.requests);
    f.degraded_share = share(c.degraded, c.requests);
    f.mean_latency = c.good() == 0 ? 0 : c.good_seconds / static_cast<double>(c.good());
    return f;
}

topology_view draw_topology(const scenario::scenario_spec& spec,
                            const std::vector<call_edge>& edges) {
    topology_view view;
    add_nodes(view, spec);
    layout_graph graph;
    graph.nodes = static_cast<int>(view.nodes.size());
    for (const call_edge& e : edges) {
        edge_view edge;
        edge.name = e;
        edge.from = index_of(view.nodes, e.caller, true);
        edge.to = index_of(view.nodes, e.callee, false);
        WINDTUNNEL_ASSERT(edge.from >= 0 && edge.to >= 0);
        graph.edges.push_back({edge.from, edge.to});
        view.edges.push_back(std::move(edge));
    }
    const layout made = arrange(graph, view.sizes);
    for (std::size_t n = 0; n < view.nodes.size(); ++n)
        view.nodes[n].centre = made.centres[n];
    for (std::size_t e = 0; e < view.edges.size(); ++e)
        view.edges[e].route = made.routes[e];
    view.width = made.width;
    view.height = made.height;
    return view;
}

void update_topology(topology_view& view, const scenario::scenario_run& run,
                     const counters& earlier, const counters& later) {
    view.span = later.at - earlier.at;
    const std::size_t workloads = run.spec().workloads.size();
    const auto& services = run.system().services();
    const time_point now{run.now()};
    for (edge_view& edge : view.edges)
        edge.breakers = {};
    for (std::size_t s = 0; s < services.size(); ++s) {
        node_view& node = view.nodes[workloads + s];
        read_levels(node, *services[s]);
        for (const auto& replica : services[s]->replicas)
            read_breakers(view, services[s]->spec->name, replica->own(), now);
        update_service(view, node, s, earlier, later);
    }
    for (const auto& client : run.system().clients())
        read_breakers(view, client->name(), client->own(), now);
    for (std::size_t w = 0; w < workloads; ++w)
        update_workload(view.nodes[w], earlier.workloads[w], later.workloads[w], view.span);
    for (std::size_t e = 0; e < view.edges.size(); ++e) {
        edge_view& edge = view.edges[e];
        const request_counters in_between = later.edges[e] - earlier.edges[e];
        update_edge(view, edge, in_between);
        edge.policies = policies_of(edge.name.caller + "->" + edge.name.callee, earlier.policies,
                                    later.policies);
        edge.refusal = refusal_of(edge.policies, in_between.attempts);
    }
    place_faults(view, run);
}

} // namespace windtunnel::gui
