// SPDX-License-Identifier: BSL-1.0
// What one replica lets in, and whom its workers take up: the machines of patterns/resilience,
// asked where the physics of its queue has something to decide. Made only where the service has
// any.
#pragma once

#include <optional>
#include <string>

#include "patterns/base/level_over_time.hpp"
#include "patterns/base/transport.hpp"
#include "patterns/resilience/adaptive_limiter.hpp"
#include "patterns/resilience/keyed_rate_limiter.hpp"
#include "sim-core/physics/worker_pool.hpp"
#include "topologies/src/admission_spec.hpp"

namespace windtunnel::topology {

class system_core;
struct exchange;

/// What a shedder with so many user levels is asked about the request.
admission_request asked_by(const exchange& x, int user_levels);

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
    /// How many levels the shedder admits, where callers are told; else -1.
    int told_levels() const { return tells_ ? shedder_->admitted_levels() : -1; }
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
    bool limits_rate() const { return rate_ || rate_by_caller_; }
    /// Requests that the rate limiters refused, and let in.
    std::uint64_t rate_limited() const { return rate_limited_; }
    std::uint64_t rate_admitted() const { return rate_admitted_; }
    /// Over time: whether CoDel drops (1) or not (0), whether adaptive LIFO serves the newest, how
    /// many levels the shedder admits.
    const level_over_time& dropping() const { return dropping_; }
    const level_over_time& newest_first() const { return newest_first_; }
    const level_over_time& admitted_levels() const { return admitted_levels_; }

  private:
    rate_decision limited_rate(const exchange& x);
    bool sheds(const exchange& x, time_point now);
    void started(duration waited, time_point now);

    system_core& core_;
    std::optional<rate_limiter> rate_;
    std::optional<keyed_rate_limiter> rate_by_caller_;
    std::optional<windtunnel::priority_shedder> shedder_;
    std::optional<adaptive_limiter> limit_;
    std::optional<windtunnel::codel> codel_;
    std::optional<windtunnel::adaptive_lifo> lifo_;
    bool tells_;
    std::uint64_t rate_limited_ = 0, rate_admitted_ = 0;
    level_over_time dropping_, newest_first_, admitted_levels_;
};

} // namespace windtunnel::topology
