// SPDX-License-Identifier: BSL-1.0
// What every report of finished runs is written through, whatever its format: runs are added in the
// order in which they were asked for, and the document is asked for at the end, also when not all
// of them have run. Writers keep what they print, not the results. Equal runs give equal bytes.
#pragma once

#include <string>

#include "scenarios/src/replications.hpp"
#include "scenarios/src/reports/json.hpp"
#include "scenarios/src/reports/text.hpp"
#include "scenarios/src/spec.hpp"

namespace windtunnel::scenario {

struct report_options {
    bool several = false;   ///< more than one run was asked for
    bool compares = false;  ///< they are variants, there to be compared
    text_options text = {}; ///< of text and Markdown: how much is said
};

class report_writer {
  public:
    report_writer() = default;
    report_writer(const report_writer&) = delete;
    report_writer& operator=(const report_writer&) = delete;
    virtual ~report_writer() = default;

    virtual void add(const scenario_spec& scenario, const replicated_result& result,
                     const run_account& account) = 0;
    /// A run that has no result. `what`: invalid or error where it broke off, aborted where it was
    /// left out because the program was stopped before.
    virtual void add_missing(const scenario_spec& scenario, verdict what, const std::string& why,
                             const run_account& account) = 0;
    /// The input was invalid and nothing ran; `file`: the scenario's, empty where there are
    /// several.
    virtual void refuse(const topology::input_error& error, const std::string& file) = 0;

    /// All of it, with a line's end. `worst`: the verdict of all runs together.
    virtual std::string document(verdict worst) const = 0;
};

} // namespace windtunnel::scenario
