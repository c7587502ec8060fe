// SPDX-License-Identifier: BSL-1.0
// What a load balancer can be told: the policy and its parameters. Every option belongs to one or
// a few policies and does nothing for the others. Defaults follow Envoy unless noted.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "patterns/base/time.hpp"

namespace windtunnel {

enum class balancer_policy : std::uint8_t {
    round_robin,          ///< in turn, from a random host on (so that clients do not march in step)
    random,               ///< each host alike
    least_request,        ///< the least loaded of all, ties at random; looks at every host
    power_of_two,         ///< the less loaded of `choices` distinct hosts
    weighted_round_robin, ///< in turn, in proportion to the weights, spread out; looks at every
                          ///< host
    peak_ewma,            ///< of `choices` hosts the one with the lowest expected latency
    ring_hash,            ///< the owner of the request's hash on a ring; the same for the same hash
    maglev,               ///< the same from a table: more even, one look, costlier to change
};

/// The name in files and messages: "power_of_two".
std::string_view to_string(balancer_policy policy);
std::optional<balancer_policy> balancer_policy_from(std::string_view name);

/// Which load of a host least_request, power_of_two and peak_ewma look at.
enum class load_source : std::uint8_t {
    live,      ///< this client's requests in flight, now
    refreshed, ///< the same as it was at the last refresh, every `load_refresh`
    reported,  ///< what `report_load` said last, 0 before: a queue length, a utilisation in %
};
std::string_view to_string(load_source source);

/// Fixed for the life of a balancer.
struct load_balancer_options {
    balancer_policy policy = balancer_policy::power_of_two;

    /// power_of_two, peak_ewma: distinct hosts compared, 1 to 10; all where there are fewer.
    int choices = 2;
    load_source load = load_source::live;
    duration load_refresh{}; ///< above 0 where the load is `refreshed`, else 0

    /// peak_ewma: time constant in which what was seen counts 1/e. Finagle, linkerd, Envoy: 10 s.
    duration decay = std::chrono::seconds{10};
    /// peak_ewma: what a host without history is thought to take when it arrives; it decays. Envoy.
    duration default_rtt = std::chrono::milliseconds{10};
    /// peak_ewma: what a failure counts at least, lest a host that fails fast looks best, and what
    /// a host without history is thought to take once it has a request under way. linkerd: 5 s.
    duration failure_penalty = std::chrono::seconds{5};

    int ring_min_size = 1024;      ///< ring_hash: entries at least, 1 to ring_max_size. Envoy
    int ring_max_size = 8'388'608; ///< ring_hash: entries at most, to 8388608. Envoy
    /// ring_hash: entries for each unit of weight, while the two above allow it; with a number that
    /// does not depend on how many hosts there are a new host takes only what it owns. 1 to 65536.
    int ring_points = 128;
    /// maglev: entries, a prime to 5000011, over 100 times the hosts for an even table. Envoy.
    int maglev_table_size = 65'537;
    /// ring_hash, maglev: no host gets more than this per cent of its share of the requests in
    /// flight (rounded up); the next one gets the request. From 100 to 10000; 0 turns it off. Envoy
    int hash_balance_factor = 0;

    /// The own zone; none turns zone-aware routing off. Zones are small numbers from 0.
    static constexpr int no_zone = -1;
    int zone = no_zone;        ///< to 1023
    int min_cluster_size = 6;  ///< with fewer hosts zones do not count. Envoy
    double zone_routing = 1.0; ///< share of the requests for which zones count, 0 to 1. Envoy

    /// Whether the priorities of hosts count, and how much of a level may be ill before the next
    /// one gets some of its traffic: 1 / factor of it is enough (priority_levels.hpp). 0: they do
    /// not count, else from 1 to 100; not together with a zone. Envoy: 1.4
    double overprovisioning_factor = 0;
    /// Where they count: with fewer hosts well than this, per cent, all of a level are used, unless
    /// others make up for them. 0 turns it off. Envoy: 50
    double panic_threshold = 0;

    /// All but the hashing policies: how long a host that was added or came back is spared; 0 turns
    /// it off. Envoy.
    duration slow_start_window{};
    /// The share of a spared host is (time in window / window)^(1 / aggression). Above 0 to 100.
    double slow_start_aggression = 1.0;
    double slow_start_min_weight_percent = 10; ///< and never less than this, 0 to 100. Envoy

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;

    friend bool operator==(const load_balancer_options&, const load_balancer_options&) = default;
};
static_assert(std::is_aggregate_v<load_balancer_options> &&
              std::is_trivially_copyable_v<load_balancer_options>);

/// A host as a balancer is told of it.
struct balancer_host {
    /// What hashing knows it by: give every client the same, from the address (`stable_hash`), or
    /// they disagree who owns a key. None: its index.
    std::optional<std::uint64_t> key{};
    std::uint32_t weight = 1; ///< 1 to 1000000; small, for ring_hash (see ring_points)
    int zone = 0;             ///< 0 to 1023
    int priority = 0;         ///< 0 to 127; the lower is the first
    friend bool operator==(const balancer_host&, const balancer_host&) = default;
};
inline constexpr std::uint32_t max_balancer_weight = 1'000'000;
inline constexpr int max_balancer_zones = 1024;
inline constexpr int max_balancer_priorities = 128;

} // namespace windtunnel
