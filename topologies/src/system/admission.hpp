// SPDX-License-Identifier: BSL-1.0
// What one replica lets in, and whom its workers take up: the machines of patterns/resilience,
// asked where the physics of its queue has something to decide. Made only where the service has
// any.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "patterns/base/level_over_time.hpp"
#include "patterns/base/transport.hpp"
#include "patterns/resilience/adaptive_limiter.hpp"
#include "patterns/resilience/keyed_rate_limiter.hpp"
#include "sim-core/physics/worker_pool.hpp"
#include "topologies/src/admission_spec.hpp"

namespace windtunnel::topology {

class server_door;
class system_core;
struct exchange;

/// Of those that asked to be let in.
struct admission_counts {
    std::uint64_t admitted = 0, refused = 0;
};

/// What a shedder with so many user levels is asked about the request.
admission_request asked_by(const exchange& x, int user_levels);

class admission final : public sim::queue_order {
  public:
    /// `name` names the random streams: "payment#0".
    admission(system_core& core, const admission_spec& spec, const std::string& name);
    ~admission() override;

    /// On arrival: none where the request may enter, or waits at the door (`holds_back`).
    std::optional<failure> refusal(exchange& x);
    static bool holds_back(const exchange& x);
    /// A worker takes the request up after it `waited` in the queue; `last`: nobody waits behind
    /// it. False: it is dropped.
    bool starting(const exchange& x, duration waited, bool last);
    /// A request that was not refused needs no worker.
    void entered_at_once(const exchange& x);
    /// How many levels the shedder admits, where callers are told; else -1.
    int told_levels() const { return tells_ ? shedder_->admitted_levels() : -1; }
    /// It has ended.
    void ended(exchange& x, const outcome<reply>& result, time_point now);

    /// Who is next, where `orders()`.
    pick next(duration oldest_wait, bool last) override;
    bool orders() const { return lifo_.has_value(); }

    // ---- to be looked at; each is empty where the service has none ------------------------------
    const std::optional<windtunnel::codel>& codel() const { return codel_; }
    const std::optional<windtunnel::adaptive_lifo>& adaptive_lifo() const { return lifo_; }
    const std::optional<windtunnel::priority_shedder>& priority_shedder() const { return shedder_; }
    const std::optional<adaptive_limiter>& adaptive_limit() const { return limit_; }
    const server_door* door() const { return door_.get(); }
    /// By the rate limiter of all, and by those of each caller.
    const admission_counts& rate() const { return rate_counts_; }
    const admission_counts& rate_by_caller() const { return by_caller_counts_; }
    /// Where there is a rate limiter of all: its permits times ns.
    wide_integer rate_permits_over_time(time_point now) const;
    /// Over time: whether CoDel drops (1) or not (0), whether adaptive LIFO serves the newest, how
    /// many levels the shedder admits, how many places of the adaptive limit are taken.
    const level_over_time& dropping() const { return dropping_; }
    const level_over_time& newest_first() const { return newest_first_; }
    const level_over_time& admitted_levels() const { return admitted_levels_; }
    const level_over_time& in_use() const { return in_use_; }

  private:
    rate_decision limited_rate(const exchange& x);
    std::optional<failure> refusal_of_work(exchange& x);
    bool sheds(const exchange& x, time_point now);
    void started(const exchange& x, duration waited, time_point now);

    system_core& core_;
    mutable std::optional<rate_limiter> rate_; ///< to look at it is to tell it the time
    std::optional<keyed_rate_limiter> rate_by_caller_;
    std::optional<windtunnel::priority_shedder> shedder_;
    std::optional<adaptive_limiter> limit_;
    std::optional<windtunnel::codel> codel_;
    std::optional<windtunnel::adaptive_lifo> lifo_;
    std::unique_ptr<server_door> door_;
    bool tells_;
    admission_counts rate_counts_, by_caller_counts_;
    level_over_time dropping_, newest_first_, admitted_levels_, in_use_;
};

} // namespace windtunnel::topology
