// SPDX-License-Identifier: BSL-1.0
// Which policies the calls of a scenario really have: those of the topology or the workload, with
// the scenario's overlays laid over them.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "scenarios/src/spec.hpp"

namespace windtunnel::scenario {

/// What an overlay does not say stays; of several that match, the last one wins.
topology::policies_spec with_overlays(const scenario_spec& scenario, const std::string& caller,
                                      const endpoint_ref& to, topology::policies_spec own);

/// Whether a call from a caller to a service ("web->db") has one of the kinds, by their names in a
/// file ("circuit_breaker").
bool has_policy(const scenario_spec& scenario, std::string_view edge,
                std::span<const std::string_view> kinds);
/// The same of a service's admission.
bool has_admission_policy(const scenario_spec& scenario, std::string_view service,
                          std::span<const std::string_view> kinds);

} // namespace windtunnel::scenario
