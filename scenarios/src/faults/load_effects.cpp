// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/faults/fault_effect.hpp"
#include "sim-core/engine/virtual_environment.hpp"

namespace windtunnel::scenario {

namespace {

class loading final : public fault_effect {
  public:
    explicit loading(const fault_surroundings& around)
        : factor_(std::get<load_fault>(around.spec.what).factor),
          name_("fault " + around.spec.name) {}
    void begin(const fault_places& at) override {
        surge_ = at.load->surge_of(factor_, name_);
        surge_->grow(strength_);
    }
    void end() override { surge_.reset(); }
    void grow(double strength) override {
        strength_ = strength;
        if (surge_)
            surge_->grow(strength);
    }

  private:
    double factor_, strength_ = 1;
    std::string name_;
    std::unique_ptr<workload::surge> surge_;
};

class heating final : public fault_effect {
  public:
    heating(const fault_surroundings& around, const hot_key_fault& what)
        : what_{what.key,
                {.share = what.share,
                 .random = around.system.simulation().environment().stream("fault " +
                                                                           around.spec.name)}} {}
    void begin(const fault_places& at) override {
        on_ = at.load;
        on_->heat(what_, true);
    }
    void end() override { on_->heat(what_, false); }
    void grow(double strength) override { what_.of.strength = strength; }

  private:
    topology::hot_key what_;
    workload* on_ = nullptr;
};

} // namespace

effect_ptr load_effect(const fault_surroundings& around) {
    if (std::holds_alternative<load_fault>(around.spec.what))
        return std::make_unique<loading>(around);
    if (const auto* what = std::get_if<hot_key_fault>(&around.spec.what))
        return std::make_unique<heating>(around, *what);
    return nullptr;
}

} // namespace windtunnel::scenario
