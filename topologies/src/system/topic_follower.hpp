// SPDX-License-Identifier: BSL-1.0
// A follower of one partition, which copies from its leader: a part of topic_runtime.
#pragma once

#include <utility>

#include "topologies/src/system/replica.hpp"
#include "topologies/src/system/system_core.hpp"
#include "topologies/src/system/topic_runtime.hpp"

namespace windtunnel::topology {

/// One message at a time: records to the follower, then its word that it has them back. Where one
/// of the two is lost it waits before it tries again.
struct topic_runtime::follower : timer, sim::message {
    /// Kafka: replica.fetch.backoff.ms
    static constexpr duration back_off = std::chrono::seconds{1};

    follower(topic_runtime& t, int p, int r)
        : timer([](timer& self) {
              auto& f = static_cast<follower&>(self);
              f.of.copied(f.partition);
          }),
          message(&follower::moved), of(t), partition(p), replica(r) {}
    ~follower() { stop(); }

    bool is_busy() const { return in_flight() || armed(); }
    void stop() {
        cancel();
        of.core_.simulation.disarm(*this);
    }

    static void moved(sim::message& m, sim::delivery how) {
        auto& self = static_cast<follower&>(m);
        if (how != sim::delivery::duplicate)
            self.arrived(how == sim::delivery::arrived);
    }
    void arrived(bool good) {
        const bool up = of.broker().replicas[of.broker_replica(partition, replica)]->up();
        if (good && up && !returns) {
            returns = true;
            std::swap(from, to);
            size = 0;
            return of.core_.network->send(*this);
        }
        if (good && returns)
            of.log_.replicated(partition, replica, end, epoch, of.core_.now());
        returns = false;
        if (good)
            return of.copied(partition);
        of.core_.simulation.arm(*this, of.core_.now() + back_off);
    }

    topic_runtime& of;
    int partition, replica;
    bool returns = false;
    log_offset end = 0; ///< of what it is given
    std::int32_t epoch = 0;
};

} // namespace windtunnel::topology
