// SPDX-License-Identifier: BSL-1.0
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>

#include "cli/against.hpp"
#include "cli/batch.hpp"
#include "cli/choice.hpp"
#include "cli/github.hpp"
#include "cli/help.hpp"
#include "cli/invocation.hpp"
#include "cli/output.hpp"
#include "cli/program.hpp"
#include "cli/progress.hpp"
#include "cli/report_files.hpp"
#include "cli/signals.hpp"
#include "cli/terminal.hpp"
#include "cli/trace_view.hpp"
#include "cli/verbs.hpp"
#include "scenarios/src/reports/formats.hpp"
#include "scenarios/src/reports/text.hpp"
#include "scenarios/src/verdict.hpp"
#include "topologies/src/diagnostic.hpp"

namespace windtunnel::cli {

namespace {

using scenario::summary_size;
using scenario::verdict;

using report_format = const scenario::report_format*;

struct options : run_options {
    std::string jobs;
    std::vector<std::string> out;
    report_format format = &scenario::report_formats().front();
    summary_size summary = summary_size::compact;
    progress_style progress = progress_style::automatic;
    ci_service ci = ci_service::automatic;
    std::optional<std::string> trace;
    std::string against, tolerance;
    bool quiet = false, no_color = false;

    bool shows_text() const { return !quiet && format == &scenario::report_formats().front(); }
};

// ---- what comes out ---------------------------------------------------------------------------

/// Where GitHub is to show something. Quiet is quiet unless it is asked for.
std::unique_ptr<github_job> github_of(const options& o, const scenario::report_options& how) {
    if (!is_github(o.ci) || (o.quiet && o.ci != ci_service::github))
        return nullptr;
    return std::make_unique<github_job>(how);
}

class reporter {
  public:
    reporter(const options& o, report_files files, const std::vector<run_job>& jobs,
             trace_view traces, const baseline& before)
        : options_(o), jobs_(jobs), files_(std::move(files)), traces_(std::move(traces)),
          baseline_(before) {
        const scenario::report_options how{jobs.size() > 1, o.all_variants, {o.summary}};
        files_.begin(how, o.quiet ? nullptr : o.format);
        github_ = github_of(o, how);
    }

    void take(const run_job& job, finished_job&& finished) {
        tell_left_out(job);
        verdicts_.push_back(finished.result.verdict);
        if (!finished.error.empty()) {
            complain(fmt::format("{}: {}", job.file, finished.error));
            add_missing(job, finished.result.verdict, finished.error);
            return;
        }
        const auto against = baseline_.wanted() ? baseline_.judge(job, finished.result)
                                                : std::optional<scenario::comparison_report>{};
        verdicts_.back() = finished.result.verdict;
        compared_.push_back(scenario::compared(job.spec, finished.result));
        const scenario::run_account account{job.file, job.reproduce, against ? &*against : nullptr};
        files_.add(job.spec, finished.result, account);
        if (github_)
            github_->add(job.spec, finished.result, account);
        if (options_.shows_text())
            print((shown_++ == 0 || options_.summary == summary_size::off ? "" : "\n") +
                  text_report(job.spec, finished.result, account, text_style()) +
                  text_of_changes(account, text_style()));
        if (traces_.wanted())
            print(traces_.show(job, finished.result, waterfall_style()));
    }

    /// The exit code.
    int finish() {
        while (next_ < jobs_.size())
            leave_out(jobs_[next_++]);
        if (options_.shows_text() && jobs_.size() > 1)
            print("\n" + text_together(verdicts_, compared_, options_.all_variants, text_style()));
        const bool written = files_.finish(worst());
        if (github_)
            github_->finish(worst());
        int code = exit_code(worst(), signal_caught());
        if (traces_.wanted() && !traces_.finish() && code == 0)
            code = exit_usage;
        return written || code == exit_bug ? code : exit_not_written;
    }

  private:
    /// Results come in the order of the jobs: those before this one that did not come never will.
    void tell_left_out(const run_job& job) {
        while (&jobs_[next_] != &job)
            leave_out(jobs_[next_++]);
        ++next_;
    }
    void leave_out(const run_job& job) {
        add_missing(job, verdict::aborted, "left out: the program was stopped before it began");
    }
    void add_missing(const run_job& job, verdict what, const std::string& why) {
        const scenario::run_account account{job.file, job.reproduce};
        files_.add_missing(job.spec, what, why, account);
        if (github_)
            github_->add_missing(job.spec, what, why, account);
    }
    scenario::text_options text_style() const {
        return {options_.summary, colours_wanted(STDOUT_FILENO, options_.no_color),
                width_of(STDOUT_FILENO)};
    }
    scenario::waterfall_options waterfall_style() const {
        constexpr std::size_t width_of_pipes = 80;
        return {colours_wanted(STDOUT_FILENO, options_.no_color),
                is_terminal(STDOUT_FILENO) ? width_of(STDOUT_FILENO) : width_of_pipes};
    }
    verdict worst() const {
        verdict result = signal_caught() != 0 ? verdict::aborted : verdict::passed;
        for (const verdict v : verdicts_)
            result = worse(result, v);
        return result;
    }

    const options& options_;
    const std::vector<run_job>& jobs_;
    std::size_t next_ = 0, shown_ = 0;
    report_files files_;
    std::unique_ptr<github_job> github_;
    std::vector<verdict> verdicts_;
    std::vector<scenario::compared_run> compared_;
    trace_view traces_;
    const baseline& baseline_;
};

/// Says in every report that nothing was run: what an earlier run wrote there must not pass for
/// this one's.
[[noreturn]] void refuse(const options& o, report_files& files,
                         const topology::input_error& error) {
    const std::string file = o.files.size() == 1 ? o.files.front() : "";
    const scenario::report_options how{};
    files.begin(how, o.quiet ? nullptr : o.format);
    files.refuse(error, file);
    files.finish(verdict::invalid);
    if (const auto github = github_of(o, how)) {
        github->refuse(error, file);
        github->finish(verdict::invalid);
    }
    throw error;
}

trace_view traces_for(const options& o) {
    trace_view traces(o.trace);
    if (traces.wanted() && !o.shows_text())
        throw usage_error(fmt::format(
            "--trace shows a waterfall below the text report: leave out {}{}",
            o.quiet ? "--quiet" : fmt::format("--format {}", o.format->name),
            o.quiet ? ""
                    : " (the JSON report names the traces that are kept where the scenario "
                      "has \"tracing\")"));
    return traces;
}

/// A result that is kept as JSON can be compared with later.
void keep_figures(std::vector<run_job>& jobs, const report_files& files, const options& o) {
    if (files.have("json") || o.format->name == "json")
        for (run_job& job : jobs)
            job.figures = scenario::compared_figures(job.spec);
}

int run(const options& o) {
    const unsigned threads = threads_option(o.jobs);
    trace_view traces = traces_for(o);
    std::vector<std::string> inputs = o.files;
    if (!o.against.empty())
        inputs.push_back(o.against);
    check_outputs(o.out, inputs);
    report_files files(o.out);
    std::vector<run_job> jobs;
    std::optional<baseline> before;
    try {
        before.emplace(o.against, o.confidence, o.tolerance);
        jobs = load_jobs(o);
        if (before->wanted())
            before->ask(jobs);
        else
            keep_figures(jobs, files, o);
    } catch (const topology::input_error& error) {
        refuse(o, files, error);
    }
    traces.ask(jobs);
    reporter report(o, std::move(files), jobs, std::move(traces), *before);
    progress_line progress(o.quiet ? progress_style::none : o.progress);
    catch_signals();
    run_jobs(jobs, threads, progress, [&](const run_job& job, finished_job&& finished) {
        report.take(job, std::move(finished));
    });
    return report.finish();
}

// ---- the command line -------------------------------------------------------------------------

template <class E>
CLI::Option* add_choice(CLI::App& app, const std::string& names, E& into,
                        std::vector<std::pair<std::string, E>> values, const std::string& help) {
    std::vector<std::string> words;
    for (const auto& [word, value] : values)
        words.push_back(word);
    return app
        .add_option_function<std::string>(
            names,
            [&into, values, names](const std::string& word) { into = chosen(names, word, values); },
            help)
        ->type_name(fmt::format("{}", fmt::join(words, "|")));
}

constexpr const char* run_examples =
    "  windtunnel run scenarios/retry-storm.json\n"
    "  windtunnel run storm.json --seed 7 --replications 20\n"
    "  windtunnel run storm.json --variant 'with a budget' -D "
    "workload.0.arrivals='poisson(300/s)'\n"
    "  windtunnel run scenarios/*.json --summary off -o results.json -o junit.xml\n"
    "  windtunnel run storm.json --trace slowest\n\n"
    "Exit codes:\n"
    "  0 passed, 1 an expectation failed, 2 invalid input (nothing ran), 3 broken before the "
    "fault\n"
    "  already, 4 inconclusive, 70 a bug, 74 the result could not be written, 130/143 stopped";

void add_what(CLI::App& app, options& o) {
    app.add_option("FILE", o.files, "scenario files")->required()->type_name("FILE...");
    app.add_option("--variant", o.variants, "run this variant (may be repeated)")
        ->type_name("NAME")
        ->take_all()
        ->allow_extra_args(false);
    app.add_flag("--all-variants", o.all_variants, "the scenario as it stands and every variant");
    app.add_option("-D,--set", o.set,
                   "change a value of the scenario: path=value (may be repeated)")
        ->type_name("PATH=VALUE")
        ->take_all()
        ->allow_extra_args(false);
    app.add_option("--swap", o.swap,
                   "let an edge talk in another way: caller->callee=in_process|rest|grpc|graphql|"
                   "queue|stream (may be repeated)")
        ->type_name("EDGE=STYLE")
        ->take_all()
        ->allow_extra_args(false);
    app.add_option("--duration", o.length, "how long is measured, such as 60s")->type_name("TIME");
    app.add_option("--warmup", o.warmup,
                   "how long before that, such as 10s; auto: as long as pilot runs take to settle")
        ->type_name("TIME|auto");
}

void add_how(CLI::App& app, options& o) {
    app.add_option("--seed", o.seed, "of the first run")->type_name("N");
    app.add_option("--replications,--reps", o.replications,
                   "runs with seeds that follow each other; auto: until it is clear on which side "
                   "of its bound each expectation is")
        ->type_name("N|auto");
    app.add_option("--max-replications", o.max_replications, "with auto: no more than [100]")
        ->type_name("N");
    app.add_option("--confidence", o.confidence, "of the intervals, such as 99% [95%]")
        ->type_name("SHARE");
    app.add_option("-j,--jobs", o.jobs, "threads; the results do not depend on it [all cores]")
        ->type_name("N");
}

void add_output(CLI::App& app, options& o) {
    std::vector<std::pair<std::string, report_format>> formats;
    for (const auto& each : scenario::report_formats())
        formats.emplace_back(each.name, &each);
    add_choice<report_format>(app, "--format", o.format, formats, "of standard output");
    app.add_option("-o,--out", o.out, out_help())
        ->type_name("FILE")
        ->take_all()
        ->allow_extra_args(false);
    add_choice<summary_size>(app, "--summary", o.summary,
                             {{"compact", summary_size::compact},
                              {"full", summary_size::full},
                              {"off", summary_size::off}},
                             "how much the text says");
    app.add_option("--against", o.against,
                   "fail where something is worse than in this earlier result (of run -o "
                   "FILE.json), beyond what chance explains")
        ->type_name("FILE.json");
    app.add_option("--tolerance", o.tolerance,
                   "with --against: a relative change up to this is none, such as 1% [0]")
        ->type_name("SHARE");
    app.add_option("--trace", o.trace,
                   "show what one request did, as a waterfall: the slowest, the first that failed, "
                   "or the one with the id (or its first digits)")
        ->type_name("SLOWEST|FAILED|ID");
    app.add_flag("-q,--quiet", o.quiet, "print nothing: the exit code is the answer");
    app.add_flag("--no-color", o.no_color, "no colours (as with NO_COLOR in the environment)");
    add_choice<progress_style>(app, "--progress", o.progress,
                               {{"auto", progress_style::automatic},
                                {"plain", progress_style::plain},
                                {"none", progress_style::none}},
                               "on standard error: on a terminal, as lines, or not");
    add_choice<ci_service>(app, "--ci", o.ci,
                           {{"auto", ci_service::automatic},
                            {"github", ci_service::github},
                            {"none", ci_service::none}},
                           "what a job shows by itself: on GitHub annotations and a summary");
}

} // namespace

verb add_run(CLI::App& program) {
    auto* app = program.add_subcommand("run", "Runs scenarios and says whether what they expect "
                                              "holds.");
    app->footer(run_examples);
    const auto o = std::make_shared<options>();
    add_what(*app, *o);
    add_how(*app, *o);
    add_output(*app, *o);
    return {app, [o] { return run(*o); }};
}

} // namespace windtunnel::cli
