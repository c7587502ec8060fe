// SPDX-License-Identifier: BSL-1.0
// A topic of a broker, running: patterns/messaging's event_log over the broker's replicas. Replica
// r of partition p is on the broker's replica p + r, counted round. Followers copy over the
// network, one batch after another; a leader that crashes is followed by another after the time
// that an election takes. Who publishes does so through a topic_producer, who reads through a
// record_group.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <vector>

#include "patterns/base/level_over_time.hpp"
#include "patterns/base/timer.hpp"
#include "patterns/messaging/event_log.hpp"
#include "sim-core/physics/network.hpp"
#include "topologies/src/messaging_spec.hpp"
#include "topologies/src/system/destination.hpp"
#include "topologies/src/system/errand.hpp"
#include "topologies/src/system/journeys.hpp"
#include "topologies/src/system/record_group.hpp"
#include "topologies/src/system/record_luggage.hpp"
#include "topologies/src/system/replica_listener.hpp"
#include "topologies/src/system/topic_producer.hpp"

namespace windtunnel::topology {

class system;

class topic_runtime final : public destination, private replica_listener {
  public:
    /// `at`: of the topic; all must outlive it.
    topic_runtime(system_core& core, endpoint_runtime& at, const topic_spec& spec);
    ~topic_runtime() override;

    void add_consumer(endpoint_runtime& to, edge_runtime& edge) override;
    void start() override;
    std::uint32_t leader(std::uint64_t key) const override;
    bool publish(execution& e) override;
    void forget(execution& e) override;
    void disk_full(std::uint32_t replica, bool on) override;
    void step_down(std::uint32_t replica, bool on) override;
    const policy_kind& kind() const override;
    void read(time_point now, policy_figures& out) const override;
    void clear() override;

    /// What a call site of a process publishes through, in place of its channel.
    std::unique_ptr<topic_producer> connect(channel& way, const std::string& process,
                                            std::size_t site);

    const topic_spec& spec() const { return spec_; }
    const event_log& log() const { return log_; }
    const std::string& name() const;
    const service_runtime& broker() const;
    int partitions() const { return log_.partitions(); }
    /// The broker's replica that leads the partition, or led it last.
    std::uint32_t leader_of(int partition) const;
    bool has_leader(int partition) const;
    class errands& errands() {
        return errands_;
    }
    /// nullptr: the endpoint does not consume from here.
    record_group* group_of(const endpoint_runtime& consumer) const;

    // ---- what records carry ---------------------------------------------------------------------
    /// The word of the record that the call publishes.
    std::uint64_t stow(pending_call& call, std::int64_t producer);
    /// The producer is gone, with all that it had not finished.
    void abandon(std::int64_t producer);
    /// Nobody waits for its acceptance any more.
    void forget_caller(std::uint64_t word);
    /// It is accepted, or never will be; who waits for that, or nullptr.
    pending_call* produced(std::uint64_t word, bool lost);
    journeys::id journey_of(const log_record& r);
    /// A group has worked on it for the first time, or never will.
    void worked_on(const log_record& r, bool lost);

  private:
    /// A follower of one partition, which copies from its leader.
    struct follower;
    struct election : timer {
        election(topic_runtime& t, int p);
        topic_runtime& of;
        int partition;
    };
    struct wake : timer {
        explicit wake(topic_runtime& t);
        topic_runtime& of;
    };
    /// A batch that its producer waits for.
    struct waiting {
        execution* who;
        int partition;
        append_result result;
    };

    void replica_crashed(replica& r) override;
    void replica_restarted(replica& r) override;
    void lose(std::uint32_t replica);
    void regain(std::uint32_t replica);
    void lead(int partition, int replica);
    follower& follower_of(int partition, int replica);
    std::uint32_t broker_replica(int partition, int replica) const;
    /// For each partition that the broker's replica keeps: its number there.
    template <class Visit>
    void for_each_kept(std::uint32_t broker_replica, Visit visit);

    void place(const std::vector<log_record>& batch, int partition, log_offset at);
    void lose_records(int partition, log_offset begin, log_offset end);
    void forget_deleted();
    void appended(int partition);
    void copied(int partition);
    void copy(int partition);
    void settle_waiting();
    void elect(int partition);
    void await_election(int partition);
    void changed(int partition);
    void keep_time();

    system_core& core_;
    endpoint_runtime& at_;
    const topic_spec& spec_;
    event_log log_;
    class errands errands_;
    std::vector<std::unique_ptr<follower>> followers_; ///< by partition, then replica
    std::vector<std::unique_ptr<election>> elections_; ///< by partition
    std::list<waiting> waiting_;
    std::vector<std::unique_ptr<record_group>> groups_;
    record_luggage luggage_;
    std::vector<log_offset> begins_; ///< of the logs, by partition: what was before is deleted
    std::int64_t last_producer_ = 0;
    wake wake_;
    level_over_time leaderless_;
    std::vector<int> disks_full_; ///< by replica of the broker
};

/// The group of an endpoint that consumes from a topic; nullptr: it does not.
record_group* group_of(const system& system, const endpoint_runtime& consumer);

} // namespace windtunnel::topology
