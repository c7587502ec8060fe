// SPDX-License-Identifier: BSL-1.0
#include "gui/model/counters.hpp"

#include <algorithm>

#include "gui/model/policy_view.hpp"

namespace windtunnel::gui {

namespace {

request_counters count_tally(const scenario::tally& t) {
    request_counters c{.requests = t.requests,
                       .failed = t.failed(),
                       .refused = 0,
                       .attempts = t.attempts,
                       .degraded = t.degraded,
                       .good_seconds = t.good_latency.sum_seconds()};
    for (int kind = 0; kind < failure_kind_count; ++kind)
        if (is_local_rejection(static_cast<failure_kind>(kind)))
            c.refused += t.failures[static_cast<std::size_t>(kind)];
    return c;
}

const scenario::tally& whole(const scenario::traffic& t) {
    return t.phases.at(scenario::whole_phase);
}

} // namespace

request_counters operator-(request_counters a, const request_counters& b) {
    a.requests -= b.requests;
    a.failed -= b.failed;
    a.refused -= b.refused;
    a.attempts -= b.attempts;
    a.degraded -= b.degraded;
    a.good_seconds -= b.good_seconds;
    return a;
}

request_counters& request_counters::operator+=(const request_counters& b) {
    requests += b.requests;
    failed += b.failed;
    refused += b.refused;
    attempts += b.attempts;
    degraded += b.degraded;
    good_seconds += b.good_seconds;
    return *this;
}

std::vector<call_edge> call_edges(const scenario::run_result& result) {
    std::vector<call_edge> edges;
    for (const auto& e : result.edges) {
        call_edge edge{e.caller, e.service};
        if (std::find(edges.begin(), edges.end(), edge) == edges.end())
            edges.push_back(std::move(edge));
    }
    return edges;
}

counters count(const scenario::run_result& result, const std::vector<call_edge>& edges,
               bool with_latency) {
    counters c;
    c.at = result.ended;
    for (const auto& service : result.services) {
        const scenario::service_tally& all = service.phases.at(scenario::whole_phase);
        const scenario::service_levels& levels = all.levels;
        service_counters& made = c.services.emplace_back();
        made.arrivals = all.arrivals;
        made.busy_seconds = static_cast<double>(levels.busy) * 1e-9;
        made.worker_seconds = static_cast<double>(levels.workers) * 1e-9;
        for (const auto& endpoint : result.endpoints)
            if (endpoint.service == service.name)
                made.requests += count_tally(whole(endpoint.traffic));
    }
    for (const auto& workload : result.workloads)
        c.workloads.push_back(
            {workload.sent, count_tally(whole(workload.traffic)),
             with_latency ? whole(workload.traffic).good_latency : sim::histogram{}});
    c.edges.resize(edges.size());
    for (const auto& e : result.edges) {
        const auto found = std::find(edges.begin(), edges.end(), call_edge{e.caller, e.service});
        if (found != edges.end())
            c.edges[static_cast<std::size_t>(found - edges.begin())] +=
                count_tally(whole(e.traffic));
    }
    for (const auto& p : result.policies)
        c.policies.push_back(whole_run_of(p));
    return c;
}

} // namespace windtunnel::gui
