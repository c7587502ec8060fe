// SPDX-License-Identifier: BSL-1.0
// Tells the observer of a system when a policy of one process changes its state. It lives as long
// as the policy that it watches.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "patterns/resilience/circuit_breaker.hpp"
#include "topologies/src/system/observer.hpp"

namespace windtunnel::topology {

class system_core;

class policy_watch {
  public:
    /// Why a policy is suddenly as it was at the beginning.
    static constexpr const char* restarted = "the process of the caller was restarted";

    /// What is watched, without its states and the time; kind is a literal.
    policy_watch(const system_core& core, policy_change of) : core_(core), of_(std::move(of)) {}
    policy_watch(const policy_watch&) = delete;
    policy_watch& operator=(const policy_watch&) = delete;

    void changed(std::string_view from, std::string_view to, std::string why, time_point at);
    /// From now on, all changes of the breaker.
    void follow(circuit_breaker& breaker);

  private:
    const system_core& core_;
    policy_change of_;
};

/// "failure rate 62 % of 20 calls", "3 of 4 probes failed", "its wait is over".
std::string reason_of(const breaker_transition& t);

} // namespace windtunnel::topology
