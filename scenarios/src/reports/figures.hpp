// SPDX-License-Identifier: BSL-1.0
// The figures that every report shows, computed once from a result's counts: of the workloads,
// services, endpoints and edges in one phase. Seconds, shares and rates are doubles, made of exact
// integers by one division, so that equal runs print equal bytes. What cannot be computed (the mean
// of nothing) is absent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scenarios/src/result.hpp"

namespace windtunnel::scenario {

struct latency_figures { ///< seconds
    double mean = 0, p50 = 0, p90 = 0, p95 = 0, p99 = 0, p999 = 0, max = 0;
};
std::optional<latency_figures> latency_of(const sim::histogram& h);

struct traffic_figures {
    std::string name; ///< "readers", "web.GET /", "web->db"
    std::uint64_t requests = 0, failed = 0, attempts = 0, degraded = 0;
    std::vector<std::pair<failure_kind, std::uint64_t>> errors; ///< those that happened
    std::optional<double> rate;                                 ///< requests a second
    std::optional<latency_figures> good_latency, failed_latency, all_latency;
    std::uint64_t completed = 0, lost = 0, undone = 0; ///< work left to queues and topics
    std::optional<latency_figures> completed_latency;
};
traffic_figures figures_of(std::string name, const tally& t, duration span);

struct service_figures {
    std::string name;
    std::optional<double> utilisation, in_system, in_queue, mean_wait;
    std::uint64_t arrivals = 0, completed = 0, rejected = 0, abandoned = 0, lost = 0;
};
service_figures figures_of(std::string name, const service_tally& t);

/// The policies of one kind on an edge, or of a service's own requests.
struct policy_figures {
    std::string edge, kind; ///< "web->db", "circuit_breaker"
    std::uint32_t machines = 0;
    std::uint64_t refused = 0;                                 ///< for whatever reason
    std::vector<std::pair<std::string, std::uint64_t>> counts; ///< all, in the result's order
    std::vector<std::pair<std::string, std::optional<double>>> means; ///< over time, of one machine
    std::optional<duration> first_opened; ///< of the whole run, where it went open

    std::optional<std::uint64_t> count(std::string_view name) const;
};
policy_figures figures_of(const policy_result& r, std::size_t phase);

/// Of one phase, in the order of the result. An edge is a caller and a service, its endpoints
/// together.
struct phase_figures {
    std::vector<traffic_figures> workloads, endpoints, edges;
    std::vector<service_figures> services;
    std::vector<policy_figures> policies;
};
phase_figures figures_of(const run_result& result, std::size_t phase);

/// The result's edges, those from one caller to one service merged: "web->db".
struct service_edge {
    std::string name;
    scenario::traffic traffic;
};
std::vector<service_edge> service_edges(const run_result& result);

} // namespace windtunnel::scenario
