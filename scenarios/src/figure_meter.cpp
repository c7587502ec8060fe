// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/figure_meter.hpp"

#include <algorithm>
#include <limits>

#include "patterns/base/assert.hpp"
#include "scenarios/src/expectation_metrics.hpp"

namespace windtunnel::scenario {

using subject_kind = expectation_spec::subject_kind;

figure_meter::figure_meter(const expectation_spec& figure, const run_result& result)
    : figure_(figure), result_(result), policies_(figure, result),
      traffic_(result.of(figure.subject)) {
    if (!figure.relative_to.empty())
        relative_to_ = result.of(figure.relative_to);
    if (figure.what == subject_kind::service)
        service_ = result.find_service(figure.subject);
}

measurement figure_meter::at(std::size_t phase) const {
    const tally& t = traffic_.phases[phase];
    const duration span = result_.phases[phase].span;
    if (is_latency(figure_.metric))
        return latency(t);
    switch (figure_.metric) {
    case metric::requests:
        return requests(t);
    case metric::errors:
        return share_of(failures(t), t.requests, figure_.bound);
    case metric::rate:
        return over_time(static_cast<double>(reached(t)), span);
    case metric::goodput:
        return over_time(static_cast<double>(t.good()), span);
    case metric::degraded:
        return share_of(t.degraded, t.good(), figure_.bound);
    case metric::attempts:
        return quotient(t.attempts, t.requests);
    case metric::calls_per:
        return quotient(reached(t), relative_to_.phases[phase].requests);
    case metric::done:
        return done();
    case metric::lost:
        return share_of(t.lost, t.lost + t.undone + t.completed_latency.count(), figure_.bound);
    default:
        return is_of_policies(row_of(figure_.metric)) ? policies_.at(phase, t) : of_service(phase);
    }
}

measurement figure_meter::latency(const tally& t) const {
    sim::histogram all;
    const sim::histogram* h = &t.good_latency;
    if (figure_.outcome == latency_of::failed)
        h = &t.failed_latency;
    if (figure_.outcome == latency_of::completed)
        h = &t.completed_latency;
    if (figure_.outcome == latency_of::all) {
        all = t.good_latency;
        all.merge(t.failed_latency);
        h = &all;
    }
    if (h->empty())
        return {};
    if (figure_.metric == metric::latency_mean)
        return mean_of(h->sum_seconds(), h->count());
    if (figure_.metric == metric::latency_max)
        return measurement::exactly(to_seconds(h->max()), h->count());
    return quantile_of(*h, row_of(figure_.metric).quantile);
}

/// Of an edge the tries that left; of the others the requests (of a service: tries that came).
std::uint64_t figure_meter::reached(const tally& t) const {
    return figure_.what == subject_kind::edge ? t.attempts : t.requests;
}

measurement figure_meter::requests(const tally& t) const {
    return ratio_of(static_cast<double>(reached(t)), static_cast<double>(runs()), reached(t));
}

std::uint64_t figure_meter::failures(const tally& t) const {
    const auto kind = failure_kind_from(figure_.reason);
    return kind ? t.failures[static_cast<std::size_t>(*kind)] : t.failed();
}

/// Where a run ended before that, it takes longer than the run, nobody knows how long.
measurement figure_meter::done() const {
    for (const workload_result& w : result_.workloads) {
        if (w.name != figure_.subject)
            continue;
        auto m = mean_of(to_seconds(w.done), runs());
        m.samples = 0; // no requests
        if (w.runs_done < runs())
            m.high = std::numeric_limits<double>::max();
        return m;
    }
    return {};
}

measurement figure_meter::of_service(std::size_t phase) const {
    if (service_ == nullptr || phase >= service_->phases.size())
        return {};
    const service_tally& t = service_->phases[phase];
    switch (figure_.metric) {
    case metric::utilisation:
        return ratio_of(static_cast<double>(t.levels.busy), static_cast<double>(t.levels.workers));
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

std::size_t figure_meter::runs() const {
    return std::max<std::size_t>(result_.seeds.size(), 1);
}

bool is_about(const phase_ref& ref, const phase& p) {
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

} // namespace windtunnel::scenario
