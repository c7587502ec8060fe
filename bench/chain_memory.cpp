// SPDX-License-Identifier: BSL-1.0
#include <malloc.h>

#include "bench/benchmark.hpp"
#include "bench/chain.hpp"
#include "scenarios/src/run.hpp"

namespace windtunnel::bench {

namespace {

std::size_t heap_in_use() {
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

} // namespace

/// 200,000 requests wait at the end of the chain, so each is in flight at five hops.
std::vector<measurement> chain_memory() {
    constexpr std::uint64_t in_flight = 200'000;
    constexpr double hops = 5, limit = 2048;
    auto spec = chain_scenario(in_flight, true);
    // Everybody arrives at once, nobody works before the last service, nothing times out.
    spec.workloads[0].arrivals = scenario::constant_arrivals{1e9};
    for (auto& service : spec.topology.services)
        service.endpoints[0].work.reset();
    spec.topology.services.back().endpoints[0].work =
        sim::distribution::constant(std::chrono::hours{1});
    for (auto& overlay : spec.policies) {
        overlay.policies.timeout = std::chrono::hours{10};
        overlay.policies.total_timeout = std::chrono::hours{20};
        overlay.policies.bulkhead->max_concurrent = 2 * static_cast<int>(in_flight);
    }
    const std::size_t before = heap_in_use();
    scenario::scenario_run run(spec, spec.seed);
    run.advance_to(std::chrono::seconds{1});
    const double each = static_cast<double>(heap_in_use() - before) /
                        (static_cast<double>(run.system().in_flight()));
    return {{"chain-memory", each, "bytes/request at a hop", each / limit},
            {"chain-memory.in_flight", static_cast<double>(run.system().in_flight()) / hops,
             "requests", 1}};
}

} // namespace windtunnel::bench
