// SPDX-License-Identifier: BSL-1.0
// Admission by priority: a service that has too much to do serves the most important requests and
// refuses the rest at the door. A level is a business priority (larger is more important) and,
// within it, a user priority, which is a hash of the user: so all services of a task, each of which
// decides alone, refuse the same tasks, and what one has worked on the next does not refuse. At the
// end of a window (1 s, or 2000 requests):
//   overloaded (average queueing time > 20 ms): fewer levels, until what came in them is at most
//     (1 - alpha) of what came in the levels admitted so far;
//   else: more levels, until it is at least that plus beta of all that came.
// Or the levels are fixed, and only counted. Source: Zhou et al., "Overload control for scaling
// WeChat microservices" (DAGOR, SoCC 2018). Invariant: the most important level is always admitted.
// Integers within.
#pragma once

#include <cstdint>
#include <type_traits>
#include <vector>

#include "patterns/base/time.hpp"

namespace windtunnel {

struct priority_shedder_options {
    int business_levels = 8;                                ///< 1 to 1024
    int user_levels = 128;                                  ///< 1 to 1024; 128 is the source's
    duration queueing_time = std::chrono::milliseconds{20}; ///< an average above it is overload
    duration window = std::chrono::seconds{1};              ///< above 0
    int window_requests = 2000;                             ///< or so many, whichever comes first
    double alpha = 0.05;                                    ///< above 0 to below 1
    double beta = 0.01;                                     ///< above 0 to 1
    /// So many levels are let in whatever the load, for who knows what fits: nothing is regulated.
    /// To all that there are; 0: regulated.
    int fixed_levels = 0;
    /// Retries rank behind all first attempts: they are the first to be refused.
    bool shed_retries_first = true;

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;

    friend bool operator==(const priority_shedder_options&,
                           const priority_shedder_options&) = default;
};
static_assert(std::is_aggregate_v<priority_shedder_options> &&
              std::is_trivially_copyable_v<priority_shedder_options>);

/// The priority of a user, 0 to levels - 1, larger is more important. The epoch (the hour, say)
/// changes who is unlucky. Computed once, where a task enters, and carried along with its calls:
/// clocks of two machines do not agree on the epoch.
int user_priority(std::uint64_t user, std::uint64_t epoch, int levels);

struct admission_request {
    int business = 0; ///< what is outside of the levels counts as the nearest one
    int user = 0;     ///< see user_priority
    std::uint32_t attempt = 1;
    bool health_check = false; ///< always admitted, counted nowhere
};

/// The place of a request among the levels of such a shedder; 0 is the most important.
int level_of(const priority_shedder_options& options, const admission_request& request);

/// What a caller knows of a callee's shedder, told with each answer: it need not send what would be
/// refused. News are good for one window; then it asks again, for who holds all back never learns
/// that there is room.
class told_admission {
  public:
    /// The callee's options.
    explicit told_admission(const priority_shedder_options& options) : options_(options) {}

    void told(int admitted_levels, time_point now) {
        admitted_levels_ = admitted_levels;
        until_ = saturating_add(now, options_.window);
    }
    bool admits(const admission_request& request, time_point now) const {
        return now >= until_ || request.health_check ||
               level_of(options_, request) < admitted_levels_;
    }

  private:
    priority_shedder_options options_;
    int admitted_levels_ = 0;
    time_point until_ = time_point::min();
};

struct priority_shedder_metrics {
    int admitted_levels = 0, levels = 0;
    // Since construction:
    std::uint64_t admitted = 0, rejected = 0;
    std::uint64_t windows = 0, overloaded_windows = 0;
};

/// Allocates in the constructor only. `now` never goes back.
class priority_shedder {
  public:
    explicit priority_shedder(const priority_shedder_options& options, time_point now = {});

    /// Whether to let a request in.
    bool admit(time_point now, const admission_request& request);
    /// A request that was let in is taken up, after `queued`. Without such a report a window says
    /// nothing about load: the levels stay, unless nothing was admitted, and then grow.
    void on_start(time_point now, duration queued);

    /// Whether such a request would be let in, by the windows that are over.
    bool admits(const admission_request& request) const;
    /// The most important so many levels are admitted, of levels(). See told_admission.
    int admitted_levels() const { return admitted_levels_; }
    int levels() const { return static_cast<int>(came_.size()); }
    priority_shedder_metrics metrics() const;
    const priority_shedder_options& options() const { return options_; }

  private:
    void close_window_if_over(time_point now);
    void shrink();
    void grow();
    std::int64_t came_in_admitted() const;

    priority_shedder_options options_;
    std::vector<std::uint32_t> came_; ///< requests in this window, by level, most important first
    int admitted_levels_;
    int top_ = -1; ///< the least important level of which a request came in this window; -1: none
    std::int64_t all_ = 0;      ///< that came in this window
    std::int64_t admitted_ = 0; ///< of those
    std::int64_t started_ = 0;
    std::int64_t queued_ = 0; ///< ns, of those that started
    time_point window_end_;
    priority_shedder_metrics totals_;
};

} // namespace windtunnel
