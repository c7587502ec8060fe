// SPDX-License-Identifier: BSL-1.0
#include "cli/github.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "cli/output.hpp"

namespace windtunnel::cli {

namespace {

namespace fs = std::filesystem;

/// Of all that a step writes to its summary; more is dropped as a whole.
constexpr std::uintmax_t summary_limit = 1024 * 1024;

std::string github_variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

scenario::annotation_options places() {
    std::error_code error;
    return {.folder = fs::current_path(error), .workspace = github_variable("GITHUB_WORKSPACE")};
}

} // namespace

bool is_github(ci_service asked) {
    return asked == ci_service::github ||
           (asked == ci_service::automatic && github_variable("GITHUB_ACTIONS") == "true");
}

github_job::github_job(const scenario::report_options& options)
    : annotations_(places()), summary_(options) {}

void github_job::add(const scenario::scenario_spec& scenario,
                     const scenario::replicated_result& result,
                     const scenario::run_account& account) {
    annotations_.add(scenario, result, account);
    summary_.add(scenario, result, account);
}

void github_job::add_missing(const scenario::scenario_spec& scenario, scenario::verdict what,
                             const std::string& why, const scenario::run_account& account) {
    annotations_.add_missing(scenario, what, why, account);
    summary_.add_missing(scenario, what, why, account);
}

void github_job::refuse(const topology::input_error& error, const std::string& file) {
    annotations_.refuse(error, file);
    summary_.refuse(error, file);
}

void github_job::finish(scenario::verdict worst) {
    print_aside(annotations_.document(worst));
    if (const std::string path = github_variable("GITHUB_STEP_SUMMARY"); !path.empty())
        append_summary(path, worst);
}

void github_job::append_summary(const std::string& path, scenario::verdict worst) {
    std::error_code error;
    const std::uintmax_t size = fs::file_size(path, error);
    const std::uintmax_t there = error ? 0 : std::min(size, summary_limit); // none yet, or a pipe
    const std::string text = summary_.within(summary_limit - there, worst);
    if (text.empty())
        complain(fmt::format("the summary of this step has no room left: {} has {} of {} bytes",
                             path, there, summary_limit));
    else if (const std::string why = append(path, text); !why.empty())
        complain(fmt::format("cannot write the summary of this step to {}: {}", path, why));
}

} // namespace windtunnel::cli
