// SPDX-License-Identifier: BSL-1.0
// Tracing as a scenario says it, and the recorder of a run that was made of it. Errors:
// input_error.
#pragma once

#include <memory>

#include "patterns/base/environment.hpp"
#include "patterns/trace/span_recorder.hpp"
#include "scenarios/src/spec.hpp"
#include "scenarios/src/trace_result.hpp"
#include "topologies/src/field_table.hpp"

namespace windtunnel::scenario {

const topology::field_table<tracing_spec>& tracing_table();

/// That its windows are not too many for the run.
void check_tracing(const topology::node& at, const scenario_spec& scenario);

/// nullptr where the scenario asks for no traces. Origins: services, then workloads.
std::unique_ptr<span_recorder> recorder_of(const scenario_spec& scenario, const environment& env);

trace_result traces_of(const span_recorder& recorder, const scenario_spec& scenario,
                       std::uint64_t seed);

} // namespace windtunnel::scenario
