// SPDX-License-Identifier: BSL-1.0
// Measures the figure that an expectation speaks of, in each phase of a result.
#pragma once

#include <cstddef>

#include "scenarios/src/measurement.hpp"
#include "scenarios/src/policy_measurements.hpp"
#include "scenarios/src/result.hpp"
#include "scenarios/src/spec.hpp"

namespace windtunnel::scenario {

/// For metrics other than recovers_within. `bound` of the expectation only says how many samples a
/// share needs.
class figure_meter {
  public:
    /// Both must outlive this; the result is one of the scenario that the expectation is of.
    figure_meter(const expectation_spec& figure, const run_result& result);

    measurement at(std::size_t phase) const;

  private:
    measurement latency(const tally& t) const;
    std::uint64_t reached(const tally& t) const;
    measurement requests(const tally& t) const;
    std::uint64_t failures(const tally& t) const;
    measurement done() const;
    measurement of_service(std::size_t phase) const;
    std::size_t runs() const;

    const expectation_spec& figure_;
    const run_result& result_;
    policy_measurements policies_;
    traffic traffic_, relative_to_;
    const service_result* service_ = nullptr;
};

/// Whether the phase is one that the expectation is about.
bool is_about(const phase_ref& ref, const phase& p);

} // namespace windtunnel::scenario
