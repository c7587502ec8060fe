// SPDX-License-Identifier: BSL-1.0
// Annotations of GitHub Actions: workflow commands (`::error file=,line=,title=::message`) that
// show what did not hold beside the line of the scenario that says it. The worst come first. GitHub
// shows ten of a kind for each step and drops the rest without a word, so after ten one line says
// how many more there are.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "scenarios/src/reports/report_writer.hpp"

namespace windtunnel::scenario {

struct annotation_options {
    std::filesystem::path folder;    ///< that the files' names count from
    std::filesystem::path workspace; ///< that GitHub's count from; empty: the same
    std::size_t most = 10;
};

class annotation_writer final : public report_writer {
  public:
    explicit annotation_writer(annotation_options options) : options_(std::move(options)) {}
    void add(const scenario_spec& scenario, const replicated_result& result,
             const run_account& account) override;
    void add_missing(const scenario_spec& scenario, verdict what, const std::string& why,
                     const run_account& account) override;
    void refuse(const topology::input_error& error, const std::string& file) override;
    /// Empty where all held.
    std::string document(verdict) const override;

  private:
    struct annotation {
        verdict of;
        std::string line;
    };
    void annotate(verdict of, const topology::location& where, const std::string& title,
                  const std::string& message);
    std::string file_for(const std::string& name) const;

    annotation_options options_;
    std::vector<annotation> all_;
    std::size_t omitted_ = 0; ///< that were never in `all_`
};

} // namespace windtunnel::scenario
