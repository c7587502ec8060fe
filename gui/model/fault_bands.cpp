// SPDX-License-Identifier: BSL-1.0
#include "gui/model/fault_bands.hpp"

#include <algorithm>

namespace windtunnel::gui {

namespace {

std::size_t number_of(const scenario::scenario_spec& spec, const std::string& fault) {
    const auto found = std::find_if(spec.faults.begin(), spec.faults.end(),
                                    [&](const auto& f) { return f.name == fault; });
    return static_cast<std::size_t>(found - spec.faults.begin());
}

} // namespace

std::vector<fault_band> fault_bands(const scenario::scenario_spec& spec,
                                    const scenario::run_result& so_far, duration end) {
    std::vector<fault_band> bands;
    for (std::size_t i = 0; i < spec.faults.size(); ++i) {
        const auto& fault = spec.faults[i];
        bands.push_back({fault.name, i, fault.at, fault.last_end(end), true});
    }
    for (const auto& on : so_far.activations)
        bands.push_back({on.fault, number_of(spec, on.fault), on.begin, on.end, false});
    return bands;
}

} // namespace windtunnel::gui
