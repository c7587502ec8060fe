// SPDX-License-Identifier: BSL-1.0
// What tests of queues and topics share: disturbances of the network, and what became of the work.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "sim-core/physics/delay_network.hpp"
#include "topologies/src/system/destination.hpp"
#include "topologies/src/system/queue_runtime.hpp"
#include "topologies/src/system/topic_runtime.hpp"
#include "topologies/system/figures.hpp"
#include "topologies/system/world.hpp"

namespace windtunnel::topology {

/// Drops the messages that it is told to.
struct drops : sim::rule {
    explicit drops(std::function<bool(const sim::message&)> w) : which(std::move(w)) {}
    sim::verdict judge(const sim::message& m) override {
        return which(m) ? sim::verdict::drop() : sim::verdict::pass();
    }
    std::function<bool(const sim::message&)> which;
};

inline destination& destination_in(const world& w, const std::string& broker,
                                   const std::string& name) {
    return *w.running->find_endpoint({broker, name})->destination;
}
inline const work_queue& queue_in(const world& w, const std::string& name = "orders",
                                  const std::string& broker = "mq") {
    return static_cast<queue_runtime&>(destination_in(w, broker, name)).queue();
}
inline topic_runtime& topic_in(const world& w, const std::string& name = "log",
                               const std::string& broker = "kafka") {
    return static_cast<topic_runtime&>(destination_in(w, broker, name));
}

inline std::size_t completed(const world& w) {
    return static_cast<std::size_t>(std::count_if(w.books.works.begin(), w.books.works.end(),
                                                  [](const auto& each) { return !each.lost; }));
}
inline std::size_t lost(const world& w) {
    return w.books.works.size() - completed(w);
}

inline void crash(world& w, std::size_t service, std::size_t number, duration from, duration to) {
    w.act(from, [&w, service, number] { w.at_replica(service, number).crash(); });
    w.act(to, [&w, service, number] { w.at_replica(service, number).restart(); });
}

} // namespace windtunnel::topology
