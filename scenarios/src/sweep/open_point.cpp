// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/sweep/open_point.hpp"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include "scenarios/src/expectation_check.hpp"
#include "scenarios/src/replications.hpp"
#include "topologies/src/diagnostic.hpp"

namespace windtunnel::scenario {

namespace {

point_interval interval_of(const expectation_result& r) {
    if (!r.interval)
        return {};
    return std::pair{r.interval->low, r.interval->high};
}

point_expectation figure_of(const expectation_result& r) {
    const bool recovery = r.expectation.metric == metric::recovers_within;
    return {
        r.expectation.text, r.status,        recovery ? unit_kind::time : unit_of(r.expectation),
        r.observed,         r.observed_text, interval_of(r)};
}

} // namespace

open_point::open_point(const sweep_plan& plan, const point_job& job)
    : plan_(plan), job_(job), waiting_(static_cast<std::size_t>(job.replications)) {
    result_.values = job.values;
    result_.replications = result_.asked = job.replications;
}

const open_point::reading& open_point::read() {
    std::call_once(once_, [&] {
        reading r{plan_.scenario_at(job_.values), {}};
        for (const std::string& each : plan_.metrics())
            r.measured.expectations.push_back(parse_metric(each, r.spec).measured);
        expected_ = evidence(r.spec.expectations);
        metrics_ = evidence(r.measured.expectations);
        result_.seed = r.spec.seed;
        result_.automatic = r.spec.most_replications.has_value();
        read_ = std::move(r);
    });
    return *read_;
}

template <class Run>
void open_point::guarded(int first, int replications, Run&& run) {
    std::string error;
    verdict failure = verdict::passed;
    try {
        run();
    } catch (const topology::input_error& found) {
        error = found.what();
        failure = verdict::invalid;
    } catch (const std::exception& found) {
        error = found.what();
        failure = verdict::error;
    }
    const std::lock_guard lock(mutex_);
    over_ += replications;
    if (failure == verdict::passed)
        return;
    if (failed_.value_or(first) >= first) {
        failed_ = first;
        result_.error = error;
    }
    result_.verdict = worse(result_.verdict, failure);
}

void open_point::run(int replication, const std::atomic<bool>* stop,
                     const tell_progress& progress) {
    guarded(replication, 1, [&] {
        const scenario_spec& spec = read().spec;
        put(replication,
            run_watched(spec, spec.seed + static_cast<std::uint64_t>(replication), stop, progress));
    });
}

void open_point::run_as_one(const std::atomic<bool>* stop, const tell_progress& progress) {
    guarded(0, job_.replications, [&] {
        const reading& r = read();
        replication_options how;
        how.seed = r.spec.seed;
        how.replications = job_.replications;
        how.figures = r.measured.expectations;
        how.progress = [&](const replication_progress& p) { progress(p.share, p.events); };
        how.stop = stop;
        take(run_replications(r.spec, how));
    });
}

void open_point::take(replicated_result&& whole) {
    const std::lock_guard lock(mutex_);
    stopped_ = whole.merged.status == run_status::aborted;
    result_.replications = static_cast<int>(whole.seeds.size());
    result_.verdict = whole.verdict;
    add_figures(whole.expectations, whole.merged, whole.figures);
}

void open_point::put(int replication, run_result&& run) {
    const verdict alone = verdict_of(check_expectations(read().spec, run), run.status);
    const std::lock_guard lock(mutex_);
    stopped_ = stopped_ || run.status == run_status::aborted;
    result_.alone_passed += alone == verdict::passed ? 1 : 0;
    result_.alone_failed += alone == verdict::failed || alone == verdict::invalid_baseline ? 1 : 0;
    waiting_[static_cast<std::size_t>(replication)] = std::move(run);
    for (; merged_ < waiting_.size() && waiting_[merged_]; ++merged_)
        merge(*std::exchange(waiting_[merged_], std::nullopt));
}

void open_point::merge(const run_result& run) {
    expected_.add(run);
    metrics_.add(run);
    if (total_)
        total_->merge(run);
    else
        total_ = run;
}

bool open_point::complete() const {
    const std::lock_guard lock(mutex_);
    return over_ == job_.replications;
}

void open_point::add_figures(const std::vector<expectation_result>& expectations,
                             const run_result& merged, const evidence& metrics) {
    for (const expectation_result& each : expectations)
        result_.expectations.push_back(figure_of(each));
    const auto found = check_expectations(read_->measured, merged, metrics, read_->spec.confidence);
    for (std::size_t i = 0; i < found.size(); ++i) {
        const point_expectation figure = figure_of(found[i]);
        result_.metrics.push_back(
            {plan_.metrics()[i], figure.unit, figure.observed, figure.interval});
    }
}

std::optional<point_result> open_point::result() {
    if (stopped_)
        return {};
    if (!result_.error.empty() || job_.as_one)
        return std::move(result_);
    const auto checked =
        check_expectations(read_->spec, *total_, expected_, read_->spec.confidence);
    result_.verdict = verdict_of(checked, total_->status);
    add_figures(checked, *total_, metrics_);
    return std::move(result_);
}

} // namespace windtunnel::scenario
