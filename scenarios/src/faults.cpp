// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/faults.hpp"

#include <algorithm>

#include "sim-core/engine/virtual_environment.hpp"
#include "topologies/src/system/topic_runtime.hpp"

namespace windtunnel::scenario {

fault::fault(const fault_spec& spec, std::size_t index, topology::system& system, recorder& books,
             duration end)
    : timer(&fault::struck), spec_(spec), index_(index), system_(system),
      world_(system.simulation()), books_(books), registry_(system.registry()) {
    over_ = spec.last_end(end);
    const auto& env = world_.environment();
    schedule_ = env.stream("fault " + spec.name + "/schedule");
    if (const auto* latency = std::get_if<latency_fault>(&spec.what))
        delay_ = {latency->add, latency->share, env.stream("fault " + spec.name)};
    if (const auto* error = std::get_if<error_fault>(&spec.what))
        error_ = {error->share, error->status, env.stream("fault " + spec.name)};
    find_targets(system);
}

fault::~fault() {
    world_.disarm(*this);
}

/// An edge where a caller is named, else the endpoints or the instances.
void fault::find_targets(topology::system& system) {
    const fault_target& on = spec_.on;
    for (const auto& s : system.services()) {
        if (s->spec->name != on.service)
            continue;
        for (const auto& r : s->replicas)
            if (!on.instance || static_cast<std::uint32_t>(*on.instance) == r->number())
                replicas_.push_back(r.get());
    }
    const auto matches = [&](const topology::endpoint_runtime& e) {
        return e.service->spec->name == on.service &&
               (on.endpoint.empty() || e.spec->name == on.endpoint);
    };
    if (!on.caller.empty() && on.caller != "*") {
        for (const auto& e : system.edges())
            if (e->caller == on.caller && matches(*e->to))
                edges_.push_back(e.get());
    } else if (!on.instance) {
        for (const auto& e : system.endpoints())
            if (matches(*e))
                endpoints_.push_back(e.get());
    }
}

void fault::start() {
    const duration first = spec_.every ? spec_.at + spec_.every->sample(schedule_) : spec_.at;
    if (first < over_)
        world_.arm(*this, time_point{first}, timer_class::act);
}

void fault::struck(timer& t) {
    auto& self = static_cast<fault&>(t);
    const duration now = self.due().time_since_epoch();
    self.switch_to(!self.on_);
    const duration next = self.next_change(now);
    if (self.on_ || next < self.over_)
        self.world_.arm(self, time_point{std::min(next, self.over_)}, timer_class::act);
}

duration fault::next_change(duration now) {
    if (!spec_.every)
        return over_;
    return now + (on_ ? *spec_.lasts : *spec_.every).sample(schedule_);
}

void fault::switch_to(bool on) {
    on_ = on;
    const duration now = world_.now().time_since_epoch();
    if (on)
        books_.fault_began(index_, now);
    else
        books_.fault_ended(index_, now);
    std::visit([&](const auto& what) { apply(what, on); }, spec_.what);
}

/// Into the list of each place that the fault names: edges, endpoints, or single instances.
template <class Injection, class List>
void fault::inject(Injection& injection, List list, bool on) {
    const auto change = [&](auto& place) {
        if (on)
            (place.*list(place)).add(injection);
        else
            (place.*list(place)).remove(injection);
    };
    for (auto* e : edges_)
        change(*e);
    for (auto* e : endpoints_)
        change(*e);
    if (edges_.empty() && endpoints_.empty())
        for (auto* r : replicas_)
            change(*r);
}

void fault::apply(const latency_fault&, bool on) {
    inject(
        delay_, []<class Place>(Place&) { return &Place::delays; }, on);
}

void fault::apply(const error_fault&, bool on) {
    inject(
        error_, []<class Place>(Place&) { return &Place::errors; }, on);
}

void fault::apply(const pause_fault&, bool on) {
    for (auto* r : replicas_)
        on ? r->pause() : r->resume();
}

void fault::apply(const crash_fault&, bool on) {
    for (auto* r : replicas_)
        on ? r->crash() : r->restart();
}

void fault::apply(const disk_full_fault&, bool on) {
    for (auto* r : replicas_)
        for (auto* e : r->service().endpoints)
            e->destination->disk_full(r->number(), on);
}

void fault::apply(const leader_change_fault&, bool on) {
    for (auto* r : replicas_)
        for (auto* e : r->service().endpoints)
            e->destination->step_down(r->number(), on);
}

void fault::apply(const deploy_fault& what, bool on) {
    for (auto* r : replicas_) {
        const std::uint32_t version = r->service().version_number(what.version);
        on ? r->deploy(version) : r->roll_back(version);
    }
}

void fault::apply(const rewind_fault& what, bool on) {
    for (auto* e : endpoints_)
        if (topology::record_group* group = topology::group_of(system_, *e); on && group != nullptr)
            group->rewind(time_point{what.to});
}

void fault::apply(const registry_outage_fault& what, bool on) {
    on ? registry_->stop() : registry_->start(what.forgets);
}

void fault::apply(const slow_fault& what, bool on) {
    for (auto* r : replicas_)
        on ? r->slow_down(what.factor) : r->speed_up(what.factor);
}

} // namespace windtunnel::scenario
