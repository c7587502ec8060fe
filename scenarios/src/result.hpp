// SPDX-License-Identifier: BSL-1.0
// What one run found, or several merged, as plain data: counts, sums, integrals over time and
// histograms, never averages or percentiles, so that merging replications is adding.
// Times are simulated and counted from the beginning of the run. Every list has the order of the
// scenario and topology files and is complete (a subject that saw nothing has zeros), so results
// of the same scenario with other seeds merge element by element.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "patterns/base/outcome.hpp"
#include "patterns/base/time.hpp"
#include "scenarios/src/telemetry.hpp"
#include "scenarios/src/trace_result.hpp"
#include "sim-core/stats/histogram.hpp"
#include "sim-core/stats/wide_integer.hpp"

namespace windtunnel::scenario {

struct scenario_spec;

// ---- phases -----------------------------------------------------------------------------------

enum class phase_kind : std::uint8_t {
    whole,   ///< all of the run, warm-up included
    overall, ///< from the end of the warm-up to the end of the run
    before,  ///< from the end of the warm-up to the fault's begin
    during,  ///< from the fault's first begin to its last end, as planned
    after,   ///< from the fault's last end to the end of the run
};

/// An interval of the run, by whose requests and by whose time the result is kept.
struct phase {
    phase_kind kind = phase_kind::whole;
    std::string fault; ///< of before, during, after
    duration begin{}, end{};
    duration warmup{}; ///< of the run
    duration span{};   ///< time simulated in it, of all merged runs; less than planned when aborted

    /// "whole run", "overall", "before 'slow ratings'".
    std::string name() const;

    /// Whether a request counts here that was (to be) sent at `sent` and was over at `over`.
    /// whole: always. Others: sent after the warm-up and before the end of the run; before: also
    /// over before the fault began; after: also sent when the fault was over; during: the rest of
    /// what was over after the begin and sent before the end. So each request that counts
    /// overall counts in exactly one of a fault's three phases, and neither the time before a
    /// fault nor the time after it is blamed for requests that met it.
    bool covers(duration sent, duration over) const;
};

/// The phases of a scenario: whole, overall, and for each fault before, during and after, without
/// those of no length.
std::vector<phase> phases_of(const scenario_spec& scenario);
inline constexpr std::size_t whole_phase = 0, overall_phase = 1; ///< their places in the list

// ---- requests ---------------------------------------------------------------------------------

/// The requests of one subject that ended and count in one phase.
/// For a workload a request is one arrival (latency from the intended send to the answer); for an
/// edge one call with all its tries, as its caller sees it; for an endpoint one try that reached
/// the service, from there to the answer (`attempts` equals `requests`).
struct tally {
    std::uint64_t requests = 0;                               ///< that ended, well or not
    std::array<std::uint64_t, failure_kind_count> failures{}; ///< of those, by failure_kind
    std::uint64_t attempts = 0; ///< tries that left; 0 for a request that was refused locally
    std::uint64_t degraded = 0; ///< good answers that an ignored error made poorer
    sim::histogram good_latency, failed_latency; ///< nanoseconds
    /// Of workloads whose requests leave work behind in queues and topics: from the intended send
    /// of a good one until the last message on its behalf was worked on; one entry, or one of
    /// `lost` or `undone`, a request.
    sim::histogram completed_latency;
    std::uint64_t lost = 0;   ///< some of that work is never done
    std::uint64_t undone = 0; ///< some of it was not done yet when the run ended

    std::uint64_t failed() const;
    std::uint64_t good() const { return requests - failed(); }
    void merge(const tally& other);
};

/// One interval of the time series of a subject. `sent`, `good`, `failed` and the latencies are of
/// the requests (to be) sent in it, whenever they ended; `answered` are good answers given in it.
/// What was sent and neither good nor failed was never answered (cut off by the end of the run).
struct window {
    std::uint64_t sent = 0, good = 0, failed = 0, answered = 0;
    sim::wide_integer good_latency_sum = 0; ///< nanoseconds
    duration good_latency_max{};
    void merge(const window& other);
};

struct traffic {
    std::vector<tally> phases;   ///< one for each of run_result::phases
    std::vector<window> windows; ///< from the beginning of the run, each run_result::window long
    void merge(const traffic& other);
};

struct workload_result {
    std::string name;
    scenario::traffic traffic;
    std::uint64_t sent = 0, in_flight = 0; ///< whole run: sent = good + failed + in_flight
    /// From the workload's start until the last of as many requests as its limit says was over, in
    /// each merged run, added up; of a run that ended before that, until its end.
    duration done{};
    std::uint64_t runs_done = 0; ///< in which all were over
};

struct endpoint_result {
    std::string service, endpoint;
    scenario::traffic traffic;
};

struct edge_result {
    std::string caller; ///< a service or a workload
    std::string service, endpoint;
    scenario::traffic traffic;
};

/// Nanoseconds, or their integrals, in seconds: the nearest double, so 10 ms is 0.01
/// to the last digit.
inline double in_seconds(sim::wide_integer ns) {
    return static_cast<double>(ns) / 1e9;
}
inline double in_seconds(duration d) {
    return in_seconds(sim::wide_integer{d.count()});
}

// ---- services ---------------------------------------------------------------------------------

/// Integrals over time, exact: nanoseconds times the level. An average is integral / span.
struct service_levels {
    sim::wide_integer busy = 0;      ///< workers that are taken
    sim::wide_integer workers = 0;   ///< workers that are up: utilisation = busy / workers
    sim::wide_integer in_system = 0; ///< requests at the service, waiting or not
    sim::wide_integer in_queue = 0;  ///< requests that wait for a worker
    void merge(const service_levels& other);
};

/// A service (all instances together) in the time of one phase: events counted when they happen.
struct service_tally {
    duration span{}; ///< time simulated in the phase, of all merged runs
    service_levels levels;
    std::uint64_t arrivals = 0;
    std::uint64_t completed = 0;    ///< answered, well or with an error
    std::uint64_t rejected = 0;     ///< refused: queue or in-flight limit full, or not up
    std::uint64_t abandoned = 0;    ///< left the queue: out of patience, dropped or cancelled
    std::uint64_t lost = 0;         ///< went down with a crash
    std::uint64_t waits = 0;        ///< requests that were taken up by a worker
    sim::wide_integer wait_sum = 0; ///< their time in the queue, nanoseconds
    void merge(const service_tally& other);
};

struct service_result {
    std::string name;
    std::vector<service_tally> phases;
    std::vector<service_levels> windows; ///< as those of traffic
    /// At the end of the run, before the drain: of the whole run
    /// arrivals = completed + rejected + abandoned + lost + this.
    std::uint64_t in_flight = 0;
};

// ---- policies ---------------------------------------------------------------------------------

/// What the policies of one kind did in the time of one phase or window, in the order of the names
/// in policy_result: counted when it happened.
struct policy_tally {
    duration span{}; ///< time simulated in it, of all merged runs
    std::vector<std::uint64_t> counters;
    /// Integrals over time, exact: nanoseconds times the level, of all machines.
    std::vector<sim::wide_integer> levels;
    void merge(const policy_tally& other);
};

/// A policy of one process went from one state to another.
struct policy_transition {
    std::uint64_t seed = 0; ///< the run it was in
    duration at{};
    std::string process; ///< "orders#0"
    std::string from, to;
    std::string why; ///< "failure rate 62 % of 20 calls"
};

/// The policies of one kind before the calls of one service by one caller, all processes and calls
/// together. What is not configured has no entry; what is and had nothing to do has zeros.
struct policy_result {
    static constexpr std::size_t most_transitions = 200;

    std::string caller;         ///< a service or a workload
    std::string callee;         ///< a service; empty: it is a policy of the caller's own requests
    std::string kind;           ///< as a file names it: "circuit_breaker"
    std::uint32_t machines = 0; ///< of them in one run
    /// Names of the figures. A counter named after a failure_kind counts what was refused for it.
    std::vector<std::string> counters, levels;
    std::vector<policy_tally> phases;
    std::vector<policy_tally> windows;          ///< as those of traffic
    std::vector<policy_transition> transitions; ///< of the whole run, the first most_transitions
    std::uint64_t transitions_left_out = 0;

    /// Nothing where the kind has no such figure.
    std::optional<std::uint64_t> counter(const policy_tally& of, std::string_view name) const;
    /// Refused for whatever reason.
    std::uint64_t refused(const policy_tally& of) const;
    /// The mean over time of one machine; nothing where no time has passed, too.
    std::optional<double> mean(const policy_tally& of, std::string_view level) const;

    std::string edge() const; ///< "web->db"; "web" for a policy of its own requests
    void merge(const policy_result& other);
};

// ---- the run ----------------------------------------------------------------------------------

/// A time in which a fault was really on.
struct fault_activation {
    std::string fault;
    std::uint64_t seed = 0; ///< the run it was in
    duration begin{}, end{};
};

enum class run_status : std::uint8_t {
    complete,
    aborted, ///< stopped from outside at `run_result::ended`; what is there is sound but partial
};

struct run_result {
    std::string scenario, variant;
    std::string version;              ///< of windtunnel
    std::vector<std::uint64_t> seeds; ///< one for each merged run, in that order
    run_status status = run_status::complete;
    duration ended{};            ///< where the clock stood; of merged runs the earliest
    duration warmup{}, length{}; ///< the run was to end at warmup + length
    duration window = std::chrono::seconds{1}; ///< length of the windows of the time series
    std::vector<phase> phases;
    std::vector<workload_result> workloads;
    std::vector<service_result> services;
    std::vector<endpoint_result> endpoints;
    std::vector<edge_result> edges;
    std::vector<policy_result> policies;
    std::vector<fault_activation> activations;
    scenario::telemetry telemetry;
    std::optional<trace_result> traces; ///< absent: none were recorded

    /// Adds another run of the same scenario. Aborted with anything is aborted. Throws
    /// std::invalid_argument naming the difference when the two are not of one scenario.
    void merge(const run_result& other);

    /// The merged traffic of a workload, a service (all its endpoints), "service.endpoint" or
    /// "caller->callee" where the callee is a service or an endpoint. Throws std::out_of_range
    /// naming the subject when there is none.
    traffic of(const std::string& subject) const;
    const service_result* find_service(const std::string& name) const; ///< or nullptr
    /// The policies of an edge ("web->db"), or of a service's own requests ("web").
    std::vector<const policy_result*> policies_of(const std::string& edge) const;
};

} // namespace windtunnel::scenario
