// SPDX-License-Identifier: BSL-1.0
// Replaces one version of a service by another without taking it down: Kubernetes' Deployment with
// strategy RollingUpdate. There are as many sets of replicas as versions; the update says how large
// each should be. In each round the new set grows first, as far as the surge lets it, then old sets
// shrink, those of their replicas that are not available first, as far as enough stay available.
// A round crosses neither bound: all sets together ask for at most replicas + surge, and what is
// taken away leaves at least replicas - unavailable, of those that were available.
// Kubernetes only tells that an update makes no progress; going back by itself is ours
// (`helm upgrade --atomic`, Argo Rollouts' abort).
#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>
#include <vector>

#include "patterns/base/time.hpp"
#include "patterns/deployment/replica_count.hpp"

namespace windtunnel {

/// The defaults are those of Kubernetes.
struct rolling_update_options {
    replica_count max_surge = replica_count::percentage(25);       ///< rounded up
    replica_count max_unavailable = replica_count::percentage(25); ///< rounded down; at most 100 %
    duration min_ready{}; ///< a replica is available when it was ready for so long
    duration progress_deadline = std::chrono::seconds{600}; ///< above min_ready
    bool automatic_rollback = false;                        ///< at the progress deadline

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;

    int surge(int replicas) const { return max_surge.rounded_up(replicas); }
    /// 1 where both would be 0, as nothing could happen otherwise.
    int unavailable(int replicas) const;
    bool available(bool ready, time_point ready_since, time_point now) const {
        return ready && now >= saturating_add(ready_since, min_ready);
    }

    friend bool operator==(const rolling_update_options&, const rolling_update_options&) = default;
};
static_assert(std::is_aggregate_v<rolling_update_options> &&
              std::is_trivially_copyable_v<rolling_update_options>);

enum class rollout_state : std::uint8_t {
    complete, ///< all replicas are of the target version and available
    progressing,
    stalled,      ///< no progress for progress_deadline; it goes on trying
    rolling_back, ///< to the version before, by itself or because somebody wants it
    rolled_back,  ///< and that is complete
};

/// A value; not thread-safe. `now` never goes back.
class rolling_update {
  public:
    struct replica_set {
        std::uint32_t version;
        int desired;       ///< how many it should have
        int available = 0; ///< as rolling_update_options::available has it; at most desired
        friend bool operator==(const replica_set&, const replica_set&) = default;
    };

    /// Begins to progress, with `replicas` of `version` wanted and none available yet.
    rolling_update(const rolling_update_options& options, int replicas, std::uint32_t version,
                   time_point now = {});

    /// From now on `version` is wanted.
    void deploy(std::uint32_t version, time_point now);
    /// Back to the version that was complete last; false where the target is that.
    bool roll_back(time_point now);
    /// How many replicas are wanted, as an autoscaler says: the sets grow or shrink in proportion,
    /// in an update to what the surge allows.
    void scale(int replicas, time_point now);

    /// A round: `available` says of a set's version how many are, in the order of sets(). True
    /// where a set's size was changed. Take unavailable replicas of a set away before available
    /// ones.
    bool reconcile(const std::vector<int>& available, time_point now);

    /// When the lack of progress is noticed; `never` where there is nothing to wait for.
    time_point deadline() const;

    /// Oldest first, without those that are to be empty, but with the target.
    const std::vector<replica_set>& sets() const { return sets_; }
    rollout_state state() const { return state_; }
    std::uint32_t target() const { return target_; }
    int replicas() const { return replicas_; }
    std::uint32_t rollbacks() const { return rollbacks_; } ///< by itself or not

  private:
    replica_set& target_set();
    int total() const;
    int total_available() const;
    bool grow();
    bool shrink();
    int take(int limit, bool unavailable_only);
    void note_progress(const std::vector<int>& available, time_point now);
    void judge(time_point now);
    void aim(std::uint32_t version, time_point now);

    rolling_update_options options_;
    int replicas_;
    std::uint32_t target_, stable_;
    std::vector<replica_set> sets_;
    rollout_state state_ = rollout_state::progressing;
    time_point progressed_;
    std::uint32_t rollbacks_ = 0;
};

} // namespace windtunnel
