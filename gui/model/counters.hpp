// SPDX-License-Identifier: BSL-1.0
// The cumulative figures of a run at one moment, in the order of a call graph: two of them are
// subtracted for what happened in between. Small enough to keep some hundreds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/src/result.hpp"

namespace windtunnel::gui {

/// Requests that ended; of an edge the calls with all their tries, of a service what arrived there.
struct request_counters {
    std::uint64_t requests = 0, failed = 0;
    std::uint64_t refused = 0; ///< of the failed: by a policy on the caller's side
    std::uint64_t attempts = 0, degraded = 0;
    double good_seconds = 0; ///< sum of the latencies of good answers

    std::uint64_t good() const { return requests - failed; }
    friend request_counters operator-(request_counters a, const request_counters& b);
    request_counters& operator+=(const request_counters& b);
};

struct service_counters {
    request_counters requests;
    std::uint64_t arrivals = 0;                  ///< ended or not
    double busy_seconds = 0, worker_seconds = 0; ///< workers taken, and up
};

struct workload_counters {
    std::uint64_t sent = 0;
    request_counters requests;
    sim::histogram good_latency;
};

struct counters {
    duration at{};
    std::vector<service_counters> services;
    std::vector<workload_counters> workloads;
    std::vector<request_counters> edges; ///< caller to service, all endpoints together
    /// As in the result, each with the tally of the whole run alone.
    std::vector<scenario::policy_result> policies;
};

struct call_edge {
    std::string caller, callee; ///< a service or workload; a service
    friend bool operator==(const call_edge&, const call_edge&) = default;
};

/// Each pair of a caller and a service once, in the order of the result.
std::vector<call_edge> call_edges(const scenario::run_result& result);

/// `with_latency`: also the histograms of the workloads.
counters count(const scenario::run_result& result, const std::vector<call_edge>& edges,
               bool with_latency);

} // namespace windtunnel::gui
