// SPDX-License-Identifier: BSL-1.0
// The JSON report: scenarios/schema/result.schema.json. Its block `summary` keeps its names within
// a version of the schema; the rest may grow. Times are seconds; what cannot be computed is null;
// objects keep the order of the scenario and topology files. Equal runs give equal bytes.
#pragma once

#include <string>
#include <vector>

#include "scenarios/src/replications.hpp"
#include "scenarios/src/spec.hpp"

namespace windtunnel::topology {
class input_error;
}

namespace windtunnel::scenario {

struct comparison_report;

/// What a report says about the run besides its result.
struct run_account {
    std::string file;      ///< of the scenario, as it was named; empty: not from a file
    std::string reproduce; ///< the command line that gives this result again
    /// With an earlier result, where it was compared; outlives the report's making.
    const comparison_report* against = nullptr;
};

/// Of one scenario; indented, with a line's end.
std::string json_report(const scenario_spec& scenario, const replicated_result& result,
                        const run_account& account);

/// Several reports (each from json_report) as one document, with the worst verdict.
std::string json_reports(const std::vector<std::string>& reports, verdict worst);

/// In place of a report, when the input was invalid and nothing ran.
std::string json_refusal(const topology::input_error& error, const std::string& file);

/// The schema of all three, as it is published.
const std::string& result_schema();

} // namespace windtunnel::scenario
