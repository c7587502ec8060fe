// SPDX-License-Identifier: BSL-1.0
// A limit of CPU time on the workers of a pool, as Linux's CFS bandwidth control has it (cpu.max,
// Kubernetes' limits.cpu): in each period all workers together may work limit x period; when that
// is used up all stand still until the next one. So a mean far below the limit does not keep n
// workers from using it up in period x limit / n, and whoever comes then waits for the rest. What
// was worked beyond the quota is missing in the next one; what was left is lost, up to `burst`. It
// reads the pool's books and costs its jobs nothing: it looks again when the quota can be used up
// at the earliest, but not before `look_again` has passed, so that each worker may overrun by that.
#pragma once

#include <cstdint>
#include <type_traits>

#include "patterns/base/time.hpp"
#include "patterns/base/timer.hpp"
#include "patterns/base/wide_integer.hpp"

namespace windtunnel::sim {

class simulation;
class worker_pool;

struct cpu_quota_options {
    double limit = 1; ///< cores, above 0; there are none to be limited where it is >= the workers
    duration period = std::chrono::milliseconds{100}; ///< 1 ms to 1 s, as the kernel demands
    duration burst{};                                 ///< CPU time that may be carried over
    duration phase{}; ///< when the first period begins: hosts are not in step

    void validate() const; ///< throws std::invalid_argument
};
static_assert(std::is_trivially_copyable_v<cpu_quota_options>);

/// As in cpu.stat.
struct cpu_quota_totals {
    std::uint64_t periods = 0;   ///< in which there was work
    std::uint64_t throttled = 0; ///< of them those whose quota was used up
    duration throttled_for{};    ///< how long the pool stood still for it
};

/// The pool outlives it, the simulation too.
class cpu_quota {
  public:
    static constexpr duration look_again = std::chrono::microseconds{10};

    /// Throws std::invalid_argument for invalid options.
    cpu_quota(simulation& simulation, worker_pool& pool, const cpu_quota_options& options);
    cpu_quota(const cpu_quota&) = delete;
    cpu_quota& operator=(const cpu_quota&) = delete;
    ~cpu_quota();

    bool throttled() const { return throttled_since_ != never; }
    cpu_quota_totals totals() const; ///< as of now

  private:
    struct look_timer : timer {
        explicit look_timer(cpu_quota& q) : timer(&cpu_quota::look), quota(q) {}
        cpu_quota& quota;
    };

    static void look(timer& t);
    void account();
    void begin_period();
    void throttle();
    void look_later();

    simulation& simulation_;
    worker_pool& pool_;
    cpu_quota_options options_;
    duration quota_; ///< of a period
    duration left_;
    bool worked_ = false; ///< in this period
    wide_integer seen_ns_ = 0;
    time_point period_ends_;
    time_point throttled_since_ = never;
    cpu_quota_totals totals_;
    look_timer timer_;
};

} // namespace windtunnel::sim
