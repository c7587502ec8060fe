// SPDX-License-Identifier: BSL-1.0
#include "patterns/deployment/horizontal_autoscaler.hpp"

#include <algorithm>
#include <cmath>

#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace {

/// What floating point adds to a whole number is no replica more.
int rounded_up(double replicas) {
    constexpr double most = 1e9;
    return static_cast<int>(std::ceil(std::min(replicas, most) - 1e-9));
}

} // namespace

void horizontal_autoscaler_options::validate() const {
    const option_check check{"horizontal_autoscaler"};
    constexpr duration zero{};
    check(min_replicas >= 1, "min_replicas", min_replicas, "be at least 1");
    check(max_replicas >= min_replicas, "max_replicas", max_replicas, "be at least min_replicas");
    check(target > 0 && std::isfinite(target), "target", target, "be above 0");
    check(tolerance >= 0 && tolerance < 1, "tolerance", tolerance, "be from 0 to below 1");
    check(sync_period > zero, "sync_period", sync_period, "be above 0");
    check(cpu_initialization_period >= zero, "cpu_initialization_period", cpu_initialization_period,
          "not be negative");
    check(initial_readiness_delay >= zero, "initial_readiness_delay", initial_readiness_delay,
          "not be negative");
    behavior.validate();
}

horizontal_autoscaler::horizontal_autoscaler(const horizontal_autoscaler_options& options,
                                             time_point now)
    : options_((options.validate(), options)), history_(options.behavior),
      next_at_(saturating_add(now, options.sync_period)) {}

horizontal_autoscaler::decision
horizontal_autoscaler::decide(int current, std::span<const pod_sample> pods, time_point now) {
    next_at_ = saturating_add(now, options_.sync_period);
    if (current == 0)
        return {.replicas = 0, .wanted = 0, .reason = scaling_reason::switched_off};
    const int low = options_.min_replicas;
    const int high = options_.max_replicas;
    wish w{.replicas = std::clamp(current, low, high), .reason = scaling_reason::at_limit};
    int next = w.replicas;
    if (next == current) {
        w = wanted(current, pods, now);
        const int allowed = w.reason == scaling_reason::no_figures
                                ? current
                                : history_.limited(current, w.replicas, now);
        next = std::clamp(allowed, low, high);
        if (w.reason == scaling_reason::as_wanted && next != w.replicas)
            w.reason = next == allowed ? scaling_reason::stabilized : scaling_reason::at_limit;
        else if (next != allowed)
            w.reason = scaling_reason::at_limit;
    }
    history_.scaled(current, next, now);
    return {.replicas = next, .wanted = w.replicas, .reason = w.reason};
}

horizontal_autoscaler::wish
horizontal_autoscaler::wanted(int current, std::span<const pod_sample> pods, time_point now) const {
    int counted = 0;
    int missing = 0;
    int unready = 0;
    double sum = 0;
    for (const auto& pod : pods) {
        const auto g = group_of(pod, now);
        missing += g == group::missing ? 1 : 0;
        unready += g == group::unready ? 1 : 0;
        counted += g == group::counted ? 1 : 0;
        sum += g == group::counted ? *pod.value : 0;
    }
    const wish as_it_is{.replicas = current, .reason = scaling_reason::in_tolerance};
    if (counted == 0)
        return {.replicas = current, .reason = scaling_reason::no_figures};
    const double ratio = sum / (counted * options_.target);
    const bool idle_newcomers = unready > 0 && ratio > 1;
    if (!idle_newcomers && missing == 0)
        return tolerable(ratio) ? as_it_is
                                : wish{.replicas = rounded_up(sum / options_.target),
                                       .reason = scaling_reason::as_wanted};
    const double unknown = options_.metric == scaling_metric::cpu_utilization
                               ? std::max(1.0, options_.target)
                               : options_.target;
    sum += ratio < 1 ? missing * unknown : 0;
    const int all = counted + missing + (idle_newcomers ? unready : 0);
    const double corrected = sum / (all * options_.target);
    if (tolerable(corrected) || (ratio < 1) != (corrected < 1))
        return as_it_is;
    const int replicas = rounded_up(sum / options_.target);
    if (corrected < 1 ? replicas > current : replicas < current)
        return as_it_is;
    return {.replicas = replicas, .reason = scaling_reason::as_wanted};
}

horizontal_autoscaler::group horizontal_autoscaler::group_of(const pod_sample& pod,
                                                             time_point now) const {
    if (pod.terminating)
        return group::ignored;
    if (pod.pending)
        return group::unready;
    if (!pod.value)
        return group::missing;
    if (options_.metric == scaling_metric::cpu_utilization && unready_for_cpu(pod, now))
        return group::unready;
    return group::counted;
}

/// Soon after its start a pod is unready when it says so, or when its figure began before it was
/// ready; later only when it has never been ready.
bool horizontal_autoscaler::unready_for_cpu(const pod_sample& pod, time_point now) const {
    if (saturating_add(pod.started, options_.cpu_initialization_period) > now)
        return !pod.ready || pod.measured < saturating_add(pod.readiness_changed, pod.window);
    return !pod.ready &&
           saturating_add(pod.started, options_.initial_readiness_delay) > pod.readiness_changed;
}

bool horizontal_autoscaler::tolerable(double ratio) const {
    return 1 - options_.tolerance <= ratio && ratio <= 1 + options_.tolerance;
}

} // namespace windtunnel
