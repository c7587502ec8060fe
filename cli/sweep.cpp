// SPDX-License-Identifier: BSL-1.0
#include <fmt/format.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "cli/help.hpp"
#include "cli/invocation.hpp"
#include "cli/output.hpp"
#include "cli/program.hpp"
#include "cli/signals.hpp"
#include "cli/sweep_options.hpp"
#include "cli/sweep_report.hpp"
#include "cli/verbs.hpp"
#include "scenarios/src/sweep/journal.hpp"
#include "scenarios/src/sweep/outcome.hpp"
#include "scenarios/src/sweep/run_points.hpp"
#include "topologies/src/diagnostic.hpp"

namespace windtunnel::cli {

namespace {

using scenario::boundary_status;
using scenario::point_job;
using scenario::point_result;
using scenario::pool_progress;
using scenario::sweep_journal;
using scenario::sweep_outcome;
using scenario::sweep_plan;
using scenario::verdict;

/// Beside the first file that is written; devices and pipes have nothing beside them.
std::string default_journal(const std::vector<sweep_target>& targets) {
    for (const sweep_target& each : targets) {
        struct stat about {};
        if (stat(each.file.path().c_str(), &about) == 0 && S_ISREG(about.st_mode))
            return each.file.path() + ".journal";
    }
    return "";
}

class sweep_session {
  public:
    sweep_session(sweep_settings settings, std::vector<sweep_target> targets)
        : settings_(std::move(settings)), targets_(std::move(targets)),
          plan_(settings_.file, settings_.sweep),
          progress_(settings_.quiet ? progress_style::none : settings_.progress) {
        if (std::any_of(targets_.begin(), targets_.end(),
                        [](const auto& t) { return t.form == sweep_form::picture; }))
            check_picture(plan_);
    }

    /// The exit code.
    int run() {
        outcome_.command = settings_.command;
        if (settings_.sweep.find)
            run_search();
        else
            run_grid();
        progress_.without([] {});
        return finish();
    }

  private:
    // ---- the points ---------------------------------------------------------------------------

    void run_grid() {
        const std::size_t size = plan_.grid_size();
        if (size > settings_.most_points)
            throw usage_error(fmt::format(
                "{} points are more than {}: vary less, write longer steps, or consent with "
                "--max-points {}",
                size, settings_.most_points, size));
        std::vector<point_job> jobs(size);
        for (std::size_t i = 0; i < size; ++i)
            jobs[i].values = plan_.grid_point(i);
        check_points(plan_, jobs, settings_.threads);
        open_journal();
        outcome_.asked = size;
        const std::string name = plan_.first().name;
        for (auto& each : points_of(jobs, [&](const pool_progress& p) { tell(name, p); }))
            if (each)
                outcome_.points.push_back(std::move(*each));
    }

    void run_search() {
        const scenario::boundary_options how{settings_.within, 0, settings_.most_replications};
        outcome_.found = find_boundary(
            plan_, how, [&](std::vector<point_job> jobs) { return searched(std::move(jobs)); });
        outcome_.points = outcome_.found->points;
        outcome_.asked = outcome_.points.size();
    }

    /// A step of the search. What is wrong with its first points is bad input; later it ends it.
    std::vector<std::optional<point_result>> searched(std::vector<point_job> jobs) {
        const std::size_t before = searched_;
        try {
            check_points(plan_, jobs, settings_.threads);
        } catch (const topology::input_error& error) {
            if (before == 0)
                throw;
            point_result broken;
            broken.values = jobs.front().values;
            broken.verdict = verdict::invalid;
            broken.error = error.what();
            return std::vector<std::optional<point_result>>(jobs.size(), broken);
        }
        if (before == 0)
            open_journal();
        searched_ += jobs.size();
        std::string name;
        for (const point_job& each : jobs)
            name += (name.empty() ? "at " : " and ") + each.values.front();
        return points_of(jobs, [&](const pool_progress& p) { tell_search(name, before, p); });
    }

    /// Those of the journal, and the others run, each of which goes to the journal at once.
    std::vector<std::optional<point_result>>
    points_of(const std::vector<point_job>& jobs,
              std::function<void(const pool_progress&)> progress) {
        std::vector<std::optional<point_result>> results(jobs.size());
        std::vector<point_job> left;
        std::vector<std::size_t> places;
        for (std::size_t i = 0; i < jobs.size(); ++i) {
            const point_result* known =
                journal_ ? journal_->find(jobs[i].values, jobs[i].replications) : nullptr;
            if (known != nullptr) {
                results[i] = *known;
                continue;
            }
            left.push_back(jobs[i]);
            places.push_back(i);
        }
        const scenario::pool_options how{settings_.threads, std::move(progress), &stop_asked()};
        run_points(plan_, left, how, [&](std::size_t index, point_result&& point) {
            keep(point);
            results[places[index]] = std::move(point);
        });
        return results;
    }

    // ---- the journal --------------------------------------------------------------------------

    void open_journal() {
        const std::string path =
            settings_.resume.empty() ? default_journal(targets_) : settings_.resume;
        if (!path.empty()) {
            try {
                journal_.emplace(path, plan_);
            } catch (const scenario::journal_refused& error) {
                throw usage_error(error.what());
            }
            if (journal_->found() > 0 && !settings_.quiet)
                complain(fmt::format("going on with {}: {} done", path,
                                     journal_->found() == 1
                                         ? "1 point is"
                                         : fmt::format("{} points are", journal_->found())));
            if (journal_->dropped() > 0 && !settings_.quiet)
                complain(fmt::format("{} of {} damaged and left out, what was there is run again",
                                     journal_->dropped() == 1
                                         ? "1 line"
                                         : fmt::format("{} lines", journal_->dropped()),
                                     path));
        }
        catch_signals();
    }

    /// A bug is looked for again, everything else is known from now on.
    void keep(const point_result& point) {
        if (!journal_ || point.verdict == verdict::error)
            return;
        const bool was_well = journal_->failure().empty();
        journal_->append(point);
        if (was_well && !journal_->failure().empty())
            progress_.without([&] { complain_of_journal(); });
    }

    void complain_of_journal() const {
        complain(fmt::format("cannot write the journal {}: {}; the sweep goes on without it",
                             journal_->path(), journal_->failure()));
    }

    // ---- progress -----------------------------------------------------------------------------

    void tell(const std::string& name, const pool_progress& p) {
        progress_.show({name, p.share, 0, 0, static_cast<int>(p.runs_done),
                        static_cast<int>(p.runs), p.events});
    }

    /// How many steps there will be is a guess.
    void tell_search(const std::string& name, std::size_t before, const pool_progress& p) {
        constexpr double usual_steps = 10;
        const double steps = std::max(usual_steps, static_cast<double>(before) + 2);
        progress_state state{.name = name,
                             .share = (static_cast<double>(before) + p.share) / steps};
        state.done = static_cast<int>(p.runs_done);
        state.all = std::max(2, static_cast<int>(p.runs));
        state.events = search_events_ + p.events;
        if (p.runs_done == p.runs)
            search_events_ += p.events;
        progress_.show(state);
    }

    // ---- the end ------------------------------------------------------------------------------

    int finish() {
        for (const point_result& each : outcome_.points)
            if (!each.error.empty())
                complain(fmt::format("{}: {}", place_of(each), each.error));
        bool written = report_sweep(settings_, targets_, plan_, outcome_);
        const bool journal_failed = journal_ && !journal_->failure().empty();
        if (journal_ && settings_.resume.empty() && written && outcome_.complete())
            journal_->remove();
        else if (journal_ && !journal_failed && (!written || !outcome_.complete()))
            complain(
                fmt::format("what was computed is kept in {0}: the command that was typed goes "
                            "on from there, and any with --resume {0}",
                            journal_->path()));
        if (journal_failed && !settings_.resume.empty())
            written = false;
        const int code = code_of_outcome();
        return written || code == exit_bug ? code : exit_not_written;
    }

    std::string place_of(const point_result& p) const {
        std::string text;
        for (std::size_t i = 0; i < p.values.size(); ++i)
            text += fmt::format("{}{} = {}", i == 0 ? "" : ", ", plan_.parameters()[i].name,
                                p.values[i]);
        return text;
    }

    int code_of_outcome() const {
        if (signal_caught() != 0)
            return 128 + signal_caught();
        verdict worst = verdict::passed;
        for (const point_result& each : outcome_.points)
            if (each.verdict == verdict::error || each.verdict == verdict::invalid)
                worst = scenario::worse(worst, each.verdict);
        if (worst != verdict::passed)
            return exit_code(worst);
        if (!outcome_.found)
            return 0;
        switch (outcome_.found->status) {
        case boundary_status::both_passed:
        case boundary_status::both_failed:
            return exit_code(verdict::failed);
        case boundary_status::undecided:
            return exit_code(verdict::inconclusive);
        default:
            return 0;
        }
    }

    sweep_settings settings_;
    std::vector<sweep_target> targets_;
    sweep_plan plan_;
    progress_line progress_;
    std::optional<sweep_journal> journal_;
    sweep_outcome outcome_;
    std::size_t searched_ = 0;
    std::uint64_t search_events_ = 0;
};

} // namespace

verb add_sweep(CLI::App& program) {
    auto* app = program.add_subcommand("sweep", "Runs a scenario over values of its parameters, "
                                                "or finds where its verdict turns.");
    const auto arguments = std::make_shared<sweep_arguments>();
    add_sweep_options(*app, *arguments);
    return {app, [arguments] {
                sweep_settings settings = settings_of(*arguments);
                check_outputs(arguments->out, arguments->files);
                auto targets = open_sweep_targets(arguments->out);
                return sweep_session(std::move(settings), std::move(targets)).run();
            }};
}

} // namespace windtunnel::cli
