// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/admission_readings.hpp"

#include <array>

#include "topologies/src/system/admission.hpp"
#include "topologies/src/system/server_door.hpp"

namespace windtunnel::topology {

namespace {

/// What a caller sees of every refusal here.
void counts(std::uint64_t admitted, std::uint64_t overloaded, policy_figures& out) {
    out.machine();
    out.counter("admitted", admitted);
    out.counter(to_string(failure_kind::overloaded), overloaded);
}

void learning(const adaptive_limiter& l, time_point now, policy_figures& out) {
    out.counter("dropped", l.metrics().dropped);
    out.counter("late_results", l.metrics().late_results);
    out.level("limit", l.limits().integral(now));
}

} // namespace

void read_door_rate_limiter(const admission& of, time_point now, policy_figures& out) {
    counts(of.rate().admitted, of.rate().refused, out);
    out.level("tokens", of.rate_permits_over_time(now));
}

void read_rate_limiter_by_caller(const admission& of, time_point, policy_figures& out) {
    counts(of.rate_by_caller().admitted, of.rate_by_caller().refused, out);
}

void read_priority_shedder(const admission& of, time_point now, policy_figures& out) {
    const priority_shedder_metrics m = of.priority_shedder()->metrics();
    counts(m.admitted, m.rejected, out);
    out.counter("windows", m.windows);
    out.counter("overloaded_windows", m.overloaded_windows);
    out.level("admitted_levels", of.admitted_levels().integral(now));
}

void read_door_adaptive_limit(const admission& of, time_point now, policy_figures& out) {
    const adaptive_limiter_metrics m = of.adaptive_limit()->metrics();
    counts(m.admitted, m.rejected, out);
    learning(*of.adaptive_limit(), now, out);
    out.level("in_use", of.in_use().integral(now));
}

void read_server_admission(const admission& of, time_point now, policy_figures& out) {
    using v = admission_verdict;
    const server_door& door = *of.door();
    const admission_metrics m = door.queue().metrics();
    counts(m[v::admitted], m[v::queue_full] + m[v::shed] + m[v::waited_too_long], out);
    out.counter(to_string(failure_kind::deadline_exceeded), m[v::deadline_passed]);
    out.counter("waited", m[v::waits]);
    out.counter("queue_full", m[v::queue_full]);
    out.counter("shed", m[v::shed]);
    out.counter("waited_too_long", m[v::waited_too_long]);
    out.counter("gave_up", m[v::cancelled]);
    learning(door.queue().limiter(), now, out);
    out.level("in_use", door.in_use().integral(now));
    out.level("waiting", door.waiting().integral(now));
    out.level("dropping", door.standing().integral(now));
}

void read_codel(const admission& of, time_point now, policy_figures& out) {
    out.machine();
    out.counter(to_string(failure_kind::overloaded), of.codel()->dropped());
    out.level("dropping", of.dropping().integral(now));
}

void read_adaptive_lifo(const admission& of, time_point now, policy_figures& out) {
    out.machine();
    out.counter(to_string(failure_kind::overloaded), of.adaptive_lifo()->dropped());
    out.level("newest_first", of.newest_first().integral(now));
}

} // namespace windtunnel::topology
