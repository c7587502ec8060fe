// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>

namespace windtunnel::topology {

/// "service.endpoint": an endpoint may hold spaces, slashes and dots ("GET /details"). A queue or a
/// topic of a broker is named like an endpoint of it.
struct endpoint_ref {
    std::string service;
    std::string endpoint;
    friend bool operator==(const endpoint_ref&, const endpoint_ref&) = default;
};

} // namespace windtunnel::topology
