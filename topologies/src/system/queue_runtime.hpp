// SPDX-License-Identifier: BSL-1.0
// A queue of a broker, running: patterns/messaging's work_queue, with its deliveries as requests of
// the broker to the replicas of the endpoints that consume, and their answers as acknowledgements.
// It lives on the broker's first replica. Where consumers hold a connection, what one had in its
// hand is ready again as soon as it crashes; where they ask (polled), the visibility timeout says
// when. An endpoint that answers with an error has not done its work.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "patterns/base/level_over_time.hpp"
#include "patterns/base/timer.hpp"
#include "patterns/messaging/work_queue.hpp"
#include "topologies/src/messaging_spec.hpp"
#include "topologies/src/system/channel.hpp"
#include "topologies/src/system/destination.hpp"
#include "topologies/src/system/journeys.hpp"
#include "topologies/src/system/order_watch.hpp"
#include "topologies/src/system/replica_listener.hpp"

namespace windtunnel::topology {

class queue_runtime final : public destination, private replica_listener {
  public:
    /// `at`: of the queue; all must outlive it.
    queue_runtime(system_core& core, endpoint_runtime& at, const message_queue_spec& spec);
    ~queue_runtime() override;

    void add_consumer(endpoint_runtime& to, edge_runtime& edge) override;
    void start() override;
    std::uint32_t leader(std::uint64_t) const override { return 0; }
    bool publish(execution& e) override;
    void forget(execution& e) override;
    void disk_full(std::uint32_t replica, bool on) override;
    void step_down(std::uint32_t, bool) override {}
    const policy_kind& kind() const override;
    void read(time_point now, policy_figures& out) const override;
    void clear() override;

    const work_queue& queue() const { return queue_; }

  private:
    /// What a message carries besides what the queue looks at.
    struct luggage {
        journeys::id journey = 0;
        std::uint64_t key = 0;
        std::uint64_t place = 0; ///< in the order of publishing
        std::int32_t priority = 0;
        std::uint16_t user_priority = 0;
    };
    struct delivery;

    /// One replica that consumes.
    struct consumer : timer {
        consumer(queue_runtime& q, endpoint_runtime& to, std::uint32_t host, edge_runtime& edge);
        ~consumer();
        static void struck(timer& t);

        queue_runtime& of;
        endpoint_runtime& to;
        std::uint32_t host;
        channel way;
        consumer_id id{};       ///< where it holds a connection
        bool connected = false; ///< it gets messages
        int in_hand = 0;
        replica& at() const;
        const consume_spec& how() const;
        bool has_room() const;
    };

    struct wake : timer {
        explicit wake(queue_runtime& q);
        queue_runtime& of;
    };

    void replica_crashed(replica& r) override;
    void replica_restarted(replica& r) override;
    void broker_crashed();

    void take(execution& e);
    queue_message message_of(const exchange& x);
    std::uint64_t stow(const luggage& l);
    void unload(std::uint64_t tag, bool lost);

    void connect(consumer& c);
    void disconnect(consumer& c);
    void changed();
    void go_on();
    std::optional<queue_delivery> next(consumer*& to);
    void deliver(const queue_delivery& d, consumer& to);
    void ended(delivery& d, const outcome<reply>& result);
    void settle(delivery& d, const outcome<reply>& result);
    void waited(delivery& d);
    void nack(delivery& d, nack_action action);
    void free(delivery& d);
    void pass_on_the_dead();
    void bury(dead_letter&& dead);
    queue_runtime* dead_letter_queue() const;
    void keep_time();

    system_core& core_;
    endpoint_runtime& at_;
    const message_queue_spec& spec_;
    work_queue queue_;
    wake wake_;
    std::vector<std::unique_ptr<consumer>> consumers_;
    std::size_t turn_ = 0; ///< of those who ask
    std::vector<luggage> luggage_;
    std::vector<std::uint32_t> free_luggage_;
    struct deliveries;
    std::unique_ptr<deliveries> under_way_;
    level_over_time ready_, unacked_, connected_;
    std::uint64_t places_ = 0;
    order_watch order_;
    std::vector<execution*> blocked_; ///< they publish while the disk is full
    int disks_full_ = 0;
    bool down_ = false;
};

} // namespace windtunnel::topology
