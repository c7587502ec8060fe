// SPDX-License-Identifier: BSL-1.0
// The probes of one container, as Kubernetes does them. Startup: until it has succeeded no other
// probe runs; when it fails for good the container is restarted. Readiness: whether the container
// gets requests; it starts as "no". Liveness: when it fails for good the container is restarted; it
// starts as "yes". Thresholds count in a row and are reached at >=; a probe is due at >= its
// instant, every `period` from the start of the one before, and has timed out at >= its deadline. A
// probe that is not configured is passed. After a verdict to restart nothing is probed until the
// container has been restarted. Never let liveness depend on what the container depends on.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "patterns/base/time.hpp"
#include "patterns/health/health_check.hpp"

namespace windtunnel {

enum class probe_kind : std::uint8_t { startup, readiness, liveness };
std::string_view to_string(probe_kind kind);

/// The defaults are those of Kubernetes.
struct probe_options {
    duration initial_delay{}; ///< after the container's start
    duration period = std::chrono::seconds{10};
    duration timeout = std::chrono::seconds{1};
    int success_threshold = 1; ///< startup and liveness: 1, as there
    int failure_threshold = 3; ///< at least 1

    /// Throws std::invalid_argument naming option, value and rule.
    void validate(probe_kind kind) const;

    friend bool operator==(const probe_options&, const probe_options&) = default;
};

/// Options are fixed for the life of the probes.
struct container_probe_options {
    std::optional<probe_options> startup{}, readiness{}, liveness{};

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;

    friend bool operator==(const container_probe_options&,
                           const container_probe_options&) = default;
};
static_assert(std::is_aggregate_v<container_probe_options> &&
              std::is_trivially_copyable_v<container_probe_options>);

/// A value; not thread-safe. `now` never goes back.
class container_probes {
  public:
    struct due {
        probe_kind kind;
        std::uint32_t number; ///< to report with
        time_point deadline;
        friend bool operator==(const due&, const due&) = default;
    };

    /// The container starts at `now`.
    explicit container_probes(const container_probe_options& options, time_point now = {});

    /// When to call `begin`; `never` where all is under way or nothing is to be probed.
    time_point next_at() const;
    /// A probe to send now, of those that are due in the order of probe_kind; none: see next_at().
    std::optional<due> begin(time_point now);

    /// True where started(), ready() or restart_wanted() changed. A result of a probe that is not
    /// under way changes nothing; at or after its deadline it is a failure; fatal is a failure.
    bool on_result(probe_kind kind, std::uint32_t number, probe_result result, time_point now);

    bool started() const { return passed(probe_kind::startup); }
    /// Fit for requests.
    bool ready() const { return started() && passed(probe_kind::readiness) && !restart_wanted_; }
    /// Startup or liveness has failed for good.
    bool restart_wanted() const { return restart_wanted_; }
    /// The container has been started anew: everything begins again.
    void restarted(time_point now);

  private:
    struct probe {
        std::optional<probe_options> options;
        time_point next_at{};
        time_point deadline{};
        std::uint32_t number = 0; ///< of the latest
        int streak = 0;
        bool last_good = false;
        bool passed = false;
        bool probing = false;
    };
    static constexpr std::array kinds{probe_kind::startup, probe_kind::readiness,
                                      probe_kind::liveness};

    probe& of(probe_kind kind) { return probes_[static_cast<std::size_t>(kind)]; }
    const probe& of(probe_kind kind) const { return probes_[static_cast<std::size_t>(kind)]; }
    bool passed(probe_kind kind) const { return of(kind).passed; }
    bool waits(probe_kind kind) const;
    void judge(probe_kind kind, bool good);

    std::array<probe, 3> probes_;
    bool restart_wanted_ = false;
};

} // namespace windtunnel
