// SPDX-License-Identifier: BSL-1.0
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <sstream>

#include "cli/batch.hpp"
#include "cli/choice.hpp"
#include "cli/files.hpp"
#include "cli/help.hpp"
#include "cli/invocation.hpp"
#include "cli/output.hpp"
#include "cli/program.hpp"
#include "cli/progress.hpp"
#include "cli/signals.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "scenarios/src/compare/divergence.hpp"
#include "scenarios/src/compare/saved_result.hpp"
#include "scenarios/src/reports/compare_report.hpp"
#include "topologies/src/diagnostic.hpp"
#include "topologies/src/quantity.hpp"
#include "topologies/src/suggest.hpp"

namespace windtunnel::cli {

namespace {

using scenario::comparison_report;
using scenario::verdict;

struct compare_request : run_options {
    std::string jobs, base, tolerance, format = "text";
    std::vector<std::string> out;
    bool full = false, no_events = false, quiet = false, no_color = false;
};

const std::vector<std::string> formats{"text", "json", "markdown", "csv"};

/// What is compared: a saved result, or a scenario that is run.
struct side {
    std::string name;
    std::optional<scenario::figure_set> figures; ///< none: nothing came out
    const scenario::scenario_spec* spec = nullptr;
};

// ---- what is compared -------------------------------------------------------------------------

/// By a key that no scenario has.
bool is_saved_result(const std::string& file) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str().find("\"schema_version\"") != std::string::npos;
}

std::string name_of(const scenario::figure_set& set, const std::string& file, bool one_scenario) {
    if (one_scenario && !set.variant.empty())
        return set.variant;
    return set.variant.empty() ? file : fmt::format("{} ({})", file, set.variant);
}

std::string name_of(const run_job& job, bool one_file) {
    if (one_file)
        return job.spec.variant.empty() ? "as it stands" : job.spec.variant;
    return job.spec.variant.empty() ? job.file : fmt::format("{} ({})", job.file, job.spec.variant);
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
    return run;
}

void check_different(const std::vector<std::string>& files) {
    for (auto file = files.begin(); file != files.end(); ++file)
        if (std::find(files.begin(), file, *file) != file)
            throw usage_error(
                fmt::format("{} is named twice: what shall it be compared with?", *file));
}

void check_enough(const std::vector<side>& sides) {
    if (sides.size() > 1)
        return;
    throw usage_error(sides.empty() ? "there is nothing to compare"
                                    : fmt::format("there is only {} to compare: name another file, "
                                                  "or give the scenario \"variants\"",
                                                  sides.front().name));
}

// ---- the comparison ---------------------------------------------------------------------------

class comparing {
  public:
    explicit comparing(const compare_request& o) : options_(o) {
        if (!o.confidence.empty())
            how_.confidence = confidence_option(o.confidence);
        if (!o.tolerance.empty())
            how_.tolerance = share_option("--tolerance", o.tolerance);
    }

    /// In the order of the command line; the base first.
    void load() {
        check_different(options_.files);
        std::vector<std::string> files; // of scenarios
        std::copy_if(options_.files.begin(), options_.files.end(), std::back_inserter(files),
                     [](const std::string& file) { return !is_saved_result(file); });
        if (!files.empty())
            jobs_ = load_jobs(what_to_run(options_, files));
        for (run_job& job : jobs_)
            job.figures = scenario::compared_figures(job.spec);
        for (const std::string& file : options_.files) {
            if (std::find(files.begin(), files.end(), file) == files.end())
                add_saved(file);
            else
                for (std::size_t i = 0; i < jobs_.size(); ++i)
                    if (jobs_[i].file == file)
                        add_job(i);
        }
        check_enough(sides_);
        put_base_first();
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

    /// Of what there is; what was stopped is left out.
    std::vector<comparison_report> reports() const {
        std::vector<comparison_report> all;
        const side& base = sides_[order_.front()];
        if (!base.figures)
            return all;
        for (std::size_t i = 1; i < order_.size(); ++i) {
            const side& other = sides_[order_[i]];
            if (!other.figures)
                continue;
            comparison_report report{base.name, other.name,
                                     scenario::compare(*base.figures, *other.figures, how_)};
            look_for_parting(base, other, report);
            all.push_back(std::move(report));
        }
        return all;
    }

  private:
    void add_saved(const std::string& file) {
        const auto saved = scenario::load_saved_results(file);
        for (const auto& each : saved)
            sides_.push_back(
                {name_of(each.figures, file, options_.files.size() == 1), each.figures, nullptr});
    }
    void add_job(std::size_t index) {
        side_of_job_.resize(jobs_.size());
        side_of_job_[index] = sides_.size();
        sides_.push_back(
            {name_of(jobs_[index], options_.files.size() == 1), std::nullopt, &jobs_[index].spec});
    }
    void put_base_first() {
        for (std::size_t i = 0; i < sides_.size(); ++i)
            order_.push_back(i);
        if (options_.base.empty())
            return;
        std::vector<std::string> names;
        for (const side& each : sides_)
            names.push_back(each.name);
        const auto found = std::find(names.begin(), names.end(), options_.base);
        if (found == names.end()) {
            const std::string nearest = topology::nearest(options_.base, names);
            throw usage_error(
                fmt::format("--base {}: there is {}{}", topology::in_quotes(options_.base),
                            fmt::join(names, ", "),
                            nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest)));
        }
        std::rotate(order_.begin(), order_.begin() + (found - names.begin()),
                    order_.begin() + (found - names.begin()) + 1);
    }

    void look_for_parting(const side& base, const side& other, comparison_report& report) const {
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
    std::vector<side> sides_;
    std::vector<std::size_t> side_of_job_, order_;
};

// ---- what comes out ---------------------------------------------------------------------------

std::string document(const std::string& format, const std::vector<comparison_report>& reports,
                     const scenario::text_options& style) {
    if (format == "json")
        return scenario::json_of_comparisons({reports, {}});
    if (format == "csv")
        return scenario::csv_of_comparisons({reports, {}});
    std::string text;
    for (const comparison_report& each : reports)
        text += (text.empty() ? "" : "\n") + (format == "markdown"
                                                  ? scenario::markdown_of_comparison(each)
                                                  : scenario::text_of_comparison(each, style));
    return text;
}

struct target {
    std::string format;
    output_file file;
};

std::string format_of(const std::string& path) {
    for (const auto& [ending, format] : {std::pair{".json", "json"}, std::pair{".csv", "csv"},
                                         std::pair{".md", "markdown"}, std::pair{".txt", "text"}})
        if (path.ends_with(ending))
            return format;
    throw usage_error(
        fmt::format("--out {}: which kind of report? name it .txt, .json, .md or .csv", path));
}

std::vector<target> open_targets(const compare_request& o) {
    std::vector<target> targets;
    for (const std::string& path : o.out) {
        const std::string format = format_of(path);
        try {
            targets.push_back({format, output_file(path)});
        } catch (const std::runtime_error& error) {
            throw usage_error(error.what());
        }
    }
    return targets;
}

int compare(const compare_request& o) {
    if (std::find(formats.begin(), formats.end(), o.format) == formats.end())
        refuse_word("--format", o.format, formats);
    const unsigned threads = threads_option(o.jobs);
    comparing all(o);
    std::vector<target> targets = open_targets(o);
    all.load();
    progress_line progress(o.quiet ? progress_style::none : progress_style::automatic);
    catch_signals();
    int code = all.run(threads, progress);
    const auto reports = all.reports();
    const auto size = o.full ? scenario::summary_size::full : scenario::summary_size::compact;
    if (!o.quiet)
        print(document(o.format, reports,
                       {size, colours_wanted(STDOUT_FILENO, o.no_color), width_of(STDOUT_FILENO)}));
    bool written = !stdout_failed();
    for (target& each : targets) {
        const std::string text = document(each.format, reports, {size});
        if (each.file.write(text))
            continue;
        written = false;
        if (o.quiet || each.format != o.format)
            print(text); // nothing that was computed is lost
    }
    if (code == 0 && signal_caught() != 0)
        code = exit_code(verdict::aborted, signal_caught());
    return written || code == exit_bug ? code : exit_not_written;
}

constexpr const char* compare_examples =
    "  windtunnel compare scenarios/retry-storm.json\n"
    "  windtunnel compare storm.json --variant 'with a budget' --replications 30\n"
    "  windtunnel compare before.json after.json --tolerance 1%\n"
    "  windtunnel compare last-week.result.json storm.json -o changes.md\n\n"
    "The first is what the others are compared with. Scenarios of one seed meet the same random\n"
    "numbers, so that small differences show; \"no difference shown\" is said where the interval\n"
    "of a difference holds 0. Exit codes: 0, whatever differs; 2 invalid input, 70 a bug, 74 the\n"
    "comparison could not be written, 130/143 stopped.";

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
        ->type_name(fmt::format("{}", fmt::join(formats, "|")));
    app->add_option("-o,--out", o->out, "also write it: FILE.txt, FILE.json, FILE.md or FILE.csv")
        ->type_name("FILE")
        ->take_all()
        ->allow_extra_args(false);
    app->add_flag("--full", o->full, "show the figures without a difference, too");
    app->add_flag("--no-events", o->no_events, "do not look for the first event that differs");
    app->add_flag("-q,--quiet", o->quiet, "print nothing");
    app->add_flag("--no-color", o->no_color, "no colours (as with NO_COLOR in the environment)");
    return {app, [o] { return compare(*o); }};
}

} // namespace windtunnel::cli
