// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/recorder.hpp"

#include <algorithm>
#include <numeric>

#include "sim-core/engine/simulation.hpp"
#include "sim-core/engine/virtual_environment.hpp"
#include "topologies/src/diagnostic.hpp"

namespace windtunnel::scenario {

namespace {

duration since_start(time_point t) {
    return t.time_since_epoch();
}

constexpr std::size_t off = static_cast<std::size_t>(-1);

/// What lies between two sums.
service_tally difference(const service_tally& later, const service_tally& earlier) {
    service_tally d;
    d.span = later.span - earlier.span;
    d.levels = {later.levels.busy - earlier.levels.busy,
                later.levels.workers - earlier.levels.workers,
                later.levels.in_system - earlier.levels.in_system,
                later.levels.in_queue - earlier.levels.in_queue};
    d.arrivals = later.arrivals - earlier.arrivals;
    d.completed = later.completed - earlier.completed;
    d.rejected = later.rejected - earlier.rejected;
    d.abandoned = later.abandoned - earlier.abandoned;
    d.lost = later.lost - earlier.lost;
    d.waits = later.waits - earlier.waits;
    d.wait_sum = later.wait_sum - earlier.wait_sum;
    return d;
}

} // namespace

recorder::recorder(const scenario_spec& spec)
    : spec_(spec), phases_(phases_of(spec)), workloads_(spec.workloads.size()),
      sent_(spec.workloads.size()), last_over_(spec.workloads.size()),
      open_activation_(spec.faults.size(), off) {
    if (phases_.size() > max_phases)
        throw topology::input_error(topology::diagnostic{
            spec.where,
            std::to_string(spec.faults.size()) + " faults: at most " +
                std::to_string((max_phases - 2) / 3) +
                " in one scenario; let one fault repeat with \"every\", or split it",
            {}});
    for (const phase& p : phases_)
        for (const duration t : {p.begin, p.end})
            phase_times_.push_back(t);
    std::sort(phase_times_.begin(), phase_times_.end());
    phase_times_.erase(std::unique(phase_times_.begin(), phase_times_.end()), phase_times_.end());
}

void recorder::begin(const topology::system& system) {
    system_ = &system;
    endpoints_.resize(system.endpoints().size());
    edges_.resize(system.edges().size());
    services_.resize(system.services().size());
    for (const auto& endpoint : system.endpoints())
        service_of_endpoint_.push_back(endpoint->service->index);
    policies_.begin(system);
    telemetry_.begin(system);
    boundary({});
}

// ---- requests -----------------------------------------------------------------------------------

recorder::phase_set recorder::phases_for(duration sent, duration over) const {
    phase_set covering;
    for (std::size_t i = 0; i < phases_.size(); ++i)
        if (phases_[i].covers(sent, over))
            covering.set(i);
    return covering;
}

/// Most of what is asked about lies in the latest window or the one before: no division for those.
std::size_t recorder::window_of(duration at) const {
    if (at >= latest_begin_ && at - latest_begin_ < spec_.window)
        return latest_;
    if (at < latest_begin_ && latest_begin_ - at <= spec_.window)
        return latest_ - 1;
    return static_cast<std::size_t>(at / spec_.window);
}

void recorder::sent_in(account& a, std::size_t index, std::uint64_t count) {
    if (a.windows.size() <= index)
        a.windows.resize(index + 1);
    a.windows[index].sent += count;
}

recorder::cell& recorder::cell_for(account& a, const ending& e) const {
    if (a.from <= e.sent && e.over < a.until)
        return a.cells[a.usual];
    const phase_set phases = phases_for(e.sent, e.over);
    auto place = std::find_if(a.cells.begin(), a.cells.end(),
                              [&](const cell& c) { return c.phases == phases; });
    if (place == a.cells.end())
        place = a.cells.insert(place, cell{phases, {}});
    const auto next = std::upper_bound(phase_times_.begin(), phase_times_.end(), e.sent);
    const duration until = next == phase_times_.end() ? duration::max() : *next;
    if (e.over < until) {
        a.usual = static_cast<std::size_t>(place - a.cells.begin());
        a.from = next == phase_times_.begin() ? duration::zero() : *std::prev(next);
        a.until = until;
    }
    return *place;
}

void recorder::record(account& a, const ending& e) {
    tally& t = cell_for(a, e).counts;
    ++t.requests;
    t.attempts += e.attempts;
    const duration latency = e.over - e.sent;
    const std::size_t index = window_of(e.sent), answered = window_of(e.over);
    if (a.windows.size() <= answered)
        a.windows.resize(answered + 1);
    window& w = a.windows[index];
    if (!e.ok) {
        ++t.failures[static_cast<std::size_t>(e.why)];
        t.failed_latency.record(latency);
        ++w.failed;
        return;
    }
    t.degraded += e.degraded ? 1 : 0;
    t.good_latency.record(latency);
    ++w.good;
    w.good_latency_sum += latency.count();
    w.good_latency_max = std::max(w.good_latency_max, latency);
    ++a.windows[answered].answered;
}

void recorder::request_arrived(std::uint32_t endpoint, time_point now) {
    pause();
    sent_in(endpoints_[endpoint], window_of(since_start(now)), 1);
    ++services_[service_of_endpoint_[endpoint]].counts.arrivals;
}

void recorder::request_over(const topology::request_record& r) {
    record(endpoints_[r.endpoint], {.sent = since_start(r.arrived),
                                    .over = since_start(r.over),
                                    .ok = r.ok,
                                    .degraded = r.degraded,
                                    .why = r.why,
                                    .attempts = 1});
    telemetry_.request_over(r);
    service_tally& counts = services_[r.service].counts;
    using end = topology::request_record::end;
    switch (r.how) {
    case end::answered:
        ++counts.completed;
        break;
    case end::rejected:
        ++counts.rejected;
        break;
    case end::abandoned:
        ++counts.abandoned;
        break;
    case end::lost:
        ++counts.lost;
        break;
    }
}

void recorder::call_over(const topology::call_record& r) {
    pause();
    account& a = edges_[r.edge];
    sent_in(a, window_of(since_start(r.sent)), 1);
    record(a, {.sent = since_start(r.sent),
               .over = since_start(r.over),
               .ok = r.ok,
               .degraded = r.degraded,
               .why = r.why,
               .attempts = r.attempts});
}

/// Clients are numbered as the workloads are.
void recorder::work_over(const topology::work_record& r) {
    const ending e{.sent = since_start(r.sent),
                   .over = since_start(r.over),
                   .ok = !r.lost,
                   .degraded = false,
                   .why = {},
                   .attempts = 0};
    tally& t = cell_for(workloads_[r.client], e).counts;
    if (r.lost)
        ++t.lost;
    else
        t.completed_latency.record(e.over - e.sent);
}

void recorder::policy_changed(const topology::policy_change& change) {
    policies_.changed(change);
}

/// After the event that is running; whoever runs the simulation goes on.
void recorder::pause() {
    if (--until_pause_ > 0)
        return;
    until_pause_ = pause_every;
    system_->simulation().stop();
}

void recorder::workload_sent(std::size_t workload, time_point intended, std::uint64_t count) {
    pause();
    sent_in(workloads_[workload], window_of(since_start(intended)), count);
    sent_[workload] += count;
}

void recorder::workload_over(std::size_t workload, time_point intended, time_point over,
                             const outcome<reply>& result, std::uint32_t attempts) {
    ++requests_over_;
    last_over_[workload] = since_start(over);
    record(workloads_[workload], {.sent = since_start(intended),
                                  .over = since_start(over),
                                  .ok = result.ok(),
                                  .degraded = result.ok() && result.value().degraded,
                                  .why = result.ok() ? failure_kind{} : result.failed().kind,
                                  .attempts = attempts});
}

std::uint64_t recorder::requests_under_way() const {
    return std::accumulate(sent_.begin(), sent_.end(), std::uint64_t{}) - requests_over_;
}

// ---- levels -------------------------------------------------------------------------------------

duration recorder::next_boundary(duration after) const {
    const duration window_end = (after / spec_.window + 1) * spec_.window;
    const auto phase = std::upper_bound(phase_times_.begin(), phase_times_.end(), after);
    return phase == phase_times_.end() ? window_end : std::min(window_end, *phase);
}

void recorder::boundary(duration at) {
    const bool of_phase = std::binary_search(phase_times_.begin(), phase_times_.end(), at);
    const bool of_window = at % spec_.window == duration::zero();
    latest_ = static_cast<std::size_t>(at / spec_.window);
    latest_begin_ = at - at % spec_.window;
    for (std::size_t i = 0; i < services_.size(); ++i) {
        const service_tally sums = sums_of(i);
        if (of_phase)
            services_[i].at_phase.push_back(sums);
        if (of_window)
            services_[i].at_window.push_back(sums);
        if (at == phases_[whole_phase].end)
            services_[i].in_flight_at_end = in_flight_of(i);
    }
    policies_.boundary(of_phase, of_window);
    if (of_window && at > duration::zero())
        telemetry_.end_window();
}

std::uint64_t recorder::in_flight_of(std::size_t service) const {
    return static_cast<std::uint64_t>(system_->services()[service]->in_flight.level());
}

/// All since the beginning of the run.
service_tally recorder::sums_of(std::size_t index) const {
    const topology::service_runtime& service = *system_->services()[index];
    const time_point now = system_->simulation().now();
    service_tally sums = services_[index].counts;
    sums.span = since_start(now);
    sums.levels.workers = service.workers_up.at(now).integral;
    sums.levels.in_system = service.in_flight.at(now).integral;
    for (const auto& replica : service.replicas) {
        if (!replica->has_own_workers())
            continue; // those of its process
        const sim::pool_totals totals = replica->workers().totals();
        sums.levels.busy += totals.occupied_ns;
        sums.levels.in_queue += totals.in_queue_ns;
        sums.waits += totals.waits;
        sums.wait_sum += totals.wait_ns;
    }
    return sums;
}

/// The sums at a phase's boundary; now, where that has not come yet.
service_tally recorder::at(std::size_t service, duration when, duration now) const {
    if (when >= now)
        return sums_of(service);
    const auto place = std::lower_bound(phase_times_.begin(), phase_times_.end(), when);
    return services_[service].at_phase[static_cast<std::size_t>(place - phase_times_.begin())];
}

// ---- faults -------------------------------------------------------------------------------------

void recorder::fault_began(std::size_t fault, duration at) {
    pause();
    open_activation_[fault] = activations_.size();
    activations_.push_back({spec_.faults[fault].name, system_->simulation().environment().seed(),
                            at, duration::max()});
}

void recorder::fault_ended(std::size_t fault, duration at) {
    activations_[open_activation_[fault]].end = at;
    open_activation_[fault] = off;
}

// ---- the result ---------------------------------------------------------------------------------

traffic recorder::traffic_of(const account& a) const {
    traffic t;
    t.phases.resize(phases_.size());
    for (const cell& c : a.cells)
        for (std::size_t i = 0; i < phases_.size(); ++i)
            if (c.phases.test(i))
                t.phases[i].merge(c.counts);
    t.windows = a.windows;
    return t;
}

service_result recorder::service_of(std::size_t index, duration now) const {
    const topology::service_runtime& service = *system_->services()[index];
    const service_account& books = services_[index];
    service_result r;
    r.name = service.spec->name;
    for (const phase& p : phases_)
        r.phases.push_back(difference(at(index, p.end, now), at(index, p.begin, now)));
    for (std::size_t i = 1; i < books.at_window.size(); ++i) {
        const service_tally d = difference(books.at_window[i], books.at_window[i - 1]);
        r.windows.push_back(d.levels);
    }
    r.in_flight = now < phases_[whole_phase].end ? in_flight_of(index) : books.in_flight_at_end;
    return r;
}

run_result recorder::result(duration now) const {
    run_result r;
    r.scenario = spec_.name;
    r.variant = spec_.variant;
    r.seeds = {system_->simulation().environment().seed()};
    r.ended = now;
    r.warmup = spec_.warmup;
    r.length = spec_.length;
    r.window = spec_.window;
    r.phases = phases_;
    for (phase& p : r.phases)
        p.span = std::max(duration::zero(), std::min(now, p.end) - p.begin);
    for (std::size_t i = 0; i < workloads_.size(); ++i) {
        workload_result w{spec_.workloads[i].name, traffic_of(workloads_[i]), sent_[i], 0, {}, 0};
        w.in_flight = w.sent - w.traffic.phases[whole_phase].requests;
        const bool all_over = w.in_flight == 0 && w.sent == spec_.workloads[i].limit;
        w.runs_done = all_over ? 1 : 0;
        w.done =
            std::max(duration::zero(), (all_over ? last_over_[i] : now) - spec_.workloads[i].start);
        r.workloads.push_back(std::move(w));
    }
    for (const auto& left : system_->not_done()) {
        const phase_set phases = phases_for(since_start(left.sent), now);
        for (std::size_t p = 0; p < phases_.size(); ++p)
            r.workloads[left.client].traffic.phases[p].undone += phases.test(p) ? 1 : 0;
    }
    for (std::size_t i = 0; i < services_.size(); ++i)
        r.services.push_back(service_of(i, now));
    for (std::size_t i = 0; i < endpoints_.size(); ++i) {
        const auto& e = *system_->endpoints()[i];
        r.endpoints.push_back({e.service->spec->name, e.spec->name, traffic_of(endpoints_[i])});
    }
    for (std::size_t i = 0; i < edges_.size(); ++i) {
        const auto& e = *system_->edges()[i];
        r.edges.push_back(
            {e.caller, e.to->service->spec->name, e.to->spec->name, traffic_of(edges_[i])});
    }
    r.policies = policies_.results(phases_, phase_times_, now);
    r.telemetry = telemetry_.kept();
    r.activations = activations_;
    for (fault_activation& a : r.activations)
        a.end = std::min(a.end, now);
    return r;
}

} // namespace windtunnel::scenario
