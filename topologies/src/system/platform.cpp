// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/platform.hpp"

#include <stdexcept>

#include "topologies/src/diagnostic.hpp"

namespace windtunnel::topology {

placed_platform::placed_platform(sim::simulation& simulation, const platform_spec& spec)
    : simulation_(simulation), spec_(spec) {
    platform_.file = spec.file;
    for (const auto& h : spec.hosts)
        platform_.hosts.push_back({h.name, h.flops});
    for (const auto& l : spec.links)
        platform_.links.push_back({l.name, l.bandwidth, l.latency});
    for (const auto& r : spec.routes)
        platform_.routes.push_back({r.from, r.to, r.links});
    platform_.model = spec.model;
    platform_.cross_traffic = spec.cross_traffic;
    platform_.flow_threshold = spec.flow_threshold;
}

void placed_platform::place(const std::string& name, std::uint32_t number, sim::node_id node) {
    const auto hosts = spec_.placement.find(name);
    if (hosts == spec_.placement.end() || hosts->second.empty())
        throw input_error(diagnostic{
            spec_.where,
            in_quotes(name) + " has no place on the platform; add it to \"placement\" with the "
                              "hosts that it runs on",
            {}});
    WINDTUNNEL_ASSERT(node == platform_.placement.size());
    platform_.placement.push_back(hosts->second[number % hosts->second.size()]);
}

sim::simgrid_network& placed_platform::network() {
    if (!network_) {
        try {
            network_ = std::make_unique<sim::simgrid_network>(simulation_, platform_);
        } catch (const std::invalid_argument& e) {
            throw input_error(
                diagnostic{spec_.where, std::string("the platform: ") + e.what(), {}});
        }
    }
    return *network_;
}

} // namespace windtunnel::topology
