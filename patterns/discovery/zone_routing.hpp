// SPDX-License-Identifier: BSL-1.0
// Which zone gets a request, so that as much as can be stays in its zone and yet every host gets
// the same load (Envoy's zone-aware routing). With c[z] the share of the callers in zone z and h[z]
// the share of the available hosts:
//   h[own] >= c[own]: all stays;
//   else h[own] / c[own] of it stays, and the rest goes to the other zones in proportion to what
//   they have to spare, h[z] - c[z] where that is above 0.
// In whole numbers: exact, and one draw or two where not all stays, else none.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "patterns/base/random_stream.hpp"
#include "patterns/discovery/host_set.hpp"

namespace windtunnel {

struct zone_load {
    std::uint32_t callers = 0;   ///< clients like this one that are in the zone
    std::uint32_t available = 0; ///< hosts in the zone that may be taken
};

/// By zone; `own` is one of them and has an available host. The callers add up to at most 2^32 - 1.
std::uint32_t route_by_zone(std::span<const zone_load> zones, std::uint32_t own,
                            random_stream& random);

/// The hosts of a balancer by zone.
class zone_router {
  public:
    using host = host_set::host;
    explicit zone_router(int own) : own_(static_cast<std::uint32_t>(own)) { open(own_); }

    /// The next host of the balancer, available.
    void append(int zone);
    void set_available(host h, bool wanted);
    /// Until it is called: 1 in the own zone and in each zone with hosts.
    void set_callers(std::span<const std::uint32_t> by_zone);
    void start_turn(host first);

    /// The hosts of the zone that gets the next request; null where the own zone has none available
    /// and so zones do not count.
    host_set* route(random_stream& random);

  private:
    void open(std::uint32_t zone);

    std::uint32_t own_;
    bool told_ = false;                  ///< who the callers are
    std::vector<std::uint32_t> zone_of_; ///< by host
    std::vector<host_set> hosts_;        ///< by zone
    std::vector<zone_load> loads_;       ///< by zone
};

} // namespace windtunnel
