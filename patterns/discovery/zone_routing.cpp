// SPDX-License-Identifier: BSL-1.0
#include "patterns/discovery/zone_routing.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "patterns/base/assert.hpp"

namespace windtunnel {

namespace {

struct totals {
    std::uint64_t callers = 0, available = 0;

    explicit totals(std::span<const zone_load> zones) {
        for (const zone_load& z : zones) {
            callers += z.callers;
            available += z.available;
        }
    }
    /// h[z] and c[z], both times callers * available.
    std::uint64_t capacity(const zone_load& z) const { return z.available * callers; }
    std::uint64_t demand(const zone_load& z) const { return z.callers * available; }
    std::uint64_t spare(const zone_load& z) const {
        return capacity(z) > demand(z) ? capacity(z) - demand(z) : 0;
    }
};

/// What the own zone lacks others have to spare, as both shares add up to 1.
std::uint32_t spill(std::span<const zone_load> zones, const totals& all, random_stream& random) {
    std::uint64_t sum = 0;
    for (const zone_load& z : zones)
        sum += all.spare(z);
    WINDTUNNEL_ASSERT(sum > 0);
    std::uint64_t skip = random.below(sum);
    std::uint32_t z = 0;
    for (; skip >= all.spare(zones[z]); ++z)
        skip -= all.spare(zones[z]);
    return z;
}

} // namespace

std::uint32_t route_by_zone(std::span<const zone_load> zones, std::uint32_t own,
                            random_stream& random) {
    const totals all(zones);
    const zone_load& here = zones[own];
    if (all.capacity(here) >= all.demand(here) ||
        random.below(all.demand(here)) < all.capacity(here))
        return own;
    return spill(zones, all, random);
}

/// Each zone's set knows every host, as a member or not.
void zone_router::open(std::uint32_t zone) {
    while (hosts_.size() <= zone) {
        host_set& added = hosts_.emplace_back();
        for (std::size_t h = 0; h < zone_of_.size(); ++h)
            added.append(false);
        loads_.emplace_back();
    }
    if (!told_)
        loads_[zone].callers = 1;
}

void zone_router::append(int zone) {
    const auto z = static_cast<std::uint32_t>(zone);
    open(z);
    zone_of_.push_back(z);
    for (std::uint32_t i = 0; i < hosts_.size(); ++i)
        hosts_[i].append(i == z);
    ++loads_[z].available;
}

void zone_router::set_available(host h, bool wanted) {
    const std::uint32_t z = zone_of_[h];
    hosts_[z].set_available(h, wanted);
    loads_[z].available = hosts_[z].available();
}

void zone_router::set_callers(std::span<const std::uint32_t> by_zone) {
    const auto sum = std::accumulate(by_zone.begin(), by_zone.end(), std::uint64_t{0});
    WINDTUNNEL_ASSERT(sum <= std::numeric_limits<std::uint32_t>::max());
    told_ = true;
    if (!by_zone.empty())
        open(static_cast<std::uint32_t>(by_zone.size() - 1));
    for (std::uint32_t z = 0; z < loads_.size(); ++z)
        loads_[z].callers = z < by_zone.size() ? by_zone[z] : 0;
}

void zone_router::start_turn(host first) {
    for (host_set& zone : hosts_)
        zone.start_turn(first);
}

host_set* zone_router::route(random_stream& random) {
    if (loads_[own_].available == 0)
        return nullptr;
    return &hosts_[route_by_zone(loads_, own_, random)];
}

} // namespace windtunnel
