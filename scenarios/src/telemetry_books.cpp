// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/telemetry_books.hpp"

#include <utility>

#include "sim-core/engine/simulation.hpp"
#include "topologies/src/system/system.hpp"

namespace windtunnel::scenario {

namespace {

replica_window difference(const replica_window& later, const replica_window& earlier) {
    return {.over = 0,
            .jobs = later.jobs - earlier.jobs,
            .up = later.up - earlier.up,
            .working = later.working - earlier.working,
            .free = later.free - earlier.free,
            .in_queue = later.in_queue - earlier.in_queue,
            .in_hand = later.in_hand - earlier.in_hand,
            .unaccepted = later.unaccepted - earlier.unaccepted};
}

void count_failure(try_window& w, failure_kind why) {
    switch (why) {
    case failure_kind::unavailable:
    case failure_kind::connection_lost:
        ++w.unreachable;
        break;
    case failure_kind::contract_broken:
        ++w.unreadable;
        break;
    case failure_kind::error:
    case failure_kind::cancelled:
    case failure_kind::shut_down:
        break;
    default:
        ++w.refused;
    }
}

} // namespace

void telemetry_books::begin(const topology::system& system) {
    system_ = &system;
    for (const auto& edge : system.edges()) {
        const std::size_t replicas = edge->to->service->replicas.size();
        first_try_.push_back(open_tries_.size());
        open_tries_.resize(open_tries_.size() + replicas);
        kept_.edges.emplace_back().replicas.resize(replicas);
    }
    for (const auto& service : system.services()) {
        first_replica_.push_back(last_levels_.size());
        for (const auto& replica : service->replicas)
            last_levels_.push_back(levels_of(*replica));
        kept_.services.emplace_back().replicas.resize(service->replicas.size());
    }
    open_over_.resize(last_levels_.size());
}

void telemetry_books::over(const topology::try_record& record) {
    try_window& w = at(record.place);
    if (record.gave_up) {
        ++w.gave_up;
        return;
    }
    ++w.answered;
    if (record.ok)
        ++w.good;
    else
        count_failure(w, record.why);
}

void telemetry_books::request_over(const topology::request_record& r) {
    try_window& w = at(r.place);
    ++open_over_[first_replica_[r.service] + r.place.replica];
    using end = topology::request_record::end;
    if (r.how == end::answered && !r.ok && !r.passed_on && r.why == failure_kind::error)
        ++w.own_errors;
    if (r.in_vain && r.how == end::answered)
        ++w.in_vain;
}

void telemetry_books::end_window() {
    end_tries();
    end_replicas();
}

void telemetry_books::end_tries() {
    std::size_t i = 0;
    for (edge_telemetry& edge : kept_.edges)
        for (auto& windows : edge.replicas)
            windows.push_back(std::exchange(open_tries_[i++], {}));
}

void telemetry_books::end_replicas() {
    std::size_t i = 0;
    for (const auto& service : system_->services())
        for (const auto& replica : service->replicas) {
            const replica_window sums = levels_of(*replica);
            replica_window w = difference(sums, last_levels_[i]);
            w.over = std::exchange(open_over_[i], 0);
            kept_.services[service->index].replicas[replica->number()].push_back(w);
            last_levels_[i++] = sums;
        }
}

/// All since the beginning of the run. A module's workers are those of its process.
replica_window telemetry_books::levels_of(const topology::replica& r) const {
    const time_point now = system_->simulation().now();
    replica_window sums{.up = r.is_up().at(now).integral,
                        .in_hand = r.in_hand().at(now).integral,
                        .unaccepted = r.unaccepted().at(now).integral};
    if (r.has_own_workers()) {
        const sim::pool_totals totals = r.workers().totals();
        sums.jobs = totals.completed;
        sums.working = totals.working_ns;
        sums.free =
            static_cast<sim::wide_integer>(r.workers().workers()) * now.time_since_epoch().count() -
            totals.occupied_ns;
        sums.in_queue = totals.in_queue_ns;
    }
    return sums;
}

} // namespace windtunnel::scenario
