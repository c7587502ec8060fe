// SPDX-License-Identifier: BSL-1.0
// The reports that `windtunnel run` writes to files and, where it is not the text, to standard
// output: one writer for each format that is wanted, however many files there are of it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/output.hpp"
#include "scenarios/src/reports/formats.hpp"

namespace windtunnel::cli {

/// "FILE.json, FILE.txt, ... or KIND=FILE": what --out takes.
std::string out_help();

class report_files {
  public:
    /// Opens the files that --out names: "json=path", or a path whose ending says the format.
    /// Throws usage_error when one does not, or cannot be written to.
    explicit report_files(const std::vector<std::string>& out);

    /// Whether a file has that format.
    bool have(std::string_view format) const;

    /// Makes the writers; to be called once, before anything is added. `shown`: the format that
    /// standard output has, nullptr for none. The text is printed run by run, by the caller; any
    /// other format is printed by `finish`.
    void begin(const scenario::report_options& options, const scenario::report_format* shown);

    void add(const scenario::scenario_spec& scenario, const scenario::replicated_result& result,
             const scenario::run_account& account);
    void add_missing(const scenario::scenario_spec& scenario, scenario::verdict what,
                     const std::string& why, const scenario::run_account& account);
    void refuse(const topology::input_error& error, const std::string& file);

    /// Prints what is for standard output, and writes the files. What cannot be written to its file
    /// is printed, unless it was printed anyway. False when something could not be written.
    bool finish(scenario::verdict worst);

  private:
    using format_row = const scenario::report_format*;
    struct target {
        format_row kind;
        output_file file;
    };
    static target target_of(const std::string& text);

    std::vector<target> targets_;
    format_row shown_ = nullptr;
    std::vector<std::pair<format_row, std::unique_ptr<scenario::report_writer>>> writers_;
};

} // namespace windtunnel::cli
