// SPDX-License-Identifier: BSL-1.0
// The report as Markdown (GitHub's, which GitLab's is much like): of one run, or of several below a
// table of them. Says what the text report says. A block is whole lines and no construct spans two
// blocks, so a document may be cut after any line.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "scenarios/src/reports/report_writer.hpp"

namespace windtunnel::scenario {

class markdown_writer final : public report_writer {
  public:
    explicit markdown_writer(const report_options& options);
    void add(const scenario_spec& scenario, const replicated_result& result,
             const run_account& account) override;
    void add_missing(const scenario_spec& scenario, verdict what, const std::string& why,
                     const run_account& account) override;
    void refuse(const topology::input_error& error, const std::string& file) override;
    std::string document(verdict worst) const override;

    /// At most so many bytes: all of it if it fits. Otherwise the worst runs first, cut after a
    /// whole line, and a line that says how much is left out. Empty where not even that fits.
    std::string within(std::size_t bytes, verdict worst) const;

  private:
    struct section {
        verdict of;
        std::string text;
    };
    std::string overview() const;

    report_options options_;
    std::vector<section> sections_;
    std::vector<verdict> verdicts_;
    std::vector<compared_run> compared_;
    bool refused_ = false;
};

} // namespace windtunnel::scenario
