// SPDX-License-Identifier: BSL-1.0
// What a job on GitHub Actions shows by itself: annotations, on standard error, where the runner
// looks for them as on standard output and no report is in the way; and the step's summary, which
// is appended to the file that GITHUB_STEP_SUMMARY names.
#pragma once

#include <cstdint>
#include <string>

#include "scenarios/src/reports/github.hpp"
#include "scenarios/src/reports/markdown.hpp"

namespace windtunnel::cli {

enum class ci_service : std::uint8_t {
    automatic, ///< GitHub where GITHUB_ACTIONS is "true"
    github,
    none,
};

bool is_github(ci_service asked);

class github_job {
  public:
    explicit github_job(const scenario::report_options& options);

    void add(const scenario::scenario_spec& scenario, const scenario::replicated_result& result,
             const scenario::run_account& account);
    void add_missing(const scenario::scenario_spec& scenario, scenario::verdict what,
                     const std::string& why, const scenario::run_account& account);
    void refuse(const topology::input_error& error, const std::string& file);
    /// A summary that cannot be written is told of, and is no failure: the reports say the same.
    void finish(scenario::verdict worst);

  private:
    void append_summary(const std::string& path, scenario::verdict worst);

    scenario::annotation_writer annotations_;
    scenario::markdown_writer summary_;
};

} // namespace windtunnel::cli
