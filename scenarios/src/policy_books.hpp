// SPDX-License-Identifier: BSL-1.0
// Keeps the books of a run's policies: reads what they tell of themselves at the boundaries of
// phases and windows, and notes the first of their changes of state. Knows no kind of policy.
#pragma once

#include <cstdint>
#include <vector>

#include "scenarios/src/result.hpp"
#include "topologies/src/system/observer.hpp"
#include "topologies/src/system/policy_readings.hpp"

namespace windtunnel::scenario {

class policy_books {
  public:
    /// The system is complete, and outlives this.
    void begin(const topology::system& system);
    void boundary(bool of_phase, bool of_window);
    void changed(const topology::policy_change& change);

    /// `times` are the phase boundaries, in the order in which they were told.
    std::vector<policy_result> results(const std::vector<phase>& phases,
                                       const std::vector<duration>& times, duration now) const;

  private:
    /// One caller, one callee, one kind; all processes.
    struct account {
        policy_result head; ///< without figures
        std::vector<topology::policy_reading> readings;
        std::vector<policy_tally> at_phase, at_window; ///< sums since the beginning of the run
    };

    account& account_of(const std::string& caller, const std::string& callee,
                        std::string_view kind);
    policy_tally sums_of(const account& a) const;

    const topology::system* system_ = nullptr;
    std::vector<account> accounts_;
};

} // namespace windtunnel::scenario
