// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/expectation_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "scenarios/src/expectation_metrics.hpp"
#include "scenarios/src/figure_meter.hpp"
#include "scenarios/src/measurement.hpp"
#include "scenarios/src/recovery.hpp"

namespace windtunnel::scenario {

namespace {

// ---- the comparison ---------------------------------------------------------------------------

bool equal(double a, double b) {
    return a == b || (std::isfinite(a) && std::isfinite(b) &&
                      std::abs(a - b) <= 1e-9 * std::max(std::abs(a), std::abs(b)));
}

bool holds(comparison op, double value, double bound) {
    switch (op) {
    case comparison::less:
        return value < bound && !equal(value, bound);
    case comparison::less_equal:
        return value < bound || equal(value, bound);
    case comparison::greater:
        return value > bound && !equal(value, bound);
    case comparison::greater_equal:
        return value > bound || equal(value, bound);
    case comparison::equal:
        return equal(value, bound);
    }
    return false;
}

/// Every comparison is true on one interval of values: it holds for sure where it holds at both
/// ends, and fails for sure where it fails at both ends and the interval is not between them.
check_status compare(const expectation_spec& e, const measurement& m) {
    const bool low = holds(e.op, m.low, e.bound), high = holds(e.op, m.high, e.bound);
    if (low && high)
        return check_status::passed;
    const bool crosses = e.op == comparison::equal && m.low < e.bound && e.bound < m.high;
    return low || high || crosses ? check_status::inconclusive : check_status::failed;
}

// ---- words ------------------------------------------------------------------------------------

std::string bound_text(const expectation_spec& e) {
    return fmt::format("{} {}", to_string(e.op), value_text(e.bound, unit_of(e)));
}

std::string nothing_text(const expectation_spec& e) {
    if (!is_latency(e.metric) || e.outcome == latency_of::all)
        return e.metric == metric::degraded ? "no good answers"
               : e.metric == metric::lost   ? "no work that outlives the answer"
                                            : "no requests";
    if (e.outcome == latency_of::completed)
        return "no completed work";
    return e.outcome == latency_of::failed ? "no failed requests" : "no good answers";
}

std::string samples_text(const measurement& m) {
    return m.samples > 0 ? fmt::format(" of {} request{}", m.samples, m.samples == 1 ? "" : "s")
                         : "";
}

std::string sentence(const expectation_spec& e, const expectation_result& r, const measurement& m,
                     bool unbounded) {
    const std::string interval = interval_text(r);
    const std::string fact = r.observed_text + (interval.empty() ? "" : " (" + interval + ")") +
                             " " + r.phase + samples_text(m);
    switch (r.status) {
    case check_status::passed:
        return fact;
    case check_status::failed:
        return fmt::format("{}, not {}", fact, bound_text(e));
    case check_status::invalid_baseline:
        return fmt::format("{}, not {}: it did not hold before the fault, so the run says nothing "
                           "about the fault",
                           fact, bound_text(e));
    case check_status::inconclusive:
        if (e.metric == metric::done)
            return fact + ": not all of its requests were over by then; run longer";
        if (m.samples >= m.needed && unbounded)
            return fact + ": the replications differ too much to tell; run more, or longer";
        if (m.samples >= m.needed)
            return fmt::format("{}: {} is within that; run more replications, or longer", fact,
                               value_text(e.bound, unit_of(e)));
        return fmt::format("{}: too few to tell, at least {} are needed; run longer", fact,
                           m.needed);
    }
    return "";
}

// ---- the phases -------------------------------------------------------------------------------

/// The planned begin of the first fault, or the end of the warm-up where it began in that: then
/// it has no phase `before`, and no other fault's is free of faults.
duration first_fault(const run_result& result) {
    duration first = duration::max();
    for (const phase& p : result.phases)
        if (p.kind == phase_kind::before)
            first = std::min(first, p.end);
        else if (!p.fault.empty())
            first = std::min(first, p.begin);
    return first;
}

/// What replications say of a figure in a phase.
struct seen_figure {
    bool replicated = false;
    std::optional<sim::interval> interval = {};
};
using seen_in_phase = std::function<seen_figure(std::size_t phase)>;

/// No figure is below 0, and no share above all.
std::optional<sim::interval> possible(std::optional<sim::interval> i, const expectation_spec& e,
                                      const std::optional<double>& observed) {
    if (!i)
        return i;
    i->low = std::max(i->low, 0.0);
    if (unit_of(e) == unit_kind::share)
        i->high = std::min(i->high, std::max(observed.value_or(1), 1.0));
    return i;
}

/// Whether replications leave open how far a quantile may be off: they differ by more than their
/// values reach. How many values there are says less than that.
bool is_unbounded(const measurement& m, const seen_figure& seen) {
    return m.values && seen.replicated && !seen.interval;
}

measurement widened(measurement m, const seen_figure& seen) {
    if (seen.interval) {
        m.low = std::min(m.low, seen.interval->low);
        m.high = std::max(m.high, seen.interval->high);
    } else if (is_unbounded(m, seen)) {
        m.low = 0;
        m.high = std::numeric_limits<double>::infinity();
    }
    return m;
}

expectation_result judge(const expectation_spec& e, const run_result& result, std::size_t index,
                         const measurement& m, seen_figure seen) {
    const phase& p = result.phases[index];
    seen.interval = possible(seen.interval, e, m.value);
    const check_status status = compare(e, widened(m, seen));
    expectation_result r{e, status, m.value, {}, p.name(), m.samples, {}, seen.interval};
    const bool baseline = p.kind == phase_kind::before &&
                          (e.phase.when == phase_ref::kind::before || p.end == first_fault(result));
    if (r.status == check_status::failed && baseline)
        r.status = check_status::invalid_baseline;
    const bool or_more = e.metric == metric::done && m.high > m.value;
    r.observed_text = fmt::format("{} {} {}", metric_text(e), or_more ? ">" : "=",
                                  value_text(m.value, unit_of(e)));
    r.explanation = sentence(e, r, m, is_unbounded(m, seen));
    return r;
}

int severity(check_status status) {
    switch (status) {
    case check_status::passed:
        return 0;
    case check_status::inconclusive:
        return 1;
    case check_status::failed:
        return 2;
    case check_status::invalid_baseline:
        return 3;
    }
    return 0;
}

/// Whether `a` says more than `b`: it is worse, or as bad and further to the bound's wrong side.
bool outweighs(const expectation_result& a, const expectation_result& b) {
    if (a.status != b.status)
        return severity(a.status) > severity(b.status);
    const double x = *a.observed, y = *b.observed, bound = a.expectation.bound;
    switch (a.expectation.op) {
    case comparison::less:
    case comparison::less_equal:
        return x > y;
    case comparison::greater:
    case comparison::greater_equal:
        return x < y;
    case comparison::equal:
        return std::abs(x - bound) > std::abs(y - bound);
    }
    return false;
}

expectation_result check_comparison(const expectation_spec& e, const run_result& result,
                                    const seen_in_phase& in_phase) {
    const figure_meter meter(e, result);
    std::optional<expectation_result> worst;
    for (std::size_t i = 0; i < result.phases.size(); ++i) {
        if (!is_about(e.phase, result.phases[i]))
            continue;
        const measurement m = meter.at(i);
        if (!m.there)
            continue;
        auto judged = judge(e, result, i, m, in_phase(i));
        if (!worst || outweighs(judged, *worst))
            worst = std::move(judged);
    }
    if (worst)
        return *worst;
    const std::string phase =
        e.phase.when == phase_ref::kind::overall ? "overall" : phase_text(e.phase);
    return {e,
            check_status::inconclusive,
            {},
            nothing_text(e),
            phase,
            0,
            fmt::format("{} {}: nothing to measure", nothing_text(e), phase)};
}

// ---- recovery ---------------------------------------------------------------------------------

recovery_times times_of(const expectation_spec& e, const run_result& result) {
    recovery_times times{result.window,
                         result.warmup,
                         {},
                         {},
                         result.warmup + result.length,
                         std::max<std::size_t>(1, result.seeds.size())};
    for (const phase& p : result.phases) {
        if (p.fault == e.phase.fault && p.kind == phase_kind::before)
            times.fault_begin = p.end;
        if (p.fault == e.phase.fault && p.kind == phase_kind::after)
            times.fault_end = p.begin;
    }
    for (const phase& p : result.phases)
        if (p.kind == phase_kind::during && p.fault != e.phase.fault && p.begin >= times.fault_end)
            times.horizon = std::min(times.horizon, p.begin);
    if (result.status == run_status::aborted)
        times.horizon = std::min(times.horizon, result.ended);
    return times;
}

std::string seconds_text(duration d) {
    return value_text(to_seconds(d), unit_kind::time);
}

expectation_result check_recovery(const expectation_spec& e, const run_result& result) {
    const recovery found = find_recovery(result.of(e.subject), times_of(e, result));
    expectation_result r{e, check_status::inconclusive, {}, {}, phase_text(e.phase), 0, {}};
    const duration bound = from_seconds(e.bound);
    switch (found.found) {
    case recovery::state::recovered:
        r.status = holds(e.op, to_seconds(found.after), e.bound) ? check_status::passed
                                                                 : check_status::failed;
        r.observed = to_seconds(found.after);
        r.observed_text = "recovered after " + seconds_text(found.after);
        r.explanation = fmt::format("it is as before from {} after the end of '{}' on",
                                    seconds_text(found.after), e.phase.fault);
        break;
    case recovery::state::not_recovered:
        if (found.observed > bound)
            r.status = check_status::failed;
        r.observed_text = "not recovered after " + seconds_text(found.observed);
        r.explanation = found.why;
        if (r.status == check_status::inconclusive)
            r.explanation += fmt::format("; only {} after the fault can be judged: run longer",
                                         seconds_text(found.observed));
        break;
    case recovery::state::no_baseline:
        r.status = check_status::invalid_baseline;
        r.observed_text = "no baseline";
        r.explanation = found.why;
        break;
    case recovery::state::undecided:
        r.observed_text = "not to be told";
        r.explanation = found.why;
        break;
    }
    return r;
}

} // namespace

std::string_view to_string(check_status status) {
    switch (status) {
    case check_status::passed:
        return "passed";
    case check_status::failed:
        return "failed";
    case check_status::invalid_baseline:
        return "invalid_baseline";
    case check_status::inconclusive:
        return "inconclusive";
    }
    return "";
}

namespace {

expectation_result check(const expectation_spec& e, const run_result& result,
                         const seen_in_phase& in_phase) {
    return e.metric == metric::recovers_within ? check_recovery(e, result)
                                               : check_comparison(e, result, in_phase);
}

seen_figure once(std::size_t /*phase*/) {
    return {};
}

} // namespace

std::string interval_text(const expectation_result& checked) {
    if (!checked.interval || checked.interval->low == checked.interval->high)
        return "";
    const unit_kind unit = unit_of(checked.expectation);
    return fmt::format("{} to {} at {}", value_text(checked.interval->low, unit),
                       value_text(checked.interval->high, unit),
                       value_text(checked.interval->level, unit_kind::share));
}

expectation_result check_expectation(const expectation_spec& expectation,
                                     const run_result& result) {
    return check(expectation, result, once);
}

std::vector<expectation_result> check_expectations(const scenario_spec& scenario,
                                                   const run_result& result) {
    return check_expectations(scenario, result, {}, sim::default_level);
}

std::vector<expectation_result> check_expectations(const scenario_spec& scenario,
                                                   const run_result& result, const evidence& seen,
                                                   double level) {
    std::vector<expectation_result> checked;
    for (std::size_t i = 0; i < scenario.expectations.size(); ++i)
        checked.push_back(check(scenario.expectations[i], result, [&](std::size_t phase) {
            const figure_evidence* figure = seen.of(i, phase);
            return figure == nullptr
                       ? seen_figure{}
                       : seen_figure{figure->replications() > 1, figure->interval(level)};
        }));
    return checked;
}

} // namespace windtunnel::scenario
