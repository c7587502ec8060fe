// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <functional>
#include <utility>

#include "scenarios/src/faults/fault_effect.hpp"
#include "sim-core/engine/virtual_environment.hpp"
#include "topologies/src/system/connections.hpp"
#include "topologies/src/system/peers.hpp"

namespace windtunnel::scenario {

namespace {

using topology::disturbed_dependency;
using topology::edge_runtime;

/// The edges there: of a service's instances those that lead to it.
std::vector<edge_runtime*> edges_to(const topology::system& system, const fault_places& at) {
    if (!at.edges.empty())
        return at.edges;
    std::vector<edge_runtime*> all;
    for (const auto& e : system.edges())
        for (const topology::replica* r : at.replicas)
            if (e->to->service == &r->service()) {
                all.push_back(e.get());
                break;
            }
    return all;
}

/// A change of how callers reach services, and its undoing.
class disturbing : public fault_effect {
  public:
    disturbing(topology::system& system, std::function<void(disturbed_dependency&, bool on)> change)
        : system_(system), change_(std::move(change)) {}

    void begin(const fault_places& at) override {
        ways_.clear();
        for (const edge_runtime* e : edges_to(system_, at))
            if (std::none_of(ways_.begin(), ways_.end(), [&](const edge_runtime* known) {
                    return known->dependency == e->dependency;
                }))
                ways_.push_back(e);
        system_.count_rare_fault(1);
        for (const edge_runtime* each : ways_)
            change_(*each->dependency, true);
    }
    void end() override {
        for (const edge_runtime* each : ways_)
            change_(*each->dependency, false);
        system_.count_rare_fault(-1);
    }

  protected:
    /// Each process of a caller there, with the service that it calls; each pair once.
    template <class Use>
    void each_caller(Use&& use) const {
        for (const edge_runtime* e : ways_)
            for (topology::process* p : system_.processes_of(e->caller))
                use(*p, *e->to->service);
    }
    topology::system& system() const { return system_; }

  private:
    topology::system& system_;
    std::function<void(disturbed_dependency&, bool on)> change_;
    std::vector<const edge_runtime*> ways_; ///< one for each caller and service
};

class leaking final : public disturbing {
  public:
    leaking(topology::system& system, const topology::chance_injection& what)
        : disturbing(system, [this](disturbed_dependency& d,
                                    bool on) { on ? d.leaks.add(what_) : d.leaks.remove(what_); }),
          what_(what) {}
    void end() override {
        disturbing::end();
        each_caller([](topology::process& p, const topology::service_runtime& to) {
            for (const auto& c : p.connection_groups())
                if (&c->service() == &to)
                    c->reclaim();
        });
    }
    void grow(double strength) override { what_.strength = strength; }

  private:
    topology::chance_injection what_;
};

/// When it ends, everybody looks again.
class freezing final : public disturbing {
  public:
    explicit freezing(topology::system& system)
        : disturbing(system,
                     [](disturbed_dependency& d, bool on) { d.frozen_view += on ? 1 : -1; }) {}
    void end() override {
        disturbing::end();
        each_caller([](topology::process& p, const topology::service_runtime& to) {
            for (const auto& group : p.peer_groups())
                if (group->service() == to.spec->name)
                    group->catch_up();
        });
    }
};

/// What is under way breaks off when it begins, and a share of what comes later.
class resetting final : public disturbing {
  public:
    resetting(topology::system& system, const topology::error_injection& later)
        : disturbing(system, [](disturbed_dependency&, bool) {}), later_(later) {}
    void begin(const fault_places& at) override {
        disturbing::begin(at);
        at_ = at;
        at_requests(at_, [&](topology::disturbed_place& p) { p.errors.add(later_); });
        break_all();
    }
    void end() override {
        at_requests(at_, [&](topology::disturbed_place& p) { p.errors.remove(later_); });
        disturbing::end();
    }
    void grow(double strength) override { later_.strength = strength; }

  private:
    void break_all() {
        each_caller([&](topology::process& p, const topology::service_runtime& to) {
            for (const auto& c : p.connection_groups())
                for (const topology::replica* r : at_.replicas)
                    if (&c->service() == &to && &r->service() == &to)
                        c->break_all(r->number());
        });
        if (at_.edges.empty())
            system().break_off({}, at_.replicas);
        else
            system().break_off(at_.edges, {});
    }
    topology::error_injection later_;
    fault_places at_;
};

} // namespace

effect_ptr connection_effect(const fault_surroundings& around) {
    const fault_kind& kind = around.spec.what;
    topology::system& system = around.system;
    const auto random = system.simulation().environment().stream("fault " + around.spec.name);
    if (const auto* what = std::get_if<reset_fault>(&kind))
        return std::make_unique<resetting>(
            system, topology::error_injection{.share = what->share,
                                              .random = random,
                                              .kind = failure_kind::connection_lost});
    if (const auto* what = std::get_if<slow_close_fault>(&kind))
        return std::make_unique<disturbing>(
            system, [delay = what->delay](disturbed_dependency& d, bool on) {
                d.slow_close += on ? delay : -delay;
            });
    if (const auto* what = std::get_if<connection_leak_fault>(&kind))
        return std::make_unique<leaking>(
            system, topology::chance_injection{.share = what->share, .random = random});
    if (const auto* what = std::get_if<dns_fault>(&kind)) {
        if (what->stale)
            return std::make_unique<freezing>(system);
        return std::make_unique<disturbing>(
            system, [](disturbed_dependency& d, bool on) { d.unresolvable += on ? 1 : -1; });
    }
    if (std::holds_alternative<certificate_fault>(kind))
        return std::make_unique<disturbing>(
            system, [](disturbed_dependency& d, bool on) { d.bad_certificate += on ? 1 : -1; });
    return nullptr;
}

} // namespace windtunnel::scenario
