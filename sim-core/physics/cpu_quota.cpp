// SPDX-License-Identifier: BSL-1.0
#include "sim-core/physics/cpu_quota.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "sim-core/engine/simulation.hpp"
#include "sim-core/physics/worker_pool.hpp"

namespace windtunnel::sim {

void cpu_quota_options::validate() const {
    using namespace std::chrono_literals;
    if (!(limit > 0) || !std::isfinite(limit))
        throw std::invalid_argument("limit: " + std::to_string(limit) + "; must be above 0");
    if (period < 1ms || period > 1s)
        throw std::invalid_argument("period: must be from 1ms to 1s");
    if (burst < 0s || phase < 0s)
        throw std::invalid_argument("burst and phase: must not be negative");
}

cpu_quota::cpu_quota(simulation& simulation, worker_pool& pool, const cpu_quota_options& options)
    : simulation_(simulation), pool_(pool), options_((options.validate(), options)),
      quota_(std::max(from_seconds(to_seconds(options.period) * options.limit), duration{1})),
      left_(quota_), seen_ns_(pool.totals().working_ns),
      period_ends_(simulation.now() + options.phase + options.period), timer_(*this) {
    look_later();
}

cpu_quota::~cpu_quota() {
    simulation_.disarm(timer_);
}

cpu_quota_totals cpu_quota::totals() const {
    auto result = totals_;
    if (throttled())
        result.throttled_for += simulation_.now() - throttled_since_;
    return result;
}

void cpu_quota::look(timer& t) {
    cpu_quota& self = static_cast<look_timer&>(t).quota;
    self.account();
    if (self.simulation_.now() >= self.period_ends_)
        self.begin_period();
    if (self.left_ <= duration::zero() && !self.throttled())
        self.throttle();
    self.look_later();
}

void cpu_quota::account() {
    const auto worked = pool_.totals().working_ns;
    const auto used = static_cast<std::int64_t>(worked - seen_ns_);
    seen_ns_ = worked;
    left_ -= duration{used};
    worked_ = worked_ || used > 0;
}

void cpu_quota::begin_period() {
    totals_.periods += worked_ || throttled() ? 1 : 0;
    worked_ = false;
    left_ = std::min(left_, options_.burst) + quota_;
    period_ends_ += options_.period;
    if (!throttled() || left_ <= duration::zero())
        return;
    totals_.throttled_for += simulation_.now() - throttled_since_;
    throttled_since_ = never;
    pool_.resume();
}

void cpu_quota::throttle() {
    ++totals_.throttled;
    throttled_since_ = simulation_.now();
    pool_.pause();
}

void cpu_quota::look_later() {
    auto next = period_ends_;
    if (!throttled()) {
        const auto workers = static_cast<std::int64_t>(pool_.workers());
        const duration soonest{(left_.count() + workers - 1) / workers};
        next = std::min(next, simulation_.now() + std::max(soonest, look_again));
    }
    simulation_.arm(timer_, next);
}

} // namespace windtunnel::sim
