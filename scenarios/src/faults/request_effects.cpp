// SPDX-License-Identifier: BSL-1.0
#include <optional>

#include "scenarios/src/faults/fault_effect.hpp"
#include "sim-core/engine/virtual_environment.hpp"
#include "topologies/src/system/injection.hpp"

namespace windtunnel::scenario {

namespace {

using topology::disturbed_place;

random_stream stream_of(const fault_surroundings& around) {
    return around.system.simulation().environment().stream("fault " + around.spec.name);
}

/// An injection in a list of each place.
template <class Injection>
class injected final : public fault_effect {
  public:
    using list = topology::injection_list<Injection> disturbed_place::*;
    injected(const Injection& what, list into) : what_(what), into_(into) {}

    void begin(const fault_places& at) override {
        at_ = at;
        at_requests(at_, [&](disturbed_place& p) { (p.*into_).add(what_); });
    }
    void end() override {
        at_requests(at_, [&](disturbed_place& p) { (p.*into_).remove(what_); });
    }
    void grow(double strength) override { what_.strength = strength; }

  private:
    Injection what_;
    list into_;
    fault_places at_;
};

/// The same, of those that are looked for only while there are any.
class rare final : public fault_effect {
  public:
    rare(topology::system& system, effect_ptr what) : system_(system), what_(std::move(what)) {}
    void begin(const fault_places& at) override {
        system_.count_rare_fault(1);
        what_->begin(at);
    }
    void end() override {
        what_->end();
        system_.count_rare_fault(-1);
    }
    void grow(double strength) override { what_->grow(strength); }

  private:
    topology::system& system_;
    effect_ptr what_;
};

effect_ptr errors_of(const topology::error_injection& what) {
    return std::make_unique<injected<topology::error_injection>>(what, &disturbed_place::errors);
}

/// Requests are answered 400, answers are no use.
class corrupting final : public fault_effect {
  public:
    explicit corrupting(const fault_surroundings& around) {
        const auto& what = std::get<corrupt_fault>(around.spec.what);
        if (what.direction != sim::direction::from)
            requests_ =
                errors_of({.share = what.share, .status = 400, .random = stream_of(around)});
        if (what.direction != sim::direction::to)
            answers_ = std::make_unique<rare>(
                around.system, std::make_unique<injected<topology::chance_injection>>(
                                   topology::chance_injection{
                                       .share = what.share,
                                       .random = around.system.simulation().environment().stream(
                                           "fault " + around.spec.name + "/answers")},
                                   &disturbed_place::garbled));
    }
    void begin(const fault_places& at) override {
        each([&](fault_effect& e) { e.begin(at); });
    }
    void end() override {
        each([](fault_effect& e) { e.end(); });
    }
    void grow(double strength) override {
        each([&](fault_effect& e) { e.grow(strength); });
    }

  private:
    template <class Do>
    void each(Do&& act) {
        for (auto* e : {&requests_, &answers_})
            if (*e)
                act(**e);
    }
    effect_ptr requests_, answers_;
};

/// One limit for all places, full when it begins.
class limiting final : public fault_effect {
  public:
    explicit limiting(const fault_surroundings& around)
        : options_(std::get<quota_fault>(around.spec.what).limit), system_(around.system) {}
    void begin(const fault_places& at) override {
        limit_.emplace(options_, system_.simulation().now());
        what_ = errors_of({.status = 429, .random = {}, .quota = &*limit_});
        what_->begin(at);
    }
    void end() override { what_->end(); }

  private:
    rate_limiter_options options_;
    topology::system& system_;
    std::optional<rate_limiter> limit_;
    effect_ptr what_;
};

} // namespace

effect_ptr request_effect(const fault_surroundings& around) {
    const fault_kind& kind = around.spec.what;
    if (const auto* what = std::get_if<latency_fault>(&kind))
        return std::make_unique<injected<topology::delay_injection>>(
            topology::delay_injection{.add = what->add,
                                      .share = what->share,
                                      .random = stream_of(around),
                                      .jitter = what->jitter,
                                      .correlation = what->correlation},
            &disturbed_place::delays);
    if (const auto* what = std::get_if<error_fault>(&kind))
        return errors_of(
            {.share = what->share, .status = what->status, .random = stream_of(around)});
    if (const auto* what = std::get_if<poison_fault>(&kind)) {
        random_stream random = stream_of(around);
        const std::uint64_t salt = random();
        return errors_of(
            {.share = what->share, .random = random, .of_message = true, .salt = salt});
    }
    if (const auto* what = std::get_if<duplicate_fault>(&kind))
        return std::make_unique<rare>(
            around.system,
            std::make_unique<injected<topology::chance_injection>>(
                topology::chance_injection{.share = what->share, .random = stream_of(around)},
                &disturbed_place::copies));
    if (std::holds_alternative<corrupt_fault>(kind))
        return std::make_unique<corrupting>(around);
    if (std::holds_alternative<quota_fault>(kind))
        return std::make_unique<limiting>(around);
    return nullptr;
}

} // namespace windtunnel::scenario
