// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/platform_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>

#include "scenarios/src/forked.hpp"
#include "scenarios/src/run.hpp"
#include "sim-core/engine/simulation.hpp"
#include "sim-core/physics/simgrid/isolated.hpp"
#include "sim-core/physics/simgrid/simgrid_network.hpp"
#include "topologies/src/diagnostic.hpp"
#include "topologies/src/system/platform.hpp"

namespace windtunnel::scenario {

namespace {

/// The processes of one name, of which each host needs to be asked once.
struct processes {
    sim::node_id first = 0;
    std::uint32_t hosts = 0; ///< that its first so many processes are on
};

class placed_processes {
  public:
    explicit placed_processes(const scenario_spec& spec)
        : spec_(*spec.topology.platform), platform_(world_, spec_) {
        for (const auto& service : spec.topology.services)
            place(service.name, static_cast<std::uint32_t>(service.replicas));
        for (const workload_spec& workload : spec.workloads)
            place(workload.name, 1);
    }

    void check_way(const std::string& caller, const std::string& callee) {
        const processes &a = all_.at(caller), &b = all_.at(callee);
        try {
            for (sim::node_id from = a.first; from < a.first + a.hosts; ++from)
                for (sim::node_id to = b.first; to < b.first + b.hosts; ++to) {
                    platform_.network().alone(from, to, 0);
                    platform_.network().alone(to, from, 0);
                }
        } catch (const std::invalid_argument& error) {
            throw topology::input_error(topology::diagnostic{
                spec_.where,
                fmt::format("{} calls {}, but on the {}; add it to the routes, or place them "
                            "elsewhere",
                            topology::in_quotes(caller), topology::in_quotes(callee), error.what()),
                {}});
        }
    }

  private:
    void place(const std::string& name, std::uint32_t count) {
        processes& made = all_[name];
        made.first = next_;
        for (std::uint32_t i = 0; i < count; ++i)
            platform_.place(name, i, next_++);
        const auto hosts = spec_.placement.at(name).size(); // place() has refused what has none
        made.hosts = static_cast<std::uint32_t>(std::min<std::size_t>(count, hosts));
    }

    const topology::platform_spec& spec_;
    sim::simulation world_;
    topology::placed_platform platform_;
    std::map<std::string, processes> all_;
    sim::node_id next_ = 0;
};

void build(const scenario_spec& spec) {
    const scenario_run run(spec, spec.seed);
    if (!spec.topology.platform)
        return;
    placed_processes placed(spec);
    for (const auto& edge : run.system().edges())
        placed.check_way(edge->caller, edge->to->service->spec->name);
}

[[noreturn]] void refuse(const topology::platform_spec& platform, const std::exception& error) {
    throw topology::input_error(topology::diagnostic{
        platform.where, fmt::format("SimGrid cannot use the platform: {}", error.what()), {}});
}

} // namespace

void check_buildable(const scenario_spec& spec) {
    if (!spec.topology.platform)
        return build(spec);
    try {
        run_forked(
            [&](shared_state&) {
                build(spec);
                return std::string();
            },
            [](shared_state&) {});
    } catch (const sim::isolated_error& error) {
        refuse(*spec.topology.platform, error);
    } catch (const sim::isolated_crash& error) {
        refuse(*spec.topology.platform, error);
    }
}

} // namespace windtunnel::scenario
