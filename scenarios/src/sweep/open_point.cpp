// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/sweep/open_point.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "scenarios/src/expectation_check.hpp"
#include "scenarios/src/replications.hpp"
#include "scenarios/src/run.hpp"
#include "topologies/src/diagnostic.hpp"

namespace windtunnel::scenario {

namespace {

constexpr int slices = 1000; ///< of a run, between which it says how far it is

run_result simulate(const scenario_spec& spec, std::uint64_t seed, const std::atomic<bool>* stop,
                    const open_point::tell& progress) {
    scenario_run run(spec, seed, {.stop = stop});
    const duration slice = std::max(duration{1}, run.planned_end() / slices);
    const auto stopped = [&] { return stop != nullptr && stop->load(); };
    while (!stopped() && run.advance_to(run.now() + slice))
        progress(to_seconds(run.now()) / to_seconds(run.planned_end()), run.events());
    return run.result();
}

point_expectation figure_of(const expectation_result& r) {
    const bool recovery = r.expectation.metric == metric::recovers_within;
    return {r.expectation.text, r.status, recovery ? unit_kind::time : unit_of(r.expectation),
            r.observed, r.observed_text};
}

} // namespace

open_point::open_point(const sweep_plan& plan, point_values values, int replications)
    : plan_(plan), values_(std::move(values)), replications_(replications),
      waiting_(static_cast<std::size_t>(replications)) {}

const scenario_spec& open_point::spec() {
    std::call_once(read_, [&] { spec_ = plan_.scenario_at(values_); });
    return *spec_;
}

template <class Simulate>
void open_point::guarded(int replication, Simulate&& simulate) {
    try {
        put(replication, simulate());
    } catch (const topology::input_error& error) {
        const std::lock_guard lock(mutex_);
        error_ = error.what();
        failure_ = worse(failure_, verdict::invalid);
    } catch (const std::exception& error) {
        const std::lock_guard lock(mutex_);
        error_ = error.what();
        failure_ = verdict::error;
    }
    const std::lock_guard lock(mutex_);
    ++over_;
}

void open_point::run(int replication, const std::atomic<bool>* stop, const tell& progress) {
    guarded(replication, [&] {
        return simulate(spec(), spec().seed + static_cast<std::uint64_t>(replication), stop,
                        progress);
    });
}

void open_point::run_apart(int replication, const std::atomic<bool>* stop, const tell& progress) {
    guarded(replication, [&] {
        replication_options one;
        one.seed = spec().seed + static_cast<std::uint64_t>(replication);
        one.progress = [&](const replication_progress& p) { progress(p.share, p.events); };
        one.stop = stop;
        return run_replications(spec(), one).merged;
    });
}

void open_point::put(int replication, run_result&& run) {
    const verdict alone = verdict_of(check_expectations(spec(), run), run.status);
    const std::lock_guard lock(mutex_);
    stopped_ = stopped_ || run.status == run_status::aborted;
    alone_passed_ += alone == verdict::passed ? 1 : 0;
    alone_failed_ += alone == verdict::failed || alone == verdict::invalid_baseline ? 1 : 0;
    waiting_[static_cast<std::size_t>(replication)] = std::move(run);
    for (; merged_ < waiting_.size() && waiting_[merged_]; ++merged_)
        merge(*std::exchange(waiting_[merged_], std::nullopt));
}

void open_point::merge(const run_result& run) {
    if (total_)
        total_->merge(run);
    else
        total_ = run;
}

bool open_point::complete() const {
    const std::lock_guard lock(mutex_);
    return over_ == replications_;
}

std::optional<point_result> open_point::result() {
    if (stopped_)
        return {};
    point_result p{values_, replications_, 1, failure_, error_, {}, {}, 0, 0};
    if (spec_)
        p.seed = spec_->seed;
    if (failure_ != verdict::passed)
        return p;
    const auto checked = check_expectations(*spec_, *total_);
    p.verdict = verdict_of(checked, total_->status);
    for (const expectation_result& each : checked)
        p.expectations.push_back(figure_of(each));
    for (const std::string& each : plan_.metrics()) {
        const metric_wish wish = parse_metric(each, *spec_);
        p.metrics.push_back({each, wish.unit, check_expectation(wish.measured, *total_).observed});
    }
    p.alone_passed = alone_passed_;
    p.alone_failed = alone_failed_;
    return p;
}

} // namespace windtunnel::scenario
