// SPDX-License-Identifier: BSL-1.0
// How a consumer of a topic gets to know what there is to read: it asks each replica of the broker
// for what is new in the partitions that this one leads, one question under way at a time, and the
// broker answers when there is something or the question has waited for fetch_wait. What was found
// lies at the consumer until it takes it. A question that the network loses is given up.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "patterns/base/timer.hpp"
#include "patterns/messaging/consumer_position.hpp"
#include "topologies/src/messaging_spec.hpp"
#include "topologies/src/system/system_core.hpp"

namespace windtunnel::topology {

class topic_runtime;

/// Of what a consumer asks its broker. Kafka: retry.backoff.ms, request.timeout.ms
inline constexpr duration consumer_retry_backoff = std::chrono::milliseconds{100};
inline constexpr duration consumer_request_timeout = std::chrono::seconds{30};

/// Who hears that there may be something new. Must outlive its fetcher.
class fetch_listener {
  public:
    virtual void records_arrived() = 0;

  protected:
    ~fetch_listener() = default;
};

class record_fetcher : private timer {
  public:
    /// `position`: of the reader, which says what is wanted, and is moved as the consumers' `reset`
    /// says where a log does not have that any more. `spec` must outlive it.
    record_fetcher(system_core& core, topic_runtime& topic, consumer_position& position,
                   sim::node_id at, const consume_spec& spec, fetch_listener& listener);
    ~record_fetcher();

    /// A partition is read from there on.
    void begin(int partition, log_offset from) { end_of(partition) = from; }
    /// What has been fetched of it ends there.
    log_offset known_end(int partition) const {
        return known_end_[static_cast<std::size_t>(partition)];
    }

    /// Asks every leader for what is not there yet of the reader's partitions.
    void ask();
    /// What has not been answered for too long nobody answers any more.
    void give_up();
    /// The process crashed: nobody hears what is answered.
    void forget();

    /// Of this partition, for a question that waits at the broker.
    void more_to_read(int partition);
    /// The log ends there now.
    void cut_off(int partition, log_offset end);
    /// What it asked that replica of the broker is not answered.
    void broker_crashed(std::uint32_t replica);

  private:
    struct question;

    log_offset& end_of(int partition) { return known_end_[static_cast<std::size_t>(partition)]; }
    void send(question& q);
    bool find(question& q);
    void answer(question& q);
    void answered(question& q, bool good);

    system_core& core_;
    topic_runtime& topic_;
    consumer_position& position_;
    sim::node_id at_;
    const consume_spec& spec_;
    fetch_listener& listener_;
    std::uint32_t life_ = 0; ///< answers to an earlier one are nothing to it
    std::vector<log_offset> known_end_;
    std::vector<std::unique_ptr<question>> questions_; ///< by replica of the broker
};

} // namespace windtunnel::topology
