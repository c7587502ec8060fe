// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <functional>
#include <utility>

#include "scenarios/src/faults/fault_effect.hpp"
#include "sim-core/engine/virtual_environment.hpp"
#include "topologies/src/system/topic_runtime.hpp"

namespace windtunnel::scenario {

namespace {

using topology::replica;

/// One of each process: a module goes down with the others.
fault_places by_process(fault_places at) {
    std::vector<const replica*> seen;
    std::erase_if(at.replicas, [&](const replica* r) {
        const replica* const process = &r->process_of();
        const bool again = std::find(seen.begin(), seen.end(), process) != seen.end();
        seen.push_back(process);
        return again;
    });
    return at;
}

/// Something that each instance there is told when it begins and when it ends.
class telling final : public fault_effect {
  public:
    explicit telling(std::function<void(replica&, bool on)> tell) : tell_(std::move(tell)) {}
    void begin(const fault_places& at) override {
        at_ = by_process(at);
        for (replica* r : at_.replicas)
            tell_(*r, true);
    }
    void end() override {
        for (replica* r : at_.replicas)
            tell_(*r, false);
    }

  private:
    std::function<void(replica&, bool on)> tell_;
    fault_places at_;
};

/// A level of each instance that may change while it lasts: `from` one to another.
class levelling final : public fault_effect {
  public:
    using change = std::function<void(replica&, double before, double after)>;
    /// `none` is the level without it.
    levelling(double none, double all, change to)
        : none_(none), all_(all), change_(std::move(to)) {}
    void begin(const fault_places& at) override {
        at_ = by_process(at);
        on_ = true;
        set(level());
    }
    void end() override {
        set(none_);
        on_ = false;
    }
    void grow(double strength) override {
        strength_ = strength;
        if (on_)
            set(level());
    }

  private:
    double level() const { return none_ + (all_ - none_) * strength_; }
    void set(double level) {
        for (replica* r : at_.replicas)
            change_(*r, now_, level);
        now_ = level;
    }
    double none_, all_;
    change change_;
    fault_places at_;
    double strength_ = 1, now_ = none_;
    bool on_ = false;
};

effect_ptr slowing(double factor) {
    return std::make_unique<levelling>(1, factor, [](replica& r, double before, double after) {
        if (before != 1)
            r.speed_up(before);
        if (after != 1)
            r.slow_down(after);
    });
}

/// Each instance goes round by itself.
class looping final : public fault_effect {
  public:
    looping(const fault_surroundings& around, const crash_loop_fault& what)
        : world_(around.system.simulation()), what_(what),
          random_(world_.environment().stream("fault " + around.spec.name)) {}
    void begin(const fault_places& at) override {
        loops_.clear();
        for (replica* r : by_process(at).replicas)
            loops_.push_back(std::make_unique<loop>(*this, *r));
        for (auto& each : loops_)
            each->crash();
    }
    void end() override { loops_.clear(); }

  private:
    struct loop : timer {
        loop(looping& all, replica& r)
            : timer(&loop::struck), of(all), at(r), back_off(all.what_.back_off) {}
        ~loop() {
            of.world_.disarm(*this);
            if (down)
                at.restart();
        }
        static void struck(timer& t) {
            auto& self = static_cast<loop&>(t);
            self.down ? self.run() : self.crash();
        }
        void crash() {
            down = true;
            at.crash();
            of.world_.arm(*this, saturating_add(of.world_.now(), back_off), timer_class::act);
            back_off = std::min(back_off * 2, of.what_.most);
        }
        void run() {
            down = false;
            at.restart();
            of.world_.arm(*this,
                          saturating_add(of.world_.now(),
                                         std::max(of.what_.up.sample(of.random_), duration{1})),
                          timer_class::act);
        }
        looping& of;
        replica& at;
        duration back_off;
        bool down = false;
    };
    sim::simulation& world_;
    crash_loop_fault what_;
    random_stream random_;
    std::vector<std::unique_ptr<loop>> loops_;
};

/// It is over at once.
class striking final : public fault_effect {
  public:
    explicit striking(std::function<void(const fault_places&)> strike)
        : strike_(std::move(strike)) {}
    void begin(const fault_places& at) override { strike_(at); }
    void end() override {}

  private:
    std::function<void(const fault_places&)> strike_;
};

/// Of an edge those of its callers for it, else all that the processes there have.
effect_ptr emptying(const fault_surroundings& around) {
    return std::make_unique<striking>([around](const fault_places& at) {
        const fault_target& on = around.spec.on;
        if (on.caller.empty())
            for (replica* r : at.replicas)
                r->own().flush_caches({});
        else
            for (const auto& e : around.system.edges())
                if (e->to->service->spec->name == on.service &&
                    (on.caller == "*" || on.caller == e->caller))
                    for (topology::process* p : around.system.processes_of(e->caller))
                        p->flush_caches(on.service + "." + e->to->spec->name);
    });
}

effect_ptr rewinding(topology::system& system, duration to) {
    return std::make_unique<striking>([&system, to](const fault_places& at) {
        for (auto* e : at.endpoints)
            if (topology::record_group* group = topology::group_of(system, *e))
                group->rewind(time_point{to});
    });
}

class registry_down final : public fault_effect {
  public:
    registry_down(topology::registry_node& registry, bool forgets)
        : registry_(registry), forgets_(forgets) {}
    void begin(const fault_places&) override { registry_.stop(); }
    void end() override { registry_.start(forgets_); }

  private:
    topology::registry_node& registry_;
    bool forgets_;
};

effect_ptr broker_effect(const fault_surroundings& around) {
    const fault_kind& kind = around.spec.what;
    if (std::holds_alternative<disk_full_fault>(kind))
        return std::make_unique<telling>([](replica& r, bool on) {
            for (auto* e : r.service().endpoints)
                e->destination->disk_full(r.number(), on);
        });
    if (std::holds_alternative<leader_change_fault>(kind))
        return std::make_unique<telling>([](replica& r, bool on) {
            for (auto* e : r.service().endpoints)
                e->destination->step_down(r.number(), on);
        });
    if (const auto* what = std::get_if<rewind_fault>(&kind))
        return rewinding(around.system, what->to);
    if (const auto* what = std::get_if<registry_outage_fault>(&kind))
        return std::make_unique<registry_down>(*around.system.registry(), what->forgets);
    if (const auto* what = std::get_if<disk_slow_fault>(&kind))
        return slowing(what->factor);
    return nullptr;
}

} // namespace

effect_ptr process_effect(const fault_surroundings& around) {
    const fault_kind& kind = around.spec.what;
    if (std::holds_alternative<pause_fault>(kind))
        return std::make_unique<telling>([](replica& r, bool on) { on ? r.pause() : r.resume(); });
    if (std::holds_alternative<crash_fault>(kind))
        return std::make_unique<telling>([](replica& r, bool on) { on ? r.crash() : r.restart(); });
    if (const auto* what = std::get_if<crash_loop_fault>(&kind))
        return std::make_unique<looping>(around, *what);
    if (const auto* what = std::get_if<slow_fault>(&kind))
        return slowing(what->factor);
    if (const auto* what = std::get_if<clock_fault>(&kind))
        return std::make_unique<levelling>(
            0, to_seconds(what->ahead), [](replica& r, double before, double after) {
                r.set_clock(from_seconds(after) - from_seconds(before));
            });
    if (std::holds_alternative<cache_flush_fault>(kind))
        return emptying(around);
    if (const auto* what = std::get_if<deploy_fault>(&kind))
        return std::make_unique<telling>([version = what->version](replica& r, bool on) {
            const std::uint32_t number = r.service().version_number(version);
            on ? r.deploy(number) : r.roll_back(number);
        });
    return broker_effect(around);
}

} // namespace windtunnel::scenario
