// SPDX-License-Identifier: BSL-1.0
// An experiment as plain data: a topology, the load on it, the faults (faults/fault_spec.hpp), what
// must hold.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "patterns/trace/trace_id.hpp"
#include "scenarios/src/faults/fault_spec.hpp"
#include "topologies/src/spec.hpp"

namespace windtunnel::scenario {

using topology::endpoint_ref;
using topology::location;

// ---- load -------------------------------------------------------------------------------------
// Rates are requests a second, of the whole workload.

struct constant_arrivals {
    double rate = 0;
};
struct poisson_arrivals {
    double rate = 0;
};
/// `size` requests at once, batches arriving as a Poisson process of rate/size.
struct batch_arrivals {
    double rate = 0;
    int size = 1;
};
/// A Poisson process whose rate switches between `on` and `off` after exponential times (MMPP-2).
struct on_off_arrivals {
    double on_rate = 0, off_rate = 0;
    duration on_mean{}, off_mean{};
};
/// Linear from `from` to `to` over `over`, then constant; Poisson unless `regular`.
struct ramp_arrivals {
    double from = 0, to = 0;
    duration over{};
    bool regular = false;
};
/// `base`, and `peak` from `at` for `length`; Poisson unless `regular`.
struct spike_arrivals {
    double base = 0, peak = 0;
    duration at{}, length{};
    bool regular = false;
};
/// `count` users: each thinks, asks, waits for the answer, thinks again.
struct closed_users {
    int count = 1;
    sim::distribution think;
};

using arrivals_spec = std::variant<constant_arrivals, poisson_arrivals, batch_arrivals,
                                   on_off_arrivals, ramp_arrivals, spike_arrivals, closed_users>;

struct workload_target {
    endpoint_ref to;
    double weight = 1;
};

struct workload_spec {
    std::string name;
    std::vector<workload_target> targets; ///< one, or a mix by weight
    arrivals_spec arrivals;
    topology::call_step call; ///< how the client calls: policies, give_up, token (`to` is unused)
    std::string zone;         ///< one of the topology's, for zone-aware balancers; empty: none
    duration start{};         ///< from the beginning of the run
    std::optional<duration> stop;       ///< no arrivals from then on
    std::optional<std::uint64_t> limit; ///< no more arrivals after so many
    location where;
};

// ---- expectations -----------------------------------------------------------------------------

enum class metric : std::uint8_t {
    latency_mean,
    latency_p50,
    latency_p90,
    latency_p95,
    latency_p99,
    latency_p999,
    latency_max,
    requests,  ///< how many (of a service or edge: attempts that reached or left)
    errors,    ///< share of failed requests, or of those with `reason`
    rate,      ///< requests a second
    goodput,   ///< good answers a second
    degraded,  ///< share of good answers that an ignored error made poorer
    attempts,  ///< tries for each request
    calls_per, ///< requests here for each request of `relative_to`
    utilisation,
    in_system,
    in_queue,
    wait_mean, ///< of a service
    done,      ///< time until a workload with a limit has made all its requests
    // Of the policies before the calls of an edge, some of a service's admission:
    open,            ///< share of the time that its breakers are open
    opened,          ///< how often
    refused,         ///< share of the tries, or of those refused for `reason`
    hits,            ///< share of a cache's lookups
    joined,          ///< share of the calls that could join another
    retries,         ///< for each request
    hedged,          ///< hedges for each request
    fallbacks,       ///< share of the requests
    limit,           ///< mean of an adaptive limit
    in_use,          ///< mean number of permits
    policy_count,    ///< a counter of `policy`, called `figure`
    policy_mean,     ///< a level of it
    lost,            ///< share of the requests whose work in queues and topics is never done
    recovers_within, ///< time after a fault's end until it is again as before
};

enum class latency_of : std::uint8_t {
    good,
    failed,
    all,
    completed, ///< until the work that was left behind in queues and topics was done, too
};
enum class comparison : std::uint8_t { less, less_equal, greater, greater_equal, equal };

struct phase_ref {
    enum class kind : std::uint8_t { overall, always, before, during, after } when = kind::overall;
    std::string fault; ///< of before, during, after
};

/// One line of `expect`, understood.
struct expectation_spec {
    std::string text;    ///< as written
    std::string subject; ///< a workload, a service, "service.endpoint" or "caller->callee"
    enum class subject_kind : std::uint8_t { workload, service, endpoint, edge } what;
    scenario::metric metric{};
    latency_of outcome = latency_of::good;
    std::string reason;      ///< of `errors` and `refused`: a failure kind, else all
    std::string relative_to; ///< of `calls_per`: a workload
    std::string policy;      ///< of policy_count and policy_mean: a kind, "cache"
    std::string figure;      ///< of it: "fresh"
    comparison op{};
    double bound = 0; ///< seconds, share, per second or a count, as the metric is
    phase_ref phase;
    location where;
};

/// Policies laid over the edges that match "caller->callee" ("*" is any, the last match wins).
struct policy_overlay {
    std::string caller, callee;
    topology::policies_spec policies;
    location where;
};

/// Which requests are recorded span by span, and which traces are kept: see trace_options.
struct tracing_spec {
    double head = 1;
    std::uint32_t slowest = 10, errors = 100, sample = 100, spans = 1000;
    std::optional<duration> window;      ///< absent: a hundredth of the run
    std::vector<trace_id_prefix> wanted; ///< kept whatever the rest says
    location where;
};

struct scenario_spec {
    std::string name, title, description;
    topology::topology_spec topology;
    std::uint64_t seed = 1;
    duration warmup{}, length{}; ///< the run ends at warmup + length
    bool finds_warmup = false;   ///< `warmup` is 0 until pilot runs have found it: see warm_up.hpp
    location warmup_where;       ///< of `warmup`, where it is written
    duration drain{}; ///< after that, without new arrivals, up to this for what is in flight
    duration window = std::chrono::seconds{1}; ///< of the time series
    int replications = 1;
    /// In place of `replications`: until every expectation is clear of its bound, at most so many.
    std::optional<int> most_replications;
    double confidence = 0.95; ///< of the intervals that replications give
    std::vector<workload_spec> workloads;
    std::vector<fault_spec> faults;
    std::vector<policy_overlay> policies;
    std::vector<expectation_spec> expectations;
    std::optional<tracing_spec> tracing; ///< absent: nothing is recorded
    std::vector<std::string> variants;   ///< names, in the file's order
    std::string variant;                 ///< the one that was applied; empty: none
    location where;
};

} // namespace windtunnel::scenario
