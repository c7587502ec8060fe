// SPDX-License-Identifier: BSL-1.0
// One consumer of a topic: a thread of a replica that fetches the records of its partitions and
// works on them one after the other, as requests of its endpoint within the process.
// What it may read and commit says patterns/messaging's consumer_position, whom it shares with the
// consumer_group. It rejoins between two polls. Where the process crashes all of that is gone, and
// the group learns it by its silence. An endpoint that answers with an error is tried again, then
// the record is skipped.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "patterns/base/timer.hpp"
#include "patterns/messaging/consumer_position.hpp"
#include "topologies/src/system/channel.hpp"
#include "topologies/src/system/record_fetcher.hpp"
#include "topologies/src/system/record_group.hpp"
#include "topologies/src/system/replica_listener.hpp"

namespace windtunnel::topology {

class record_consumer final : private replica_listener, private fetch_listener {
  public:
    /// `number`: of the threads of that replica.
    record_consumer(system_core& core, topic_runtime& topic, record_group& group,
                    edge_runtime& edge, std::uint32_t host, int number);
    ~record_consumer();

    void start();
    void clear();
    /// What it has is read anew, from what the group has committed.
    void begin_anew();
    /// Of this partition, for a fetch that waits at the broker.
    void more_to_read(int partition) { fetcher_.more_to_read(partition); }
    /// The log ends there now. Kafka's consumers learn it with their next fetch (KIP-320).
    void cut_off(int partition, log_offset end);
    /// What it asked that replica of the broker is not answered any more.
    void broker_crashed(std::uint32_t replica) { fetcher_.broker_crashed(replica); }

  private:
    struct alarm : timer {
        alarm(record_consumer& c, void (record_consumer::*s)());
        record_consumer& of;
        void (record_consumer::*strikes)();
    };
    /// A record that it works on.
    struct task {
        int partition = 0;
        log_offset offset = 0;
    };
    struct work;

    void replica_crashed(replica& r) override;
    void replica_restarted(replica& r) override;
    replica& at() const;
    const consume_spec& spec() const;

    // ---- membership
    void ask(errand::question question, errand::hearing hearing);
    void ask_group(errand::question question, void (record_consumer::*next)());
    void join();
    void joined();
    void synced();
    void beat();
    void heard(group_status status);
    void commit(std::vector<partition_offset>&& offsets);
    void lose();
    void note_reading();

    // ---- working
    void records_arrived() override;
    void run();
    bool poll();
    void take(const fetch_turn& turn);
    bool is_working_on(const task& t) const;
    void begin();
    void ended(const outcome<reply>& result);

    system_core& core_;
    topic_runtime& topic_;
    record_group& group_;
    std::uint32_t host_;
    int number_;
    channel way_;
    std::string member_;
    std::uint32_t life_ = 0; ///< answers to an earlier one are nothing to it
    bool alive_ = false;
    bool member_of_group_ = false; ///< it has an assignment
    bool rejoins_ = false, lost_ = false, beating_ = false;
    time_point beaten_{}; ///< the last heartbeat was sent
    std::int32_t generation_ = -1;
    group_answer answer_;
    group_status status_{};
    consumer_position position_;
    std::int64_t idle_ = 0;    ///< 1: it is a member that has none
    std::int64_t reading_ = 0; ///< partitions
    record_fetcher fetcher_;
    std::deque<task> batch_;
    std::unique_ptr<work> working_;
    int attempt_ = 0;
    bool running_ = false;
    alarm beats_, retries_, patience_, connects_;
};

} // namespace windtunnel::topology
