// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <limits>
#include <utility>

#include "scenarios/src/faults/fault_effect.hpp"
#include "scenarios/src/faults/fault_target.hpp"
#include "sim-core/engine/virtual_environment.hpp"
#include "sim-core/physics/delay_network.hpp"
#include "sim-core/physics/disturbance.hpp"

namespace windtunnel::scenario {

namespace {

/// A rule of the network while it lasts; between whom is found out when it begins.
class ruling final : public fault_effect {
  public:
    ruling(const fault_surroundings& around, std::unique_ptr<sim::disturbance> rule)
        : around_(around), rule_(std::move(rule)) {}

    void begin(const fault_places& at) override {
        rule_->where = sides(at);
        guard_ = around_.system.messages()->install(*rule_);
    }
    void end() override { guard_.remove(); }
    void grow(double strength) override { rule_->strength = strength; }

  private:
    sim::node_sets sides(const fault_places& at) const;
    template <class Use>
    void each_node(Use&& use) const;

    fault_surroundings around_;
    std::unique_ptr<sim::disturbance> rule_;
    sim::rule_guard guard_;
};

/// Every process: its node, and the replica or client that it is.
template <class Use>
void ruling::each_node(Use&& use) const {
    for (const auto& s : around_.system.services())
        for (const auto& r : s->replicas)
            use(r->node(), r->own(), r.get());
    for (const auto& c : around_.system.clients())
        use(c->node(), c->own(), static_cast<topology::replica*>(nullptr));
}

sim::node_sets ruling::sides(const fault_places& at) const {
    sim::node_sets found;
    for (const topology::replica* r : at.replicas)
        found.add_inside(r->node());
    const auto* cut = std::get_if<partition_fault>(&around_.spec.what);
    const std::string& caller = around_.spec.on.caller;
    const auto callers = around_.system.processes_of(caller);
    each_node([&](sim::node_id node, const topology::process& process,
                  const topology::replica* replica) {
        const bool named =
            cut != nullptr && cut->from
                ? replica != nullptr && names_replica(*cut->from, around_.system.spec(),
                                                      *replica->service().spec, replica->number())
            : caller.empty() || caller == "*"
                ? !found.is_inside(node)
                : std::find(callers.begin(), callers.end(), &process) != callers.end();
        if (named)
            found.add_outside(node);
    });
    if (const auto* registry = around_.system.registry();
        registry != nullptr && caller.empty() && !(cut != nullptr && cut->from))
        found.add_outside(registry->node());
    return found;
}

} // namespace

effect_ptr message_effect(const fault_surroundings& around) {
    const fault_kind& kind = around.spec.what;
    sim::simulation& world = around.system.simulation();
    const auto random = world.environment().stream("fault " + around.spec.name);
    std::unique_ptr<sim::disturbance> rule;
    if (const auto* lost = std::get_if<loss_fault>(&kind))
        rule = std::make_unique<sim::loss>(lost->direction, random, lost->share, lost->burst);
    if (const auto* held = std::get_if<reorder_fault>(&kind))
        rule = std::make_unique<sim::reordering>(held->direction, random, held->share, held->by);
    if (const auto* narrow = std::get_if<bandwidth_fault>(&kind))
        rule = std::make_unique<sim::narrow_line>(
            narrow->direction, world, narrow->limit,
            narrow->buffer > 0 ? narrow->buffer : std::numeric_limits<double>::infinity());
    if (const auto* parted = std::get_if<partition_fault>(&kind))
        rule = std::make_unique<sim::cut>(parted->direction, false);
    if (std::holds_alternative<blackhole_fault>(kind))
        rule = std::make_unique<sim::cut>(sim::direction::to, false);
    if (std::holds_alternative<refuse_fault>(kind))
        rule = std::make_unique<sim::cut>(sim::direction::to, true);
    if (rule == nullptr)
        return nullptr;
    return std::make_unique<ruling>(around, std::move(rule));
}

} // namespace windtunnel::scenario
