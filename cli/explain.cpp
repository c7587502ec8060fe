// SPDX-License-Identifier: BSL-1.0
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>

#include "cli/batch.hpp"
#include "cli/choice.hpp"
#include "cli/help.hpp"
#include "cli/invocation.hpp"
#include "cli/output.hpp"
#include "cli/program.hpp"
#include "cli/progress.hpp"
#include "cli/signals.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "scenarios/src/explain/report.hpp"
#include "scenarios/src/reports/trace_search.hpp"
#include "scenarios/src/run_archive.hpp"
#include "topologies/src/diagnostic.hpp"

namespace windtunnel::cli {

namespace {

using scenario::archived_run;
using scenario::explain::explained_run;

enum class explain_format : std::uint8_t { text, json };

struct explain_options : run_options {
    std::string jobs, out;
    explain_format format = explain_format::text;
    progress_style progress = progress_style::automatic;
    bool ablate = false, no_color = false;
};

std::string content_of(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

// ---- what is explained --------------------------------------------------------------------------

explained_run explained(const archived_run& run) {
    using namespace scenario::explain;
    return {.file = run.file,
            .scenario = run.result.scenario,
            .variant = run.result.variant,
            .reproduce = run.reproduce,
            .seeds = run.result.seeds,
            .why = explain_run(run.result),
            .violated = first_violation(run.expectations, run.result),
            .ablations = {}};
}

std::vector<archived_run> runs_in(const std::string& file, const std::string& bytes) {
    try {
        auto runs = scenario::from_run_archive(bytes);
        if (runs.empty())
            throw usage_error(fmt::format("{} holds no run: its input was refused", file));
        return runs;
    } catch (const std::invalid_argument& error) {
        throw usage_error(fmt::format("{}: {}", file, error.what()));
    }
}

/// A report of a run, which holds figures and no telemetry.
void refuse_reports(const std::string& file, const std::string& bytes) {
    const bool is_json = bytes.starts_with("{");
    if (is_json && bytes.substr(0, 200).find("\"schema_version\"") != std::string::npos)
        throw usage_error(fmt::format("{} is a report, which holds no telemetry: save the run "
                                      "with windtunnel run -o FILE.wtrun, or name its scenario",
                                      file));
}

class explaining {
  public:
    explicit explaining(const explain_options& o) : options_(o), threads_(threads_option(o.jobs)) {
        if (!o.out.empty()) {
            check_apart({o.out}, o.files);
            file_.emplace(o.out);
        }
    }

    int run() {
        std::vector<std::string> scenarios;
        for (const std::string& file : options_.files) {
            const std::string bytes = content_of(file);
            if (scenario::is_run_archive(bytes))
                take_archive(file, bytes);
            else {
                refuse_reports(file, bytes);
                scenarios.push_back(file);
            }
        }
        if (!scenarios.empty())
            take_scenarios(std::move(scenarios));
        return finish();
    }

  private:
    void take_archive(const std::string& file, const std::string& bytes) {
        if (options_.ablate)
            throw usage_error(fmt::format("--ablate runs the scenario again with each policy off, "
                                          "and {} is a saved run: name the scenario",
                                          file));
        for (const archived_run& run : runs_in(file, bytes))
            runs_.push_back(explained(run));
    }

    void take_scenarios(std::vector<std::string>&& files) {
        run_options how = options_;
        how.files = std::move(files);
        std::vector<run_job> jobs = load_jobs(how);
        for (run_job& job : jobs)
            scenario::ask_for({}, job.spec);
        catch_signals();
        run_all(jobs, [&](const run_job& job, const scenario::replicated_result& result) {
            runs_.push_back(explained({result.merged, scenario::explain::told(result.expectations),
                                       job.file, job.reproduce}));
            if (options_.ablate)
                results_.emplace_back(&job, result.merged);
        });
        for (std::size_t i = 0; i < results_.size() && signal_caught() == 0; ++i)
            ablate(runs_[runs_.size() - results_.size() + i], *results_[i].first,
                   results_[i].second);
    }

    void ablate(explained_run& run, const run_job& job, const scenario::run_result& with) {
        using namespace scenario::explain;
        run.was_ablated = true;
        std::vector<ablated> off = ablations(job.spec, with);
        std::vector<run_job> jobs;
        for (ablated& each : off) {
            each.spec.replications = static_cast<int>(with.seeds.size());
            each.spec.most_replications.reset();
            each.spec.warmup = with.warmup;
            each.spec.finds_warmup = false;
            jobs.push_back({job.file, std::move(each.spec), job.reproduce, {}});
        }
        const duration from =
            run.why.origin() == nullptr ? with.warmup : run.why.at(run.why.origin()->when.begin);
        run_all(jobs, [&](const run_job& of, const scenario::replicated_result& result) {
            run.ablations.push_back(compare_ablated(
                off[static_cast<std::size_t>(&of - jobs.data())], with, result.merged, from));
        });
    }

    void run_all(const std::vector<run_job>& jobs, const auto& done) {
        progress_line progress(options_.progress);
        run_jobs(jobs, threads_, progress, [&](const run_job& job, finished_job&& finished) {
            if (finished.error.empty())
                return done(job, finished.result);
            complain(fmt::format("{}: {}", job.file, finished.error));
            worst_ = worse(worst_, finished.result.verdict);
        });
    }

    std::string text() const {
        if (options_.format == explain_format::json)
            return json_of(runs_);
        const bool to_file = file_.has_value();
        const scenario::explain::text_style style{
            !to_file && colours_wanted(STDOUT_FILENO, options_.no_color),
            to_file ? 100 : width_of(STDOUT_FILENO)};
        std::string all;
        for (const explained_run& run : runs_)
            all += (all.empty() ? "" : "\n") + text_of(run, style);
        return all;
    }

    int finish() {
        const bool written = file_ ? file_->write(text()) : print(text());
        if (signal_caught() != 0)
            worst_ = scenario::verdict::aborted;
        const int code = exit_code(worst_, signal_caught());
        return written || code == exit_bug ? code : exit_not_written;
    }

    const explain_options& options_;
    unsigned threads_;
    std::optional<output_file> file_;
    std::vector<explained_run> runs_;
    std::vector<std::pair<const run_job*, scenario::run_result>> results_;
    scenario::verdict worst_ = scenario::verdict::passed;
};

// ---- the command line -------------------------------------------------------------------------

constexpr const char* explain_examples =
    "  windtunnel explain scenarios/retry-storm.json\n"
    "  windtunnel run storm.json -o storm.wtrun; windtunnel explain storm.wtrun\n"
    "  windtunnel explain storm.json --ablate\n"
    "  windtunnel explain storm.json --variant 'no retry' --format json -o why.json\n\n"
    "Exit codes:\n"
    "  0 explained, 2 invalid input (nothing ran), 70 a bug, 74 the text could not be written,\n"
    "  130/143 stopped";

void add_texts(CLI::App& app, const std::string& names, std::vector<std::string>& into,
               const std::string& help, const std::string& type) {
    app.add_option(names, into, help)->type_name(type)->take_all()->allow_extra_args(false);
}

void add_what_to_explain(CLI::App& app, explain_options& o) {
    app.add_option("RUN", o.files, "saved runs (of run -o FILE.wtrun) and scenarios, which are run")
        ->required()
        ->type_name("RUN...");
    app.add_flag("--ablate", o.ablate,
                 "run again with each policy off in turn, and say which saved or killed it");
    add_texts(app, "--variant", o.variants, "of scenarios: this variant (may be repeated)", "NAME");
    app.add_flag("--all-variants", o.all_variants, "as it stands and every variant");
    add_texts(app, "-D,--set", o.set, "change a value of the scenario: path=value", "PATH=VALUE");
    app.add_option("--seed", o.seed, "of the first run")->type_name("N");
    app.add_option("--replications,--reps", o.replications,
                   "runs with seeds that follow each other")
        ->type_name("N");
    app.add_option("-j,--jobs", o.jobs, "threads; the results do not depend on it [all cores]")
        ->type_name("N");
}

void add_how_to_tell(CLI::App& app, explain_options& o) {
    app.add_option_function<std::string>(
           "--format",
           [&o](const std::string& word) {
               o.format = chosen<explain_format>(
                   "--format", word,
                   {{"text", explain_format::text}, {"json", explain_format::json}});
           },
           "of what is told")
        ->type_name("text|json");
    app.add_option("-o,--out", o.out, "a file in place of standard output")->type_name("FILE");
    app.add_flag("--no-color", o.no_color, "no colours (as with NO_COLOR in the environment)");
    app.add_option_function<std::string>(
           "--progress",
           [&o](const std::string& word) {
               o.progress = chosen<progress_style>("--progress", word,
                                                   {{"auto", progress_style::automatic},
                                                    {"plain", progress_style::plain},
                                                    {"none", progress_style::none}});
           },
           "on standard error: on a terminal, as lines, or not")
        ->type_name("auto|plain|none");
}

} // namespace

verb add_explain(CLI::App& program) {
    auto* app = program.add_subcommand(
        "explain", "Says why a run went as it did: what failed first, how it spread, what helped.");
    app->footer(explain_examples);
    const auto o = std::make_shared<explain_options>();
    add_what_to_explain(*app, *o);
    add_how_to_tell(*app, *o);
    return {app, [o] { return explaining(*o).run(); }};
}

} // namespace windtunnel::cli
