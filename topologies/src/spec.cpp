// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/spec.hpp"

#include <algorithm>

namespace windtunnel::topology {

void policies_spec::lay(const policies_spec& over) {
    fallback.lay(over.fallback);
    total_timeout.lay(over.total_timeout);
    timeout.lay(over.timeout);
    retry.lay(over.retry);
    retry_budget.lay(over.retry_budget);
    circuit_breaker.lay(over.circuit_breaker);
    bulkhead.lay(over.bulkhead);
    rate_limiter.lay(over.rate_limiter);
    hedge.lay(over.hedge);
    adaptive_limit.lay(over.adaptive_limit);
    throttle.lay(over.throttle);
    cache.lay(over.cache);
    coalescing.lay(over.coalescing);
    balancer.lay(over.balancer);
    outlier_detection.lay(over.outlier_detection);
    health_check.lay(over.health_check);
    protocol.lay(over.protocol);
}

std::vector<std::string> service_spec::versions() const {
    std::vector<std::string> names;
    for (const endpoint_spec& endpoint : endpoints)
        for (const api_version& version : endpoint.versions)
            if (std::find(names.begin(), names.end(), version.name) == names.end())
                names.push_back(version.name);
    return names;
}

const service_spec* topology_spec::find(std::string_view service) const {
    const auto found = std::find_if(services.begin(), services.end(),
                                    [&](const service_spec& each) { return each.name == service; });
    return found == services.end() ? nullptr : &*found;
}

const endpoint_spec* topology_spec::find(const endpoint_ref& endpoint) const {
    const service_spec* service = find(endpoint.service);
    if (service == nullptr)
        return nullptr;
    const auto found =
        std::find_if(service->endpoints.begin(), service->endpoints.end(),
                     [&](const endpoint_spec& each) { return each.name == endpoint.endpoint; });
    return found == service->endpoints.end() ? nullptr : &*found;
}

} // namespace windtunnel::topology
