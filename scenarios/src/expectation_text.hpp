// SPDX-License-Identifier: BSL-1.0
// Reads one line of `expect`:
//   subject: metric op value [phase]            "readers: p99 < 800ms before 'slow ratings'"
//   subject: recovers within duration [after 'fault']
// subject  a workload, a service, "service.endpoint", "caller->callee" (callee: service or
// endpoint) metric   a name of metric_table(); latencies may add "of good" (the default), "of
// failed",
//          "of all"; "errors(timed_out)"; "calls per <workload>"
// op       < <= > >= =      value  with the unit of the metric: 5ms, 1%, 0.01, 100/s, 3
// phase    nothing (after the warm-up), always, before|during|after 'fault'
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

#include "scenarios/src/spec.hpp"

namespace windtunnel::scenario {

/// What is wrong with the text, where in it (bytes from its beginning), and the nearest valid name.
class bad_expectation : public std::invalid_argument {
  public:
    bad_expectation(const std::string& message, std::size_t at, std::string suggestion = {});
    std::size_t at() const { return at_; }
    const std::string& suggestion() const { return suggestion_; }

  private:
    std::size_t at_;
    std::string suggestion_;
};

/// The scenario says which names there are: its topology, workloads, faults, warm-up and length
/// must be known. Leaves `where` empty. Throws bad_expectation.
expectation_spec parse_expectation(std::string_view text, const scenario_spec& scenario);

} // namespace windtunnel::scenario
