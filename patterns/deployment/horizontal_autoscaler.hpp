// SPDX-License-Identifier: BSL-1.0
// How many replicas a service should have, from a metric of each of them: Kubernetes'
// HorizontalPodAutoscaler (autoscaling/v2, pkg/controller/podautoscaler). It wants
// ceil(ready x metric / target), nothing where the ratio is within the tolerance. Pods without a
// figure are taken for what makes the change smaller: as busy as they should be when it goes down,
// idle when it goes up; pods that are not ready yet are taken for idle when it goes up and are left
// out when it goes down. Where that turns the direction round, nothing changes. Then come the
// stabilisation and the limits of scaling_behavior, then minimum and maximum.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "patterns/base/time.hpp"
#include "patterns/deployment/scaling_behavior.hpp"

namespace windtunnel {

enum class scaling_metric : std::uint8_t {
    /// A share of the CPU that the pod requested. New pods are busy with their start, so their
    /// figures are not believed at first; one without a figure counts as max(1, target).
    cpu_utilization,
    /// Any other figure for each pod; one without a figure counts as the target.
    average_value,
};

struct horizontal_autoscaler_options {
    int min_replicas = 1; ///< at least 1
    int max_replicas = 10;
    scaling_metric metric = scaling_metric::cpu_utilization;
    double target = 0.8;    ///< of the metric, above 0. Kubernetes: 80 % where none is given
    double tolerance = 0.1; ///< of the ratio, both ways, from 0 to below 1
    duration sync_period = std::chrono::seconds{15};
    duration cpu_initialization_period = std::chrono::minutes{5};
    duration initial_readiness_delay = std::chrono::seconds{30};
    scaling_behavior behavior{};

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;
    friend bool operator==(const horizontal_autoscaler_options&,
                           const horizontal_autoscaler_options&) = default;
};

struct pod_sample {
    bool pending = false;     ///< its containers do not run yet
    bool terminating = false; ///< such and failed ones are left out
    bool ready = true;
    time_point started{};           ///< when it was
    time_point readiness_changed{}; ///< the last time that `ready` did
    std::optional<double> value{};  ///< of the metric
    time_point measured{};          ///< the end of the window of `value`
    duration window{};
};

enum class scaling_reason : std::uint8_t {
    as_wanted,    ///< what the metric asks for
    in_tolerance, ///< and where pods without a figure would turn the direction round
    no_figures,   ///< of no ready pod
    stabilized,   ///< an earlier wish or a rate holds it
    at_limit,     ///< minimum or maximum
    switched_off, ///< 0 replicas: somebody has stopped the service
};

class horizontal_autoscaler {
  public:
    struct decision {
        int replicas;
        int wanted; ///< by the metric alone
        scaling_reason reason;
        friend bool operator==(const decision&, const decision&) = default;
    };

    explicit horizontal_autoscaler(const horizontal_autoscaler_options& options,
                                   time_point now = {});

    /// When to decide next: a sync period after the last time.
    time_point next_at() const { return next_at_; }
    /// `current`: how many are asked for at the moment. The decision is taken to be carried out.
    decision decide(int current, std::span<const pod_sample> pods, time_point now);

  private:
    struct wish {
        int replicas;
        scaling_reason reason;
    };
    wish wanted(int current, std::span<const pod_sample> pods, time_point now) const;
    enum class group : std::uint8_t { ignored, unready, missing, counted };
    group group_of(const pod_sample& pod, time_point now) const;
    bool unready_for_cpu(const pod_sample& pod, time_point now) const;
    bool tolerable(double ratio) const;

    horizontal_autoscaler_options options_;
    scaling_history history_;
    time_point next_at_;
};

} // namespace windtunnel
