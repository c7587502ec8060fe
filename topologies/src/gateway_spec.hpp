// SPDX-License-Identifier: BSL-1.0
// A gateway as plain data: which requests take which of its routes, and who may. A route is an
// endpoint of its service, named after the route; what is done for a request is the endpoint's
// steps, so everything that runs, checks or reports steps knows gateways.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "patterns/base/time.hpp"
#include "patterns/gateway/http_fields.hpp"
#include "patterns/gateway/jwt/jwt_verifier.hpp"
#include "patterns/gateway/mirror_policy.hpp"
#include "patterns/gateway/route_table.hpp"
#include "patterns/resilience/keyed_rate_limiter.hpp"
#include "sim-core/engine/distribution.hpp"

namespace windtunnel::topology {

/// What a call says of itself to a gateway, besides method and path.
struct request_head {
    std::string host{};
    std::string version{}; ///< put where the gateway reads it from
    http_fields headers{};

    bool is_said() const { return !host.empty() || !version.empty() || !headers.empty(); }
};

/// The bearer tokens that a workload's requests carry. Each is somebody's (a holder's) and is
/// replaced by a new one when it has expired.
struct token_spec {
    jwt_key key;
    std::string issuer, audience;
    std::vector<std::string> scopes;
    duration lifetime = std::chrono::minutes{5}; ///< whole seconds
    int holders = 100;
    double expired = 0;  ///< share of the requests whose token has expired long ago
    double forged = 0;   ///< share of the requests whose token is signed with another key
    bool renewed = true; ///< else a holder keeps the first one, expired or not
    std::optional<duration> revoked; ///< from then on no token minted before is good any more

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;
};

/// Verifies the token of a request: a missing or bad one ends it with 401, a missing scope with
/// 403. Without a verifier it looks only whether there is a token.
struct authenticate_step {
    std::optional<sim::distribution> work; ///< on a worker, first
    std::optional<jwt_verifier_options> verifier;
    std::vector<std::string> scopes; ///< all of them are needed
    bool revocations = false;        ///< it knows which tokens were revoked
};

/// Refuses with 429 what comes faster; each replica counts for itself.
struct limit_step {
    enum class by : std::uint8_t {
        key,    ///< what the request asks for
        caller, ///< the service or workload that sent it
        token,  ///< whose token it carries
    };
    keyed_rate_limiter_options options;
    by keys = by::caller;
};

/// The request has passed all that a route asks of it.
struct forward_step {};

struct gateway_spec {
    route_table_options table; ///< its routes' names are those of the service's endpoints
};

} // namespace windtunnel::topology
