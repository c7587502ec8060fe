// SPDX-License-Identifier: BSL-1.0
// A consumer group of a topic, running: patterns/messaging's consumer_group as the broker's
// coordinator, and a consumer in each replica of the service that consumes. It begins with nothing
// to read: all partitions are committed at the log's beginning.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "patterns/base/level_over_time.hpp"
#include "patterns/base/timer.hpp"
#include "patterns/messaging/consumer_group.hpp"
#include "topologies/src/messaging_spec.hpp"
#include "topologies/src/system/errand.hpp"
#include "topologies/src/system/order_watch.hpp"
#include "topologies/src/system/policy_figures.hpp"

namespace windtunnel::topology {

class record_consumer;
class topic_runtime;
struct edge_runtime;
struct endpoint_runtime;

class record_group {
  public:
    record_group(system_core& core, topic_runtime& topic, endpoint_runtime& consumer,
                 edge_runtime& edge);
    ~record_group();

    void start();
    void clear();
    endpoint_runtime& consumer() const { return consumer_; }
    const consume_spec& spec() const;

    // ---- what members ask the coordinator; `e` is answered when it has decided ------------------
    void join(errand& e, const group_subscription& who, group_answer& into);
    void sync(errand& e, const std::string& member, std::int32_t generation, group_answer& into);
    group_status heartbeat(const std::string& member, std::int32_t generation);
    group_status commit(const std::string& member, std::int32_t generation,
                        const std::vector<partition_offset>& offsets);
    void polled(const std::string& member);
    /// The member does not wait any more.
    void forget(const std::string& member);
    /// The broker's replica that coordinates: the first that is up.
    std::uint32_t coordinator() const;

    /// Where the member begins to read.
    log_offset position_of(int partition);
    /// A member has worked on the record at the offset, well or not.
    void worked_on(int partition, log_offset offset, const log_record& record, bool good);
    /// Partitions that members really read, as they come and go.
    void reads(std::int64_t change);
    /// Members that have no partition, the same.
    void idle(std::int64_t change);

    /// An operator sets the group back to what was published at `since`: its members begin there
    /// again, whatever they have done.
    void rewind(time_point since);
    /// How often that was done: what was to be committed before counts no more.
    std::uint32_t rewinds() const { return rewinds_; }

    /// Something was appended, or committed.
    void more_to_read(int partition);

    /// The log ends there now: an election has cut off the rest, and who read on goes back.
    void cut_off(int partition, log_offset end);

    /// What was asked of that replica of the broker is not answered any more.
    void broker_crashed(std::uint32_t replica);

    /// What it tells of itself, as policies do.
    void read(time_point now, policy_figures& out) const;

  private:
    struct wake : timer {
        explicit wake(record_group& g);
        record_group& of;
    };
    struct parked {
        errand* who;
        group_answer* into;
    };

    void go_on();
    void note_lag(int partition);

    system_core& core_;
    topic_runtime& topic_;
    endpoint_runtime& consumer_;
    consumer_group group_;
    std::map<std::string, parked> parked_; ///< by member
    std::vector<std::unique_ptr<record_consumer>> consumers_;
    std::vector<std::int64_t> lags_; ///< by partition
    std::vector<log_offset> done_;   ///< by partition: everything before it has been worked on
    order_watch order_;
    wake wake_;
    level_over_time lag_, members_, read_, idle_;
    std::uint32_t rewinds_ = 0;
    std::uint64_t worked_ = 0, worked_again_ = 0, skipped_ = 0;
};

} // namespace windtunnel::topology
