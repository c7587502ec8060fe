// SPDX-License-Identifier: BSL-1.0
// What an endpoint asks of its requests before it goes on with them, running: the token verifiers,
// limiters and mirrors of patterns/gateway, and their books. Made only where an endpoint has any.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "patterns/gateway/gateway_metrics.hpp"
#include "topologies/src/spec.hpp"
#include "topologies/src/system/program.hpp"
#include "topologies/src/system/token_book.hpp"

namespace windtunnel::topology {

struct exchange;

/// A verifier and what it has found: tokens of a run are few against its requests, and neither a
/// signature nor an expiry changes. It remembers for the sake of a quick run alone: whether it does
/// changes no answer.
class token_check {
  public:
    explicit token_check(const authenticate_step& spec);
    /// As of now; 0 is no token.
    jwt_refusal look_at(const token_book& book, std::uint32_t token, time_point now);

  private:
    struct finding {
        jwt_refusal refusal = jwt_refusal::none;
        std::chrono::sys_seconds until{}; ///< of good ones: then it is looked at again
        std::chrono::sys_seconds since{}; ///< a clock that was set back finds anew
        bool holds(std::chrono::sys_seconds now) const;
    };
    finding verified(const std::string& token, std::chrono::sys_seconds now) const;

    const authenticate_step& spec_;
    std::unique_ptr<jwt_verifier> verifier_;
    std::unordered_map<std::uint32_t, finding> known_; ///< looked up alone: its order is nobody's
};

class route_gate {
  public:
    /// The program must outlive it; `name` ("gateway.products") names the random streams.
    route_gate(const program& steps, std::size_t replicas, std::uint64_t seed,
               const std::string& name);

    /// Of the step with that index: nothing, or why the request is refused.
    std::optional<failure> authenticate(std::uint32_t step, const token_book& book,
                                        std::uint32_t token, time_point now);
    std::optional<failure> limit(std::uint32_t step, const exchange& x, time_point now);
    /// False: no copy is made of this one.
    mirror_policy::copy mirror(std::uint32_t step, std::uint32_t replica);
    void forward() { ++books_.forwarded; }
    /// A service that was asked about the token said so, or could not be asked.
    failure asked_in_vain(const failure& why);

    /// What the process of that replica remembered is gone.
    void restarted(std::uint32_t replica, time_point now);

    const gateway_metrics& books() const { return books_; }
    /// Copies that were to be sent, with too many under way.
    std::uint64_t copies_dropped() const;

  private:
    struct memory { ///< of one replica
        std::vector<std::unique_ptr<keyed_rate_limiter>> limiters;
        std::vector<std::unique_ptr<mirror_policy>> mirrors;
    };
    failure refused(jwt_refusal why);

    const program& steps_;
    std::vector<token_check> checks_;
    std::vector<memory> replicas_;
    random_stream draws_;
    gateway_metrics books_;
};

} // namespace windtunnel::topology
