// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/expectation_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "patterns/base/assert.hpp"
#include "scenarios/src/expectation_metrics.hpp"
#include "scenarios/src/measurement.hpp"
#include "scenarios/src/policy_measurements.hpp"
#include "scenarios/src/recovery.hpp"

namespace windtunnel::scenario {

namespace {

/// One expectation in one phase of a result.
class meter {
  public:
    meter(const expectation_spec& expectation, const run_result& result)
        : expectation_(expectation), result_(result), policies_(expectation, result),
          traffic_(result.of(expectation.subject)) {
        if (!expectation.relative_to.empty())
            relative_to_ = result.of(expectation.relative_to);
        if (expectation.what == expectation_spec::subject_kind::service)
            service_ = result.find_service(expectation.subject);
    }

    const traffic& subject() const { return traffic_; }

    measurement at(std::size_t phase) const {
        const tally& t = traffic_.phases[phase];
        const duration span = result_.phases[phase].span;
        if (is_latency(expectation_.metric))
            return latency(t);
        switch (expectation_.metric) {
        case metric::requests:
            return requests(t);
        case metric::errors:
            return share_of(failures(t), t.requests, expectation_.bound);
        case metric::rate:
            return over_time(static_cast<double>(reached(t)), span);
        case metric::goodput:
            return over_time(static_cast<double>(t.good()), span);
        case metric::degraded:
            return share_of(t.degraded, t.good(), expectation_.bound);
        case metric::attempts:
            return quotient(t.attempts, t.requests);
        case metric::calls_per:
            return quotient(reached(t), relative_to_.phases[phase].requests);
        case metric::done:
            return done();
        default:
            return is_of_policies(row_of(expectation_.metric)) ? policies_.at(phase, t)
                                                               : of_service(phase);
        }
    }

  private:
    measurement latency(const tally& t) const {
        sim::histogram all;
        const sim::histogram* h = &t.good_latency;
        if (expectation_.outcome == latency_of::failed)
            h = &t.failed_latency;
        if (expectation_.outcome == latency_of::all) {
            all = t.good_latency;
            all.merge(t.failed_latency);
            h = &all;
        }
        if (h->empty())
            return {};
        if (expectation_.metric == metric::latency_mean)
            return measurement::exactly(h->mean_seconds(), h->count());
        if (expectation_.metric == metric::latency_max)
            return measurement::exactly(to_seconds(h->max()), h->count());
        return quantile_of(*h, row_of(expectation_.metric).quantile);
    }

    /// Of an edge the tries that left; of the others the requests (of a service: tries that came).
    std::uint64_t reached(const tally& t) const {
        return expectation_.what == expectation_spec::subject_kind::edge ? t.attempts : t.requests;
    }

    measurement requests(const tally& t) const {
        return measurement::exactly(static_cast<double>(reached(t)) / static_cast<double>(runs()),
                                    reached(t));
    }

    std::uint64_t failures(const tally& t) const {
        const auto kind = failure_kind_from(expectation_.reason);
        return kind ? t.failures[static_cast<std::size_t>(*kind)] : t.failed();
    }

    /// Where a run ended before that, it takes longer than the run, nobody knows how long.
    measurement done() const {
        for (const workload_result& w : result_.workloads) {
            if (w.name != expectation_.subject)
                continue;
            auto m = mean_of(to_seconds(w.done), runs());
            m.samples = 0; // no requests
            if (w.runs_done < runs())
                m.high = std::numeric_limits<double>::max();
            return m;
        }
        return {};
    }

    measurement of_service(std::size_t phase) const {
        if (service_ == nullptr || phase >= service_->phases.size())
            return {};
        const service_tally& t = service_->phases[phase];
        switch (expectation_.metric) {
        case metric::utilisation:
            return t.levels.workers == 0
                       ? measurement{}
                       : measurement::exactly(static_cast<double>(t.levels.busy) /
                                              static_cast<double>(t.levels.workers));
        case metric::in_system:
            return over_time(in_seconds(t.levels.in_system), t.span);
        case metric::in_queue:
            return over_time(in_seconds(t.levels.in_queue), t.span);
        case metric::wait_mean:
            return mean_of(in_seconds(t.wait_sum), t.waits);
        default:
            WINDTUNNEL_ASSERT(!"the metric is one of a service");
            return {};
        }
    }

    std::size_t runs() const { return std::max<std::size_t>(result_.seeds.size(), 1); }

    const expectation_spec& expectation_;
    const run_result& result_;
    policy_measurements policies_;
    traffic traffic_, relative_to_;
    const service_result* service_ = nullptr;
};

// ---- the comparison ---------------------------------------------------------------------------

bool equal(double a, double b) {
    return a == b || std::abs(a - b) <= 1e-9 * std::max(std::abs(a), std::abs(b));
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
        return e.metric == metric::degraded ? "no good answers" : "no requests";
    return e.outcome == latency_of::failed ? "no failed requests" : "no good answers";
}

std::string samples_text(const measurement& m) {
    return m.samples > 0 ? fmt::format(" of {} request{}", m.samples, m.samples == 1 ? "" : "s")
                         : "";
}

std::string sentence(const expectation_spec& e, const expectation_result& r, const measurement& m) {
    const std::string fact = r.observed_text + " " + r.phase + samples_text(m);
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

bool wanted(const phase& p, const phase_ref& ref) {
    switch (ref.when) {
    case phase_ref::kind::overall:
        return p.kind == phase_kind::overall;
    case phase_ref::kind::always:
        return true;
    case phase_ref::kind::before:
        return p.kind == phase_kind::before && p.fault == ref.fault;
    case phase_ref::kind::during:
        return p.kind == phase_kind::during && p.fault == ref.fault;
    case phase_ref::kind::after:
        return p.kind == phase_kind::after && p.fault == ref.fault;
    }
    return false;
}

expectation_result judge(const expectation_spec& e, const run_result& result, std::size_t index,
                         const measurement& m) {
    const phase& p = result.phases[index];
    expectation_result r{e, compare(e, m), m.value, {}, p.name(), m.samples, {}};
    const bool baseline = p.kind == phase_kind::before &&
                          (e.phase.when == phase_ref::kind::before || p.end == first_fault(result));
    if (r.status == check_status::failed && baseline)
        r.status = check_status::invalid_baseline;
    const bool or_more = e.metric == metric::done && m.high > m.value;
    r.observed_text = fmt::format("{} {} {}", metric_text(e), or_more ? ">" : "=",
                                  value_text(m.value, unit_of(e)));
    r.explanation = sentence(e, r, m);
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

expectation_result check_comparison(const expectation_spec& e, const run_result& result) {
    const meter meter_(e, result);
    std::optional<expectation_result> worst;
    for (std::size_t i = 0; i < result.phases.size(); ++i) {
        if (!wanted(result.phases[i], e.phase))
            continue;
        const measurement m = meter_.at(i);
        if (!m.there)
            continue;
        auto judged = judge(e, result, i, m);
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
    recovery_times times{result.window, result.warmup, {}, {}, result.warmup + result.length};
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

expectation_result check_expectation(const expectation_spec& expectation,
                                     const run_result& result) {
    return expectation.metric == metric::recovers_within ? check_recovery(expectation, result)
                                                         : check_comparison(expectation, result);
}

std::vector<expectation_result> check_expectations(const scenario_spec& scenario,
                                                   const run_result& result) {
    std::vector<expectation_result> checked;
    for (const expectation_spec& each : scenario.expectations)
        checked.push_back(check_expectation(each, result));
    return checked;
}

} // namespace windtunnel::scenario
