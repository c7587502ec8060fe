// SPDX-License-Identifier: BSL-1.0
// Active health checking of one peer, as Envoy does it: ask it now and then, and believe a change
// only when it lasts. A healthy peer turns unhealthy with unhealthy_threshold failures in a row
// (a fatal one is enough), an unhealthy one healthy with healthy_threshold successes in a row; the
// very first result decides alone. Comparisons: a probe is due at >= its instant, has timed out at
// >= its deadline; thresholds are reached at >=. Invariant: at most one probe is under way, and
// only its own result counts: what comes after its timeout changes nothing. The check must not
// depend on what the peer depends on, or one sick service takes all out.
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "patterns/base/random_stream.hpp"
#include "patterns/base/time.hpp"

namespace windtunnel {

/// Options are fixed for the life of a check.
struct health_check_options {
    duration interval = std::chrono::seconds{10}; ///< from one's end to the next; above 0. Consul
    duration timeout = std::chrono::seconds{1};   ///< above 0. Kubernetes
    int unhealthy_threshold = 3;                  ///< at least 1. Kubernetes
    int healthy_threshold = 2;                    ///< at least 1
    /// A peer of unknown health needs one success only (Envoy); else healthy_threshold.
    bool first_success_is_enough = true;

    /// While it is healthy and has had no requests since the last probe: nobody needs to know.
    /// After Envoy's no_traffic_interval.
    duration no_traffic_interval = std::chrono::seconds{60};
    duration unhealthy_interval{}; ///< while unhealthy; zero: `interval`
    double interval_jitter = 0.1;  ///< each is longer by up to this share of it; 0 to 1
    duration initial_jitter = std::chrono::seconds{1}; ///< the first probe waits up to this long

    // Flap damping: a peer that turned unhealthy flap_limit times within flap_window stays
    // unhealthy for flap_hold, however well it does. Off with a limit of 0.
    int flap_limit = 0;
    duration flap_window = std::chrono::minutes{5};
    duration flap_hold = std::chrono::minutes{1};

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;

    friend bool operator==(const health_check_options&, const health_check_options&) = default;
};
static_assert(std::is_aggregate_v<health_check_options> &&
              std::is_trivially_copyable_v<health_check_options>);

enum class health_status : std::uint8_t {
    unknown, ///< not yet probed: give it no requests
    healthy,
    unhealthy,
};
std::string_view to_string(health_status status);

enum class probe_result : std::uint8_t {
    success,
    failure,
    fatal,   ///< it said that it is not to be used: unhealthy at once
    no_view, ///< the prober failed, not the peer: changes nothing
};
std::string_view to_string(probe_result result);

/// A value; not thread-safe. `now` never goes back. The driver's loop: at next_at() call `begin`,
/// send the probe, report its result, or `on_timeout` at deadline().
class health_check {
  public:
    explicit health_check(const health_check_options& options, random_stream jitter,
                          time_point now = {});

    /// When to call `begin`; `never` while a probe is under way.
    time_point next_at() const { return probing_ ? never : next_at_; }
    /// A probe starts; its number. None may be under way.
    std::uint32_t begin(time_point now);
    /// Of the probe under way, else `never`.
    time_point deadline() const { return probing_ ? deadline_ : never; }

    /// True where the status changed. A result of another probe than the one under way, or at or
    /// after its deadline, is not counted as a success.
    bool on_result(std::uint32_t probe, probe_result result, time_point now);
    bool on_timeout(std::uint32_t probe, time_point now);

    /// A request went to the peer: the next probe comes after `interval` from the first of them,
    /// if that is sooner. Cheap: call it for each request.
    void on_traffic(time_point now);

    health_status status() const { return status_; }
    /// Successes, or failures, in a row.
    int streak() const { return streak_; }
    bool held_down(time_point now) const { return now < held_until_; }
    const health_check_options& options() const { return options_; }

  private:
    bool judge(bool good, bool fatal, time_point now);
    bool becomes(health_status status, time_point now);
    void note_flap(time_point now);
    duration next_interval();

    health_check_options options_;
    random_stream jitter_;
    time_point next_at_;
    time_point deadline_ = never;
    time_point flaps_since_{};
    time_point held_until_ = time_point::min();
    std::uint32_t probe_ = 0; ///< number of the latest
    int streak_ = 0;
    int flaps_ = 0;
    health_status status_ = health_status::unknown;
    bool last_good_ = false;
    bool probing_ = false;
    bool traffic_ = false;
};

} // namespace windtunnel
