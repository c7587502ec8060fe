// SPDX-License-Identifier: BSL-1.0
// JUnit XML as CI services read it (github.com/testmoapp/junitxml describes what they agree on): a
// suite for each run, a test case for each expectation with the file and line where it is written.
// What makes the exit code other than 0 is red here too: `failure` of the types failed,
// invalid_baseline and inconclusive; `error` where there was no run to judge (invalid, aborted,
// error). Times are 0: expectations take none, and how long a run took is no result.
#pragma once

#include <memory>

#include "scenarios/src/reports/report_writer.hpp"

namespace windtunnel::scenario {

std::unique_ptr<report_writer> junit_writer(const report_options& options);

} // namespace windtunnel::scenario
