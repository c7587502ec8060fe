// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/module_checks.hpp"

#include <fmt/format.h>

#include <vector>

#include "topologies/src/suggest.hpp"

namespace windtunnel::topology {

namespace {

/// What is the process's, and not the module's to say.
void check_own(const service_spec& module, const service_spec& process, error_collector& errors) {
    const service_spec nothing;
    const auto complain = [&](const char* what) {
        errors.add({module.where,
                    fmt::format("{} is a module of {}, whose {} it shares: leave \"{}\" out, or "
                                "say it of {}",
                                module.name, process.name, what, what, process.name),
                    {}});
    };
    if (module.replicas != nothing.replicas && module.replicas != process.replicas)
        complain("replicas");
    if (module.workers != nothing.workers)
        complain("workers");
    if (module.queue.capacity || module.queue.patience ||
        module.queue.discipline != nothing.queue.discipline)
        complain("queue");
    if (module.admission)
        complain("admission");
    if (module.cold_start)
        complain("cold_start");
    if (module.cpu)
        complain("cpu");
    if (module.garbage_collection)
        complain("garbage_collection");
    if (!module.zones.empty())
        complain("zones");
    if (!module.nodes.empty())
        complain("nodes");
}

void check_waiting(const service_spec& module, const service_spec& process,
                   error_collector& errors) {
    if (process.waiting == waiting::holds || module.waiting == waiting::holds)
        errors.add({module.where,
                    fmt::format("{} is a module of {}: a request that holds a worker would need "
                                "another one for the module; let both release theirs",
                                module.name, process.name),
                    {}});
}

} // namespace

void join_modules(topology_spec& topology, error_collector& errors) {
    std::vector<std::string> names;
    for (const service_spec& service : topology.services)
        if (service.in.empty())
            names.push_back(service.name);
    for (service_spec& module : topology.services) {
        if (module.in.empty())
            continue;
        const service_spec* process = topology.find(module.in);
        if (process == nullptr || !process->in.empty() || process == &module) {
            errors.add({module.where,
                        fmt::format("{} is to be a module of {}, which is no service with a "
                                    "process of its own",
                                    module.name, in_quotes(module.in)),
                        nearest(module.in, names)});
            continue;
        }
        check_own(module, *process, errors);
        check_waiting(module, *process, errors);
        module.replicas = process->replicas;
        module.zones = process->zones;
        module.nodes = process->nodes;
        module.workers = process->workers;
    }
}

} // namespace windtunnel::topology
