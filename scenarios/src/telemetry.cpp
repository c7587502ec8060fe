// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/telemetry.hpp"

#include <algorithm>

namespace windtunnel::scenario {

namespace {

/// Element by element; the shorter list counts as filled with nothing.
template <class T>
void add_lists(std::vector<T>& into, const std::vector<T>& from) {
    into.resize(std::max(into.size(), from.size()));
    for (std::size_t i = 0; i < from.size(); ++i) {
        if constexpr (requires { into[i].merge(from[i]); })
            into[i].merge(from[i]);
        else
            add_lists(into[i], from[i]);
    }
}

} // namespace

void try_window::merge(const try_window& other) {
    sent += other.sent;
    arrived += other.arrived;
    answered += other.answered;
    good += other.good;
    gave_up += other.gave_up;
    unreachable += other.unreachable;
    refused += other.refused;
    unreadable += other.unreadable;
    own_errors += other.own_errors;
    in_vain += other.in_vain;
    way_sum += other.way_sum;
}

void replica_window::merge(const replica_window& other) {
    over += other.over;
    jobs += other.jobs;
    up += other.up;
    working += other.working;
    free += other.free;
    in_queue += other.in_queue;
    in_hand += other.in_hand;
    unaccepted += other.unaccepted;
}

void edge_telemetry::merge(const edge_telemetry& other) {
    add_lists(replicas, other.replicas);
}

void service_telemetry::merge(const service_telemetry& other) {
    add_lists(replicas, other.replicas);
}

void telemetry::merge(const telemetry& other) {
    add_lists(edges, other.edges);
    add_lists(services, other.services);
}

} // namespace windtunnel::scenario
