// SPDX-License-Identifier: BSL-1.0
// An architecture as plain data: what a topology file says, after units, defaults and references
// have been checked. Nothing here runs; `system` builds the running services out of it.
// Durations are nanoseconds, rates are per second, sizes are bytes, shares are 0 to 1.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "patterns/base/time.hpp"
#include "patterns/resilience/bulkhead.hpp"
#include "patterns/resilience/circuit_breaker.hpp"
#include "patterns/resilience/client_throttle.hpp"
#include "patterns/resilience/coalescing.hpp"
#include "patterns/resilience/concurrency_limit.hpp"
#include "patterns/resilience/fallback.hpp"
#include "patterns/resilience/hedge.hpp"
#include "patterns/resilience/rate_limiter.hpp"
#include "patterns/resilience/response_cache.hpp"
#include "patterns/resilience/retry.hpp"
#include "patterns/resilience/retry_budget.hpp"
#include "sim-core/engine/distribution.hpp"
#include "sim-core/engine/key_distribution.hpp"
#include "sim-core/physics/worker_pool.hpp"
#include "topologies/src/admission_spec.hpp"
#include "topologies/src/choice.hpp"
#include "topologies/src/discovery_spec.hpp"
#include "topologies/src/endpoint_ref.hpp"
#include "topologies/src/gateway_spec.hpp"
#include "topologies/src/location.hpp"
#include "topologies/src/messaging_spec.hpp"
#include "topologies/src/protocol_spec.hpp"
#include "topologies/src/runtime_spec.hpp"

namespace windtunnel::topology {

/// What happens at the callee when its caller gives up (attempt timeout, lost interest).
enum class on_give_up : std::uint8_t {
    runs_on,            ///< nobody tells it: queued and running work is done in vain
    dropped_at_dequeue, ///< a worker that takes up the request sees that nobody waits, and drops it
    cancelled,          ///< the request leaves the queue or stops running, and so do its own calls
};

struct fallback_spec {
    fallback_options options;
    std::uint64_t response_size = 0; ///< bytes of the answer
    void validate() const { options.validate(); }
};

/// The policies of one edge, and which replica its calls go to. The order is, outermost first:
/// fallback, cache and coalescing, total timeout, retry, throttle, hedge, rate limiter, circuit
/// breaker, adaptive limit, bulkhead, attempt timeout. What is absent or off costs nothing.
struct policies_spec {
    choice<fallback_spec> fallback;
    choice<duration> total_timeout;
    choice<duration> timeout; ///< per attempt
    choice<retry_options> retry;
    choice<retry_budget_options> retry_budget;
    choice<circuit_breaker_options> circuit_breaker;
    choice<bulkhead_options> bulkhead;
    choice<rate_limiter_options> rate_limiter;
    choice<hedge_options> hedge;
    choice<concurrency_limit_options> adaptive_limit;
    choice<client_throttle_options> throttle;
    choice<response_cache_options> cache;
    choice<coalescing_options> coalescing;
    choice<balancer_spec> balancer; ///< never off
    choice<outlier_detector_options> outlier_detection;
    choice<health_check_spec> health_check;
    choice<protocol_spec> protocol; ///< absent or off: messages alone, of the sizes that are said

    /// What `over` says goes before; the rest stays.
    void lay(const policies_spec& over);
};

struct step_spec;
using steps_spec = std::vector<step_spec>;

enum class on_error : std::uint8_t {
    fail,   ///< the failure becomes the failure of the request
    ignore, ///< the request goes on; the answer counts as degraded
};

struct call_step {
    endpoint_ref to;
    policies_spec policies;
    on_error error = on_error::fail;
    on_give_up give_up = on_give_up::runs_on;
    bool deadline_travels = false;
    bool publishes = false; ///< to a queue or a topic; who calls waits until it is accepted
    bool waits = true;      ///< else the request goes on at once, whatever becomes of the call
    bool idempotent = true; ///< non-idempotent calls are retried only when certainly not processed
    std::optional<std::uint64_t> request_size, response_size; ///< override the endpoint's
    std::optional<int> priority;                              ///< else the caller's own
    std::optional<sim::key_distribution> key;  ///< what each call asks for; else the caller's own
    std::optional<sim::key_distribution> user; ///< for whom; else the caller's own
    std::vector<std::string> reads;            ///< fields of the answer; none: it does not say
    request_head head;                         ///< for a gateway's routes
    std::optional<token_spec> token;           ///< a workload's; else the token of who calls
    bool introspects = false; ///< asks whether the request's token is good, under the token's key
    location where;
};

/// Own CPU work, done by a worker.
struct work_step {
    sim::distribution amount;
};

/// Waits without a worker's CPU (a timer, a disk): a `holds` service keeps its worker.
struct sleep_step {
    sim::distribution time;
};

/// All branches at once; goes on when `need` of them succeeded, fails when that is impossible.
/// The branches that are not needed any more are cancelled as each of their calls says.
struct parallel_step {
    std::vector<steps_spec> branches;
    int need = 0;  ///< k of n; 0: all
    int times = 1; ///< each branch so often, all at once, by the same call sites
};

struct repeat_step {
    int times = 1;
    steps_spec body;
};

struct probability_step {
    double share = 1;
    steps_spec body, otherwise;
};

/// Reads a record of the own service; its version goes back with the answer. Takes no time: what it
/// costs are steps beside it.
struct read_record_step {
    std::string record;
};

/// Writes a record of the own service, which gives it another version.
struct write_record_step {
    std::string record;
    bool if_unchanged = false;    ///< only while it has the version that the request brought
    std::uint16_t conflict = 412; ///< the status of the error where it has another one
};

/// Sends a copy of a share of the requests elsewhere, and waits for nothing.
struct mirror_step {
    mirror_options options;
    call_step copy;
};

struct step_spec {
    std::variant<call_step, work_step, sleep_step, parallel_step, repeat_step, probability_step,
                 read_record_step, write_record_step, authenticate_step, limit_step, forward_step,
                 mirror_step>
        what;
    location where;
};

/// What the answers of an endpoint have in one version of its service.
struct api_version {
    std::string name;
    std::vector<std::string> fields;
};

/// What an endpoint answers with: a query that was registered. Its resolvers' calls are steps.
struct query_spec {
    std::string text;
    std::string operation; ///< its name; empty: it has none
    double cost = 0;       ///< by the schema's weights
    double values = 0;     ///< in the answer
    int depth = 0;         ///< of fields
};

struct endpoint_spec {
    std::string name;
    std::optional<sim::distribution> work; ///< done first, before the steps
    steps_spec steps;
    std::uint64_t request_size = 0, response_size = 0;
    double error_share = 0;            ///< answers an error, after its work and before its steps
    std::vector<api_version> versions; ///< none: its answers are the same in all
    std::optional<destination_spec> destination; ///< of a broker: what this one stands for
    std::optional<consume_spec> consumes;        ///< where its requests come from
    std::optional<query_spec> query; ///< what its steps and its response_size were made of
    bool is_route = false;           ///< of its service's gateway: requests are matched to it
    std::optional<std::uint64_t> route_response_size; ///< of a route that changes its answers
    location where;
};

/// What a worker does while its request waits for another service.
enum class waiting : std::uint8_t {
    releases, ///< event-driven (Go, Node, async gRPC): the worker is free
    holds,    ///< a thread a request (servlet, sync Python): the worker is taken
};

/// What becomes of the trace context of a request in the calls that are made for it.
enum class context_use : std::uint8_t {
    carry,      ///< it travels on, as W3C's `traceparent`
    x_trace_id, ///< the trace alone: the calls hang in the air
    drop,       ///< nothing: each call begins a trace of its own
};

struct queue_spec {
    sim::queue_discipline discipline = sim::queue_discipline::fifo;
    std::optional<std::uint64_t> capacity;     ///< waiting requests; absent: unbounded
    std::optional<sim::distribution> patience; ///< a waiting request leaves after this
};

/// The first request after an idle time finds no instance and waits for one to start.
struct cold_start_spec {
    duration after_idle{};
    sim::distribution takes;
};

struct graphql_schema; // topologies/src/graphql_schema.hpp

struct service_spec {
    std::string name;
    std::string in; ///< a module of the process of that service; empty: it has its own
    int replicas = 1;
    std::vector<int> weights;       ///< of the replicas, in turn; none: 1
    std::vector<std::string> runs;  ///< versions, of the replicas in turn; none: the first named
    std::vector<std::string> zones; ///< the same; none: in no zone
    std::vector<std::string> nodes; ///< machines; the same; none: on one of no name
    int workers = 1;                ///< of each replica; with processor sharing its cores
    windtunnel::topology::waiting waiting = windtunnel::topology::waiting::releases;
    std::optional<std::uint64_t> max_in_flight; ///< of each replica; more are refused
    queue_spec queue;
    std::optional<admission_spec> admission;
    std::optional<cold_start_spec> cold_start;
    std::optional<cpu_spec> cpu; ///< of each replica
    std::optional<garbage_collection_spec> garbage_collection;
    std::optional<gateway_spec> gateway; ///< what its routes match; they are among its endpoints
    std::vector<std::string> records;    ///< that it keeps, of each key that requests ask for
    context_use trace_context = context_use::carry;
    std::shared_ptr<const graphql_schema> graphql; ///< none: it has no endpoints with a query
    std::vector<endpoint_spec> endpoints;          ///< in the file's order
    location where;

    /// The names of all versions, in the order in which endpoints name them.
    std::vector<std::string> versions() const;
};

/// Both directions between two services; a workload counts as a service by its name.
struct link_spec {
    std::string from, to; ///< "*" is any
    std::optional<sim::distribution> latency;
    std::optional<double> bandwidth; ///< bytes a second, of each message alone
    double loss = 0;                 ///< share of messages lost: the caller hears nothing
    location where;
};

struct network_spec {
    link_spec standard{"*", "*", {}, {}, 0, {}};
    std::vector<link_spec> links; ///< the last one that matches wins
};

/// A SimGrid platform: hosts, links and routes inline, or a platform file of SimGrid's own.
struct platform_spec {
    struct host {
        std::string name;
        double flops = 1e9;
    };
    struct link {
        std::string name;
        double bandwidth = 0;
        duration latency{};
    };
    struct route {
        std::string from, to;
        std::vector<std::string> links;
    };
    std::string file; ///< a SimGrid XML, resolved against the topology's folder; else inline
    std::vector<host> hosts;
    std::vector<link> links;
    std::vector<route> routes;  ///< used in both directions
    std::string model = "LV08"; ///< or "CM02"
    bool cross_traffic = true;
    std::uint64_t flow_threshold = 65536; ///< larger messages share links as flows
    std::map<std::string, std::vector<std::string>> placement; ///< service or workload -> hosts
    location where;
};

struct topology_spec {
    std::string name, description;
    std::vector<service_spec> services; ///< in the file's order
    network_spec network;
    std::optional<platform_spec> platform;
    std::optional<discovery_spec> discovery;
    location where;

    const service_spec* find(std::string_view service) const;
    const endpoint_spec* find(const endpoint_ref& endpoint) const;
};

} // namespace windtunnel::topology
