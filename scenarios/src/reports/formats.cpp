// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/reports/formats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "scenarios/src/reports/compare_report.hpp"
#include "scenarios/src/reports/csv.hpp"
#include "scenarios/src/reports/junit.hpp"
#include "scenarios/src/reports/markdown.hpp"
#include "scenarios/src/run_archive.hpp"
#include "topologies/src/diagnostic.hpp"

namespace windtunnel::scenario {

namespace {

class text_writer final : public report_writer {
  public:
    explicit text_writer(const report_options& options) : options_(options) {}

    void add(const scenario_spec& scenario, const replicated_result& result,
             const run_account& account) override {
        verdicts_.push_back(result.verdict);
        compared_.push_back(compared(scenario, result));
        append(text_report(scenario, result, account, options_.text) +
               text_of_changes(account, options_.text));
    }
    /// Why it is missing is told where it is noticed.
    void add_missing(const scenario_spec&, verdict what, const std::string&,
                     const run_account&) override {
        if (what != verdict::aborted)
            verdicts_.push_back(what);
    }
    void refuse(const topology::input_error& error, const std::string&) override {
        text_ = fmt::format("invalid input, nothing was run\n{}\n", error.what());
    }
    std::string document(verdict) const override {
        if (!options_.several || verdicts_.empty())
            return text_;
        return (text_.empty() ? "" : text_ + "\n") +
               text_together(verdicts_, compared_, options_.compares, options_.text);
    }

  private:
    void append(const std::string& report) { text_ += (text_.empty() ? "" : "\n") + report; }

    report_options options_;
    std::string text_;
    std::vector<verdict> verdicts_;
    std::vector<compared_run> compared_;
};

class json_writer final : public report_writer {
  public:
    explicit json_writer(const report_options& options) : several_(options.several) {}

    void add(const scenario_spec& scenario, const replicated_result& result,
             const run_account& account) override {
        reports_.push_back(json_report(scenario, result, account));
    }
    void add_missing(const scenario_spec&, verdict, const std::string&,
                     const run_account&) override {}
    void refuse(const topology::input_error& error, const std::string& file) override {
        reports_ = {json_refusal(error, file)};
        several_ = false;
    }
    std::string document(verdict worst) const override {
        return !several_ && reports_.size() == 1 ? reports_.front() : json_reports(reports_, worst);
    }

  private:
    bool several_;
    std::vector<std::string> reports_;
};

/// What did not run has no result to keep.
class archive_writer final : public report_writer {
  public:
    explicit archive_writer(const report_options&) {}

    void add(const scenario_spec&, const replicated_result& result,
             const run_account& account) override {
        runs_.push_back(
            {result.merged, explain::told(result.expectations), account.file, account.reproduce});
    }
    void add_missing(const scenario_spec&, verdict, const std::string&,
                     const run_account&) override {}
    void refuse(const topology::input_error&, const std::string&) override { runs_.clear(); }
    std::string document(verdict) const override { return to_run_archive(runs_); }

  private:
    std::vector<archived_run> runs_;
};

template <class Writer>
std::unique_ptr<report_writer> make(const report_options& options) {
    return std::make_unique<Writer>(options);
}

constexpr std::array formats{
    report_format{"text", "", ".txt", "for people", make<text_writer>},
    report_format{"json", "", ".json", "all figures; `windtunnel schema result` describes it",
                  make<json_writer>},
    report_format{"markdown", "md", ".md", "for people, in pages and comments",
                  make<markdown_writer>},
    report_format{"junit", "", ".xml", "JUnit XML: a test case for each expectation", junit_writer},
    report_format{"csv", "", ".csv", "a row for each workload, endpoint and call in each phase",
                  make<csv_figures_writer>},
    report_format{"csv-expectations", "", ".expectations.csv", "a row for each expectation",
                  make<csv_expectations_writer>},
    report_format{"archive", "", ".wtrun", "all that was measured, for `windtunnel explain`",
                  make<archive_writer>},
};

} // namespace

std::span<const report_format> report_formats() {
    return formats;
}

const report_format* find_report_format(std::string_view name) {
    const auto found = std::find_if(formats.begin(), formats.end(), [&](const report_format& f) {
        return f.name == name || (!name.empty() && f.short_name == name);
    });
    return found == formats.end() ? nullptr : &*found;
}

const report_format* report_format_of_file(std::string_view path) {
    const report_format* best = nullptr;
    for (const report_format& f : formats)
        if (path.ends_with(f.ending) && (best == nullptr || f.ending.size() > best->ending.size()))
            best = &f;
    return best;
}

} // namespace windtunnel::scenario
