// SPDX-License-Identifier: BSL-1.0
// The transport of a call site that publishes to a topic: patterns/messaging's producer_buffer
// gathers what is published into batches, each a request to the leader of its partition, sent again
// where that failed. A call ends when its record's batch is finished. The record of a call that is
// given up goes its way.
#pragma once

#include <boost/intrusive/list.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "patterns/base/random_stream.hpp"
#include "patterns/base/timer.hpp"
#include "patterns/base/transport.hpp"
#include "patterns/messaging/partitioner.hpp"
#include "patterns/messaging/producer_buffer.hpp"

namespace windtunnel::topology {

class channel;
class system_core;
class topic_runtime;

class topic_producer final : public transport, private timer {
  public:
    topic_producer(system_core& core, topic_runtime& to, channel& way, std::int64_t number,
                   const std::string& streams);
    ~topic_producer() override;

    void start(pending_call& call) override;
    void cancel(pending_call& call) override;
    /// Its process crashed: what it has not sent is gone.
    void stop();

  private:
    struct attempt;
    struct attempts;

    static void struck(timer& t);
    void go_on();
    time_point end_of_patience() const;
    void give_up_attempts();
    void send(const outgoing_batch& batch);
    void ended(attempt& a, const outcome<reply>& result);
    void finish_all();
    void finish(const finished_batch& batch);
    void refuse_what_found_no_room();

    system_core& core_;
    topic_runtime& to_;
    channel& way_;
    producer_buffer buffer_;
    partitioner partitioner_;
    random_stream chance_;
    std::vector<std::uint64_t> no_room_; ///< the words of records that are refused next
    std::unique_ptr<attempts> under_way_;
    std::int64_t number_;
    bool stopped_ = false;
    bool unheard_ = false; ///< batches were sent that nobody will answer
};

} // namespace windtunnel::topology
