// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/admission_readings.hpp"

#include <array>

#include "topologies/src/system/admission.hpp"
#include "topologies/src/system/process.hpp"

namespace windtunnel::topology {

namespace {

using answers = caching_transport::answers;

/// What a caller sees of every refusal here.
void counts(std::uint64_t admitted, std::uint64_t overloaded, policy_figures& out) {
    out.machine();
    out.counter("admitted", admitted);
    out.counter(to_string(failure_kind::overloaded), overloaded);
}

// ---- one function a kind ------------------------------------------------------------------------

void read_rate_limiters(const admission& a, time_point, policy_figures& out) {
    counts(a.rate_admitted(), a.rate_limited(), out);
}

void read_shedder(const admission& a, time_point now, policy_figures& out) {
    const priority_shedder_metrics m = a.priority_shedder()->metrics();
    counts(m.admitted, m.rejected, out);
    out.counter("windows", m.windows);
    out.counter("overloaded_windows", m.overloaded_windows);
    out.level("admitted_levels", a.admitted_levels().integral(now));
}

void read_adaptive_limit(const admission& a, time_point now, policy_figures& out) {
    const adaptive_limiter_metrics m = a.adaptive_limit()->metrics();
    counts(m.admitted, m.rejected, out);
    out.counter("dropped", m.dropped);
    out.counter("late_results", m.late_results);
    out.level("limit", a.adaptive_limit()->limits().integral(now));
}

void read_codel(const admission& a, time_point now, policy_figures& out) {
    out.machine();
    out.counter(to_string(failure_kind::overloaded), a.codel()->dropped());
    out.level("dropping", a.dropping().integral(now));
}

void read_adaptive_lifo(const admission& a, time_point now, policy_figures& out) {
    out.machine();
    out.counter(to_string(failure_kind::overloaded), a.adaptive_lifo()->dropped());
    out.level("newest_first", a.newest_first().integral(now));
}

void read_cache(const answers& a, policy_figures& out) {
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
}

void read_coalescing(const answers& a, policy_figures& out) {
    const coalescing_metrics& m = a.flights();
    out.machine();
    out.counter("flights", m.flights);
    out.counter("without_key", a.asked_alone());
    out.counter("followers", m.followers);
    out.counter("abandoned", m.abandoned);
}

// ---- what there is ------------------------------------------------------------------------------

using read_admission = void (*)(const admission&, time_point, policy_figures&);

bool is_of(const std::string& endpoint, const std::string& service) {
    return endpoint.starts_with(service + ".");
}

struct answers_row {
    std::string_view name;
    bool (*is)(const answers& a);
    void (*read)(const answers& a, policy_figures& out);
};

constexpr auto answer_kinds = std::to_array<answers_row>({
    {"cache", [](const answers& a) { return a.cache().has_value(); }, &read_cache},
    {"coalescing", [](const answers& a) { return a.shares(); }, &read_coalescing},
});

/// `visit(machine)` for those of one kind before calls of the service; whether there was one.
template <class Visit>
bool each_of(const process& own, const std::string& callee, const answers_row& kind, Visit visit) {
    bool any = false;
    for (const auto& each : own.caches())
        if (is_of(each->service, callee) && kind.is(each->policy)) {
            visit(each->policy);
            any = true;
        }
    return any;
}

} // namespace

std::vector<policy_reading> admission_readings(const admission& own, const std::string& service) {
    std::vector<policy_reading> all;
    const auto add = [&](bool there, std::string_view kind, read_admission read) {
        if (there)
            all.push_back(
                {service, "", kind, [&own, kind, read](time_point now, policy_figures& into) {
                     own.past().add_to(into, "", kind);
                     read(own, now, into);
                 }});
    };
    add(own.limits_rate(), "rate_limiter", &read_rate_limiters);
    add(own.priority_shedder().has_value(), "priority_shedder", &read_shedder);
    add(own.adaptive_limit().has_value(), "adaptive_limit", &read_adaptive_limit);
    add(own.codel().has_value(), "codel", &read_codel);
    add(own.adaptive_lifo().has_value(), "adaptive_lifo", &read_adaptive_lifo);
    return all;
}

void list_caches(const process& own, const std::string& caller, const std::string& callee,
                 std::vector<policy_reading>& to) {
    for (const answers_row& kind : answer_kinds)
        if (each_of(own, callee, kind, [](const answers&) {}))
            to.push_back({caller, callee, kind.name,
                          [&own, callee, &kind](time_point, policy_figures& into) {
                              own.past().add_to(into, callee, kind.name);
                              each_of(own, callee, kind,
                                      [&](const answers& a) { kind.read(a, into); });
                          }});
}

} // namespace windtunnel::topology
