// SPDX-License-Identifier: BSL-1.0
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>

#include "cli/against.hpp"
#include "cli/batch.hpp"
#include "cli/help.hpp"
#include "cli/invocation.hpp"
#include "cli/output.hpp"
#include "cli/program.hpp"
#include "cli/progress.hpp"
#include "cli/signals.hpp"
#include "cli/terminal.hpp"
#include "cli/trace_view.hpp"
#include "cli/verbs.hpp"
#include "scenarios/src/reports/json.hpp"
#include "scenarios/src/reports/text.hpp"
#include "scenarios/src/verdict.hpp"
#include "topologies/src/diagnostic.hpp"
#include "topologies/src/suggest.hpp"

namespace windtunnel::cli {

namespace {

using scenario::summary_size;
using scenario::verdict;

enum class report_kind : std::uint8_t { text, json };

struct options : run_options {
    std::string jobs;
    std::vector<std::string> out;
    report_kind format = report_kind::text;
    summary_size summary = summary_size::compact;
    progress_style progress = progress_style::automatic;
    std::optional<std::string> trace;
    std::string against, tolerance;
    bool quiet = false, no_color = false;
};

const std::vector<std::string> report_names{"text", "json"};

/// A file to write a report to: "json=path", "text=path", or a path whose ending says it.
struct target {
    report_kind kind;
    output_file file;
};

target target_of(const std::string& text) {
    const auto mark = text.find('=');
    const std::string name = text.substr(0, mark);
    if (mark != std::string::npos && (name == "text" || name == "json"))
        return {name == "json" ? report_kind::json : report_kind::text,
                output_file(text.substr(mark + 1))};
    if (text.ends_with(".json"))
        return {report_kind::json, output_file(text)};
    if (text.ends_with(".txt"))
        return {report_kind::text, output_file(text)};
    throw usage_error(fmt::format("--out {}: which kind of report? name it .json or .txt, or write "
                                  "json={} or text={}",
                                  text, text, text));
}

std::vector<target> open_targets(const options& o) {
    std::vector<target> targets;
    for (const std::string& each : o.out) {
        try {
            targets.push_back(target_of(each));
        } catch (const usage_error&) {
            throw;
        } catch (const std::runtime_error& error) {
            throw usage_error(error.what());
        }
    }
    return targets;
}

// ---- what comes out ---------------------------------------------------------------------------

class reporter {
  public:
    reporter(const options& o, std::vector<target> targets, std::size_t jobs, trace_view traces,
             const baseline& before)
        : options_(o), targets_(std::move(targets)), jobs_(jobs), traces_(std::move(traces)),
          baseline_(before) {}

    void take(const run_job& job, finished_job&& finished) {
        verdicts_.push_back(finished.result.verdict);
        if (!finished.error.empty()) {
            complain(fmt::format("{}: {}", job.file, finished.error));
            return;
        }
        const auto against = baseline_.wanted() ? baseline_.judge(job, finished.result)
                                                : std::optional<scenario::comparison_report>{};
        verdicts_.back() = finished.result.verdict;
        compared_.push_back(scenario::compared(job.spec, finished.result));
        const scenario::run_account account{job.file, job.reproduce, against ? &*against : nullptr};
        if (wants(report_kind::json))
            json_.push_back(json_report(job.spec, finished.result, account));
        if (wants(report_kind::text))
            plain_ += (plain_.empty() ? "" : "\n") +
                      text_report(job.spec, finished.result, account, {options_.summary}) +
                      changes(against, {options_.summary});
        if (shows_text())
            print((shown_++ == 0 || options_.summary == summary_size::off ? "" : "\n") +
                  text_report(job.spec, finished.result, account, text_style()) +
                  changes(against, text_style()));
        if (traces_.wanted())
            print(traces_.show(job, finished.result, waterfall_style()));
    }

    /// The exit code.
    int finish() {
        if (shows_text() && jobs_ > 1)
            print("\n" + together(text_style()));
        if (jobs_ > 1 && !plain_.empty())
            plain_ += "\n" + together({options_.summary});
        if (!options_.quiet && options_.format == report_kind::json)
            print(json_document());
        bool written = !stdout_failed();
        for (target& each : targets_)
            written = write(each) && written;
        int code = exit_code(worst(), signal_caught());
        if (traces_.wanted() && !traces_.finish() && code == 0)
            code = exit_usage;
        return written || code == exit_bug ? code : exit_not_written;
    }

  private:
    bool shows_text() const { return !options_.quiet && options_.format == report_kind::text; }
    /// What is said of all runs at the end; variants are there to be compared.
    std::string together(const scenario::text_options& style) const {
        const bool compares = options_.all_variants && options_.summary != summary_size::off;
        const std::string table = compares ? text_comparison(compared_, style) + "\n" : "";
        return table + text_total(verdicts_, style);
    }
    /// Below the report of a run that is compared with an earlier one.
    static std::string changes(const std::optional<scenario::comparison_report>& against,
                               const scenario::text_options& style) {
        return against && style.size != summary_size::off
                   ? "\n" + text_of_comparison(*against, style)
                   : "";
    }
    bool wants(report_kind kind) const {
        return (kind == report_kind::json && options_.format == kind) ||
               std::any_of(targets_.begin(), targets_.end(),
                           [&](const target& t) { return t.kind == kind; });
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
    std::string json_document() const {
        return jobs_ == 1 && json_.size() == 1 ? json_.front() : json_reports(json_, worst());
    }

    /// What cannot be written to its file is printed, unless it was printed anyway.
    bool write(target& to) {
        const std::string text = to.kind == report_kind::json ? json_document() : plain_;
        if (to.file.write(text))
            return true;
        const bool printed = !options_.quiet && options_.format == to.kind;
        if (!printed)
            print(text);
        return false;
    }

    const options& options_;
    std::vector<target> targets_;
    std::size_t jobs_, shown_ = 0;
    std::vector<verdict> verdicts_;
    std::vector<scenario::compared_run> compared_;
    std::vector<std::string> json_;
    std::string plain_; ///< the text reports as a file has them
    trace_view traces_;
    const baseline& baseline_;
};

/// Says in every report that nothing was run: what an earlier run wrote there must not pass for
/// this one's.
[[noreturn]] void refuse(const options& o, std::vector<target>& targets,
                         const topology::input_error& error) {
    const std::string json =
        scenario::json_refusal(error, o.files.size() == 1 ? o.files.front() : "");
    const std::string text = fmt::format("invalid input, nothing was run\n{}\n", error.what());
    if (o.format == report_kind::json && !o.quiet)
        print(json);
    for (target& each : targets)
        each.file.write(each.kind == report_kind::json ? json : text);
    throw error;
}

trace_view traces_for(const options& o) {
    trace_view traces(o.trace);
    if (traces.wanted() && (o.quiet || o.format == report_kind::json))
        throw usage_error(fmt::format(
            "--trace shows a waterfall below the text report: leave out {}{}",
            o.quiet ? "--quiet" : "--format json",
            o.quiet ? ""
                    : " (the JSON report names the traces that are kept where the scenario "
                      "has \"tracing\")"));
    return traces;
}

/// A result that is kept as JSON can be compared with later.
void keep_figures(std::vector<run_job>& jobs, const std::vector<target>& targets,
                  const options& o) {
    const bool json = std::any_of(targets.begin(), targets.end(),
                                  [](const target& t) { return t.kind == report_kind::json; });
    if (json || o.format == report_kind::json)
        for (run_job& job : jobs)
            job.figures = scenario::compared_figures(job.spec);
}

int run(const options& o) {
    const unsigned threads = threads_option(o.jobs);
    trace_view traces = traces_for(o);
    std::vector<target> targets = open_targets(o);
    std::vector<run_job> jobs;
    std::optional<baseline> before;
    try {
        before.emplace(o.against, o.confidence, o.tolerance);
        jobs = load_jobs(o);
        if (before->wanted())
            before->ask(jobs);
        else
            keep_figures(jobs, targets, o);
    } catch (const topology::input_error& error) {
        refuse(o, targets, error);
    }
    traces.ask(jobs);
    reporter report(o, std::move(targets), jobs.size(), std::move(traces), *before);
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
            [&into, values, words, names](const std::string& word) {
                for (const auto& [name, value] : values)
                    if (name == word) {
                        into = value;
                        return;
                    }
                const std::string nearest = topology::nearest(word, words);
                throw usage_error(
                    fmt::format("{}: expected {}, found {}{}", names, fmt::join(words, " or "),
                                topology::in_quotes(word),
                                nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest)));
            },
            help)
        ->type_name(fmt::format("{}", fmt::join(words, "|")));
}

constexpr const char* examples =
    "  windtunnel run scenarios/retry-storm.json\n"
    "  windtunnel run storm.json --seed 7 --replications 20\n"
    "  windtunnel run storm.json --variant 'with a budget' -D "
    "workload.0.arrivals='poisson(300/s)'\n"
    "  windtunnel run scenarios/*.json --summary off -o results.json\n"
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
    add_choice<report_kind>(app, "--format", o.format,
                            {{"text", report_kind::text}, {"json", report_kind::json}},
                            "of standard output");
    app.add_option("-o,--out", o.out,
                   "also write a report: FILE.json, FILE.txt, json=FILE or text=FILE")
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
}

} // namespace

verb add_run(CLI::App& program) {
    auto* app = program.add_subcommand("run", "Runs scenarios and says whether what they expect "
                                              "holds.");
    app->footer(examples);
    const auto o = std::make_shared<options>();
    add_what(*app, *o);
    add_how(*app, *o);
    add_output(*app, *o);
    return {app, [o] { return run(*o); }};
}

} // namespace windtunnel::cli
