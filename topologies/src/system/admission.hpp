// SPDX-License-Identifier: BSL-1.0
// What one replica lets in, and whom its workers take up: the machines of patterns/resilience,
// asked where the physics of its queue has something to decide. Made only where the service has
// any.
#pragma once

#include <optional>
#include <string>

#include "patterns/base/transport.hpp"
#include "patterns/resilience/adaptive_limiter.hpp"
#include "patterns/resilience/keyed_rate_limiter.hpp"
#include "sim-core/physics/worker_pool.hpp"
#include "topologies/src/admission_spec.hpp"

namespace windtunnel::topology {

class system_core;
struct exchange;

class admission final : public sim::queue_order {
  public:
    /// `name` names the random streams: "payment#0".
    admission(system_core& core, const admission_spec& spec, const std::string& name);

    /// At the door: none where the request may enter.
    std::optional<failure> refusal(exchange& x);
    /// A worker takes the request up after `waited`; `last`: nobody waits behind it. False: it is
    /// dropped.
    bool starting(duration waited, bool last);
    /// A request that was not refused has nothing to wait for.
    void entered_at_once();
    /// It has ended.
    static void ended(exchange& x, const outcome<reply>& result, time_point now);

    /// Who is next, where `orders()`.
    pick next(duration oldest_wait, bool last) override;
    bool orders() const { return lifo_.has_value(); }

    // ---- to be looked at; each is empty where the service has none ------------------------------
    const std::optional<windtunnel::codel>& codel() const { return codel_; }
    const std::optional<windtunnel::adaptive_lifo>& adaptive_lifo() const { return lifo_; }
    const std::optional<windtunnel::priority_shedder>& priority_shedder() const { return shedder_; }
    const std::optional<adaptive_limiter>& adaptive_limit() const { return limit_; }
    /// Requests that a rate limiter refused.
    std::uint64_t rate_limited() const { return rate_limited_; }

  private:
    rate_decision limited_rate(const exchange& x);

    system_core& core_;
    std::optional<rate_limiter> rate_;
    std::optional<keyed_rate_limiter> rate_by_caller_;
    std::optional<windtunnel::priority_shedder> shedder_;
    std::optional<adaptive_limiter> limit_;
    std::optional<windtunnel::codel> codel_;
    std::optional<windtunnel::adaptive_lifo> lifo_;
    std::uint64_t rate_limited_ = 0;
};

} // namespace windtunnel::topology
