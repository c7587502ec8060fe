// SPDX-License-Identifier: BSL-1.0
// What a gateway did with the requests that came to it. The gateway counts, each request once among
// forwarded, answered from the cache, and the refusals. Invariant: requests = forwarded + cached +
// refused().
#pragma once

#include <cstdint>
#include <vector>

namespace windtunnel {

struct route_traffic {
    std::uint64_t requests = 0;
    std::uint64_t failures = 0;           ///< answers from 500
    std::vector<std::uint64_t> to_target; ///< by the index of the route's target
};

struct gateway_metrics {
    std::uint64_t requests = 0;
    std::uint64_t forwarded = 0;
    std::uint64_t cached = 0;             ///< answered without the backend
    std::uint64_t no_route = 0;           ///< 404
    std::uint64_t method_not_allowed = 0; ///< 405
    std::uint64_t unauthenticated = 0;    ///< 401
    std::uint64_t forbidden = 0;          ///< 403
    std::uint64_t too_large = 0;          ///< 413 and 431
    std::uint64_t rate_limited = 0;       ///< 429
    std::uint64_t refused_otherwise = 0;  ///< too late, no room
    // Besides, of the same requests:
    std::uint64_t mirrored = 0;
    std::uint64_t degraded = 0;        ///< partial answers
    std::vector<route_traffic> routes; ///< by the index of the route

    std::uint64_t refused() const {
        return no_route + method_not_allowed + unauthenticated + forbidden + too_large +
               rate_limited + refused_otherwise;
    }
    /// A request that found its route and target.
    void count_route(std::uint32_t route, std::uint32_t target) {
        if (routes.size() <= route)
            routes.resize(route + 1);
        auto& traffic = routes[route];
        if (traffic.to_target.size() <= target)
            traffic.to_target.resize(target + 1);
        ++traffic.requests;
        ++traffic.to_target[target];
    }
};

} // namespace windtunnel
