// SPDX-License-Identifier: BSL-1.0
// Balancers to test, and what they pick.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "patterns/discovery/load_balancer.hpp"

namespace windtunnel::balancer_test {

using host = load_balancer::host;
using hosts = std::vector<balancer_host>;

inline constexpr balancer_policy hash_policies[] = {balancer_policy::ring_hash,
                                                    balancer_policy::maglev};
inline constexpr balancer_policy all_policies[] = {balancer_policy::round_robin,
                                                   balancer_policy::random,
                                                   balancer_policy::least_request,
                                                   balancer_policy::power_of_two,
                                                   balancer_policy::weighted_round_robin,
                                                   balancer_policy::peak_ewma,
                                                   balancer_policy::ring_hash,
                                                   balancer_policy::maglev};

inline time_point at(duration d) {
    return time_point{d};
}

inline load_balancer made(const load_balancer_options& options, const hosts& some,
                          std::uint64_t seed = 1) {
    return {options, some, random_stream(seed, "balancer")};
}
inline load_balancer made(const load_balancer_options& options, std::size_t some,
                          std::uint64_t seed = 1) {
    return {options, some, random_stream(seed, "balancer")};
}

inline std::vector<int> picks(load_balancer& b, int times, const balancer_request& request = {}) {
    std::vector<int> counts(b.hosts());
    for (int i = 0; i < times; ++i)
        ++counts.at(b.pick(request).value());
    return counts;
}

/// A request that begins and ends now.
inline void answer(load_balancer& b, host h, time_point now, duration latency,
                   verdict result = verdict::success) {
    b.on_start(h, now);
    b.on_end(h, now, latency, result);
}

} // namespace windtunnel::balancer_test
