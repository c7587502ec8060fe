// SPDX-License-Identifier: BSL-1.0
// Tables for spreadsheets, pandas and awk: one for the figures of traffic, one for expectations.
// Each has a header and the same columns in every run; fields are quoted as RFC 4180 has it, lines
// end in a newline alone. Times are seconds, rates per second, shares 0 to 1; an empty field is
// what cannot be computed. Rows of different runs and variants are told apart by their first
// columns.
#pragma once

#include "scenarios/src/reports/report_writer.hpp"

namespace windtunnel::scenario {

/// What both have in common: rows, one after the other.
class csv_writer : public report_writer {
  public:
    std::string document(verdict) const override { return rows_; }

  protected:
    explicit csv_writer(std::string header) : rows_(std::move(header)) {}
    std::string rows_;
};

/// A row for each workload, endpoint and edge in each phase. Latencies are those of good answers.
class csv_figures_writer final : public csv_writer {
  public:
    explicit csv_figures_writer(const report_options&);
    void add(const scenario_spec& scenario, const replicated_result& result,
             const run_account& account) override;
    void add_missing(const scenario_spec& scenario, verdict what, const std::string& why,
                     const run_account& account) override;
    void refuse(const topology::input_error& error, const std::string& file) override;
};

/// A row for each expectation; of invalid input one for each message, with the status `invalid`.
class csv_expectations_writer final : public csv_writer {
  public:
    explicit csv_expectations_writer(const report_options&);
    void add(const scenario_spec& scenario, const replicated_result& result,
             const run_account& account) override;
    void add_missing(const scenario_spec& scenario, verdict what, const std::string& why,
                     const run_account& account) override;
    void refuse(const topology::input_error& error, const std::string& file) override;
};

} // namespace windtunnel::scenario
