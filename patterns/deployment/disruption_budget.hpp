// SPDX-License-Identifier: BSL-1.0
// How many replicas may be taken away on purpose at the same time: Kubernetes'
// PodDisruptionBudget. Percentages are rounded up, in both forms. A replica that was evicted counts
// as gone from the permission on, until it is, or until `forget_after`, when it is taken to have
// stayed. Accidents are not asked about, but lower what may be taken away.
#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>
#include <vector>

#include "patterns/base/time.hpp"
#include "patterns/deployment/replica_count.hpp"

namespace windtunnel {

enum class unhealthy_eviction : std::uint8_t {
    if_healthy_budget, ///< one that is not ready may go when enough others are; the default
    always_allow,
};

/// Exactly one of the first two.
struct disruption_budget_options {
    std::optional<replica_count> min_available{};
    std::optional<replica_count> max_unavailable{};
    unhealthy_eviction unhealthy = unhealthy_eviction::if_healthy_budget;
    duration forget_after = std::chrono::minutes{2};

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;
    friend bool operator==(const disruption_budget_options&,
                           const disruption_budget_options&) = default;
};
static_assert(std::is_aggregate_v<disruption_budget_options> &&
              std::is_trivially_copyable_v<disruption_budget_options>);

/// A value; not thread-safe. `now` never goes back.
class disruption_budget {
  public:
    explicit disruption_budget(const disruption_budget_options& options);

    /// Of `expected` replicas, how many have to be healthy.
    int desired_healthy(int expected) const;
    /// How many may go now, of `healthy` that are, those on their way out not among the gone.
    int allowed(int expected, int healthy, time_point now) const;
    /// Whether `replica` may be evicted; if so it counts as disrupted.
    bool evict(std::uint64_t replica, bool ready, int expected, int healthy, time_point now);
    /// It is seen to be terminating, so that it is no longer among the healthy.
    void gone(std::uint64_t replica);

  private:
    struct disruption {
        std::uint64_t replica;
        time_point forgotten_at;
    };
    int pending(time_point now) const;

    disruption_budget_options options_;
    std::vector<disruption> disrupted_;
};

} // namespace windtunnel
