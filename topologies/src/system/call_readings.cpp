// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/call_readings.hpp"

#include "topologies/src/system/replica.hpp"

namespace windtunnel::topology {

namespace {

using answers = caching_transport::answers;

/// What all have that let in or refuse.
void admission_of(const policy_traffic& t, failure_kind refusal, policy_figures& out) {
    out.counter("admitted", t.admitted);
    out.counter(to_string(refusal), t.refused);
}

void read_timeouts(const policies_in_use& of, policy_figures& out, bool total) {
    out.machine();
    of.each<timeout>([&](const timeout& p, const policy_traffic& t) {
        if (is_total(p) == total)
            out.counter("cut", t.cut);
    });
}

bool any_cache(const policies_in_use& of, bool (*wanted)(const answers&)) {
    bool found = false;
    of.caches([&](const answers& a) { found = found || wanted(a); });
    return found;
}

bool any_group(const policies_in_use& of, bool (*wanted)(const peers&)) {
    bool found = false;
    of.peer_groups([&](const peers& p) { found = found || wanted(p); });
    return found;
}

} // namespace

bool policies_in_use::is_of_callee(const call_site& site) const {
    return site.way.how().edge->to->service->spec->name == callee_;
}

bool is_total(const timeout& t) {
    return t.total >= duration::zero();
}

// ---- what goes around a call --------------------------------------------------------------------

void read_fallbacks(const policies_in_use& of, time_point, policy_figures& out) {
    out.machine();
    of.each<fallback>(
        [&](const fallback&, const policy_traffic& t) { out.counter("fallbacks", t.fallbacks); });
}

bool has_cache(const policies_in_use& of) {
    return any_cache(of, [](const answers& a) { return a.cache().has_value(); });
}

void read_caches(const policies_in_use& of, time_point, policy_figures& out) {
    of.caches([&](const answers& a) {
        if (!a.cache())
            return;
        const cache_metrics& m = a.cache()->metrics();
        out.machine();
        out.counter("fresh", m.fresh);
        out.counter("stale", m.stale);
        out.counter("negative", m.negative);
        out.counter("misses", m.misses);
        out.counter("stale_for_error", m.stale_for_error);
        out.counter("evicted", m.evicted);
        out.counter("not_stored", m.not_stored);
        out.counter("without_key", a.asked_alone());
    });
}

bool has_coalescing(const policies_in_use& of) {
    return any_cache(of, [](const answers& a) { return a.shares(); });
}

void read_coalescing(const policies_in_use& of, time_point, policy_figures& out) {
    of.caches([&](const answers& a) {
        if (!a.shares())
            return;
        const coalescing_metrics& m = a.flights();
        out.machine();
        out.counter("flights", m.flights);
        out.counter("without_key", a.asked_alone());
        out.counter("followers", m.followers);
        out.counter("abandoned", m.abandoned);
    });
}

void read_total_timeouts(const policies_in_use& of, time_point, policy_figures& out) {
    read_timeouts(of, out, true);
}

void read_attempt_timeouts(const policies_in_use& of, time_point, policy_figures& out) {
    read_timeouts(of, out, false);
}

void read_retries(const policies_in_use& of, time_point, policy_figures& out) {
    out.machine();
    of.each<retry>([&](const retry&, const policy_traffic& t) {
        out.counter("retries", t.retries);
        out.counter("exhausted", t.exhausted);
        out.counter("budget_refused", t.budget_refused);
    });
}

bool has_retry_budget(const policies_in_use& of) {
    bool found = false;
    of.machines(of.own().budgets(), [&](const retry_budget&) { found = true; });
    return found;
}

void read_retry_budgets(const policies_in_use& of, time_point now, policy_figures& out) {
    of.machines(of.own().budgets(), [&](const retry_budget& b) {
        out.machine();
        out.counter("deposits", b.metrics().deposits);
        out.counter("withdrawals", b.metrics().withdrawals);
        out.counter("budget_refused", b.metrics().refused);
        out.level("balance", b.balance_over_time(now));
    });
}

void read_throttles(const policies_in_use& of, time_point, policy_figures& out) {
    of.machines(of.own().throttles(), [&](const client_throttle&) { out.machine(); });
    of.each<client_throttle*>([&](const client_throttle*, const policy_traffic& t) {
        admission_of(t, failure_kind::throttled, out);
    });
}

void read_hedges(const policies_in_use& of, time_point, policy_figures& out) {
    of.machines(of.own().hedges(), [&](const hedge& h) {
        out.machine();
        out.counter("calls", h.metrics().calls);
        out.counter("hedges", h.metrics().hedges);
        out.counter("won", h.metrics().won);
        out.counter("budget_refused", h.metrics().refused);
    });
}

// ---- what lets an attempt in, or refuses it -----------------------------------------------------

void read_rate_limiters(const policies_in_use& of, time_point now, policy_figures& out) {
    of.machines(of.own().rate_limiters(), [&](rate_limiter& l) {
        out.machine();
        out.level("tokens", l.permits_over_time(now));
    });
    of.each<rate_limiter*>([&](const rate_limiter*, const policy_traffic& t) {
        admission_of(t, failure_kind::rate_limited, out);
        out.counter("waited", t.waited);
        out.counter("gave_up", t.gave_up);
        out.level("waiting", t.waiting.integral(now));
    });
}

void read_circuit_breakers(const policies_in_use& of, time_point now, policy_figures& out) {
    of.each<circuit_breaker*>([&](const circuit_breaker*, const policy_traffic& t) {
        admission_of(t, failure_kind::breaker_open, out);
    });
    of.machines(of.own().breakers(), [&](const circuit_breaker& b) {
        out.machine();
        const circuit_breaker_metrics m = b.metrics(now);
        out.counter("late_results", m.late_results);
        out.counter("opened", m.opened);
        out.counter("half_opened", m.half_opened);
        out.counter("closed_again", m.closed);
        const breaker_times times = b.times(now);
        for (std::size_t s = 0; s < times.size(); ++s)
            out.level(to_string(static_cast<breaker_state>(s)), times[s].count());
    });
}

void read_adaptive_limits(const policies_in_use& of, time_point now, policy_figures& out) {
    of.each<adaptive_limiter*>([&](const adaptive_limiter*, const policy_traffic& t) {
        admission_of(t, failure_kind::limit_reached, out);
        out.level("in_use", t.in_use.integral(now));
    });
    of.machines(of.own().adaptive_limiters(), [&](const adaptive_limiter& l) {
        out.machine();
        out.counter("dropped", l.metrics().dropped);
        out.counter("late_results", l.metrics().late_results);
        out.level("limit", l.limits().integral(now));
    });
}

void read_bulkheads(const policies_in_use& of, time_point now, policy_figures& out) {
    of.machines(of.own().bulkheads(), [&](const bulkhead&) { out.machine(); });
    of.each<bulkhead*>([&](const bulkhead*, const policy_traffic& t) {
        admission_of(t, failure_kind::bulkhead_full, out);
        out.counter(to_string(failure_kind::bulkhead_timeout), t.expired);
        out.counter("waited", t.waited);
        out.counter("gave_up", t.gave_up);
        out.level("in_use", t.in_use.integral(now));
        out.level("waiting", t.waiting.integral(now));
    });
}

// ---- what the callee's replicas are to a process ------------------------------------------------

bool has_balancer(const policies_in_use& of) {
    return any_group(of, [](const peers& p) { return p.is_told_how(); });
}

void read_balancers(const policies_in_use& of, time_point now, policy_figures& out) {
    of.peer_groups([&](const peers& p) {
        if (!p.is_told_how())
            return;
        out.machine();
        out.counter("misrouted", p.counts().misrouted);
        out.counter(to_string(failure_kind::unavailable), p.counts().unserved);
        out.level("usable", p.usable_over_time().at(now).integral);
    });
}

bool has_outlier_detection(const policies_in_use& of) {
    return any_group(of, [](const peers& p) { return p.outliers() != nullptr; });
}

void read_outlier_detection(const policies_in_use& of, time_point now, policy_figures& out) {
    of.peer_groups([&](const peers& p) {
        if (p.outliers() == nullptr)
            return;
        const outlier_metrics& m = p.outliers()->metrics();
        out.machine();
        out.counter("ejected", m.ejected);
        out.counter("let_back", m.unejected);
        out.counter("beyond_limit", m.limit_reached);
        out.counter("not_enforced", m.not_enforced);
        out.counter("panic_picks", p.counts().panic_picks);
        out.level("ejected", p.ejected_over_time().at(now).integral);
    });
}

bool has_health_check(const policies_in_use& of) {
    return any_group(of, [](const peers& p) { return p.health() != nullptr; });
}

void read_health_checks(const policies_in_use& of, time_point now, policy_figures& out) {
    of.peer_groups([&](const peers& p) {
        if (p.health() == nullptr)
            return;
        out.machine();
        out.counter("probes", p.health()->probes());
        out.counter("failed_probes", p.health()->failed_probes());
        out.level("healthy", p.health()->healthy_over_time().integral(now));
    });
}

bool has_discovery(const policies_in_use& of) {
    return any_group(of, [](const peers& p) { return p.discovery() != nullptr; });
}

void read_discovery(const policies_in_use& of, time_point now, policy_figures& out) {
    of.peer_groups([&](const peers& p) {
        if (p.discovery() == nullptr)
            return;
        out.machine();
        out.counter("lists", p.discovery()->lists());
        out.counter("disbelieved", p.discovery()->disbelieved());
        out.counter("unanswered", p.discovery()->unanswered());
        out.level("listed", p.listed_over_time().integral(now));
    });
}

bool has_connections(const policies_in_use& of) {
    const auto& all = of.own().connection_groups();
    return std::any_of(all.begin(), all.end(),
                       [&](const auto& each) { return each->service().spec->name == of.callee(); });
}

void read_connections(const policies_in_use& of, time_point now, policy_figures& out) {
    for (const auto& each : of.own().connection_groups()) {
        if (each->service().spec->name != of.callee())
            continue;
        const connection_metrics m = each->metrics();
        out.machine();
        out.counter("set_up", m.opened);
        out.counter("not_connected", m.failed);
        out.counter("hung_up", m.closed);
        out.counter("waited", m.waited);
        out.counter(to_string(failure_kind::bulkhead_full), m.refused);
        out.level("connected", each->open().integral(now));
        out.level("waiting", each->waiting().integral(now));
        out.level("in_use", each->in_use().integral(now));
    }
}

} // namespace windtunnel::topology
