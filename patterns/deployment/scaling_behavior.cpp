// SPDX-License-Identifier: BSL-1.0
#include "patterns/deployment/scaling_behavior.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace {

using namespace std::chrono_literals;

/// Whether `at` is within the last `window` before `now`; just as old is not.
bool within(time_point at, duration window, time_point now) {
    return now - at < window;
}

} // namespace

scaling_rules kubernetes_scale_up() {
    return {.stabilization_window = {},
            .select = policy_selection::most,
            .policies = {{.amount = replica_count::number(4)},
                         {.amount = replica_count::percentage(100)}}};
}

scaling_rules kubernetes_scale_down() {
    return {.stabilization_window = 300s,
            .select = policy_selection::most,
            .policies = {{.amount = replica_count::percentage(100)}}};
}

void scaling_rules::validate(std::string_view direction) const {
    const option_check check{direction};
    check(stabilization_window >= 0s && stabilization_window <= 1h, "stabilization_window",
          stabilization_window, "be from 0 to 1h");
    for (const auto& policy : policies) {
        check(policy.amount.value > 0, "amount", policy.amount.value, "be above 0");
        check(policy.period > 0s && policy.period <= 30min, "period", policy.period,
              "be above 0 and at most 30min");
    }
}

void scaling_behavior::validate() const {
    up.validate("scale up");
    down.validate("scale down");
}

scaling_history::scaling_history(scaling_behavior behavior) : behavior_(std::move(behavior)) {
    behavior_.validate();
    for (const auto* rules : {&behavior_.up, &behavior_.down})
        for (const auto& policy : rules->policies)
            longest_period_ = std::max(longest_period_, policy.period);
}

int scaling_history::limited(int current, int desired, time_point now) {
    forget(now);
    const int wanted = stabilized(current, desired, now);
    if (wanted > current)
        return std::min(wanted, std::max(up_limit(current, now), current));
    if (wanted < current)
        return std::max(wanted, std::min(down_limit(current, now), current));
    return current;
}

void scaling_history::scaled(int from, int to, time_point now) {
    if (from != to)
        changes_.push_back({now, to - from});
}

/// Up only as far as all of the window for going up asked for, down only as far as all of the
/// window for going down did.
int scaling_history::stabilized(int current, int desired, time_point now) {
    int up = desired;
    int down = desired;
    for (const auto& r : recommendations_) {
        if (within(r.at, behavior_.up.stabilization_window, now))
            up = std::min(up, r.replicas);
        if (within(r.at, behavior_.down.stabilization_window, now))
            down = std::max(down, r.replicas);
    }
    recommendations_.push_back({now, desired});
    return std::min(std::max(current, up), down);
}

int scaling_history::up_limit(int current, time_point now) const {
    const auto& rules = behavior_.up;
    if (rules.select == policy_selection::disabled)
        return current;
    if (rules.policies.empty())
        return std::numeric_limits<int>::max();
    const bool most = rules.select == policy_selection::most;
    int limit = most ? 0 : std::numeric_limits<int>::max();
    for (const auto& policy : rules.policies) {
        const int before = at_start_of(policy.period, current, now);
        const int reached = before + policy.amount.rounded_up(before);
        limit = most ? std::max(limit, reached) : std::min(limit, reached);
    }
    return limit;
}

int scaling_history::down_limit(int current, time_point now) const {
    const auto& rules = behavior_.down;
    if (rules.select == policy_selection::disabled)
        return current;
    if (rules.policies.empty())
        return 0;
    const bool most = rules.select == policy_selection::most;
    int limit = most ? std::numeric_limits<int>::max() : 0;
    for (const auto& policy : rules.policies) {
        const int before = at_start_of(policy.period, current, now);
        // What is left is rounded down, so what goes is rounded up.
        const int reached = before - policy.amount.rounded_up(before);
        limit = most ? std::min(limit, reached) : std::max(limit, reached);
    }
    return std::max(limit, 0);
}

int scaling_history::at_start_of(duration period, int current, time_point now) const {
    for (const auto& change : changes_)
        if (within(change.at, period, now))
            current -= change.replicas;
    return std::max(current, 0);
}

void scaling_history::forget(time_point now) {
    const auto window =
        std::max(behavior_.up.stabilization_window, behavior_.down.stabilization_window);
    std::erase_if(recommendations_, [&](const entry& e) { return !within(e.at, window, now); });
    std::erase_if(changes_, [&](const entry& e) { return !within(e.at, longest_period_, now); });
}

} // namespace windtunnel
