// SPDX-License-Identifier: BSL-1.0
#include "cli/report_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "cli/help.hpp"
#include "topologies/src/diagnostic.hpp"
#include "topologies/src/suggest.hpp"

namespace windtunnel::cli {

namespace {

using scenario::report_format_of_file;
using scenario::report_formats;

std::vector<std::string> names_of(const report_rows& rows) {
    std::vector<std::string> all;
    for (const auto* each : rows)
        all.emplace_back(each->name);
    return all;
}

std::string file_names(const report_rows& rows) {
    std::string text;
    for (const auto* each : rows)
        text += fmt::format("{}FILE{}", text.empty() ? "" : ", ", each->ending);
    return text;
}

[[noreturn]] void refuse_kind(const std::string& text, const report_rows& rows) {
    throw usage_error(fmt::format("--out {}: which kind of report? name it {}, or write KIND=FILE "
                                  "with one of {}",
                                  text, file_names(rows), fmt::join(names_of(rows), ", ")));
}

/// "jnit=r.xml" is no file named so.
void check_kind(const std::string& text, const std::string& name, const report_rows& rows) {
    const std::string nearest = topology::nearest(name, names_of(rows));
    if (!nearest.empty())
        throw usage_error(fmt::format("--out {}: there is no report of the kind {}; did you mean "
                                      "{}?",
                                      text, topology::in_quotes(name), nearest));
}

report_target report_target_of(const std::string& text, const report_rows& rows) {
    if (const auto mark = text.find('='); mark != std::string::npos) {
        const std::string name = text.substr(0, mark);
        if (const auto* format = find_among(rows, name))
            return {format, output_file(text.substr(mark + 1))};
        check_kind(text, name, rows);
    }
    const auto* format = report_format_of_file(text);
    if (std::find(rows.begin(), rows.end(), format) == rows.end())
        refuse_kind(text, rows);
    return {format, output_file(text)};
}

} // namespace

report_rows report_rows_of(const std::vector<std::string_view>& names) {
    report_rows rows;
    for (const auto& each : report_formats())
        if (names.empty() || std::find(names.begin(), names.end(), each.name) != names.end())
            rows.push_back(&each);
    return rows;
}

const scenario::report_format* find_among(const report_rows& rows, std::string_view name) {
    const auto* format = scenario::find_report_format(name);
    return std::find(rows.begin(), rows.end(), format) == rows.end() ? nullptr : format;
}

std::string out_help(const report_rows& rows) {
    return fmt::format("also write a report: {}, or KIND=FILE (may be repeated)", file_names(rows));
}

std::vector<report_target> open_report_targets(const std::vector<std::string>& out,
                                               const report_rows& rows) {
    std::vector<report_target> targets;
    for (const std::string& each : out) {
        try {
            targets.push_back(report_target_of(each, rows));
        } catch (const usage_error&) {
            throw;
        } catch (const std::runtime_error& error) {
            throw usage_error(error.what());
        }
    }
    return targets;
}

bool report_files::have(std::string_view format) const {
    return std::any_of(targets_.begin(), targets_.end(),
                       [&](const report_target& t) { return t.kind->name == format; });
}

void report_files::begin(const scenario::report_options& options, format_row shown) {
    shown_ = shown;
    for (const auto& each : report_formats()) {
        const bool in_file = std::any_of(targets_.begin(), targets_.end(),
                                         [&](const report_target& t) { return t.kind == &each; });
        const bool printed = shown_ == &each && &each != &report_formats().front();
        if (in_file || printed)
            writers_.emplace_back(&each, each.writer(options));
    }
}

void report_files::add(const scenario::scenario_spec& scenario,
                       const scenario::replicated_result& result,
                       const scenario::run_account& account) {
    for (const auto& [format, writer] : writers_)
        writer->add(scenario, result, account);
}

void report_files::add_missing(const scenario::scenario_spec& scenario, scenario::verdict what,
                               const std::string& why, const scenario::run_account& account) {
    for (const auto& [format, writer] : writers_)
        writer->add_missing(scenario, what, why, account);
}

void report_files::refuse(const topology::input_error& error, const std::string& file) {
    for (const auto& [format, writer] : writers_)
        writer->refuse(error, file);
}

bool report_files::finish(scenario::verdict worst) {
    bool written = true;
    for (const auto& [format, writer] : writers_) {
        const std::string text = writer->document(worst);
        bool printed = format == shown_;
        if (printed && format != &report_formats().front())
            print(text);
        for (report_target& each : targets_) {
            if (each.kind != format || each.file.write(text))
                continue;
            written = false;
            if (!std::exchange(printed, true))
                print(text);
        }
    }
    return written && !stdout_failed();
}

} // namespace windtunnel::cli
