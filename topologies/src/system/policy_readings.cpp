// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/policy_readings.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "topologies/src/system/admission_readings.hpp"
#include "topologies/src/system/replica.hpp"
#include "topologies/src/system/system.hpp"

namespace windtunnel::topology {

namespace {

const std::string& callee_of(const call_site& site) {
    return site.way.how().edge->to->service->spec->name;
}

/// The policies of one kind, whichever pipelines of the process they stand in, before one callee.
class place {
  public:
    place(const process& own, const std::string& callee) : own_(own), callee_(callee) {}

    /// `visit(policy, traffic)` for each policy of type P.
    template <class P, class Visit>
    void each(Visit visit) const {
        for (std::size_t i = 0; i < own_.sites(); ++i) {
            const call_site& site = own_.site(i);
            if (callee_of(site) != callee_)
                continue;
            for (const pipeline* line : {site.outside.get(), site.policies.get()})
                if (line != nullptr)
                    each_of<P>(*line, visit);
        }
    }
    /// `visit(machine)` for each of the machines in the list that calls of the callee share.
    template <class Machine, class Visit>
    void machines(const process::list<Machine>& all, Visit visit) const {
        for (const auto& one : all)
            if (one->service == callee_)
                visit(one->policy);
    }
    const process& own() const { return own_; }

  private:
    template <class P, class Visit>
    static void each_of(const pipeline& line, Visit& visit) {
        const auto& policies = line.policies();
        for (std::size_t p = 0; p < policies.size(); ++p)
            if (const P* one = std::get_if<P>(&policies[p]))
                visit(*one, line.traffic(p));
    }

    const process& own_;
    const std::string& callee_;
};

// ---- one function a kind ------------------------------------------------------------------------

void read_fallbacks(const place& at, time_point, policy_figures& out) {
    out.machine();
    at.each<fallback>(
        [&](const fallback&, const policy_traffic& t) { out.counter("fallbacks", t.fallbacks); });
}

bool is_total(const timeout& t) {
    return t.total >= duration::zero();
}

void read_timeouts(const place& at, policy_figures& out, bool total) {
    out.machine();
    at.each<timeout>([&](const timeout& p, const policy_traffic& t) {
        if (is_total(p) == total)
            out.counter("cut", t.cut);
    });
}
void read_total_timeouts(const place& at, time_point, policy_figures& out) {
    read_timeouts(at, out, true);
}
void read_attempt_timeouts(const place& at, time_point, policy_figures& out) {
    read_timeouts(at, out, false);
}

void read_retries(const place& at, time_point, policy_figures& out) {
    out.machine();
    at.each<retry>([&](const retry&, const policy_traffic& t) {
        out.counter("retries", t.retries);
        out.counter("exhausted", t.exhausted);
        out.counter("budget_refused", t.budget_refused);
    });
}

/// What all have that let in or refuse.
void admission(const policy_traffic& t, failure_kind refusal, policy_figures& out) {
    out.counter("admitted", t.admitted);
    out.counter(to_string(refusal), t.refused);
}

void read_throttles(const place& at, time_point, policy_figures& out) {
    at.machines(at.own().throttles(), [&](const client_throttle&) { out.machine(); });
    at.each<client_throttle*>([&](const client_throttle*, const policy_traffic& t) {
        admission(t, failure_kind::throttled, out);
    });
}

void read_hedges(const place& at, time_point, policy_figures& out) {
    at.machines(at.own().hedges(), [&](const hedge& h) {
        out.machine();
        out.counter("calls", h.metrics().calls);
        out.counter("hedges", h.metrics().hedges);
        out.counter("won", h.metrics().won);
        out.counter("budget_refused", h.metrics().refused);
    });
}

void read_rate_limiters(const place& at, time_point now, policy_figures& out) {
    at.machines(at.own().rate_limiters(), [&](const rate_limiter&) { out.machine(); });
    at.each<rate_limiter*>([&](const rate_limiter*, const policy_traffic& t) {
        admission(t, failure_kind::rate_limited, out);
        out.counter("waited", t.waited);
        out.counter("gave_up", t.gave_up);
        out.level("waiting", t.waiting.integral(now));
    });
}

void read_circuit_breakers(const place& at, time_point now, policy_figures& out) {
    at.each<circuit_breaker*>([&](const circuit_breaker*, const policy_traffic& t) {
        admission(t, failure_kind::breaker_open, out);
    });
    at.machines(at.own().breakers(), [&](const circuit_breaker& b) {
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

void read_adaptive_limits(const place& at, time_point now, policy_figures& out) {
    at.each<adaptive_limiter*>([&](const adaptive_limiter*, const policy_traffic& t) {
        admission(t, failure_kind::limit_reached, out);
        out.level("in_use", t.in_use.integral(now));
    });
    at.machines(at.own().adaptive_limiters(), [&](const adaptive_limiter& l) {
        out.machine();
        out.counter("dropped", l.metrics().dropped);
        out.counter("late_results", l.metrics().late_results);
        out.level("limit", l.limits().integral(now));
    });
}

void read_bulkheads(const place& at, time_point now, policy_figures& out) {
    at.machines(at.own().bulkheads(), [&](const bulkhead&) { out.machine(); });
    at.each<bulkhead*>([&](const bulkhead*, const policy_traffic& t) {
        admission(t, failure_kind::bulkhead_full, out);
        out.counter(to_string(failure_kind::bulkhead_timeout), t.expired);
        out.counter("waited", t.waited);
        out.counter("gave_up", t.gave_up);
        out.level("in_use", t.in_use.integral(now));
        out.level("waiting", t.waiting.integral(now));
    });
}

// ---- what the callee's replicas are to a process ------------------------------------------------

void read_balancer(const peers& p, time_point now, policy_figures& out) {
    out.machine();
    out.counter("misrouted", p.counts().misrouted);
    out.counter(to_string(failure_kind::unavailable), p.counts().unserved);
    out.level("usable", p.usable_over_time().at(now).integral);
}

void read_outlier_detection(const peers& p, time_point now, policy_figures& out) {
    const outlier_metrics& m = p.outliers()->metrics();
    out.machine();
    out.counter("ejected", m.ejected);
    out.counter("let_back", m.unejected);
    out.counter("beyond_limit", m.limit_reached);
    out.counter("not_enforced", m.not_enforced);
    out.counter("panic_picks", p.counts().panic_picks);
    out.level("ejected", p.ejected_over_time().at(now).integral);
}

void read_health_checks(const peers& p, time_point, policy_figures& out) {
    out.machine();
    out.counter("probes", p.health()->probes());
    out.counter("failed_probes", p.health()->failed_probes());
}

void read_discovery(const peers& p, time_point, policy_figures& out) {
    out.machine();
    out.counter("lists", p.discovery()->lists());
    out.counter("disbelieved", p.discovery()->disbelieved());
    out.counter("unanswered", p.discovery()->unanswered());
}

struct peers_row {
    std::string_view name;
    bool (*is)(const peers& p);
    void (*read)(const peers& p, time_point now, policy_figures& out);
};

constexpr auto peer_kinds = std::to_array<peers_row>({
    {"balancer", [](const peers& p) { return p.is_told_how(); }, &read_balancer},
    {"outlier_detection", [](const peers& p) { return p.outliers() != nullptr; },
     &read_outlier_detection},
    {"health_check", [](const peers& p) { return p.health() != nullptr; }, &read_health_checks},
    {"discovery", [](const peers& p) { return p.discovery() != nullptr; }, &read_discovery},
});

bool uses(const process& own, const std::string& callee, const peers_row& kind) {
    const auto& groups = own.peer_groups();
    return std::any_of(groups.begin(), groups.end(), [&](const auto& group) {
        return group->service() == callee && kind.is(*group);
    });
}

void list_peers(const process& own, const std::string& caller, const std::string& callee,
                std::vector<policy_reading>& to) {
    for (const peers_row& kind : peer_kinds)
        if (uses(own, callee, kind))
            to.push_back({caller, callee, kind.name,
                          [&own, callee, &kind](time_point now, policy_figures& into) {
                              own.past().add_to(into, callee, kind.name);
                              for (const auto& group : own.peer_groups())
                                  if (group->service() == callee && kind.is(*group))
                                      kind.read(*group, now, into);
                          }});
}

// ---- what there is ------------------------------------------------------------------------------

template <class P>
bool is(const policy& p) {
    return std::holds_alternative<P>(p);
}
template <bool total>
bool is_timeout(const policy& p) {
    const auto* t = std::get_if<timeout>(&p);
    return t != nullptr && is_total(*t) == total;
}

struct kind_row {
    std::string_view name;
    bool (*is)(const policy& p);
    void (*read)(const place& at, time_point now, policy_figures& out);
};

/// Outermost first.
constexpr auto kinds = std::to_array<kind_row>({
    {"fallback", &is<fallback>, &read_fallbacks},
    {"total_timeout", &is_timeout<true>, &read_total_timeouts},
    {"retry", &is<retry>, &read_retries},
    {"throttle", &is<client_throttle*>, &read_throttles},
    {"hedge", &is<hedging>, &read_hedges},
    {"rate_limiter", &is<rate_limiter*>, &read_rate_limiters},
    {"circuit_breaker", &is<circuit_breaker*>, &read_circuit_breakers},
    {"adaptive_limit", &is<adaptive_limiter*>, &read_adaptive_limits},
    {"bulkhead", &is<bulkhead*>, &read_bulkheads},
    {"timeout", &is_timeout<false>, &read_attempt_timeouts},
});

bool has(const std::unique_ptr<pipeline>& line, const kind_row& kind) {
    if (line == nullptr)
        return false;
    const auto& policies = line->policies();
    return std::any_of(policies.begin(), policies.end(), kind.is);
}

bool uses(const process& own, const std::string& callee, const kind_row& kind) {
    for (std::size_t i = 0; i < own.sites(); ++i) {
        const call_site& site = own.site(i);
        if (callee_of(site) == callee && (has(site.outside, kind) || has(site.policies, kind)))
            return true;
    }
    return false;
}

std::vector<std::string> callees(const process& own) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < own.sites(); ++i) {
        const std::string& name = callee_of(own.site(i));
        if (std::find(names.begin(), names.end(), name) == names.end())
            names.push_back(name);
    }
    return names;
}

void list_pipelines(const process& own, const std::string& caller, const std::string& callee,
                    std::vector<policy_reading>& to) {
    for (const kind_row& kind : kinds)
        if (uses(own, callee, kind))
            to.push_back({caller, callee, kind.name,
                          [&own, callee, &kind](time_point now, policy_figures& into) {
                              own.past().add_to(into, callee, kind.name);
                              kind.read(place(own, callee), now, into);
                          }});
}

} // namespace

// ---- over several lives -------------------------------------------------------------------------

policy_figures& figures_of_past_lives::of(const std::string& callee, std::string_view kind) {
    for (entry& each : all_)
        if (each.callee == callee && each.kind == kind)
            return each.figures;
    return all_.emplace_back(entry{callee, kind, {}}).figures;
}

void figures_of_past_lives::add_to(policy_figures& into, const std::string& callee,
                                   std::string_view kind) const {
    for (const entry& each : all_)
        if (each.callee == callee && each.kind == kind)
            into.add(each.figures);
}

figures_of_past_lives last_figures(const std::vector<policy_reading>& readings, time_point now) {
    figures_of_past_lives all;
    for (const policy_reading& each : readings)
        each.read(now, all.of(each.callee, each.kind));
    return all;
}

// ---- all ----------------------------------------------------------------------------------------

std::vector<policy_reading> policy_readings(const process& own, const std::string& caller) {
    std::vector<policy_reading> all;
    for (const std::string& callee : callees(own)) {
        list_caches(own, caller, callee, all);
        list_pipelines(own, caller, callee, all);
        list_peers(own, caller, callee, all);
    }
    return all;
}

std::vector<policy_reading> policy_readings(const system& of) {
    std::vector<policy_reading> all;
    const auto append = [&](std::vector<policy_reading>&& more) {
        std::move(more.begin(), more.end(), std::back_inserter(all));
    };
    for (const auto& service : of.services())
        for (const auto& replica : service->replicas) {
            if (replica->admission() != nullptr)
                append(admission_readings(*replica->admission(), service->spec->name));
            append(policy_readings(replica->own(), service->spec->name));
        }
    for (const auto& client : of.clients())
        append(policy_readings(client->own(), client->name()));
    return all;
}

} // namespace windtunnel::topology
