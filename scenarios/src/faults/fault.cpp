// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/faults/fault.hpp"

#include <algorithm>
#include <cmath>

#include "scenarios/src/faults/fault_target.hpp"
#include "sim-core/engine/virtual_environment.hpp"

namespace windtunnel::scenario {

namespace {

constexpr int growth_steps = 100;

} // namespace

effect_ptr make_effect(const fault_surroundings& around) {
    for (auto* group :
         {request_effect, message_effect, connection_effect, process_effect, load_effect})
        if (effect_ptr made = group(around))
            return made;
    WINDTUNNEL_ASSERT(false); // each kind is in a group
    return nullptr;
}

fault::fault(const fault_spec& spec, std::size_t index, topology::system& system,
             const std::vector<std::unique_ptr<workload>>& workloads, recorder& books, duration end)
    : timer(&fault::struck), spec_(spec), index_(index), system_(system),
      world_(system.simulation()), books_(books), over_(spec.last_end(end)) {
    const auto& env = world_.environment();
    schedule_ = env.stream("fault " + spec.name + "/schedule");
    picks_ = env.stream("fault " + spec.name + "/pick");
    for (const auto& w : workloads)
        if (w->name() == spec.on.service)
            load_ = w.get();
    effect_ = make_effect({system, spec_});
}

fault::~fault() {
    world_.disarm(*this);
}

void fault::start() {
    const duration first = spec_.every ? spec_.at + spec_.every->sample(schedule_) : spec_.at;
    if (first < over_)
        world_.arm(*this, time_point{first}, timer_class::act);
}

void fault::struck(timer& t) {
    auto& self = static_cast<fault&>(t);
    const duration now = self.due().time_since_epoch();
    if (self.on_ && now < self.ends_)
        return self.grow(now);
    if (self.on_) {
        self.on_ = false;
        self.books_.fault_ended(self.index_, now);
        self.effect_->end();
    } else {
        self.books_.fault_began(self.index_, now);
        self.begin();
    }
    const duration next = self.next_change(now);
    self.ends_ = std::min(next, self.over_);
    if (self.on_ && self.spec_.ramp > duration::zero())
        self.grow(now);
    else if (self.on_ || next < self.over_)
        self.world_.arm(self, time_point{self.ends_}, timer_class::act);
}

void fault::begin() {
    on_ = true;
    steps_ = 0;
    effect_->grow(spec_.ramp > duration::zero() ? 0.0 : 1.0);
    effect_->begin(places());
}

/// A hundredth at a time; the last step is all of it.
void fault::grow(duration now) {
    if (steps_ > 0)
        effect_->grow(static_cast<double>(steps_) / growth_steps);
    ++steps_;
    const duration next =
        steps_ > growth_steps ? ends_ : std::min(ends_, now + spec_.ramp / growth_steps);
    world_.arm(*this, time_point{std::max(next, now + duration{1})}, timer_class::act);
}

duration fault::next_change(duration now) {
    if (!spec_.every)
        return over_;
    return now + (on_ ? *spec_.lasts : *spec_.every).sample(schedule_);
}

// ---- where --------------------------------------------------------------------------------------

fault_places fault::places() {
    const fault_target& on = spec_.on;
    fault_places found;
    found.load = load_;
    const auto runs = [&](const topology::replica& r) {
        return on.version.empty() || r.version() == r.service().version_number(on.version);
    };
    for (const auto& s : system_.services())
        for (const auto& r : s->replicas)
            if (names_replica(on, system_.spec(), *s->spec, r->number()) && runs(*r))
                found.replicas.push_back(r.get());
    const auto matches = [&](const topology::endpoint_runtime& e) {
        return e.service->spec->name == on.service &&
               (on.endpoint.empty() || e.spec->name == on.endpoint);
    };
    const bool some = on.instance || !on.version.empty() || !on.zone.empty() || !on.node.empty() ||
                      spec_.pick.what != fault_pick::how::all;
    if (!on.caller.empty() && on.caller != "*") {
        for (const auto& e : system_.edges())
            if (e->caller == on.caller && matches(*e->to))
                found.edges.push_back(e.get());
    } else if (!some) {
        for (const auto& e : system_.endpoints())
            if (matches(*e))
                found.endpoints.push_back(e.get());
    }
    pick(found.replicas);
    return found;
}

/// Without order, each set of so many alike (Fisher and Yates).
void fault::pick(std::vector<topology::replica*>& from) {
    if (spec_.pick.what == fault_pick::how::all)
        return;
    const auto all = static_cast<double>(from.size());
    const double wanted = spec_.pick.what == fault_pick::how::count
                              ? spec_.pick.number
                              : std::max(1.0, std::round(all * spec_.pick.number));
    const auto keep = static_cast<std::size_t>(std::min(all, wanted));
    for (std::size_t i = 0; i < keep; ++i)
        std::swap(from[i], from[i + picks_.below(from.size() - i)]);
    from.resize(keep);
}

} // namespace windtunnel::scenario
