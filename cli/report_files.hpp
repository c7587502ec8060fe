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

using report_rows = std::vector<const scenario::report_format*>;
/// Those of the names, in the order of the table; all where none is named.
report_rows report_rows_of(const std::vector<std::string_view>& names = {});
/// By name or short name; nullptr: it is not among them.
const scenario::report_format* find_among(const report_rows& rows, std::string_view name);

/// "FILE.json, FILE.txt, ... or KIND=FILE": what --out takes.
std::string out_help(const report_rows& rows = report_rows_of());

/// A file that a report is written to at the end.
struct report_target {
    const scenario::report_format* kind;
    output_file file;
};

/// Opens the files that --out names: "json=path", or a path whose ending says the format. Throws
/// usage_error when one does not, or cannot be written to.
std::vector<report_target> open_report_targets(const std::vector<std::string>& out,
                                               const report_rows& rows = report_rows_of());

class report_files {
  public:
    /// Opens the files that --out names. Throws what open_report_targets does.
    explicit report_files(const std::vector<std::string>& out)
        : targets_(open_report_targets(out)) {}

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

    std::vector<report_target> targets_;
    format_row shown_ = nullptr;
    std::vector<std::pair<format_row, std::unique_ptr<scenario::report_writer>>> writers_;
};

} // namespace windtunnel::cli
