// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/result.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "scenarios/src/spec.hpp"
#include "topologies/src/quantity.hpp"
#include "topologies/src/system/policy_figures.hpp"

namespace windtunnel::scenario {

namespace {

/// Adds lists of one meaning element by element; the shorter one counts as filled with nothing.
template <class T>
void merge_lists(std::vector<T>& into, const std::vector<T>& from) {
    if (into.size() < from.size())
        into.resize(from.size());
    for (std::size_t i = 0; i < from.size(); ++i)
        into[i].merge(from[i]);
}

std::optional<std::size_t> place_of(const std::vector<std::string>& names, std::string_view name) {
    const auto place = std::find(names.begin(), names.end(), name);
    if (place == names.end())
        return std::nullopt;
    return static_cast<std::size_t>(place - names.begin());
}

template <class T>
void add_numbers(std::vector<T>& into, const std::vector<T>& from) {
    into.resize(std::max(into.size(), from.size()));
    for (std::size_t i = 0; i < from.size(); ++i)
        into[i] += from[i];
}

[[noreturn]] void differ(std::string_view what, const std::string& a, const std::string& b) {
    throw std::invalid_argument("merging results: " + std::string(what) + " is \"" + a +
                                "\" here and \"" + b + "\" there: they must be of one scenario");
}

void check_same(std::string_view what, const std::string& a, const std::string& b) {
    if (a != b)
        differ(what, a, b);
}

void check_same(std::string_view what, std::size_t a, std::size_t b) {
    if (a != b)
        differ(what, std::to_string(a), std::to_string(b));
}

void check_same(std::string_view what, duration a, duration b) {
    if (a != b)
        differ(what, topology::format_duration(a), topology::format_duration(b));
}

std::string subject_of(const workload_result& r) {
    return r.name;
}
std::string subject_of(const service_result& r) {
    return r.name;
}
std::string subject_of(const endpoint_result& r) {
    return r.service + "." + r.endpoint;
}
std::string subject_of(const edge_result& r) {
    return r.caller + "->" + r.service + "." + r.endpoint;
}
std::string subject_of(const policy_result& r) {
    return r.edge() + " " + r.kind;
}
std::string subject_of(const phase& p) {
    return p.name();
}

void add(workload_result& into, const workload_result& from) {
    into.traffic.merge(from.traffic);
    into.sent += from.sent;
    into.done += from.done;
    into.runs_done += from.runs_done;
    into.in_flight += from.in_flight;
}
void add(endpoint_result& into, const endpoint_result& from) {
    into.traffic.merge(from.traffic);
}
void add(edge_result& into, const edge_result& from) {
    into.traffic.merge(from.traffic);
}
void add(service_result& into, const service_result& from) {
    merge_lists(into.phases, from.phases);
    merge_lists(into.windows, from.windows);
    into.in_flight += from.in_flight;
}
void add(policy_result& into, const policy_result& from) {
    into.merge(from);
}
void add(phase& into, const phase& from) {
    check_same("the begin of " + into.name(), into.begin, from.begin);
    check_same("the end of " + into.name(), into.end, from.end);
    into.span += from.span;
}

template <class T>
void check_same_subjects(std::string_view what, const std::vector<T>& a, const std::vector<T>& b) {
    check_same("the number of " + std::string(what) + "s", a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i)
        check_same(what, subject_of(a[i]), subject_of(b[i]));
}

template <class T>
void add_all(std::vector<T>& into, const std::vector<T>& from) {
    for (std::size_t i = 0; i < into.size(); ++i)
        add(into[i], from[i]);
}

void check_mergeable(const run_result& a, const run_result& b) {
    check_same("scenario", a.scenario, b.scenario);
    check_same("variant", a.variant, b.variant);
    check_same("version", a.version, b.version);
    check_same("warmup", a.warmup, b.warmup);
    check_same("length", a.length, b.length);
    check_same("window", a.window, b.window);
    check_same_subjects("phase", a.phases, b.phases);
    check_same_subjects("workload", a.workloads, b.workloads);
    check_same_subjects("service", a.services, b.services);
    check_same_subjects("endpoint", a.endpoints, b.endpoints);
    check_same_subjects("edge", a.edges, b.edges);
    check_same_subjects("policy", a.policies, b.policies);
}

void add_phase(std::vector<phase>& phases, phase next) {
    if (next.begin < next.end)
        phases.push_back(std::move(next));
}

} // namespace

std::string phase::name() const {
    switch (kind) {
    case phase_kind::whole:
        return "whole run";
    case phase_kind::overall:
        return "overall";
    case phase_kind::before:
        return "before '" + fault + "'";
    case phase_kind::during:
        return "during '" + fault + "'";
    case phase_kind::after:
        return "after '" + fault + "'";
    }
    return "";
}

bool phase::covers(duration sent, duration over) const {
    switch (kind) {
    case phase_kind::whole:
        return true;
    case phase_kind::overall:
    case phase_kind::after:
        return begin <= sent && sent < end;
    case phase_kind::before:
        return begin <= sent && over < end;
    case phase_kind::during:
        return warmup <= sent && sent < end && begin <= over;
    }
    return false;
}

std::vector<phase> phases_of(const scenario_spec& scenario) {
    const duration warmup = scenario.warmup, end = warmup + scenario.length;
    std::vector<phase> phases{{phase_kind::whole, "", {}, end, warmup, {}},
                              {phase_kind::overall, "", warmup, end, warmup, {}}};
    for (const fault_spec& f : scenario.faults) {
        const duration over = f.last_end(end);
        const duration from = std::max(warmup, f.at), again = std::max(warmup, over);
        add_phase(phases, {phase_kind::before, f.name, warmup, f.at, warmup, {}});
        add_phase(phases, {phase_kind::during, f.name, from, over, warmup, {}});
        add_phase(phases, {phase_kind::after, f.name, again, end, warmup, {}});
    }
    return phases;
}

std::uint64_t tally::failed() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t each : failures)
        sum += each;
    return sum;
}

void tally::merge(const tally& other) {
    requests += other.requests;
    for (std::size_t i = 0; i < failures.size(); ++i)
        failures[i] += other.failures[i];
    attempts += other.attempts;
    degraded += other.degraded;
    good_latency.merge(other.good_latency);
    failed_latency.merge(other.failed_latency);
    completed_latency.merge(other.completed_latency);
    lost += other.lost;
    undone += other.undone;
}

void window::merge(const window& other) {
    sent += other.sent;
    good += other.good;
    failed += other.failed;
    answered += other.answered;
    good_latency_sum += other.good_latency_sum;
    good_latency_max = std::max(good_latency_max, other.good_latency_max);
}

void traffic::merge(const traffic& other) {
    merge_lists(phases, other.phases);
    merge_lists(windows, other.windows);
}

void service_levels::merge(const service_levels& other) {
    busy += other.busy;
    workers += other.workers;
    in_system += other.in_system;
    in_queue += other.in_queue;
}

void service_tally::merge(const service_tally& other) {
    span += other.span;
    levels.merge(other.levels);
    arrivals += other.arrivals;
    completed += other.completed;
    rejected += other.rejected;
    abandoned += other.abandoned;
    lost += other.lost;
    waits += other.waits;
    wait_sum += other.wait_sum;
}

void policy_tally::merge(const policy_tally& other) {
    span += other.span;
    add_numbers(counters, other.counters);
    add_numbers(levels, other.levels);
}

std::optional<std::uint64_t> policy_result::counter(const policy_tally& of,
                                                    std::string_view name) const {
    const auto place = place_of(counters, name);
    return place && *place < of.counters.size() ? std::optional(of.counters[*place]) : std::nullopt;
}

std::uint64_t policy_result::refused(const policy_tally& of) const {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < std::min(counters.size(), of.counters.size()); ++i)
        sum += topology::is_refusal(counters[i]) ? of.counters[i] : 0;
    return sum;
}

std::optional<double> policy_result::mean(const policy_tally& of, std::string_view level) const {
    const auto place = place_of(levels, level);
    if (!place || *place >= of.levels.size() || of.span <= duration::zero() || machines == 0)
        return std::nullopt;
    return static_cast<double>(of.levels[*place]) / static_cast<double>(of.span.count()) / machines;
}

std::string policy_result::edge() const {
    return callee.empty() ? caller : caller + "->" + callee;
}

void policy_result::merge(const policy_result& other) {
    check_same("the number of " + subject_of(*this) + "s", machines, other.machines);
    merge_lists(phases, other.phases);
    merge_lists(windows, other.windows);
    const std::size_t room = most_transitions - std::min(most_transitions, transitions.size());
    const std::size_t taken = std::min(room, other.transitions.size());
    transitions.insert(transitions.end(), other.transitions.begin(),
                       other.transitions.begin() + static_cast<std::ptrdiff_t>(taken));
    transitions_left_out += other.transitions_left_out + (other.transitions.size() - taken);
}

void run_result::merge(const run_result& other) {
    check_mergeable(*this, other);
    add_all(phases, other.phases);
    add_all(workloads, other.workloads);
    add_all(services, other.services);
    add_all(endpoints, other.endpoints);
    add_all(edges, other.edges);
    add_all(policies, other.policies);
    telemetry.merge(other.telemetry);
    seeds.insert(seeds.end(), other.seeds.begin(), other.seeds.end());
    activations.insert(activations.end(), other.activations.begin(), other.activations.end());
    if (traces && other.traces)
        traces->merge(*other.traces);
    if (other.status == run_status::aborted)
        status = run_status::aborted;
    ended = std::min(ended, other.ended);
}

traffic run_result::of(const std::string& subject) const {
    traffic sum;
    bool found = false;
    const auto take = [&](const traffic& part) {
        sum.merge(part);
        found = true;
    };
    for (const workload_result& w : workloads)
        if (w.name == subject)
            take(w.traffic);
    for (const endpoint_result& e : endpoints)
        if (e.service == subject || subject_of(e) == subject)
            take(e.traffic);
    for (const edge_result& e : edges)
        if (e.caller + "->" + e.service == subject || subject_of(e) == subject)
            take(e.traffic);
    if (!found)
        throw std::out_of_range("the result knows no \"" + subject + "\"");
    sum.phases.resize(phases.size());
    return sum;
}

const service_result* run_result::find_service(const std::string& name) const {
    for (const service_result& service : services)
        if (service.name == name)
            return &service;
    return nullptr;
}

std::vector<const policy_result*> run_result::policies_of(const std::string& edge) const {
    std::vector<const policy_result*> found;
    for (const policy_result& each : policies)
        if (each.edge() == edge)
            found.push_back(&each);
    return found;
}

} // namespace windtunnel::scenario
