// SPDX-License-Identifier: BSL-1.0
// What one replica lets in, and whom its workers take up: the machines of patterns/resilience,
// asked where the physics of its queue has something to decide. Made only where the service has
// any. A restart of the replica gives it new ones.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "patterns/base/level_over_time.hpp"
#include "patterns/base/transport.hpp"
#include "patterns/resilience/adaptive_limiter.hpp"
#include "patterns/resilience/keyed_rate_limiter.hpp"
#include "sim-core/physics/worker_pool.hpp"
#include "topologies/src/admission_spec.hpp"
#include "topologies/src/system/policy_readings.hpp"

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
    /// `name` names the random streams: "payment#0". The spec must outlive it.
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
    int told_levels() const {
        return spec_.tells_callers ? present_->shedder->admitted_levels() : -1;
    }
    /// It has ended.
    void ended(exchange& x, const outcome<reply>& result, time_point now);
    /// The replica begins anew: all that was learnt is forgotten, all that was counted stays in
    /// past().
    void restart();
    const figures_of_past_lives& past() const { return past_; }

    /// Who is next, where `orders()`. What has begun is never dropped: it is served in its turn,
    /// and its wait in the middle of its steps says nothing of the queue at the door.
    pick next(const sim::job& oldest, duration oldest_wait, bool last) override;
    bool orders() const { return present_->lifo.has_value(); }

    // ---- to be looked at; each is empty where the service has none ------------------------------
    const admission_spec& spec() const { return spec_; }
    const std::optional<windtunnel::codel>& codel() const { return present_->codel; }
    const std::optional<windtunnel::adaptive_lifo>& adaptive_lifo() const { return present_->lifo; }
    const std::optional<windtunnel::priority_shedder>& priority_shedder() const {
        return present_->shedder;
    }
    const std::optional<adaptive_limiter>& adaptive_limit() const { return present_->limit; }
    const server_door* door() const { return present_->door.get(); }
    /// By the rate limiter of all, and by those of each caller.
    const admission_counts& rate() const { return present_->rate_counts; }
    const admission_counts& rate_by_caller() const { return present_->by_caller_counts; }
    /// Where there is a rate limiter of all: its permits times ns.
    wide_integer rate_permits_over_time(time_point now) const;
    /// Over time: whether CoDel drops (1) or not (0), whether adaptive LIFO serves the newest, how
    /// many levels the shedder admits, how many places of the adaptive limit are taken.
    const level_over_time& dropping() const { return present_->dropping; }
    const level_over_time& newest_first() const { return present_->newest_first; }
    const level_over_time& admitted_levels() const { return present_->admitted_levels; }
    const level_over_time& in_use() const { return present_->in_use; }

  private:
    rate_decision limited_rate(const exchange& x);
    std::optional<failure> refusal_of_work(exchange& x);
    bool sheds(const exchange& x, time_point now);
    void started(const exchange& x, duration waited, time_point now);
    pick pick_by_wait(duration oldest_wait, bool last);

    /// What one life of the replica has.
    struct machines {
        machines(system_core& core, const admission_spec& spec, random_stream probes);

        std::optional<rate_limiter> rate;
        std::optional<keyed_rate_limiter> rate_by_caller;
        std::optional<windtunnel::priority_shedder> shedder;
        std::optional<adaptive_limiter> limit;
        std::optional<windtunnel::codel> codel;
        std::optional<windtunnel::adaptive_lifo> lifo;
        std::unique_ptr<server_door> door;
        admission_counts rate_counts, by_caller_counts;
        level_over_time dropping, newest_first, admitted_levels, in_use;
    };
    std::unique_ptr<machines> made() const;

    system_core& core_;
    const admission_spec& spec_;
    std::string name_;
    std::vector<std::unique_ptr<machines>> ended_; ///< permits of those lives may still be out
    std::unique_ptr<machines> present_;
    figures_of_past_lives past_;
};

} // namespace windtunnel::topology
