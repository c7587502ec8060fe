// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/host_limits.hpp"

#include "topologies/src/system/policy_kinds.hpp"
#include "topologies/src/system/system_core.hpp"

namespace windtunnel::topology {

host_limits::host_limits(system_core& core, const service_spec& of, std::uint32_t number,
                         sim::worker_pool& workers)
    : spec_(of) {
    if (of.cpu)
        cpu_.emplace(core.simulation, workers,
                     sim::cpu_quota_options{.limit = of.cpu->limit,
                                            .period = of.cpu->period,
                                            .burst = of.cpu->burst,
                                            .phase = of.cpu->period * number / of.replicas});
    if (const auto& collection = of.garbage_collection)
        collection_.emplace(core.simulation, workers, collection->every, collection->takes,
                            core.environment.stream(of.name + "#" + std::to_string(number) +
                                                    "/garbage collection"));
}

std::unique_ptr<host_limits> limits_of(system_core& core, const service_spec& of,
                                       std::uint32_t number, sim::worker_pool& workers) {
    if (!of.cpu && !of.garbage_collection)
        return nullptr;
    return std::make_unique<host_limits>(core, of, number, workers);
}

std::vector<policy_reading> policy_readings(const host_limits& own) {
    std::vector<policy_reading> all;
    for (const host_limit_kind& kind : host_limit_kinds())
        if (kind.is_on(own.spec()))
            all.push_back(
                {own.spec().name, "", &kind, [&own, &kind](time_point, policy_figures& into) {
                     into.begin(kind.figures);
                     into.machine();
                     kind.read(own, into);
                 }});
    return all;
}

void read_cpu(const host_limits& of, policy_figures& out) {
    const sim::cpu_quota_totals totals = of.cpu()->totals();
    out.counter("periods", totals.periods);
    out.counter("throttled_periods", totals.throttled);
    out.level("throttled", totals.throttled_for.count());
}

void read_garbage_collection(const host_limits& of, policy_figures& out) {
    const sim::stall_totals totals = of.garbage_collection()->totals();
    out.counter("pauses", totals.stalls);
    out.level("paused", totals.stalled_for.count());
}

} // namespace windtunnel::topology
