// SPDX-License-Identifier: BSL-1.0
#include "patterns/discovery/load_balancer_options.hpp"

#include <algorithm>
#include <array>

#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace {

constexpr std::array<std::string_view, 8> policy_names = {
    "round_robin",          "random",    "least_request", "power_of_two",
    "weighted_round_robin", "peak_ewma", "ring_hash",     "maglev"};
constexpr std::array<std::string_view, 3> source_names = {"live", "refreshed", "reported"};

constexpr duration zero{};
constexpr int largest_ring = 8'388'608;
constexpr int largest_table = 5'000'011;

bool is_prime(int n) {
    if (n < 2)
        return false;
    for (int i = 2; i <= n / i; ++i)
        if (n % i == 0)
            return false;
    return true;
}

void check_loads(const option_check& check, const load_balancer_options& o) {
    check(o.choices >= 1 && o.choices <= 10, "choices", o.choices, "be from 1 to 10");
    if (o.load == load_source::refreshed)
        check(o.load_refresh > zero, "load_refresh", o.load_refresh,
              "be above 0 where the load is refreshed");
    else
        check(o.load_refresh == zero, "load_refresh", o.load_refresh,
              "be 0s where the load is not refreshed");
    check(o.decay > zero, "decay", o.decay, "be above 0");
    check(o.default_rtt > zero, "default_rtt", o.default_rtt, "be above 0");
    check(o.failure_penalty >= zero, "failure_penalty", o.failure_penalty, "not be negative");
}

void check_hashing(const option_check& check, const load_balancer_options& o) {
    check(o.ring_max_size >= 1 && o.ring_max_size <= largest_ring, "ring_max_size", o.ring_max_size,
          "be from 1 to 8388608");
    check(o.ring_min_size >= 1 && o.ring_min_size <= o.ring_max_size, "ring_min_size",
          o.ring_min_size, "be from 1 to ring_max_size");
    check(o.ring_points >= 1 && o.ring_points <= 65'536, "ring_points", o.ring_points,
          "be from 1 to 65536");
    check(o.maglev_table_size <= largest_table && is_prime(o.maglev_table_size),
          "maglev_table_size", o.maglev_table_size, "be a prime and at most 5000011");
    check(o.hash_balance_factor == 0 ||
              (o.hash_balance_factor >= 100 && o.hash_balance_factor <= 10'000),
          "hash_balance_factor", o.hash_balance_factor, "be 0 (off) or from 100 to 10000");
}

} // namespace

std::string_view to_string(balancer_policy policy) {
    return policy_names.at(static_cast<std::size_t>(policy));
}

std::optional<balancer_policy> balancer_policy_from(std::string_view name) {
    const auto found = std::find(policy_names.begin(), policy_names.end(), name);
    if (found == policy_names.end())
        return {};
    return static_cast<balancer_policy>(found - policy_names.begin());
}

std::string_view to_string(load_source source) {
    return source_names.at(static_cast<std::size_t>(source));
}

void load_balancer_options::validate() const {
    constexpr option_check check{"load_balancer"};
    check_loads(check, *this);
    check_hashing(check, *this);
    check(zone >= no_zone && zone < max_balancer_zones, "zone", zone,
          "be from 0 to 1023, or -1 for none");
    check(min_cluster_size >= 1, "min_cluster_size", min_cluster_size, "be at least 1");
    check(zone_routing >= 0 && zone_routing <= 1, "zone_routing", zone_routing, "be from 0 to 1");
    check(overprovisioning_factor == 0 ||
              (overprovisioning_factor >= 1 && overprovisioning_factor <= 100),
          "overprovisioning_factor", overprovisioning_factor, "be 0 (off) or from 1 to 100");
    check(overprovisioning_factor == 0 || zone == no_zone, "overprovisioning_factor",
          overprovisioning_factor, "be 0 where a zone is given: it is priorities or zones");
    check(panic_threshold >= 0 && panic_threshold <= 100, "panic_threshold", panic_threshold,
          "be from 0 to 100");
    check(slow_start_window >= zero, "slow_start_window", slow_start_window, "not be negative");
    check(slow_start_aggression > 0 && slow_start_aggression <= 100, "slow_start_aggression",
          slow_start_aggression, "be above 0 and at most 100");
    check(slow_start_min_weight_percent >= 0 && slow_start_min_weight_percent <= 100,
          "slow_start_min_weight_percent", slow_start_min_weight_percent, "be from 0 to 100");
}

} // namespace windtunnel
