// SPDX-License-Identifier: BSL-1.0
// How fast an autoscaler may follow what its metric asks for: a window over which recommendations
// are remembered, and policies of how much may change in a period. Source and defaults: Kubernetes,
// HorizontalPodAutoscaler v2, `behavior`. Up: no window, 4 replicas or 100 % in 15 s, whichever is
// more. Down: 300 s, 100 % in 15 s.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "patterns/base/time.hpp"
#include "patterns/deployment/replica_count.hpp"

namespace windtunnel {

/// `amount` may change within `period`.
struct scaling_policy {
    replica_count amount;
    duration period = std::chrono::seconds{15}; ///< above 0, at most 30 min
    friend bool operator==(const scaling_policy&, const scaling_policy&) = default;
};

enum class policy_selection : std::uint8_t {
    most,     ///< the policy that lets most change; Kubernetes: Max
    least,    ///< Min
    disabled, ///< nothing changes in this direction
};

struct scaling_rules {
    duration stabilization_window{}; ///< at most 1 h
    policy_selection select = policy_selection::most;
    std::vector<scaling_policy> policies{}; ///< none: as fast as one likes

    /// Throws std::invalid_argument naming option, value and rule.
    void validate(std::string_view direction) const;
    friend bool operator==(const scaling_rules&, const scaling_rules&) = default;
};

scaling_rules kubernetes_scale_up();
scaling_rules kubernetes_scale_down();

struct scaling_behavior {
    scaling_rules up = kubernetes_scale_up();
    scaling_rules down = kubernetes_scale_down();

    void validate() const;
    friend bool operator==(const scaling_behavior&, const scaling_behavior&) = default;
};

/// What was recommended and what was changed, as far back as the rules ask. `now` never goes back.
class scaling_history {
  public:
    explicit scaling_history(scaling_behavior behavior);

    /// What becomes of a wish for `desired` replicas of now `current`: stabilised, then limited.
    /// The wish is remembered.
    int limited(int current, int desired, time_point now);
    /// The number of replicas was changed.
    void scaled(int from, int to, time_point now);

  private:
    struct entry {
        time_point at;
        int replicas; ///< recommended, or by how many it changed
    };

    int stabilized(int current, int desired, time_point now);
    int up_limit(int current, time_point now) const;
    int down_limit(int current, time_point now) const;
    /// Of now `current`, how many there were before the changes of the last `period`.
    int at_start_of(duration period, int current, time_point now) const;
    void forget(time_point now);

    scaling_behavior behavior_;
    duration longest_period_{};
    std::vector<entry> recommendations_, changes_; ///< oldest first
};

} // namespace windtunnel
