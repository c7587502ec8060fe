// SPDX-License-Identifier: BSL-1.0
#include "cli/against.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/help.hpp"
#include "scenarios/src/verdict.hpp"
#include "topologies/src/diagnostic.hpp"

namespace windtunnel::cli {

namespace {

using scenario::difference;

/// Of all figures together: a gate that closes without cause once in a hundred runs.
constexpr double usual_confidence = 0.99;
constexpr std::size_t least_replications = 5;

std::string name_of(const std::string& scenario, const std::string& variant) {
    return variant.empty() ? topology::in_quotes(scenario)
                           : fmt::format("{} ({})", topology::in_quotes(scenario), variant);
}

[[noreturn]] void refuse(const std::string& file, std::string message) {
    throw topology::input_error({{file, 0, 0, ""}, std::move(message), ""});
}

std::string too_few(const std::string& what, std::size_t replications) {
    return fmt::format("{} has {} replication{}, too few to tell a change from chance: "
                       "at least {} are needed, 10 or more are better (--replications 10)",
                       what, replications, replications == 1 ? "" : "s", least_replications);
}

} // namespace

baseline::baseline(std::string file, const std::string& confidence, const std::string& tolerance)
    : file_(std::move(file)), tolerance_(tolerance) {
    how_.confidence = confidence.empty() ? usual_confidence : confidence_option(confidence);
    if (!tolerance.empty()) {
        if (file_.empty())
            throw usage_error("--tolerance belongs to --against: which baseline?");
        how_.tolerance = tolerance_option(tolerance);
    }
    if (wanted())
        results_ = scenario::load_saved_results(file_);
}

const scenario::saved_result* baseline::find(const run_job& job) const {
    std::vector<const scenario::saved_result*> found;
    for (const auto& each : results_)
        if (each.figures.scenario == job.spec.name && each.figures.variant == job.spec.variant)
            found.push_back(&each);
    if (found.size() > 1) // scenarios of one name in several folders
        std::erase_if(found, [&](const auto* each) { return each->scenario != job.file; });
    if (found.size() > 1)
        refuse(file_, fmt::format("it holds several results of {}: which is meant?",
                                  name_of(job.spec.name, job.spec.variant)));
    return found.empty() ? nullptr : found.front();
}

void baseline::ask(std::vector<run_job>& jobs) {
    // One alarm without cause in so many runs of the whole command, however much it compares.
    how_.confidence = 1 - (1 - how_.confidence) / static_cast<double>(jobs.size());
    for (run_job& job : jobs) {
        const scenario::saved_result* before = find(job);
        if (before == nullptr) {
            std::vector<std::string> names;
            for (const auto& each : results_)
                names.push_back(name_of(each.figures.scenario, each.figures.variant));
            refuse(file_,
                   fmt::format("there is no result of {} to compare with, only of {}",
                               name_of(job.spec.name, job.spec.variant), fmt::join(names, ", ")));
        }
        if (before->figures.seeds.size() < least_replications)
            refuse(file_, too_few("the result", before->figures.seeds.size()));
        if (const auto n = static_cast<std::size_t>(
                job.spec.most_replications.value_or(job.spec.replications));
            n < least_replications)
            refuse(job.file, too_few("this run", n));
        job.figures = scenario::compared_figures(job.spec);
        job.reproduce += " --against " + shell_word(file_);
        if (!tolerance_.empty())
            job.reproduce += " --tolerance " + shell_word(tolerance_);
    }
}

std::optional<scenario::comparison_report>
baseline::judge(const run_job& job, scenario::replicated_result& result) const {
    const scenario::saved_result* before = find(job);
    if (before == nullptr || result.merged.status == scenario::run_status::aborted)
        return {};
    scenario::comparison_report report{
        file_, "now",
        scenario::compare(before->figures, scenario::figure_set_of(job.spec, result), how_)};
    result.worse_than_before = report.changes.count(difference::worse);
    result.gone_since = report.changes.only_before.size();
    if (*result.worse_than_before > 0)
        result.verdict = scenario::worse(result.verdict, scenario::verdict::failed);
    else if (result.gone_since > 0)
        result.verdict = scenario::worse(result.verdict, scenario::verdict::inconclusive);
    return report;
}

} // namespace windtunnel::cli
