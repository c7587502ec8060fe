// SPDX-License-Identifier: BSL-1.0
// What one replica goes through, as a Kubernetes pod of one container does: it is scheduled, pulls
// its image, starts, warms up, is ready or not as its probes say, drains, and is dead. A container
// that ends by itself is started again in the same pod, after a back-off (CrashLoopBackOff): at
// once the first time, then 10 s after its end, doubling to 300 s, and from the beginning once it
// has run for twice the longest. Who is told to go leaves the endpoints at once, runs its preStop,
// gets SIGTERM after it, and SIGKILL when the grace period, which counts from the beginning, is up.
// The outside reports what happened and does what the phase says; times are up at >=.
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "patterns/base/time.hpp"

namespace windtunnel {

/// The defaults are those of Kubernetes.
struct replica_lifecycle_options {
    duration grace_period = std::chrono::seconds{30}; ///< terminationGracePeriodSeconds
    duration pre_stop{};                              ///< how long its hook takes; 0: none
    duration pre_stop_extra =
        std::chrono::seconds{2}; ///< after a hook that used up the grace period
    duration initial_back_off = std::chrono::seconds{10};
    duration max_back_off = std::chrono::seconds{300}; ///< at least initial_back_off

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;
    friend bool operator==(const replica_lifecycle_options&,
                           const replica_lifecycle_options&) = default;
};
static_assert(std::is_aggregate_v<replica_lifecycle_options> &&
              std::is_trivially_copyable_v<replica_lifecycle_options>);

enum class replica_phase : std::uint8_t {
    scheduled, ///< has a place, nothing of it is there
    pulling,   ///< its image is on the way
    starting,  ///< the process begins, and answers nothing yet
    warming,   ///< it runs and answers, but is not ready
    ready,     ///< gets requests
    back_off,  ///< it ended, and waits to be started again
    pre_stop,  ///< draining: leaves the endpoints, and its hook runs
    stopping,  ///< draining: it has had SIGTERM
    dead,
};
std::string_view to_string(replica_phase phase);

/// A value; not thread-safe. `now` never goes back. What is reported out of place changes nothing.
class replica_lifecycle {
  public:
    explicit replica_lifecycle(const replica_lifecycle_options& options = {});

    // ---- what happened; true where the phase changed --------------------------------------------
    bool pull_began();              ///< scheduled
    bool pulled(time_point now);    ///< scheduled (the image was there) or pulling
    bool started();                 ///< starting: its startup probe has succeeded, if it has one
    bool set_ready(bool ready);     ///< warming or ready: as its readiness probe says
    bool ended(time_point now);     ///< its process: a crash, a kill, or what it was told
    bool terminate(time_point now); ///< it is to go
    bool kill();                    ///< it is gone, with its node say

    /// When advance() has something to do; `never` where it waits for a report.
    time_point next_at() const { return next_at_; }
    /// What is due: a back-off ends in `starting`, a hook in `stopping`, the grace period in
    /// `dead`.
    bool advance(time_point now);

    replica_phase phase() const { return phase_; }
    bool ready() const { return phase_ == replica_phase::ready; }
    /// Its process is there, and works on what it has.
    bool running() const;
    bool draining() const {
        return phase_ == replica_phase::pre_stop || phase_ == replica_phase::stopping;
    }
    std::uint32_t restarts() const { return restarts_; }
    bool killed() const { return killed_; } ///< it ended before it had come to an end by itself

  private:
    bool go_to(replica_phase next, time_point at = never);
    bool restart(time_point now);

    replica_lifecycle_options options_;
    replica_phase phase_ = replica_phase::scheduled;
    bool killed_ = false;
    std::uint32_t restarts_ = 0;
    time_point next_at_ = never;
    time_point grace_ends_ = never;
    time_point restarted_at_{}; ///< or started
    duration back_off_{};       ///< before the next restart
};

} // namespace windtunnel
