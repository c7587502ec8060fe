// SPDX-License-Identifier: BSL-1.0
// `run --against`: what an earlier run found, and whether this one found worse.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/invocation.hpp"
#include "scenarios/src/compare/saved_result.hpp"
#include "scenarios/src/reports/compare_report.hpp"

namespace windtunnel::cli {

class baseline {
  public:
    /// Empty texts: not given. Throws usage_error, or topology::input_error for a file that holds
    /// no result to compare with.
    baseline(std::string file, const std::string& confidence, const std::string& tolerance);

    bool wanted() const { return !file_.empty(); }
    /// Asks each job for what is compared. Throws topology::input_error for a job that the file has
    /// no result of, or more than one, or where there are too few replications to tell a difference
    /// from chance.
    void ask(std::vector<run_job>& jobs);
    /// What has changed, once there is a result; it makes the verdict "failed" where that is worse,
    /// and "inconclusive" where figures of the baseline are gone.
    std::optional<scenario::comparison_report> judge(const run_job& job,
                                                     scenario::replicated_result& result) const;

  private:
    /// nullptr: there is none.
    const scenario::saved_result* find(const run_job& job) const;

    std::string file_, tolerance_;
    scenario::compare_options how_;
    std::vector<scenario::saved_result> results_;
};

} // namespace windtunnel::cli
