// SPDX-License-Identifier: BSL-1.0
// Faults as plain data: what goes wrong, where, when, and how likely. Durations are nanoseconds,
// rates are per second, sizes are bytes, shares are 0 to 1. The kinds are in the order of the table
// of faults (fault_kinds.hpp).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "patterns/base/time.hpp"
#include "patterns/resilience/rate_limiter_schedule.hpp"
#include "sim-core/engine/distribution.hpp"
#include "sim-core/physics/disturbance.hpp"
#include "topologies/src/location.hpp"

namespace windtunnel::scenario {

/// A service, one of its instances, those of a version, of a zone or on a node, an endpoint, an
/// edge, or a workload. Of an edge "*" for the caller is any.
struct fault_target {
    std::string service{};         ///< or workload; empty: of a zone or node those of all services
    std::optional<int> instance{}; ///< "payment#0"
    std::string endpoint{};        ///< "payment.POST /charge"; empty: all
    std::string caller{};          ///< "checkout->payment"; empty: whoever calls
    std::string version{};         ///< "payment@v2"
    std::string zone{};            ///< "zone:eu", "payment@zone:eu"
    std::string node{};            ///< "node:rack-1", "payment@node:rack-1"
};

/// How many of the instances that a target names, drawn whenever the fault begins.
struct fault_pick {
    enum class how : std::uint8_t {
        all,
        count, ///< `number` of them, or all where there are fewer
        share, ///< `number` of all, rounded, at least one
    } what = how::all;
    double number = 1;
};

// ---- requests -----------------------------------------------------------------------------------

/// Adds to each request's way to the target.
struct latency_fault {
    sim::distribution add;
    double share = 1;
    duration jitter{};
    double correlation = 0;
};
/// Answers an error in place of the target, without its work.
struct error_fault {
    double share = 1;
    std::uint16_t status = 500;
};
/// The target lets so many requests through, and answers 429 to the others.
struct quota_fault {
    rate_limiter_options limit{};
};
/// Requests arrive twice.
struct duplicate_fault {
    double share = 1;
};
/// Requests or answers arrive with wrong bytes.
struct corrupt_fault {
    double share = 1;
    sim::direction direction = sim::direction::both;
};
/// Some messages make whoever consumes them fail, as often as they are delivered.
struct poison_fault {
    double share = 1;
};

// ---- messages -----------------------------------------------------------------------------------

struct loss_fault {
    double share = 1, burst = 1;
    sim::direction direction = sim::direction::both;
};
struct reorder_fault {
    double share = 1;
    sim::distribution by;
    sim::direction direction = sim::direction::both;
};
struct bandwidth_fault {
    double limit = 0, buffer = 0;
    sim::direction direction = sim::direction::both;
};
/// Nothing comes through between the target and `from`.
struct partition_fault {
    std::optional<fault_target> from; ///< absent: everybody else
    sim::direction direction = sim::direction::both;
};
struct blackhole_fault {};
struct refuse_fault {};

// ---- connections --------------------------------------------------------------------------------

struct reset_fault {
    double share = 1;
};
struct slow_close_fault {
    duration delay{};
};
struct connection_leak_fault {
    double share = 1;
};
struct dns_fault {
    bool stale = false; ///< else names are not resolved
};
struct certificate_fault {};

// ---- processes ----------------------------------------------------------------------------------

/// Nothing proceeds, nothing is lost: queue and work are kept, new requests queue up.
struct pause_fault {};
/// Queue and work are lost with broken connections, new requests are refused; back when it ends.
struct crash_fault {};
/// Crashes again and again, and is started again after a growing time.
struct crash_loop_fault {
    sim::distribution up;
    duration back_off = std::chrono::seconds{10}, most = std::chrono::minutes{5}; ///< Kubernetes
};
/// Work takes `factor` times as long.
struct slow_fault {
    double factor = 1;
};
/// The wall clock is ahead by so much; below zero: behind.
struct clock_fault {
    duration ahead{};
};
struct disk_slow_fault {
    double factor = 1;
};
struct disk_full_fault {};
struct cache_flush_fault {};
struct deploy_fault {
    std::string version;
};

// ---- brokers and the registry -------------------------------------------------------------------

struct leader_change_fault {};
struct rewind_fault {
    duration to{}; ///< from the beginning of the run
};
/// The registry of the topology's discovery is down; `forgets`: it comes back without a lease.
struct registry_outage_fault {
    bool forgets = false;
};

// ---- workloads ----------------------------------------------------------------------------------

struct load_fault {
    double factor = 1;
};
struct hot_key_fault {
    std::uint64_t key = 1;
    double share = 1;
};

using fault_kind =
    std::variant<latency_fault, error_fault, quota_fault, duplicate_fault, corrupt_fault,
                 poison_fault, loss_fault, reorder_fault, bandwidth_fault, partition_fault,
                 blackhole_fault, refuse_fault, reset_fault, slow_close_fault,
                 connection_leak_fault, dns_fault, certificate_fault, pause_fault, crash_fault,
                 crash_loop_fault, slow_fault, clock_fault, cache_flush_fault, deploy_fault,
                 disk_slow_fault, disk_full_fault, leader_change_fault, rewind_fault,
                 registry_outage_fault, load_fault, hot_key_fault>;

struct fault_spec {
    std::string name;
    fault_target on;
    fault_pick pick;
    fault_kind what;
    duration at{};                  ///< from the beginning of the run (warm-up included)
    std::optional<duration> length; ///< absent: to the end
    duration ramp{};                ///< it grows for so long from nothing to all
    std::string after;              ///< the fault whose end `at` was counted from; empty: none
    /// With `every` the fault begins again and again: off for a draw of `every`, on for a draw of
    /// `lasts`, from `at` on until `length` is over.
    std::optional<sim::distribution> every, lasts;
    topology::location where;

    /// When it is over for good, in a run that ends at `end`, which is after `at`.
    duration last_end(duration end) const {
        return length && *length < end - at ? at + *length : end;
    }
};

} // namespace windtunnel::scenario
