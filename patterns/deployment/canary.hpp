// SPDX-License-Identifier: BSL-1.0
// A new version gets a share of the requests that grows in steps, as long as it answers as well as
// it must; else it gets none at all. The shape is that of Flagger and of Argo Rollouts' canary;
// the defaults are Flagger's examples: a look every minute, given up at the 5th bad one.
#pragma once

#include <cstdint>
#include <vector>

#include "patterns/base/time.hpp"

namespace windtunnel {

struct canary_options {
    std::vector<double> weights{5, 10, 25, 50};  ///< per cent, each above the one before; then 100
    duration interval = std::chrono::minutes{1}; ///< between looks; a step takes one good look
    int failure_limit = 5;         ///< bad looks in all at which it is given up, at least 1
    double max_error_share = 0.01; ///< of the requests; above it a look is bad
    duration max_latency = std::chrono::milliseconds{500}; ///< above it a look is bad
    std::uint64_t min_requests = 20; ///< between looks; with fewer nothing is learnt

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;
    friend bool operator==(const canary_options&, const canary_options&) = default;
};

enum class canary_state : std::uint8_t { running, promoted, aborted };

/// A value; not thread-safe.
class canary {
  public:
    /// What the new version did since the last look.
    struct figures {
        std::uint64_t requests = 0, errors = 0;
        duration latency{}; ///< p99, or what one goes by
    };

    explicit canary(canary_options options, time_point now = {});

    time_point next_at() const { return state_ == canary_state::running ? next_at_ : never; }
    /// True where the weight or the state was changed. After the end nothing changes.
    bool look(const figures& seen, time_point now);

    /// Per cent of the requests that the new version is to get.
    double weight() const;
    canary_state state() const { return state_; }
    int failures() const { return failures_; }

  private:
    canary_options options_;
    canary_state state_ = canary_state::running;
    std::size_t step_ = 0;
    int failures_ = 0;
    time_point next_at_;
};

} // namespace windtunnel
