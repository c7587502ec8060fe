// SPDX-License-Identifier: BSL-1.0
// The metrics of the policies before the calls of an edge, or of a service's admission, of all
// kinds that count toward them.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "scenarios/src/measurement.hpp"
#include "scenarios/src/result.hpp"
#include "scenarios/src/spec.hpp"

namespace windtunnel::scenario {

class policy_measurements {
  public:
    /// Both must outlive this.
    policy_measurements(const expectation_spec& expectation, const run_result& result);

    /// `calls`: those of the edge in the phase; of a service they are not looked at.
    measurement at(std::size_t phase, const tally& calls) const;

  private:
    std::uint64_t count(std::size_t phase, std::string_view name) const;
    std::uint64_t refusals(std::size_t phase) const;
    measurement refused(std::size_t phase, const tally& calls) const;
    measurement of_lookups(std::size_t phase) const;
    measurement figure(std::size_t phase) const;
    measurement mean(std::size_t phase, std::initializer_list<std::string_view> levels) const;

    const expectation_spec& expectation_;
    std::vector<const policy_result*> policies_;
    const service_result* service_ = nullptr; ///< of an edge nullptr
    double runs_;
};

} // namespace windtunnel::scenario
