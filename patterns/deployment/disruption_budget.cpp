// SPDX-License-Identifier: BSL-1.0
#include "patterns/deployment/disruption_budget.hpp"

#include <algorithm>

#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

void disruption_budget_options::validate() const {
    const option_check check{"disruption_budget"};
    check(min_available.has_value() != max_unavailable.has_value(), "min_available",
          min_available ? "given" : "absent",
          "be given where max_unavailable is not, and only then");
    const auto& given = min_available ? *min_available : *max_unavailable;
    const auto* name = min_available ? "min_available" : "max_unavailable";
    check(given.value >= 0, name, given.value, "not be negative");
    check(!given.percent || given.value <= 100, name, given.value, "be at most 100 per cent");
    check(forget_after > duration{}, "forget_after", forget_after, "be above 0");
}

disruption_budget::disruption_budget(const disruption_budget_options& options)
    : options_((options.validate(), options)) {}

int disruption_budget::desired_healthy(int expected) const {
    if (options_.min_available)
        return options_.min_available->rounded_up(expected);
    return std::max(expected - options_.max_unavailable->rounded_up(expected), 0);
}

int disruption_budget::allowed(int expected, int healthy, time_point now) const {
    return expected > 0 ? std::max(healthy - pending(now) - desired_healthy(expected), 0) : 0;
}

bool disruption_budget::evict(std::uint64_t replica, bool ready, int expected, int healthy,
                              time_point now) {
    if (!ready) {
        const int desired = desired_healthy(expected);
        if (options_.unhealthy == unhealthy_eviction::always_allow ||
            (desired > 0 && healthy - pending(now) >= desired))
            return true;
    }
    std::erase_if(disrupted_, [&](const disruption& d) { return now >= d.forgotten_at; });
    const bool twice = std::any_of(disrupted_.begin(), disrupted_.end(),
                                   [&](const disruption& d) { return d.replica == replica; });
    if (twice)
        return true;
    if (allowed(expected, healthy, now) == 0)
        return false;
    disrupted_.push_back({replica, saturating_add(now, options_.forget_after)});
    return true;
}

void disruption_budget::gone(std::uint64_t replica) {
    std::erase_if(disrupted_, [&](const disruption& d) { return d.replica == replica; });
}

int disruption_budget::pending(time_point now) const {
    return static_cast<int>(
        std::count_if(disrupted_.begin(), disrupted_.end(),
                      [&](const disruption& d) { return now < d.forgotten_at; }));
}

} // namespace windtunnel
