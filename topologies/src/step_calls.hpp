// SPDX-License-Identifier: BSL-1.0
// The calls of steps, however deep they stand.
#pragma once

#include <variant>

#include "topologies/src/spec.hpp"

namespace windtunnel::topology {

/// `visit(call_step&)`, in the order of the steps.
template <class Visit>
void each_call(steps_spec& steps, const Visit& visit) {
    for (step_spec& step : steps) {
        if (auto* call = std::get_if<call_step>(&step.what))
            visit(*call);
        else if (auto* mirror = std::get_if<mirror_step>(&step.what))
            visit(mirror->copy);
        else if (auto* parallel = std::get_if<parallel_step>(&step.what))
            for (steps_spec& branch : parallel->branches)
                each_call(branch, visit);
        else if (auto* repeat = std::get_if<repeat_step>(&step.what))
            each_call(repeat->body, visit);
        else if (auto* probability = std::get_if<probability_step>(&step.what)) {
            each_call(probability->body, visit);
            each_call(probability->otherwise, visit);
        }
    }
}

} // namespace windtunnel::topology
