// SPDX-License-Identifier: BSL-1.0
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <sstream>
#include <utility>

#include "cli/batch.hpp"
#include "cli/choice.hpp"
#include "cli/compare_sides.hpp"
#include "cli/compare_styles.hpp"
#include "cli/help.hpp"
#include "cli/invocation.hpp"
#include "cli/output.hpp"
#include "cli/program.hpp"
#include "cli/progress.hpp"
#include "cli/report_files.hpp"
#include "cli/signals.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "scenarios/src/compare/divergence.hpp"
#include "scenarios/src/compare/saved_result.hpp"
#include "scenarios/src/reports/compare_report.hpp"

namespace windtunnel::cli {

namespace {

using scenario::comparison_report;
using scenario::verdict;

struct compare_request : run_options {
    std::string jobs, base, tolerance, styles, format = "text";
    std::vector<std::string> out;
    bool full = false, no_events = false, quiet = false, no_color = false;
};

/// The formats that a comparison has.
report_rows compare_rows() {
    return report_rows_of({"text", "json", "markdown", "csv"});
}

// ---- what is compared -------------------------------------------------------------------------

/// By a key that no scenario has.
bool is_saved_result(const std::string& file) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str().find("\"schema_version\"") != std::string::npos;
}

/// One scenario alone is compared with its variants; a variant that is named, with the scenario as
/// it stands.
run_options what_to_run(const compare_request& o, std::vector<std::string> files) {
    run_options run = o;
    run.files = std::move(files);
    if (run.variants.empty() && o.files.size() == 1)
        run.all_variants = true;
    if (!run.variants.empty() && o.files.size() == 1)
        run.variants.insert(run.variants.begin(), "");
    if (run.replications.empty())
        run.replications = "10";
    if (run.replications == "auto")
        throw usage_error("--replications auto: results to be compared need as many replications "
                          "each; write a number");
    if (load_options_of(run).replications == 1)
        throw usage_error("--replications 1: a single run does not tell what chance does, so no "
                          "figure could be judged; at least 2 are needed, 10 or more are better "
                          "(--replications 10)");
    return run;
}

void check_different(const std::vector<std::string>& files) {
    for (auto file = files.begin(); file != files.end(); ++file)
        if (std::find(files.begin(), file, *file) != file)
            throw usage_error(
                fmt::format("{} is named twice: what shall it be compared with?", *file));
}

/// What changes runs changes nothing where nothing is run.
void check_no_run_options(const compare_request& o) {
    for (const auto& [option, given] :
         {std::pair{"--variant", !o.variants.empty()}, std::pair{"-D", !o.set.empty()},
          std::pair{"--duration", !o.length.empty()}, std::pair{"--warmup", !o.warmup.empty()},
          std::pair{"--seed", !o.seed.empty()},
          std::pair{"--replications", !o.replications.empty()}})
        if (given)
            throw usage_error(fmt::format("{} changes how scenarios are run, but all that is "
                                          "compared are saved results, which stay as they are: "
                                          "leave it out, or name a scenario",
                                          option));
}

// ---- the comparison ---------------------------------------------------------------------------

class comparing {
  public:
    explicit comparing(const compare_request& o) : options_(o) {
        if (!o.confidence.empty())
            how_.confidence = confidence_option(o.confidence);
        if (!o.tolerance.empty())
            how_.tolerance = tolerance_option(o.tolerance);
    }

    void load() {
        check_different(options_.files);
        std::vector<std::string> files; // of scenarios
        std::copy_if(options_.files.begin(), options_.files.end(), std::back_inserter(files),
                     [](const std::string& file) { return !is_saved_result(file); });
        if (files.empty())
            check_no_run_options(options_);
        else
            jobs_ = load_jobs(what_to_run(options_, files));
        for (run_job& job : jobs_)
            job.figures = scenario::compared_figures(job.spec);
        for (const std::string& file : options_.files) {
            if (std::find(files.begin(), files.end(), file) == files.end())
                add_saved(file);
            else
                add_jobs(file);
        }
        label_sides(sides_);
        plan_ = plan_comparison(sides_, options_.base);
        check_common_figures(sides_, plan_);
        drop_jobs_alone();
    }

    /// The exit code where something went wrong, else 0.
    int run(unsigned threads, progress_line& progress) {
        int code = 0;
        run_jobs(jobs_, threads, progress, [&](const run_job& job, finished_job&& finished) {
            const auto index = static_cast<std::size_t>(&job - jobs_.data());
            if (!finished.error.empty()) {
                complain(fmt::format("{}: {}", job.file, finished.error));
                code = std::max(code, exit_code(finished.result.verdict));
            } else if (finished.result.verdict != verdict::aborted) {
                sides_[side_of_job_[index]].figures =
                    scenario::figure_set_of(job.spec, finished.result);
            }
        });
        return code;
    }

    /// Of what there is, each with the first of its group that there is.
    scenario::comparison_document document() const {
        scenario::comparison_document all{{}, plan_.alone};
        std::vector<std::string> missing;
        for (const auto& group : plan_.groups) {
            const compared_side* base = nullptr;
            for (const std::size_t i : group) {
                const compared_side& side = sides_[i];
                if (!side.figures)
                    missing.push_back(side.label);
                else if (base == nullptr)
                    base = &side;
                else
                    add_report(*base, side, all);
            }
        }
        tell_missing(missing, all);
        return all;
    }

  private:
    void add_saved(const std::string& file) {
        for (auto& each : scenario::load_saved_results(file))
            sides_.push_back({file, each.figures.scenario, each.figures.variant, each.figures});
    }
    void add_jobs(const std::string& file) {
        side_of_job_.resize(jobs_.size());
        for (std::size_t i = 0; i < jobs_.size(); ++i) {
            const run_job& job = jobs_[i];
            if (job.file != file)
                continue;
            side_of_job_[i] = sides_.size();
            sides_.push_back({file, job.spec.name, job.spec.variant, {}, &job.spec, job.figures});
        }
    }

    /// What is compared with nothing need not run.
    void drop_jobs_alone() {
        std::set<std::size_t> compared;
        for (const auto& group : plan_.groups)
            compared.insert(group.begin(), group.end());
        std::vector<run_job> jobs;
        std::vector<std::size_t> side_of_job;
        for (std::size_t i = 0; i < jobs_.size(); ++i) {
            sides_[side_of_job_[i]].spec = nullptr;
            if (compared.contains(side_of_job_[i])) {
                jobs.push_back(std::move(jobs_[i]));
                side_of_job.push_back(side_of_job_[i]);
            }
        }
        jobs_ = std::move(jobs);
        side_of_job_ = std::move(side_of_job);
        for (std::size_t i = 0; i < jobs_.size(); ++i)
            sides_[side_of_job_[i]].spec = &jobs_[i].spec;
    }

    static void tell_missing(const std::vector<std::string>& labels,
                             scenario::comparison_document& all) {
        const bool stopped = signal_caught() != 0;
        if (!labels.empty())
            all.left_out.push_back(
                fmt::format("{}; without a result, and so left out: {}",
                            stopped ? "stopped before the end" : "not everything could be run",
                            fmt::join(labels, ", ")));
        else if (stopped)
            all.left_out.emplace_back("stopped before the end: all results are there, but the "
                                      "first event that differs was not looked for everywhere");
    }

    /// Of figures that both might have had, none may have been there to measure.
    void add_report(const compared_side& base, const compared_side& other,
                    scenario::comparison_document& all) const {
        comparison_report report{base.label, other.label,
                                 scenario::compare(*base.figures, *other.figures, how_)};
        if (report.changes.figures.empty()) {
            all.left_out.push_back(nothing_in_common(base, other));
            return;
        }
        look_for_parting(base, other, report);
        all.reports.push_back(std::move(report));
    }

    void look_for_parting(const compared_side& base, const compared_side& other,
                          comparison_report& report) const {
        if (options_.no_events || stop_asked() || base.spec == nullptr || other.spec == nullptr ||
            base.spec->topology.platform || other.spec->topology.platform ||
            base.spec->seed != other.spec->seed)
            return;
        report.parted =
            scenario::find_divergence(*base.spec, *other.spec, base.spec->seed, &stop_asked());
        if (!stop_asked())
            report.seed = base.spec->seed;
    }

    const compare_request& options_;
    scenario::compare_options how_;
    std::vector<run_job> jobs_;
    std::vector<compared_side> sides_;
    std::vector<std::size_t> side_of_job_;
    comparison_plan plan_;
};

// ---- what comes out ---------------------------------------------------------------------------

std::string text_in(const scenario::report_format* format, const scenario::comparison_document& all,
                    const scenario::text_options& style) {
    if (format->name == "json")
        return scenario::json_of_comparisons(all);
    if (format->name == "csv")
        return scenario::csv_of_comparisons(all);
    return format->name == "markdown" ? scenario::markdown_of_comparisons(all)
                                      : scenario::text_of_comparisons(all, style);
}

/// False where not all of it could be written. What cannot be written to its file is printed,
/// unless it was printed anyway.
bool hand_on(const compare_request& o, const scenario::report_format* shown,
             std::vector<report_target>& targets, const scenario::comparison_document& all) {
    const auto size = o.full ? scenario::summary_size::full : scenario::summary_size::compact;
    std::set<const scenario::report_format*> printed;
    if (!o.quiet) {
        print(text_in(shown, all,
                      {size, colours_wanted(STDOUT_FILENO, o.no_color), width_of(STDOUT_FILENO)}));
        printed.insert(shown);
        if (shown->name == "csv") // which has no place for it
            for (const std::string& each : all.left_out)
                complain(each);
    }
    bool written = !stdout_failed();
    for (report_target& each : targets) {
        const std::string text = text_in(each.kind, all, {size});
        if (each.file.write(text))
            continue;
        written = false;
        if (printed.insert(each.kind).second)
            print(text);
    }
    return written;
}

const scenario::report_format* chosen_format(const std::string& word) {
    const report_rows rows = compare_rows();
    if (const auto* format = find_among(rows, word))
        return format;
    std::vector<std::string> names;
    for (const auto* each : rows)
        names.emplace_back(each->name);
    refuse_word("--format", word, names);
}

int compare(const compare_request& o) {
    const auto* shown = chosen_format(o.format);
    const unsigned threads = threads_option(o.jobs);
    comparing comparison(o);
    check_outputs(o.out, o.files);
    auto targets = open_report_targets(o.out, compare_rows());
    comparison.load();
    progress_line progress(o.quiet ? progress_style::none : progress_style::automatic);
    catch_signals();
    int code = comparison.run(threads, progress);
    const auto all = comparison.document();
    bool written = true;
    if (!all.reports.empty())
        written = hand_on(o, shown, targets, all);
    else if (signal_caught() != 0)
        complain("stopped before anything could be compared");
    else if (code == 0)
        throw usage_error(fmt::format("{}", fmt::join(all.left_out, "; ")));
    if (code == 0 && signal_caught() != 0)
        code = exit_code(verdict::aborted, signal_caught());
    return written || code == exit_bug ? code : exit_not_written;
}

styles_options styles_of(const compare_request& o) {
    if (!o.base.empty() || !o.tolerance.empty() || o.full || o.no_events || !o.confidence.empty())
        throw usage_error("--styles has neither --base nor --tolerance, --confidence, --full or "
                          "--no-events: leave them out");
    styles_options s;
    static_cast<run_options&>(s) = o;
    s.edge = o.styles;
    s.jobs = o.jobs;
    s.format = o.format;
    s.out = o.out;
    s.quiet = o.quiet;
    s.no_color = o.no_color;
    return s;
}

constexpr const char* compare_examples =
    "  windtunnel compare scenarios/retry-storm.json\n"
    "  windtunnel compare storm.json --variant 'with a budget' --replications 30\n"
    "  windtunnel compare before.json after.json --tolerance 1%\n"
    "  windtunnel compare last-week.result.json storm.json -o changes.md\n"
    "  windtunnel compare scenarios/chain-or-queue.json --variant chain --styles "
    "'shop->shipping'\n\n"
    "The first is what the others are compared with; results of several scenarios or variants, "
    "each\n"
    "with its counterpart in the first file. Scenarios of one seed meet the same random numbers, "
    "so\n"
    "that small differences show; \"no difference shown\" is said where the interval of a "
    "difference\n"
    "holds 0. Exit codes: 0, whatever differs; 2 invalid input, or nothing to compare; 70 a bug, "
    "74\n"
    "the comparison could not be written, 130/143 stopped.";

} // namespace

verb add_compare(CLI::App& program) {
    auto* app = program.add_subcommand(
        "compare", "Compares the variants of a scenario, or files, or saved results.");
    app->footer(compare_examples);
    const auto o = std::make_shared<compare_request>();
    app->add_option("FILE", o->files, "scenarios, or results that \"run -o FILE.json\" wrote")
        ->required()
        ->type_name("FILE...");
    app->add_option("--variant", o->variants, "only this variant (may be repeated) [all]")
        ->type_name("NAME")
        ->take_all()
        ->allow_extra_args(false);
    app->add_option("--base", o->base, "what the others are compared with [the first]")
        ->type_name("NAME");
    app->add_option("-D,--set", o->set, "change a value of all scenarios: path=value")
        ->type_name("PATH=VALUE")
        ->take_all()
        ->allow_extra_args(false);
    app->add_option("--swap", o->swap, "let an edge talk in another way: EDGE=STYLE")
        ->type_name("EDGE=STYLE")
        ->take_all()
        ->allow_extra_args(false);
    app->add_option("--styles", o->styles,
                    "which way for this edge: runs each that is possible, and says what it costs")
        ->type_name("EDGE");
    app->add_option("--duration", o->length, "how long is measured, such as 60s")
        ->type_name("TIME");
    app->add_option("--warmup", o->warmup, "how long before that, such as 10s")->type_name("TIME");
    app->add_option("--seed", o->seed, "of the first run of each")->type_name("N");
    app->add_option("--replications,--reps", o->replications, "runs of each [10]")->type_name("N");
    app->add_option("--confidence", o->confidence, "of all intervals together [95%]")
        ->type_name("SHARE");
    app->add_option("--tolerance", o->tolerance, "a relative change up to this is none, such as 1%")
        ->type_name("SHARE");
    app->add_option("-j,--jobs", o->jobs, "threads; the results do not depend on it [all cores]")
        ->type_name("N");
    app->add_option("--format", o->format, "of standard output")
        ->type_name("text|json|markdown|csv");
    app->add_option("-o,--out", o->out, out_help(compare_rows()))
        ->type_name("FILE")
        ->take_all()
        ->allow_extra_args(false);
    app->add_flag("--full", o->full, "show the figures without a difference, too");
    app->add_flag("--no-events", o->no_events, "do not look for the first event that differs");
    app->add_flag("-q,--quiet", o->quiet, "print nothing");
    app->add_flag("--no-color", o->no_color, "no colours (as with NO_COLOR in the environment)");
    return {app, [o] { return o->styles.empty() ? compare(*o) : compare_styles(styles_of(*o)); }};
}

} // namespace windtunnel::cli
