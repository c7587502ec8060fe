// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/spec.hpp"

#include <algorithm>

namespace windtunnel::topology {

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
