// SPDX-License-Identifier: BSL-1.0
// One run of a row's scenario, through the same doors as everybody: its text is parsed, the run is
// simulated, its result is asked. A topology with a platform runs in a process of its own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/src/result.hpp"
#include "scenarios/src/spec.hpp"
#include "validation/engine/table.hpp"

namespace windtunnel::validation {

struct observation {
    std::uint64_t seed = 0;
    scenario::run_result result;
    /// Requests at each service, by service and look, from the end of the warm-up to the end.
    std::vector<std::vector<std::int64_t>> looks;
    /// Requests that each has dropped from its queue by then, in the same way.
    std::vector<std::vector<std::uint64_t>> drops;
    /// Laws that hold on every sample path, and expectations, that do not hold here.
    std::vector<std::string> violations;
};

scenario::scenario_spec spec_of(const row& r);
observation observe(const row& r, const scenario::scenario_spec& spec, std::uint64_t seed);

} // namespace windtunnel::validation
